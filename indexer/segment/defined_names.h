// The names that a segment's documents define, laid out in memory for looking at all of them: what
// was typed may be spread over a name ("gne" for getNextEdit), and no order of the dictionary
// brings such names together.
//
// Each name has a signature of 64 bits: which letters it holds and with which ones its humps begin.
// A query passes over the signatures, 8 bytes a name, and looks at the few names whose signature
// fits. Immutable, so thread-safe. Takes the names' bytes and 12 more each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/segment/dictionary.h"
#include "indexer/segment/postings.h"

namespace curlew::indexer {

// Whether a word within the name begins at `i`: at its start, after '_', '-' or '.', and where
// capitals begin.
bool is_hump(std::string_view name, std::size_t i);

class DefinedNames {
 public:
  DefinedNames(const Dictionary& words, const Postings& postings);

  std::size_t size() const { return ends_.size(); }
  // Calls take(name) for every name that holds all letters of `typed`, in whatever order and case,
  // and has a hump that begins with the first of them. Others may come too.
  void with_letters(std::string_view typed,
                    const std::function<void(std::string_view)>& take) const;

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint64_t> signatures_;
};

}  // namespace curlew::indexer
