#include "indexer/segment/dictionary.h"

#include <algorithm>

#include "indexer/packed.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

constexpr std::uint32_t kNibbleMax = FrontCoded::kNibbleMax;

void append_u32(std::string& out, std::uint32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return std::mismatch(a.begin(), a.begin() + most, b.begin()).first - a.begin();
}

// Less, equal or greater by as many letters as `wanted` has; it is folded.
int compare_beginning(std::string_view name, std::string_view wanted) {
  const std::size_t common = std::min(name.size(), wanted.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto a = static_cast<unsigned char>(folded(name[i]));
    const auto b = static_cast<unsigned char>(wanted[i]);
    if (a != b) return a < b ? -1 : 1;
  }
  return name.size() < wanted.size() ? -1 : 0;
}

// Unpacks one block string by string.
class BlockReader {
 public:
  explicit BlockReader(std::string_view bytes) : reader_(bytes) {}
  // False at the end, and where the bytes make no sense.
  bool next() {
    const std::optional<FrontCoded> coded = next_front_coded(reader_, is_first_);
    is_first_ = false;
    if (!coded || coded->shared > text_.size()) return false;
    text_.resize(static_cast<std::size_t>(coded->shared));
    text_ += coded->tail;
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

// The number of the first string that is not before what is sought.
template <class Before>
std::uint32_t Dictionary::first_not(const Before& before) const {
  std::uint32_t low = 0, high = (count_ + kBlockWords - 1) / kBlockWords;
  while (low < high) {  // the last block whose first string is before it
    const std::uint32_t middle = low + (high - low) / 2;
    VarintReader first(block(middle));
    if (before(first.take_counted()))
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return 0;
  std::uint32_t number = (low - 1) * kBlockWords;
  BlockReader reader(block(low - 1));
  while (reader.next() && before(reader.text())) ++number;
  return std::min(number, count_);
}

std::uint32_t Dictionary::lower_bound(std::string_view text) const {
  return first_not([&](std::string_view each) { return dictionary_less(each, text); });
}

std::pair<std::uint32_t, std::uint32_t> Dictionary::beginning_with(std::string_view folded) const {
  const std::uint32_t first =
      first_not([&](std::string_view each) { return compare_beginning(each, folded) < 0; });
  const std::uint32_t end =
      first_not([&](std::string_view each) { return compare_beginning(each, folded) <= 0; });
  return {first, std::max(first, end)};
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
