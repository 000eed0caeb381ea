// System calls that no compiler and no test needs, but attacks on a kernel do.
#pragma once

#include "lsp/sandbox/descriptor.h"
#include "lsp/sandbox/error.h"

namespace curlew::sandbox {

struct FilterOptions {
  bool sockets = true;  // false: none at all, where no namespace cuts the network off
  bool ipc = true;      // false: no System V or POSIX queues and shared memory
  bool signals = true;  // false: none to other processes, where nothing else keeps them apart
};

// A BPF program (struct sock_filter[]) in an anonymous file, read position at the start. Calls that
// it refuses fail with EPERM, clone3 with ENOSYS, so that callers fall back to clone.
Expected<Descriptor> make_filter(const FilterOptions& options);

}  // namespace curlew::sandbox
