#include "indexer/segment/name_block.h"

#include <algorithm>

#include "indexer/segment/dictionary.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kTypedMax = 62;
constexpr std::size_t kUsualBytes = 128;
constexpr std::size_t kStepBytes = 8;

}  // namespace

NameBlock::NameBlock(std::string_view typed) : text_(kUsualBytes, 0), states_(kUsualBytes + 1) {
  typed = typed.substr(0, kTypedMax);
  wanted_ = std::uint64_t{1} << typed.size();
  for (std::size_t c = 0; c < letters_.size(); ++c) {
    Letter& letter = letters_[c];
    for (std::size_t i = 0; i < typed.size(); ++i) {
      if (folded(static_cast<char>(c)) == typed[i]) letter.places |= std::uint64_t{2} << i;
    }
    letter.ends_hump = c == '_' || c == '-' || c == '.' ? ~std::uint64_t{0} : 0;
    letter.is_capital = c >= 'A' && c <= 'Z' ? ~std::uint64_t{0} : 0;
  }
  states_[0] = {.held = 1, .humps = 1, .last = 0};
}

void NameBlock::begin(std::string_view block) {
  reader_ = VarintReader(block);
  is_first_ = true;
  size_ = 0;
}

void NameBlock::read_bytes(std::size_t at) {
  const Letter* const letters = letters_.data();
  const auto* const text = reinterpret_cast<const unsigned char*>(text_.data());
  State* const states = states_.data();
  State state = states[at];
  const Letter* before = at > 0 ? &letters[text[at - 1]] : &letters['_'];
  for (std::size_t i = at; i < at + kStepBytes; ++i) {
    const Letter* const letter = &letters[text[i]];
    const std::uint64_t is_hump = before->ends_hump | (letter->is_capital & ~before->is_capital);
    state.held |= state.held << 1 & letter->places;
    state.last = (state.last | (state.humps & is_hump)) << 1 & letter->places;
    state.humps |= state.last;
    before = letter;
    states[i + 1] = state;
  }
}

bool NameBlock::next() {
  const std::optional<FrontCoded> coded = next_front_coded(reader_, is_first_);
  if (!coded || coded->shared > size_) return false;
  is_first_ = false;
  const auto start = static_cast<std::size_t>(coded->shared);
  size_ = start + coded->tail.size();
  if (size_ + kStepBytes > text_.size()) {
    text_.resize(2 * size_ + kStepBytes);
    states_.resize(text_.size() + 1);
  }
  std::copy(coded->tail.begin(), coded->tail.end(), text_.data() + start);
  // A fixed number of bytes at a time, for the end of a name is hard to foresee. What is read behind
  // it makes states that nobody asks for.
  for (std::size_t at = start; at < size_; at += kStepBytes) read_bytes(at);
  return true;
}

}  // namespace curlew::indexer
