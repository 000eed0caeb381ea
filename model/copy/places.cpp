#include "model/copy/places.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

namespace curlew::model {
namespace {

constexpr std::size_t kPlacesMax = 192;
constexpr int kPlacesPerSegment = 48;
constexpr int kLooksPerSegment = 512;  // at places that the half-typed word may refuse
constexpr int kRightPlacesMax = 24;
constexpr int kRightLexemesMin = 3;
constexpr float kBitsOfATypedByte = 0.75f;

class PlaceFinder {
 public:
  PlaceFinder(const CursorContext& context, const std::vector<SearchedText>& texts)
      : context_(context), texts_(texts) {}

  std::vector<Place> find() {
    for (std::uint32_t t = 0; t < texts_.size(); ++t) {
      for (const PlacedSegment& segment : *texts_[t].segments) {
        match_left(t, segment);
        if (!context_.typed.empty()) match_half_word(t, segment);
        if (context_.line_start && context_.rest.empty()) match_right(t, segment);
      }
    }
    const auto better = [](const Place& a, const Place& b) {
      return std::tuple(-a.bits, a.distance, a.text_idx, a.at) <
             std::tuple(-b.bits, b.distance, b.text_idx, b.at);
    };
    if (places_.size() > kPlacesMax) {
      std::nth_element(places_.begin(), places_.begin() + kPlacesMax, places_.end(), better);
      places_.resize(kPlacesMax);
    }
    std::sort(places_.begin(), places_.end(), better);
    return std::move(places_);
  }

 private:
  void add(std::uint32_t t, std::size_t at, int lexemes, float bits, bool in_word) {
    const SearchedText& text = texts_[t];
    std::size_t distance = 0;
    if (text.side == SearchedText::Side::kBefore) distance = text.text.size() - at;
    if (text.side == SearchedText::Side::kBehind) distance = at;
    places_.push_back({t, static_cast<std::uint32_t>(at), lexemes, bits, in_word,
                       static_cast<std::uint32_t>(distance)});
  }

  // Places whose left context ends as the cursor's does.
  void match_left(std::uint32_t t, const PlacedSegment& placed) {
    const Segment& segment = *placed.segment;
    const auto match = segment.automaton.longest_suffix(context_.left.ids);
    int taken = 0;
    segment.automaton.visit_places(match, [&](std::uint16_t lexeme, std::uint16_t length) {
      const std::size_t at = placed.begin + segment.lexemes[lexeme].end;
      if (at <= placed.cut && placed.cut != 0) return true;  // the segment before has it
      if (at >= texts_[t].text.size()) return true;          // nothing follows
      add(t, at, length, context_.left.tail_bits[length], false);
      return ++taken < kPlacesPerSegment;
    });
  }

  // Places where a longer word begins with the one being typed, after the same left context.
  void match_half_word(std::uint32_t t, const PlacedSegment& placed) {
    const Segment& segment = *placed.segment;
    const std::string_view text = texts_[t].text;
    const auto match = segment.automaton.longest_suffix(context_.left_of_word.ids);
    const float typed_bits = 2.f + kBitsOfATypedByte * static_cast<float>(context_.typed.size());
    int taken = 0, looked = 0;
    segment.automaton.visit_places(match, [&](std::uint16_t lexeme, std::uint16_t length) {
      if (++looked > kLooksPerSegment) return false;
      if (lexeme + 1u >= segment.lexemes.size()) return true;
      const std::size_t word = placed.begin + segment.lexemes[lexeme + 1].begin;
      const std::size_t at = word + context_.typed.size();
      if (word < placed.cut || at >= text.size() || !is_word_byte(text[at])) return true;
      if (text.substr(word, context_.typed.size()) != context_.typed) return true;
      add(t, at, length, context_.left_of_word.tail_bits[length] + typed_bits, true);
      return ++taken < kPlacesPerSegment;
    });
  }

  // Lines that stand above a line like the next one: the right context alone brings them here.
  void match_right(std::uint32_t t, const PlacedSegment& placed) {
    if (context_.right_ids.size() <= kRightLexemesMin) return;
    const Segment& segment = *placed.segment;
    const std::span<const std::uint32_t> next_lines(context_.right_ids.data() + 1,
                                                    context_.right_ids.size() - 1);
    const auto match = segment.automaton.longest_prefix(next_lines);
    if (match.length < kRightLexemesMin) return;
    segment.automaton.visit_places(match, [&](std::uint16_t lexeme, std::uint16_t length) {
      if (length < match.length || right_places_ >= kRightPlacesMax) return false;
      if (const auto at = line_above(placed, t, lexeme + 1 - length)) add_by_right(t, *at);
      return true;
    });
  }

  // The first non-blank byte of the line above the one that begins with lexeme `first`.
  std::optional<std::size_t> line_above(const PlacedSegment& placed, std::uint32_t t,
                                        int first) const {
    const std::string_view text = texts_[t].text;
    const auto& lexemes = placed.segment->lexemes;
    const auto is_break = [&](int i) {
      const char c = text[placed.begin + lexemes[i].begin];
      return c == '\n' || c == '\r';
    };
    if (first < 2 || !is_break(first - 1)) return std::nullopt;
    int at = first - 2;
    while (at > 0 && !is_break(at - 1)) --at;
    const std::size_t byte = placed.begin + lexemes[at].begin;
    if (byte < placed.cut || (at == 0 && byte != 0)) return std::nullopt;
    return byte;
  }

  void add_by_right(std::uint32_t t, std::size_t at) {
    const std::vector<Lexeme> left =
        lex_tail(texts_[t].text.substr(0, at), context_.left.ids.size());
    int same = 0;
    const int n = static_cast<int>(std::min(left.size(), context_.left.ids.size()));
    while (same < n && left[left.size() - 1 - same].id ==
                           context_.left.ids[context_.left.ids.size() - 1 - same])
      ++same;
    ++right_places_;
    add(t, at, same, context_.left.tail_bits[same], false);
  }

  const CursorContext& context_;
  const std::vector<SearchedText>& texts_;
  std::vector<Place> places_;
  int right_places_ = 0;
};

}  // namespace

std::vector<SearchedText> searched_texts(const CopyQuery& query, const CursorContext& context,
                                         SegmentCache& cache) {
  // The cursor's own line is left out: typing in it then changes no searched text.
  std::vector<SearchedText> texts;
  const auto add = [&](std::string_view text, CopyOrigin origin, SearchedText::Side side,
                       std::uint64_t content_hash) {
    if (!text.empty()) texts.push_back({text, origin, side, cache.segments_of(text, content_hash)});
  };
  add(query.prefix.substr(0, query.prefix.size() - context.line_prefix.size()),
      CopyOrigin::kThisFile, SearchedText::Side::kBefore, 0);
  const std::size_t newline = query.suffix.find('\n');
  if (newline != query.suffix.npos)
    add(query.suffix.substr(newline + 1), CopyOrigin::kThisFile, SearchedText::Side::kBehind, 0);
  for (const CopySource& source : query.sources)
    add(source.text, source.origin, SearchedText::Side::kElsewhere, source.content_hash);
  return texts;
}

std::vector<Place> find_places(const CursorContext& context,
                               const std::vector<SearchedText>& texts) {
  return PlaceFinder(context, texts).find();
}

}  // namespace curlew::model
