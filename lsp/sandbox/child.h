// What becomes of a process between fork and exec. Everything that may fail by itself or takes
// memory is made ready before: the parent has threads, so the child may do nothing but call the
// kernel.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "lsp/sandbox/descriptor.h"
#include "lsp/sandbox/sandbox.h"

namespace curlew::sandbox {

struct Overlay {
  int lower = -1, upper = -1, work = -1;  // folders
  std::string mount_point;
};

struct ChildPlan {
  std::vector<std::string> argv;  // argv[0] is a path
  std::map<std::string, std::string> environment;
  std::string folder;                // to start in; "" for none
  const Overlay* overlay = nullptr;  // laid in a mount namespace of its own
  int ruleset = -1;                  // Landlock's
  int filter = -1;                   // seccomp's; kept open for the program when `keeps_filter`
  bool keeps_filter = false;         // the program puts it on what it starts (bubblewrap)
  Limits limits;
};

struct Child {
  pid_t pid = -1;     // of the keeper
  Descriptor output;  // what the command writes to standard output and error
};

// Two processes: a keeper, and below it the one that becomes the program. The keeper inherits the
// orphans of what is started; when the command has ended or SIGTERM comes (from us, or because we
// are gone) it ends them all, and exits as the command did. Where Landlock has scopes the keeper and
// what it starts share one, so that one signal ends them all, a fork bomb's newest included.
//
// kNotFound when argv[0] cannot be executed; kUnavailable names the step that failed.
Expected<Child> start(const ChildPlan& plan);

}  // namespace curlew::sandbox
