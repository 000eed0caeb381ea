#include "lsp/sandbox/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "lsp/sandbox/landlock.h"
#include "lsp/sandbox/process_tree.h"

namespace curlew::sandbox {
namespace {

constexpr int kNice = 10;  // the user's editor comes first

enum class Step : int { kSetUp, kNamespace, kOverlay, kFolder, kRules, kProgram };

constexpr const char* kStepNames[] = {"setting up",         "making a namespace",
                                      "laying the overlay", "entering the folder",
                                      "restricting itself", "starting"};

// Written to the parent by a child that does not come to be the program.
struct Failure {
  Step step;
  int error;
};

// Everything the child needs, as the kernel takes it.
struct Ready {
  const ChildPlan& plan;
  std::vector<char*> argv, environment;
  std::string overlay_options, uid_map, gid_map;
  std::vector<sock_filter> filter;
  int output = -1, failure = -1, nothing = -1, scope = -1;
  pid_t parent = 0;
  rlim_t processes_max = 0;
};

// --- In the child: calls of the kernel only ------------------------------------------------------

[[noreturn]] void give_up(const Ready& ready, Step step) {
  const Failure failure{step, errno};
  if (::write(ready.failure, &failure, sizeof failure) < 0) ::_exit(126);
  ::_exit(127);
}

bool write_file(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  return fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         ::close(fd) == 0;
}

bool limit(decltype(RLIMIT_CPU) resource, rlim_t most) {
  rlimit now;
  if (::getrlimit(resource, &now) != 0) return false;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  now = {most, most};
  return ::setrlimit(resource, &now) == 0;
}

bool set_up(const Ready& ready) {
  // Ends with the thread that waits for it; the parent may be gone already.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != ready.parent) return false;
  ::setsid();
  ::umask(022);
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(ready.nothing, 0) < 0 || ::dup2(ready.output, 1) < 0 || ::dup2(ready.output, 2) < 0)
    return false;
  (void)::setpriority(PRIO_PROCESS, 0, kNice);
  write_file("/proc/self/oom_score_adj", "1000");
  const Limits& limits = ready.plan.limits;
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu.count())) &&
         limit(RLIMIT_FSIZE, static_cast<rlim_t>(limits.file_bytes)) && limit(RLIMIT_NOFILE, 4096);
}

void lay_overlay(const Ready& ready) {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write_file("/proc/self/setgroups", "deny") ||
      !write_file("/proc/self/uid_map", ready.uid_map) ||
      !write_file("/proc/self/gid_map", ready.gid_map))
    give_up(ready, Step::kNamespace);
  if (::mount("overlay", ready.plan.overlay->mount_point.c_str(), "overlay", MS_NODEV | MS_NOSUID,
              ready.overlay_options.c_str()) != 0)
    give_up(ready, Step::kOverlay);
}

bool restrict(const Ready& ready) {
  if (ready.plan.ruleset >= 0 && !restrict_self(ready.plan.ruleset)) return false;
  if (ready.filter.empty()) return true;
  const sock_fprog program{static_cast<unsigned short>(ready.filter.size()),
                           const_cast<sock_filter*>(ready.filter.data())};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Direct children are ended until there are none: those of a process that ends become ours. Within
// a scope one call before that ends all there are at once, those that are being forked included.
void end_children(bool has_scope) {
  char list[4096];
  if (has_scope) ::kill(-1, SIGKILL);
  while (::waitpid(-1, nullptr, WNOHANG) >= 0) {
    const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t n = ::read(fd, list, sizeof list - 1);
    ::close(fd);
    pid_t pid = 0;
    for (ssize_t i = 0; i < n; ++i) {
      if (list[i] >= '0' && list[i] <= '9') {
        pid = pid * 10 + (list[i] - '0');
      } else {
        if (pid > 0) ::kill(pid, SIGKILL);
        pid = 0;
      }
    }
  }
}

// Returns in the child that is to become the program.
void keep(Ready& ready) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGCHLD);
  // A terminal's Ctrl-C comes to us, too: it is for our parent to say what becomes of the command.
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 ||
      ::getppid() != ready.parent || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      (ready.scope >= 0 && !restrict_self(ready.scope)))
    give_up(ready, Step::kSetUp);
  ready.parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) give_up(ready, Step::kSetUp);
  if (pid == 0) return;
  ::close(ready.failure);
  ::close(ready.output);
  int status = SIGKILL, ended_status = 0;
  for (bool ended = false; !ended && ::sigwaitinfo(&awaited, nullptr) != SIGTERM;)
    for (pid_t child; (child = ::waitpid(-1, &ended_status, WNOHANG)) > 0;)
      if (child == pid) ended = true, status = ended_status;
  end_children(ready.scope >= 0);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

