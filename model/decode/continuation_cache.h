// The continuations of files that several requests look into, kept by content. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string_view>

#include "model/decode/continuations.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

class ContinuationCache {
 public:
  static constexpr std::size_t kTextsMax = 48;
  static constexpr std::size_t kTextBytesMax = 256 << 10;  // what lies behind is left out

  // The tokenizer must outlive the cache. Builds on a miss, some 20 ms for the longest text.
  std::shared_ptr<const Continuations> of(std::string_view text, const Tokenizer& tokenizer);

 private:
  struct Entry {
    std::size_t hash, bytes;
    std::shared_ptr<const Continuations> continuations;
  };
  std::shared_ptr<const Continuations> find(std::size_t hash, std::size_t bytes);

  std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_; the least recently used last
};

}  // namespace curlew::model
