// Watches a started command until it and everything it started have ended.
#pragma once

#include <stop_token>

#include "lsp/sandbox/child.h"

namespace curlew::sandbox {

// Collects the output, looks at time, memory and processes, and ends all of it when there is too
// much of one; kCancelled when stopped. When this returns nothing of the command runs any more.
Expected<CommandResult> supervise(Child child, const Limits& limits, std::stop_token stop);

}  // namespace curlew::sandbox