[[noreturn]] void become(Ready& ready) {
  const ChildPlan& plan = ready.plan;
  keep(ready);
  if (!set_up(ready)) give_up(ready, Step::kSetUp);
  if (plan.overlay != nullptr) lay_overlay(ready);
  if (!limit(RLIMIT_NPROC, ready.processes_max)) give_up(ready, Step::kSetUp);
  if (!plan.folder.empty() && ::chdir(plan.folder.c_str()) != 0) give_up(ready, Step::kFolder);
  if (plan.keeps_filter && ::fcntl(plan.filter, F_SETFD, 0) != 0) give_up(ready, Step::kSetUp);
  if (!restrict(ready)) give_up(ready, Step::kRules);
  ::execve(ready.argv[0], ready.argv.data(), ready.environment.data());
  give_up(ready, Step::kProgram);
}

// --- In the parent -------------------------------------------------------------------------------

Expected<std::vector<sock_filter>> read_filter(int file) {
  std::vector<sock_filter> program(BPF_MAXINSNS);
  const ssize_t bytes = ::pread(file, program.data(), program.size() * sizeof(sock_filter), 0);
  if (bytes <= 0 || bytes % sizeof(sock_filter) != 0)
    return fail(Errc::kUnavailable, "seccomp: the filter cannot be read");
  program.resize(static_cast<std::size_t>(bytes) / sizeof(sock_filter));
  return program;
}

std::string map_of(unsigned id) {
  return fmt::format("{} {} 1\n", id, id);
}

// A child that has become the program has closed the pipe without a word.
Status wait_for_program(const ChildPlan& plan, pid_t pid, int failures) {
  Failure failure{};
  ssize_t n;
  while ((n = ::read(failures, &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (n == 0) return {};
  ::waitpid(pid, nullptr, 0);
  if (n != sizeof failure) return fail(Errc::kUnavailable, "{}: the child is lost", plan.argv[0]);
  const bool is_missing =
      failure.step == Step::kProgram && (failure.error == ENOENT || failure.error == EACCES);
  return fail(is_missing ? Errc::kNotFound : Errc::kUnavailable, "{} {}: {}",
              kStepNames[static_cast<int>(failure.step)], plan.argv[0],
              std::strerror(failure.error));
}

}  // namespace

Expected<Child> start(const ChildPlan& plan) {
  Ready ready{plan};
  for (const std::string& word : plan.argv) ready.argv.push_back(const_cast<char*>(word.c_str()));
  std::vector<std::string> variables;
  for (const auto& [name, value] : plan.environment) variables.push_back(name + "=" + value);
  for (std::string& variable : variables) ready.environment.push_back(variable.data());
  ready.argv.push_back(nullptr);
  ready.environment.push_back(nullptr);
  if (plan.overlay != nullptr)
    ready.overlay_options = fmt::format(
        "lowerdir=/proc/self/fd/{},upperdir=/proc/self/fd/{},workdir=/proc/self/fd/{},userxattr",
        plan.overlay->lower, plan.overlay->upper, plan.overlay->work);
  ready.uid_map = map_of(::geteuid());
  ready.gid_map = map_of(::getegid());
  ready.parent = ::getpid();
  ready.processes_max = static_cast<rlim_t>(plan.limits.processes);
  // Only a namespace of its own has its own count; else it is that of the user.
  if (plan.overlay == nullptr) ready.processes_max += static_cast<rlim_t>(threads_of_user());
  if (plan.filter >= 0 && !plan.keeps_filter) {
    Expected<std::vector<sock_filter>> filter = read_filter(plan.filter);
    if (!filter) return std::move(filter.error()).pass();
    ready.filter = std::move(*filter);
  }
  Descriptor scope;
  if (landlock_version() >= kLandlockVersionScopes) {
    Expected<Descriptor> made = make_scope();
    if (!made) return std::move(made.error()).pass();
    scope = std::move(*made);
    ready.scope = scope.get();
  }
  int output[2], failures[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return fail(Errc::kIo, "pipe: {}", std::strerror(errno));
  Descriptor output_end(output[0]), output_start(output[1]);
  if (::pipe2(failures, O_CLOEXEC) != 0) return fail(Errc::kIo, "pipe: {}", std::strerror(errno));
  Descriptor failures_end(failures[0]), failures_start(failures[1]);
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ready.output = output_start.get();
  ready.failure = failures_start.get();
  ready.nothing = nothing.get();

  const pid_t pid = ::fork();
  if (pid < 0) return fail(Errc::kIo, "fork: {}", std::strerror(errno));
  if (pid == 0) become(ready);
  output_start = Descriptor();
  failures_start = Descriptor();
  if (Status started = wait_for_program(plan, pid, failures_end.get()); !started)
    return std::move(started.error()).pass();
  ::fcntl(output_end.get(), F_SETFL, O_NONBLOCK);
  return Child{pid, std::move(output_end)};
}

}  // namespace curlew::sandbox
