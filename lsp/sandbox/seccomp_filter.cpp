#include "lsp/sandbox/seccomp_filter.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>

namespace curlew::sandbox {
namespace {

using Context = std::unique_ptr<void, void (*)(void*)>;

// By name: a call that this machine's library does not know is none that could be made by name.
constexpr const char* kNever[] = {"mount",
                                  "umount2",
                                  "pivot_root",
                                  "chroot",
                                  "fsopen",
                                  "fsmount",
                                  "fsconfig",
                                  "fspick",
                                  "move_mount",
                                  "open_tree",
                                  "mount_setattr",
                                  "swapon",
                                  "swapoff",
                                  "reboot",
                                  "kexec_load",
                                  "kexec_file_load",
                                  "init_module",
                                  "finit_module",
                                  "delete_module",
                                  "acct",
                                  "quotactl",
                                  "quotactl_fd",
                                  "bpf",
                                  "perf_event_open",
                                  "userfaultfd",
                                  "add_key",
                                  "request_key",
                                  "keyctl",
                                  "io_uring_setup",
                                  "io_uring_enter",
                                  "io_uring_register",
                                  "open_by_handle_at",
                                  "name_to_handle_at",
                                  "unshare",
                                  "setns",
                                  "process_vm_readv",
                                  "process_vm_writev",
                                  "syslog",
                                  "settimeofday",
                                  "clock_settime",
                                  "clock_adjtime",
                                  "adjtimex",
                                  "iopl",
                                  "ioperm",
                                  "personality",
                                  "lookup_dcookie",
                                  "vhangup",
                                  "nfsservctl",
                                  "pidfd_getfd",
                                  "fanotify_init",
                                  "sethostname",
                                  "setdomainname"};
constexpr const char* kSockets[] = {"socket", "socketcall"};
constexpr const char* kIpc[] = {"shmget",     "shmat",   "shmctl",   "msgget", "msgsnd",
                                "msgrcv",     "msgctl",  "semget",   "semop",  "semctl",
                                "semtimedop", "mq_open", "mq_unlink"};
constexpr const char* kSignals[] = {"kill",       "tkill",           "pidfd_send_signal",
                                    "pidfd_open", "rt_sigqueueinfo", "rt_tgsigqueueinfo"};

int refuse(void* context, std::span<const char* const> names) {
  for (const char* name : names) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;
    const int done = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), call, 0);
    if (done != 0 && done != -EDOM) return done;  // EDOM: another architecture's call
  }
  return 0;
}

// A new user namespace would open the whole of the kernel; a terminal could be typed into.
int refuse_by_argument(void* context) {
  int done = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
  const int clone3 = seccomp_syscall_resolve_name("clone3");
  if (done == 0 && clone3 != __NR_SCMP_ERROR)
    done = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), clone3, 0);
  for (const scmp_datum_t request : {TIOCSTI, TIOCLINUX})
    if (done == 0)
      done = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, request));
  return done;
}

}  // namespace

Expected<Descriptor> make_filter(const FilterOptions& options) {
  const Context context(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!context) return fail(Errc::kUnavailable, "seccomp: no filter can be made");
  int done = refuse(context.get(), kNever);
  if (done == 0) done = refuse_by_argument(context.get());
  if (done == 0 && !options.sockets) done = refuse(context.get(), kSockets);
  if (done == 0 && !options.ipc) done = refuse(context.get(), kIpc);
  if (done == 0 && !options.signals) done = refuse(context.get(), kSignals);
  Descriptor file(::memfd_create("curlew-seccomp", MFD_CLOEXEC));
  if (done == 0 && file) done = seccomp_export_bpf(context.get(), file.get());
  if (done != 0 || !file || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return fail(Errc::kUnavailable, "seccomp: the filter cannot be made (error {})", -done);
  return file;
}

}  // namespace curlew::sandbox
