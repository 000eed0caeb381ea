// A workspace as if some of its files had other contents. The workspace is never written.
//
// As an overlay: what is written lies in `upper`, the rest shows through from the workspace; the
// two are laid over one another in the namespace of each command (child.h). As a copy: everything
// is in `tree`. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lsp/sandbox/descriptor.h"
#include "lsp/sandbox/error.h"

namespace curlew::sandbox {

enum class ShadowKind : std::uint8_t { kOverlay, kCopy };

class ShadowCopy {
 public:
  // Below `cache`, in a folder of its own that goes with the object; folders that killed processes
  // left there are removed.
  static Expected<ShadowCopy> make(const std::filesystem::path& workspace,
                                   const std::filesystem::path& cache, ShadowKind kind);
  // Another one in the same cache, with all that was put or built in this one so far; nothing may
  // write to it meanwhile. kInvalidInput beyond kCloneLimits, kIo.
  Expected<ShadowCopy> clone() const;
  ShadowCopy(ShadowCopy&&) noexcept;
  ShadowCopy& operator=(ShadowCopy&&) = delete;
  ~ShadowCopy();

  Status put(const std::string& path, std::string_view text);
  Status restore(const std::string& path);
  Expected<std::string> text(const std::string& path) const;
  Expected<std::string> original(const std::string& path) const;  // the workspace's

  ShadowKind kind() const { return kind_; }
  const std::filesystem::path& workspace() const { return workspace_; }
  const std::filesystem::path& tree() const { return tree_; }  // the copy, or the mount point
  // An overlay's three folders.
  const Descriptor& lower() const { return lower_; }
  const Descriptor& upper() const { return upper_; }
  const Descriptor& work() const { return work_; }
  // Folders for commands to write beside the workspace: their home and their /tmp.
  const std::filesystem::path& home() const { return home_; }
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  ShadowCopy() = default;
  static Expected<ShadowCopy> make_empty(const std::filesystem::path& workspace,
                                         const std::filesystem::path& cache, ShadowKind kind);
  Status make_folders();
  Status fill();

  ShadowKind kind_ = ShadowKind::kOverlay;
  std::filesystem::path workspace_, folder_, tree_, home_, temporary_;
  Descriptor lock_;  // held as long as the folder is in use
  Descriptor lower_, upper_, work_;
};

}  // namespace curlew::sandbox
