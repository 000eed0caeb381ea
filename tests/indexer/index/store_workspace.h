// What tests of the store have in common.
#pragma once

#include <sys/mount.h>

#include "workspace.h"

namespace curlew::indexer::testing {

inline void write_files(Workspace& w, int count) {
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (int j = 0; j < 40; ++j)
      text += fmt::format("def function_{0}_{1}(argument_{1}):\n    return argument_{1}\n\n", i, j);
    w.write(fmt::format("f{}.py", i), text);
  }
}

// One segment's file of a workspace large enough to have one.
inline std::filesystem::path segment_file(const Workspace& w) {
  for (const auto& entry : std::filesystem::directory_iterator(w.store().string() + ".segments"))
    return entry.path();
  ADD_FAILURE() << "no segment beside the database";
  return {};
}

// A mount of its own for the cache folder; skips where that is not allowed.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder);
    mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=600k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void make_read_only() {
    ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr);
  }

 private:
  std::filesystem::path folder_;
  bool mounted_;
};

}  // namespace curlew::indexer::testing
