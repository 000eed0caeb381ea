#include "lsp/sandbox/sandbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "lsp/sandbox/child.h"
#include "lsp/sandbox/landlock.h"
#include "lsp/sandbox/seccomp_filter.h"
#include "lsp/sandbox/shadow_copy.h"
#include "lsp/sandbox/supervise.h"
#include "lsp/sandbox/tree_files.h"
#include "lsp/sandbox/view.h"

namespace curlew::sandbox {
namespace fs = std::filesystem;

namespace {

// Not from PATH: whoever can change that could bring another program by the name.
constexpr const char* kBubblewrapPaths[] = {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"};
constexpr std::chrono::seconds kProbeMax{10};

// One way to isolate a command.
struct Way {
  Isolation isolation;
  ShadowKind shadow;
};
constexpr Way kWays[] = {{Isolation::kBubblewrap, ShadowKind::kOverlay},
                         {Isolation::kBubblewrap, ShadowKind::kCopy},
                         {Isolation::kLandlock, ShadowKind::kCopy},
                         {Isolation::kNone, ShadowKind::kCopy}};  // never but by its name

std::string way_name(const Way& way) {
  return fmt::format("{} with {}", isolation_name(way.isolation),
                     way.shadow == ShadowKind::kOverlay ? "an overlay" : "a copy");
}

std::string bubblewrap_path() {
  for (const char* path : kBubblewrapPaths)
    if (::access(path, X_OK) == 0) return path;
  return "";
}

fs::path default_cache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const fs::path base =
      cache != nullptr && *cache == '/' ? fs::path(cache) : home_folder() / ".cache";
  return base / "curlew" / "shadow";
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// Where shadow copies are held: a shadow copy below its own workspace would hold itself. Then they go
// to a folder of this user's in /tmp.
Expected<fs::path> cache_outside(const fs::path& root, const fs::path& wanted) {
  std::error_code error;
  if (!is_below(fs::weakly_canonical(wanted, error), root)) return wanted;
  const fs::path other = fs::path("/tmp") / fmt::format("curlew-{}", ::getuid()) / "shadow";
  if (is_below(other, root))
    return fail(Errc::kUnavailable, "{}: holds the folder for shadow copies", root.string());
  const fs::path own = other.parent_path();
  struct stat found {};
  if (::mkdir(own.c_str(), 0700) != 0 &&
      (::lstat(own.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != ::getuid() ||
       (found.st_mode & 077) != 0))
    return fail(Errc::kUnavailable, "{}: expected a folder of this user's alone", own.string());
  return other;
}

// What stood in the program's place says why in its last words.
tl::unexpected<Error> not_started(const Command& command, std::string_view said) {
  if (said.find("Permission denied") != said.npos)
    return fail(Errc::kNotFound, "starting {}: it may not be executed (chmod +x?)",
                command.argv[0]);
  return fail(Errc::kNotFound, "starting {}: no such program in the sandbox", command.argv[0]);
}

// The root, links resolved; none that would show a whole home.
Expected<fs::path> checked_root(const fs::path& workspace) {
  std::error_code error;
  const fs::path root = fs::canonical(workspace, error);
  if (error || !fs::is_directory(root, error))
    return fail(Errc::kInvalidInput, "{}: no folder", workspace.string());
  const fs::path home = home_folder();
  if (root == "/" || (!home.empty() && is_below(home, root)))
    return fail(Errc::kInvalidInput, "{}: holds the home folder, which no command may see",
                root.string());
  return root;
}

}  // namespace

std::string_view isolation_name(Isolation isolation) {
  constexpr std::string_view kNames[] = {"bubblewrap", "landlock", "nothing"};
  return kNames[static_cast<std::size_t>(isolation)];
}

struct Sandbox::Impl {
  Way way;
  ShadowCopy shadow;
  std::vector<fs::path> readable;
  std::string bubblewrap;
  fs::path home;  // as commands see it
  std::mutex turn;

  Expected<CommandResult> run(const Command& command, std::stop_token stop);

  std::vector<std::string> bubblewrap_argv(const Command& command, int filter) const;
  std::map<std::string, std::string> environment(const Command& command) const;
  const fs::path& root() const {  // as commands see it
    return way.isolation == Isolation::kBubblewrap ? shadow.workspace() : shadow.tree();
  }
  fs::path folder_of(const Command& command) const {
    return command.folder.empty() ? root() : root() / command.folder;
  }
  Expected<CommandResult> run_bubblewrap(const Command& command, std::stop_token stop);
  Expected<CommandResult> run_landlock(const Command& command, std::stop_token stop);
  // `plan` has what is kept from the command, but not yet the command.
  Expected<CommandResult> run_on_copy(ChildPlan plan, const Command& command, std::stop_token stop);
};

std::map<std::string, std::string> Sandbox::Impl::environment(const Command& command) const {
  std::map<std::string, std::string> all = clean_environment();
  const bool sees_copy = way.isolation != Isolation::kBubblewrap;
  all["HOME"] = sees_copy ? shadow.home().string() : home.string();
  all["TMPDIR"] = sees_copy ? shadow.temporary().string() : "/tmp";
  for (const auto& [name, value] : command.environment) all[name] = value;
  return all;
}

std::vector<std::string> Sandbox::Impl::bubblewrap_argv(const Command& command, int filter) const {
  std::vector<std::string> argv = {bubblewrap,      "--unshare-all",       "--die-with-parent",
                                   "--new-session", "--cap-drop",          "ALL",
                                   "--seccomp",     std::to_string(filter)};
  const auto add = [&](std::initializer_list<std::string> words) {
    argv.insert(argv.end(), words);
  };
  for (const fs::path& path : system_paths()) {
    std::error_code error;
    if (fs::is_symlink(path, error))
      add({"--symlink", fs::read_symlink(path, error).string(), path.string()});
    else
      add({"--ro-bind", path.string(), path.string()});
  }
  add({"--proc", "/proc", "--dev", "/dev"});
  add({"--bind", shadow.temporary().string(), "/tmp"});
  add({"--bind", shadow.home().string(), home.string()});
  for (const fs::path& path : readable) add({"--ro-bind-try", path.string(), path.string()});
  add({"--bind", shadow.tree().string(), shadow.workspace().string()});
  add({"--chdir", folder_of(command).string(), "--"});
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  return argv;
}

Expected<CommandResult> Sandbox::Impl::run_bubblewrap(const Command& command,
                                                      std::stop_token stop) {
  const Expected<Descriptor> filter = make_filter({});
  if (!filter) return Error(filter.error()).pass();
  const Overlay overlay{shadow.lower().get(), shadow.upper().get(), shadow.work().get(),
                        shadow.tree().string()};
  const ChildPlan plan{.argv = bubblewrap_argv(command, filter->get()),
                       .environment = environment(command),
                       .overlay = way.shadow == ShadowKind::kOverlay ? &overlay : nullptr,
                       .filter = filter->get(),
                       .keeps_filter = true,
                       .limits = command.limits};
  Expected<Child> child = start(plan);
  if (!child) return std::move(child.error()).pass();
  Expected<CommandResult> result = supervise(std::move(*child), command.limits, stop);
  constexpr std::string_view kMissing = "bwrap: execvp ";
  if (result && result->exit_code == 1 && result->output.starts_with(kMissing))
    return not_started(command, result->output);
  return result;
}

Expected<CommandResult> Sandbox::Impl::run_landlock(const Command& command, std::stop_token stop) {
  const bool has_scopes = landlock_version() >= kLandlockVersionScopes;
  const Expected<Descriptor> filter =
      make_filter({.sockets = false, .ipc = false, .signals = has_scopes});
  if (!filter) return Error(filter.error()).pass();
  std::vector<fs::path> shown = system_paths();
  shown.insert(shown.end(), readable.begin(), readable.end());
  shown.emplace_back("/proc");
  const Expected<Descriptor> ruleset =
      make_ruleset(shown, {shadow.tree(), shadow.home(), shadow.temporary()});
  if (!ruleset) return Error(ruleset.error()).pass();
  return run_on_copy({.ruleset = ruleset->get(), .filter = filter->get()}, command, stop);
}

Expected<CommandResult> Sandbox::Impl::run_on_copy(ChildPlan plan, const Command& command,
                                                   std::stop_token stop) {
  // env finds the program in the command's own PATH.
  std::vector<std::string> argv = {"/usr/bin/env", "--"};
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  plan.argv = std::move(argv);
  plan.environment = environment(command);
  plan.folder = folder_of(command).string();
  plan.limits = command.limits;
  Expected<Child> child = start(plan);
  if (!child) return std::move(child.error()).pass();
  Expected<CommandResult> result = supervise(std::move(*child), command.limits, stop);
  const bool env_failed = result && (result->exit_code == 126 || result->exit_code == 127);
  if (env_failed && result->output.starts_with("/usr/bin/env: "))
    return not_started(command, result->output);
  return result;
}

Expected<CommandResult> Sandbox::Impl::run(const Command& command, std::stop_token stop) {
  if (command.argv.empty() || command.argv[0].empty())
    return fail(Errc::kInvalidInput, "an empty command");
  if (!command.folder.empty())
    if (Status good = check_relative(command.folder); !good) return std::move(good.error()).pass();
  const std::lock_guard lock(turn);
  switch (way.isolation) {
    case Isolation::kBubblewrap:
      return run_bubblewrap(command, stop);
    case Isolation::kLandlock:
      return run_landlock(command, stop);
    case Isolation::kNone:
      break;
  }
  return run_on_copy({}, command, stop);
}

Sandbox::Sandbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sandbox::~Sandbox() = default;

Expected<std::unique_ptr<Sandbox>> Sandbox::open(const SandboxOptions& options) {
  Expected<fs::path> root = checked_root(options.workspace);
  if (!root) return std::move(root.error()).pass();
  const Expected<fs::path> cache =
      cache_outside(*root, options.cache.empty() ? default_cache() : options.cache);
  if (!cache) return tl::unexpected<Error>(cache.error());
  std::vector<fs::path> readable = toolchain_paths();
  readable.insert(readable.end(), options.readable.begin(), options.readable.end());
  const std::string bubblewrap = bubblewrap_path();
  std::string tried;
  for (const Way& way : kWays) {
    if (options.isolation ? *options.isolation != way.isolation : way.isolation == Isolation::kNone)
      continue;
    if (way.shadow == ShadowKind::kOverlay && !options.overlay) continue;
    if (way.isolation == Isolation::kBubblewrap && bubblewrap.empty()) {
      tried = "bubblewrap: not installed";
      continue;
    }
    Expected<ShadowCopy> shadow = ShadowCopy::make(*root, *cache, way.shadow);
    if (!shadow) return std::move(shadow.error()).pass();
    fs::path home = home_folder();
    if (home.empty()) home = "/home/user";
    std::unique_ptr<Impl> impl(new Impl{way, std::move(*shadow), readable, bubblewrap, home, {}});
    std::unique_ptr<Sandbox> made(new Sandbox(std::move(impl)));
    const Expected<CommandResult> probe =
        made->run({.argv = {"true"}, .limits = {.wall = kProbeMax}}, {});
    if (probe && probe->exit_code == 0) return made;
    tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", way_name(way),
                         probe ? probe->output : probe.error().message());
  }
  return fail(Errc::kUnavailable, "no sandbox on this machine: {}", tried);
}

Expected<std::unique_ptr<Sandbox>> Sandbox::clone() const {
  const std::lock_guard lock(impl_->turn);
  if (impl_->way.isolation != Isolation::kBubblewrap)
    return fail(Errc::kUnavailable, "commands see where their shadow copy lies");
  Expected<ShadowCopy> shadow = impl_->shadow.clone();
  if (!shadow) return std::move(shadow.error()).pass();
  std::unique_ptr<Impl> impl(new Impl{
      impl_->way, std::move(*shadow), impl_->readable, impl_->bubblewrap, impl_->home, {}});
  return std::unique_ptr<Sandbox>(new Sandbox(std::move(impl)));
}

Status Sandbox::put(const std::string& path, std::string_view text) {
  const std::lock_guard lock(impl_->turn);
  return impl_->shadow.put(path, text);
}
Status Sandbox::restore(const std::string& path) {
  const std::lock_guard lock(impl_->turn);
  return impl_->shadow.restore(path);
}
Expected<std::string> Sandbox::text(const std::string& path) const {
  const std::lock_guard lock(impl_->turn);
  return impl_->shadow.text(path);
}
Expected<std::string> Sandbox::original(const std::string& path) const {
  const std::lock_guard lock(impl_->turn);
  return impl_->shadow.original(path);
}
Expected<CommandResult> Sandbox::run(const Command& command, std::stop_token stop) {
  return impl_->run(command, std::move(stop));
}
Isolation Sandbox::isolation() const {
  return impl_->way.isolation;
}
std::string Sandbox::description() const {
  return way_name(impl_->way);
}
const fs::path& Sandbox::visible_root() const {
  return impl_->root();
}

}  // namespace curlew::sandbox
