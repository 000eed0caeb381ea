#include "indexer/segment/dictionary.h"

#include <algorithm>

#include "indexer/packed.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

constexpr std::uint32_t kNibbleMax = 15;

void append_u32(std::string& out, std::uint32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return std::mismatch(a.begin(), a.begin() + most, b.begin()).first - a.begin();
}

// Unpacks one block string by string.
class BlockReader {
 public:
  explicit BlockReader(std::string_view bytes) : reader_(bytes) {}
  // False at the end, and where the bytes make no sense.
  bool next() {
    if (reader_.done()) return false;
    std::uint64_t shared = 0, more = 0;
    if (is_first_) {
      more = reader_.next();
      is_first_ = false;
    } else {
      const auto tag = static_cast<unsigned char>(reader_.take(1)[0]);
      shared = tag >> 4;
      more = tag & kNibbleMax;
      if (shared == kNibbleMax) shared += reader_.next();
      if (more == kNibbleMax) more += reader_.next();
    }
    const std::string_view tail = reader_.take(more);
    if (reader_.broken() || shared > text_.size()) return false;
    text_.resize(static_cast<std::size_t>(shared));
    text_ += tail;
    return true;
  }
  const std::string& text() const { return text_; }

 private:
  VarintReader reader_;
  std::string text_;
  bool is_first_ = true;
};

}  // namespace

void DictionaryWriter::add(std::string_view text) {
  if (count_++ % kBlockWords == 0) {
    append_u32(blocks, static_cast<std::uint32_t>(words.size()));
    append_counted(words, text);
  } else {
    const auto shared = static_cast<std::uint32_t>(common_prefix(last_, text));
    const auto more = static_cast<std::uint32_t>(text.size() - shared);
    words += static_cast<char>(std::min(shared, kNibbleMax) << 4 | std::min(more, kNibbleMax));
    if (shared >= kNibbleMax) append_varint(words, shared - kNibbleMax);
    if (more >= kNibbleMax) append_varint(words, more - kNibbleMax);
    words += text.substr(shared);
  }
  last_ = text;
}

std::string_view Dictionary::block(std::uint32_t i) const {
  const std::uint64_t offset = std::uint64_t{i} * sizeof(std::uint32_t);
  const bool is_last = std::uint64_t{i + 1} * kBlockWords >= count_;
  const std::uint64_t entry_bytes = is_last ? sizeof(std::uint32_t) : 2 * sizeof(std::uint32_t);
  const std::string_view entry = blocks_.read(offset, entry_bytes);
  const std::uint64_t start = load<std::uint32_t>(entry);
  const std::uint64_t end = is_last ? words_.bytes() : load<std::uint32_t>(entry, 4);
  return entry.empty() || end < start ? std::string_view() : words_.read(start, end - start);
}

std::uint32_t Dictionary::lower_bound(std::string_view text) const {
  std::uint32_t low = 0, high = (count_ + kBlockWords - 1) / kBlockWords;
  while (low < high) {  // the last block whose first string is less
    const std::uint32_t middle = low + (high - low) / 2;
    VarintReader first(block(middle));
    if (dictionary_less(first.take_counted(), text))
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return 0;
  std::uint32_t number = (low - 1) * kBlockWords;
  BlockReader reader(block(low - 1));
  while (reader.next() && dictionary_less(reader.text(), text)) ++number;
  return std::min(number, count_);
}

std::optional<std::uint32_t> Dictionary::find(std::string_view text) const {
  const std::uint32_t number = lower_bound(text);
  if (number >= count_ || at(number) != text) return std::nullopt;
  return number;
}

std::string Dictionary::at(std::uint32_t number) const {
  if (number >= count_) return {};
  BlockReader reader(block(number / kBlockWords));
  for (std::uint32_t i = 0; i <= number % kBlockWords; ++i) {
    if (!reader.next()) return {};
  }
  return reader.text();
}

void Dictionary::scan(std::uint32_t first, std::uint32_t end, const Take& take) const {
  end = std::min(end, count_);
  for (std::uint32_t start = first / kBlockWords * kBlockWords; start < end; start += kBlockWords) {
    BlockReader reader(block(start / kBlockWords));
    for (std::uint32_t i = start; i < std::min(end, start + kBlockWords) && reader.next(); ++i) {
      if (i >= first && !take(i, reader.text())) return;
    }
  }
}

}  // namespace curlew::indexer
