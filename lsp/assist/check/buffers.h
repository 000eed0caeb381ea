// A workspace as its user sees it: with the text of open documents in place of their files.
#pragma once

#include "lsp/assist/repair/checker.h"

namespace curlew::assist {

// A checker of a workspace some of whose files are open in an editor. Documents without a file on
// the disk are left out: no command knows of them. `base` must outlive it.
Expected<std::unique_ptr<Checker>> make_buffers_checker(Checker& base, const Changes& buffers);

}  // namespace curlew::assist
