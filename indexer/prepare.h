// One file, from the disk to what the writer stores. Run by the parser threads.
#pragma once

#include "indexer/index.h"
#include "indexer/store.h"

namespace curlew::indexer {

// One per thread: it keeps its parser and tables from one file to the next.
class FilePreparer {
 public:
  FilePreparer(const IndexOptions& options, StatePtr state)
      : options_(options), state_(std::move(state)) {}

  // Reads and parses `walked`; `known` is its row, if there is one. With the content as in the row
  // nothing is parsed and `unchanged` is set; with content that the store has anywhere, `known`.
  // Never fails: what cannot be read or parsed keeps its SkipReason.
  PreparedFile prepare(const WalkedFile& walked, const FileRow* known);

 private:
  const IndexOptions& options_;
  const StatePtr state_;
  Parser parser_;
  DraftMaker drafts_;
  std::vector<std::uint32_t> signatures_;
};

}  // namespace curlew::indexer
