// Where the user of an earlier fill-in-the-middle request goes on typing.
//
// In prefix-first formats every key would move the suffix, and everything behind the cursor would
// be evaluated anew. So the prompt of a burst's first key is kept, and what was typed since is fed
// as the forced beginning of the middle. A burst ends where the cursor leaves the line, where
// anything else changes, or where the typed part grows long.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "model/text/fim.h"

namespace curlew::model {

class BurstMemory {
 public:
  // `text` with `typed` filled in where it goes on a burst that is remembered, or as it is.
  FimText continue_burst(const FimText& text) const;

  // `text` is what a prompt was built from.
  void remember(FimText text);
  void clear();

 private:
  static constexpr std::size_t kBurstsMax = 16;

  mutable std::mutex mutex_;
  std::vector<FimText> bursts_;  // guarded by mutex_; the latest last, each without `typed`
};

}  // namespace curlew::model
