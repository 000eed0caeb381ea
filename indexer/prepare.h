// One file, from the disk to what the writer stores. Run by the parser threads.
#pragma once

#include "indexer/index.h"
#include "indexer/store.h"

namespace curlew::indexer {

// Reads and parses `walked`; `known` is its row, if there is one. With the content as in the row,
// nothing is parsed and `unchanged` is set. Never fails: what cannot be read or parsed keeps its
// SkipReason.
PreparedFile prepare_file(Parser& parser, const IndexOptions& options, const WalkedFile& walked,
                          const FileRow* known);

}  // namespace curlew::indexer
