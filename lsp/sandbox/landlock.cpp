#include "lsp/sandbox/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace curlew::sandbox {
namespace {

// As in linux/landlock.h, of which this machine's copy may be older than its kernel.
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr std::uint32_t kVersionFlag = 1;
constexpr int kPathBeneath = 1;

struct RulesetAttributes {
  std::uint64_t handled_fs, handled_net, scoped;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed;
  std::int32_t parent_fd;
};

constexpr std::uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2,
                        kReadFolder = 1 << 3, kRefer = 1 << 13, kTruncate = 1 << 14,
                        kDeviceControl = 1 << 15;
constexpr std::uint64_t kAllOfVersion3 = (1 << 15) - 1;
constexpr std::uint64_t kRead = kExecute | kReadFile | kReadFolder;
constexpr std::uint64_t kOnFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDeviceControl;
// Of what may be made in a folder: everything but devices.
constexpr std::uint64_t kMakeDevices = (1 << 6) | (1 << 11);
constexpr std::uint64_t kNetwork = 3;  // binding and connecting TCP sockets
constexpr std::uint64_t kScopes = 3;   // abstract Unix sockets, signals

Status allow(int ruleset, const std::filesystem::path& path, std::uint64_t access) {
  const Descriptor at(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info;
  if (!at || ::fstat(at.get(), &info) != 0) return {};
  PathBeneath rule{access, at.get()};
  if (!S_ISDIR(info.st_mode)) rule.allowed &= kOnFiles;
  if (::syscall(kAddRule, ruleset, kPathBeneath, &rule, 0) == 0) return {};
  return fail(Errc::kUnavailable, "landlock: {}: {}", path.string(), std::strerror(errno));
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kVersionFlag);
  return version < 0 ? 0 : static_cast<int>(version);
}

Expected<Descriptor> make_ruleset(const std::vector<std::filesystem::path>& readable,
                                  const std::vector<std::filesystem::path>& writable) {
  const int version = landlock_version();
  if (version < kLandlockVersionMin)
    return fail(Errc::kUnavailable, "landlock: this kernel has version {}, {} is needed", version,
                kLandlockVersionMin);
  RulesetAttributes handled{kAllOfVersion3, 0, 0};
  std::size_t bytes = sizeof handled.handled_fs;
  if (version >= 4) handled.handled_net = kNetwork, bytes += sizeof handled.handled_net;
  if (version >= 5) handled.handled_fs |= kDeviceControl;
  if (version >= kLandlockVersionScopes) handled.scoped = kScopes, bytes += sizeof handled.scoped;
  Descriptor ruleset(static_cast<int>(::syscall(kCreateRuleset, &handled, bytes, 0)));
  if (!ruleset) return fail(Errc::kUnavailable, "landlock: {}", std::strerror(errno));
  for (const auto& path : readable)
    if (Status s = allow(ruleset.get(), path, kRead); !s) return std::move(s.error()).pass();
  const std::uint64_t all = handled.handled_fs & ~kMakeDevices & ~kDeviceControl;
  for (const auto& path : writable)
    if (Status s = allow(ruleset.get(), path, all); !s) return std::move(s.error()).pass();
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    if (Status s = allow(ruleset.get(), device, kReadFile | kWriteFile | kTruncate); !s)
      return std::move(s.error()).pass();
  return ruleset;
}

Expected<Descriptor> make_scope() {
  const RulesetAttributes scopes{0, 0, kScopes};
  Descriptor ruleset(static_cast<int>(::syscall(kCreateRuleset, &scopes, sizeof scopes, 0)));
  if (!ruleset) return fail(Errc::kUnavailable, "landlock: {}", std::strerror(errno));
  return ruleset;
}

bool restrict_self(int ruleset) {
  return ::syscall(kRestrictSelf, ruleset, 0) == 0;
}

}  // namespace curlew::sandbox
