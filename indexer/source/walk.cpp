#include "indexer/source/walk.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "indexer/source/content.h"
#include "indexer/source/files.h"
#include "indexer/source/git_facts.h"
#include "indexer/source/ignore.h"
#include "indexer/source/language.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = 256;  // where a "#!" or a mode line is looked for
constexpr std::size_t kWarningsMax = 100;

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_version_store(std::string_view name) {
  return name == ".git" || name == ".hg" || name == ".svn" || name == ".jj";
}

std::int64_t mtime_ns_of(const struct stat& facts) {
  return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

void enter(IgnoreRules& rules, std::string_view path, int folder) {
  rules.enter(path, read_small_file(folder, ".gitignore", kIgnoreBytesMax),
              read_small_file(folder, ".curlewignore", kIgnoreBytesMax));
}

// What the names say, before anything is opened.
SkipReason folder_reason(const IgnoreRules& rules, std::string_view path) {
  if (is_version_store(last_name(path))) return SkipReason::kIgnored;
  if (is_secret_folder(path)) return SkipReason::kSecret;
  return rules.ignored(path, true) ? SkipReason::kIgnored : SkipReason::kNone;
}

SkipReason file_reason(const IgnoreRules& rules, std::string_view path) {
  if (is_version_store(last_name(path))) return SkipReason::kIgnored;
  if (is_secret_path(path)) return SkipReason::kSecret;
  return rules.ignored(path, false) ? SkipReason::kIgnored : SkipReason::kNone;
}

// Opens the file only where its name does not say the language.
SkipReason language_reason(int folder, const std::string& name) {
  if (language_of(name, "") != nullptr) return SkipReason::kNone;
  if (name.find('.', 1) != std::string::npos) return SkipReason::kLanguage;
  Fd fd;
  struct stat facts {};
  const SkipReason opened = open_regular(folder, name, fd, facts);
  if (opened != SkipReason::kNone) return opened;
  std::string head;
  if (!read_up_to(fd, kHeadBytes, head)) return SkipReason::kUnreadable;
  return language_of(name, head) == nullptr ? SkipReason::kLanguage : SkipReason::kNone;
}

SkipReason disk_reason(int folder, const std::string& name, const struct stat& facts,
                       const WalkLimits& limits) {
  if (!S_ISREG(facts.st_mode)) return SkipReason::kSpecial;
  const SkipReason language = language_reason(folder, name);
  if (language != SkipReason::kNone) return language;
  return static_cast<std::uint64_t>(facts.st_size) > limits.file_bytes_max ? SkipReason::kTooLarge
                                                                           : SkipReason::kNone;
}

// Depth first, the folders that are open on a stack of our own.
class Walker {
 public:
  Walker(const fs::path& root, const WalkLimits& limits, std::stop_token stop)
      : limits_(limits), stop_(std::move(stop)), rules_(IgnoreRules::outside(root)) {}

  Expected<WalkResult> run(Fd root) {
    open(std::move(root), "");
    while (!open_.empty()) {
      if (stop_.stop_requested()) return fail(Errc::kCancelled, "the walk was stopped");
      if (result_.files.size() >= limits_.files_max) {
        warn(fmt::format("more than {} files: the rest is left out", limits_.files_max));
        break;
      }
      Folder& folder = open_.back();
      if (folder.next == folder.names.size()) {
        open_.pop_back();
        rules_.leave();
      } else {
        const std::string name = folder.names[folder.next++];
        visit(folder, name);
      }
    }
    std::sort(result_.files.begin(), result_.files.end(),
              [](const WalkedFile& a, const WalkedFile& b) { return a.path < b.path; });
    return std::move(result_);
  }

 private:
  struct Folder {
    Fd fd;
    std::string path;                // "" for the root
    std::vector<std::string> names;  // sorted
    std::size_t next = 0;
  };

  void open(Fd fd, std::string path) {
    Folder folder{std::move(fd), std::move(path), {}, 0};
    // A second handle: the listing's own is closed with it.
    const int listed = openat(folder.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const FolderHandle listing(listed < 0 ? nullptr : fdopendir(listed));
    if (!listing) return unreadable(folder.path);
    while (const dirent* entry = readdir(listing.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") folder.names.emplace_back(name);
    }
    std::sort(folder.names.begin(), folder.names.end());
    enter(rules_, folder.path, folder.fd.get());
    open_.push_back(std::move(folder));
  }

  void visit(const Folder& folder, const std::string& name) {
    std::string path = folder.path.empty() ? name : folder.path + '/' + name;
    struct stat facts {};
    if (fstatat(folder.fd.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      return unreadable(path);
    }
    if (S_ISDIR(facts.st_mode)) return visit_folder(folder, name, std::move(path));
    SkipReason reason = file_reason(rules_, path);
    if (reason == SkipReason::kNone) reason = disk_reason(folder.fd.get(), name, facts, limits_);
    if (reason == SkipReason::kUnreadable) return unreadable(path);
    if (reason != SkipReason::kNone) return skip(reason);
    result_.files.push_back(
        {std::move(path), static_cast<std::uint64_t>(facts.st_size), mtime_ns_of(facts)});
  }

  void visit_folder(const Folder& folder, const std::string& name, std::string path) {
    const SkipReason reason = folder_reason(rules_, path);
    if (reason != SkipReason::kNone) return skip(reason);
    if (static_cast<int>(open_.size()) >= limits_.depth_max) {
      warn(fmt::format("{}: more than {} folders deep", path, limits_.depth_max));
      return skip(SkipReason::kUnreadable);
    }
    Fd fd(openat(folder.fd.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return unreadable(path);
    open(std::move(fd), std::move(path));
  }

  void skip(SkipReason reason) { ++result_.skipped[reason]; }

  void warn(std::string warning) {
    if (result_.warnings.size() < kWarningsMax) result_.warnings.push_back(std::move(warning));
  }

  void unreadable(std::string_view path) {
    warn(fmt::format("{}: {}", path.empty() ? "." : path, std::strerror(errno)));
    skip(SkipReason::kUnreadable);
  }

  const WalkLimits& limits_;
  std::stop_token stop_;
  IgnoreRules rules_;
  std::vector<Folder> open_;
  WalkResult result_;
};

}  // namespace

std::string_view skip_reason_name(SkipReason reason) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "indexed",  "ignored",          "secret",     "binary", "too large",
      "minified", "unknown language", "unreadable", "special"};
  static_assert(kNames.size() == static_cast<std::size_t>(SkipReason::kSpecial) + 1);
  return kNames[static_cast<std::size_t>(reason)];
}

Expected<WalkResult> walk(const fs::path& root, const WalkLimits& limits, std::stop_token stop) {
  Fd fd = open_folder(root, "");
  if (!fd) return fail(Errc::kNotFound, "{}: {}", root.string(), std::strerror(errno));
  return Walker(root, limits, std::move(stop)).run(std::move(fd));
}

SkipReason skip_reason(const fs::path& root, std::string_view path, const WalkLimits& limits) {
  IgnoreRules rules = IgnoreRules::outside(root);
  Fd folder = open_folder(root, "");
  for (std::size_t at = 0;;) {
    if (!folder)
      return errno == ELOOP || errno == ENOTDIR ? SkipReason::kSpecial : SkipReason::kUnreadable;
    enter(rules, path.substr(0, at == 0 ? 0 : at - 1), folder.get());
    const std::size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) break;
    const SkipReason reason = folder_reason(rules, path.substr(0, slash));
    if (reason != SkipReason::kNone) return reason;
    folder = open_folder(root, path.substr(0, slash));
    at = slash + 1;
  }
  const SkipReason reason = file_reason(rules, path);
  if (reason != SkipReason::kNone) return reason;
  const std::string name(last_name(path));
  struct stat facts {};
  if (fstatat(folder.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return SkipReason::kUnreadable;
  }
  return disk_reason(folder.get(), name, facts, limits);
}

LoadedFile load_file(const fs::path& root, std::string_view path, const WalkLimits& limits) {
  LoadedFile out;
  const auto refuse = [&](SkipReason reason) {
    out.text.clear();
    out.reason = reason;
    return out;
  };
  if (is_secret_path(path)) return refuse(SkipReason::kSecret);
  const Fd folder = open_folder(root, folder_of(path));
  if (!folder) {
    return refuse(errno == ELOOP || errno == ENOTDIR ? SkipReason::kSpecial
                                                     : SkipReason::kUnreadable);
  }
  Fd fd;
  struct stat facts {};
  const SkipReason opened = open_regular(folder.get(), std::string(last_name(path)), fd, facts);
  if (opened != SkipReason::kNone) return refuse(opened);
  // One byte more than allowed: the file may have grown since it was looked at.
  if (!read_up_to(fd, limits.file_bytes_max + 1, out.text)) return refuse(SkipReason::kUnreadable);
  if (out.text.size() > limits.file_bytes_max) return refuse(SkipReason::kTooLarge);
  if (is_binary(out.text)) return refuse(SkipReason::kBinary);
  const Language* language = language_of(path, std::string_view(out.text).substr(0, kHeadBytes));
  if (language == nullptr) return refuse(SkipReason::kLanguage);
  if (holds_private_key(*language, out.text)) return refuse(SkipReason::kSecret);
  if (is_minified(*language, out.text)) return refuse(SkipReason::kMinified);
  return out;
}

fs::path workspace_root_of(const fs::path& file_or_dir) {
  std::error_code error;
  fs::path folder = fs::weakly_canonical(file_or_dir, error);
  if (error) folder = fs::absolute(file_or_dir, error);
  if (!fs::is_directory(folder, error)) folder = folder.parent_path();
  return repository_root_of(folder).value_or(folder);
}

}  // namespace curlew::indexer
