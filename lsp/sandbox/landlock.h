// Landlock (kernel.org/doc/html/latest/userspace-api/landlock.html): rules on paths that a process
// puts on itself and all it starts.
#pragma once

#include <filesystem>
#include <vector>

#include "lsp/sandbox/descriptor.h"
#include "lsp/sandbox/error.h"

namespace curlew::sandbox {

// 0: not to be had. 6 and up keep signals and abstract sockets inside as well.
int landlock_version();
constexpr int kLandlockVersionMin = 3;  // 1 and 2 cannot keep files from being truncated
constexpr int kLandlockVersionScopes = 6;

// What `readable` and `writable` hold may be read and run, `writable` changed as well, everything
// else not even be opened. Paths that do not exist are left out.
Expected<Descriptor> make_ruleset(const std::vector<std::filesystem::path>& readable,
                                  const std::vector<std::filesystem::path>& writable);

// No paths, only the scopes: what is restricted so can signal itself and what it starts, nothing
// else. Needs kLandlockVersionScopes.
Expected<Descriptor> make_scope();

// For the calling thread and what it starts; wants PR_SET_NO_NEW_PRIVS. Safe after a fork.
bool restrict_self(int ruleset);

}  // namespace curlew::sandbox
