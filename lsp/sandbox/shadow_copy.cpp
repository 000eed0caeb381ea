#include "lsp/sandbox/shadow_copy.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "lsp/sandbox/tree_files.h"

namespace curlew::sandbox {
namespace fs = std::filesystem;

namespace {

constexpr const char* kLockName = "in-use";
constexpr unsigned kNewFileMode = 0644;
// More is not copied to save time.
constexpr CopyLimits kCloneLimits{.bytes = std::int64_t{1} << 30, .files = 100'000};

Descriptor open_lock(const fs::path& path) {
  return Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
}

// Removes the folders whose lock nobody holds. The caller holds the cache's own lock, so that no
// folder is between being made and being locked.
void sweep(const fs::path& cache) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(cache, error)) {
    if (!entry.is_directory(error) || entry.is_symlink(error)) continue;
    const Descriptor lock = open_lock(entry.path() / kLockName);
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) remove_tree(entry.path().string());
  }
}

}  // namespace

ShadowCopy::ShadowCopy(ShadowCopy&& other) noexcept
    : kind_(other.kind_),
      workspace_(std::move(other.workspace_)),
      folder_(std::exchange(other.folder_, {})),
      tree_(std::move(other.tree_)),
      home_(std::move(other.home_)),
      temporary_(std::move(other.temporary_)),
      lock_(std::move(other.lock_)),
      lower_(std::move(other.lower_)),
      upper_(std::move(other.upper_)),
      work_(std::move(other.work_)) {}

ShadowCopy::~ShadowCopy() {
  if (!folder_.empty()) remove_tree(folder_.string());
}

Expected<ShadowCopy> ShadowCopy::make(const fs::path& workspace, const fs::path& cache,
                                      ShadowKind kind) {
  Expected<ShadowCopy> made = make_empty(workspace, cache, kind);
  if (!made) return made;
  if (Status filled = made->fill(); !filled) return std::move(filled.error()).during("shadow copy");
  return made;
}

Expected<ShadowCopy> ShadowCopy::clone() const {
  Expected<ShadowCopy> made = make_empty(workspace_, folder_.parent_path(), kind_);
  if (!made) return made;
  const auto copy = [&](const char* name, const auto& how) {
    return how((folder_ / name).string(), (made->folder_ / name).string(), kCloneLimits);
  };
  const bool is_copy = kind_ == ShadowKind::kCopy;
  Status copied = is_copy ? copy("tree", copy_tree) : copy("upper", copy_layer);
  if (copied) copied = copy("home", copy_tree);
  if (copied) copied = copy("tmp", copy_tree);
  if (!copied) return std::move(copied.error()).during("another shadow copy");
  return made;
}

Expected<ShadowCopy> ShadowCopy::make_empty(const fs::path& workspace, const fs::path& cache,
                                            ShadowKind kind) {
  std::error_code error;
  fs::create_directories(cache, error);
  const Descriptor turn = open_lock(cache / ".lock");
  if (!turn || ::flock(turn.get(), LOCK_EX) != 0)
    return fail(Errc::kIo, "{}: cannot hold shadow copies: {}", cache.string(),
                std::strerror(errno));
  sweep(cache);
  std::string name = (cache / "XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return fail(Errc::kIo, "{}: {}", name, std::strerror(errno));
  ShadowCopy made;
  made.kind_ = kind;
  made.workspace_ = workspace;
  made.folder_ = name;
  made.lock_ = open_lock(made.folder_ / kLockName);
  if (!made.lock_ || ::flock(made.lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::kIo, "{}: {}", name, std::strerror(errno));
  if (Status ready = made.make_folders(); !ready)
    return std::move(ready.error()).during("shadow copy");
  return made;
}

Status ShadowCopy::make_folders() {
  tree_ = folder_ / "tree";
  home_ = folder_ / "home";
  temporary_ = folder_ / "tmp";
  for (const char* name : {"tree", "home", "tmp", "upper", "work"})
    if (::mkdir((folder_ / name).c_str(), 0700) != 0)
      return fail(Errc::kIo, "{}: {}", (folder_ / name).string(), std::strerror(errno));
  Expected<Descriptor> lower = open_folder(workspace_.string());
  if (!lower) return std::move(lower.error()).pass();
  lower_ = std::move(*lower);
  const bool is_copy = kind_ == ShadowKind::kCopy;
  Expected<Descriptor> upper = open_folder((is_copy ? tree_ : folder_ / "upper").string());
  if (!upper) return std::move(upper.error()).pass();
  upper_ = std::move(*upper);
  Expected<Descriptor> work = open_folder((folder_ / "work").string());
  if (!work) return std::move(work.error()).pass();
  work_ = std::move(*work);
  return {};
}

Status ShadowCopy::fill() {
  if (kind_ != ShadowKind::kCopy) return {};
  return copy_tree(workspace_.string(), tree_.string(), {});
}

Status ShadowCopy::put(const std::string& path, std::string_view text) {
  return write_below(upper_, path, text, mode_below(lower_, path, kNewFileMode));
}

Status ShadowCopy::restore(const std::string& path) {
  Expected<std::string> original = read_below(lower_, path);
  if (!original) return std::move(original.error()).pass();
  return put(path, *original);
}

Expected<std::string> ShadowCopy::original(const std::string& path) const {
  return read_below(lower_, path);
}

Expected<std::string> ShadowCopy::text(const std::string& path) const {
  Expected<std::string> written = read_below(upper_, path);
  if (written || kind_ == ShadowKind::kCopy || written.error().kind() != Errc::kNotFound)
    return written;
  return read_below(lower_, path);
}

}  // namespace curlew::sandbox
