// The tree of the text that is being typed in, kept between questions about it: does an insertion
// make it parse worse? The next text differs from the last by a key or two, so both the text and
// the text with the insertion are parsed incrementally, in well under a millisecond.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "indexer/source/syntax.h"

namespace curlew::indexer {

// Null when `expired` answered true before the end. `old_tree` (may be null) must have been edited
// to fit `text`.
TreeHandle parse_text(TSParser* parser, const Language& language, const TSTree* old_tree,
                      std::string_view text, const std::function<bool()>& expired);

// ERROR and MISSING nodes. Enters only nodes that have some inside.
int error_count(TSNode root);

class LiveTree {
 public:
  bool breaks(TSParser* parser, const Language& language, std::string_view text, std::size_t offset,
              std::string_view insertion);

 private:
  // Brings tree_ to `text`. False when the time was up.
  bool follow(TSParser* parser, const Language& language, std::string text,
              const std::function<bool()>& expired);

  const Language* language_ = nullptr;
  std::string text_;  // as the parser saw it, macros blanked
  TreeHandle tree_;   // of text_; null when there is none
  int errors_ = 0;
};

}  // namespace curlew::indexer
