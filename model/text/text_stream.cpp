#include "model/text/text_stream.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

enum class Sequence { kWhole, kUnfinished, kBroken };
struct Decoded {
  Sequence kind;
  std::size_t bytes;  // of the character, or of the maximal sequence that is broken or unfinished
};

// The first character of `bytes`, by the table of well-formed sequences of the Unicode standard
// (3-7): only the second byte has a range that depends on the first.
Decoded first_character(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {Sequence::kWhole, 1};
  if (lead < 0xC2 || lead > 0xF4) return {Sequence::kBroken, 1};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const unsigned char second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == bytes.size()) return {Sequence::kUnfinished, i};
    const unsigned char min = i == 1 ? second_min : 0x80, max = i == 1 ? second_max : 0xBF;
    if (at(i) < min || at(i) > max) return {Sequence::kBroken, i};
  }
  return {Sequence::kWhole, length};
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stop_strings, TextFilter filter)
    : stop_strings_(std::move(stop_strings)), filter_(std::move(filter)) {
  std::erase_if(stop_strings_, [](const std::string& s) { return s.empty(); });
  for (const std::string& s : stop_strings_) stop_bytes_max_ = std::max(stop_bytes_max_, s.size());
}

std::optional<Finish> TextStream::add(std::string_view piece) {
  const std::size_t before = text_.size();
  starts_.push_back(before);
  pending_ += piece;
  append_whole_characters();
  if (text_.size() == before) return std::nullopt;

  if (const std::optional<std::size_t> stop = find_stop(before)) {
    text_.resize(*stop);
    return Finish::kStopString;
  }
  if (!filter_) return std::nullopt;
  const std::optional<std::size_t> keep = filter_(text_);
  if (!keep) return std::nullopt;
  text_.resize(std::min(*keep, text_.size()));
  return Finish::kFilter;
}

std::size_t TextStream::tokens_in_text() const {
  const auto first_cut = std::ranges::lower_bound(starts_, text_.size());
  return static_cast<std::size_t>(first_cut - starts_.begin());
}

void TextStream::append_whole_characters() {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const Decoded next = first_character(rest);
    if (next.kind == Sequence::kUnfinished) break;
    text_ += next.kind == Sequence::kWhole ? rest.substr(0, next.bytes) : kReplacement;
    rest.remove_prefix(next.bytes);
  }
  pending_.erase(0, pending_.size() - rest.size());
}

// The earliest stop string that ends behind `grown_from`.
std::optional<std::size_t> TextStream::find_stop(std::size_t grown_from) const {
  if (stop_bytes_max_ == 0) return std::nullopt;
  const std::size_t from = grown_from - std::min(grown_from, stop_bytes_max_ - 1);
  std::size_t first = std::string::npos;
  for (const std::string& s : stop_strings_) first = std::min(first, text_.find(s, from));
  if (first == std::string::npos) return std::nullopt;
  return first;
}

}  // namespace curlew::model
