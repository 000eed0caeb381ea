#include "model/copy/candidates.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "model/copy/continuation.h"

namespace curlew::model {
namespace {

constexpr std::size_t kCandidatesMax = 32;
constexpr std::size_t kLineBytesMax = 400;
constexpr std::size_t kRightBytes = 400;
constexpr float kTopBitsMargin = 1.f;  // places this close to the longest match count as longest
constexpr float kBytesPerLine = 32.f;
constexpr int kEndOfLine = -1;  // the "candidate" of places where the line ends

float log2_1p(float x) {
  return std::log2(1.f + x);
}

struct Group {
  Candidate candidate;
  std::vector<Place> places;
  float blended = 0;  // chance by blending match lengths
  int top = 0;        // places with the longest match of all
  float support_share = 0;
};

int bracket_balance(std::string_view text) {
  int balance = 0;
  for (const char c : text) {
    if (c == '(' || c == '[') ++balance;
    if (c == ')' || c == ']') --balance;
  }
  return balance;
}

class CandidateFinder {
 public:
  CandidateFinder(const CursorContext& context, const std::vector<SearchedText>& texts)
      : context_(context), texts_(texts) {}

  std::vector<Candidate> find(const std::vector<Place>& places) {
    group(places);
    blend();
    count_top(places);
    std::vector<Candidate> found;
    for (Group& g : groups_) {
      describe(g);
      found.push_back(std::move(g.candidate));
    }
    return found;
  }

 private:
  void group(const std::vector<Place>& places) {
    std::unordered_map<std::string_view, int> by_line;
    for (const Place& place : places) {
      const auto line = line_continuation(texts_[place.text_idx].text, place.at, context_);
      int id = kEndOfLine;
      if (line && line->size() <= kLineBytesMax) {
        const auto [it, added] = by_line.try_emplace(*line, static_cast<int>(groups_.size()));
        if (added && groups_.size() == kCandidatesMax) {
          by_line.erase(it);
          continue;
        }
        if (added) groups_.push_back({.candidate = {.line = *line, .best = place}});
        id = it->second;
        groups_[id].places.push_back(place);
      }
      votes_.push_back({place.lexemes, id});
    }
  }

  // Prediction by partial matching over whole lines: the longest contexts vote first, and as many
  // as there were different votes escape to the next shorter one (Cleary & Witten 1984, method C).
  void blend() {
    std::stable_sort(votes_.begin(), votes_.end(),
                     [](const Vote& a, const Vote& b) { return a.lexemes > b.lexemes; });
    std::map<int, int> counts;
    float left = 1.f;
    for (std::size_t i = 0; i < votes_.size() && left > 1e-4f;) {
      const int order = votes_[i].lexemes;
      for (; i < votes_.size() && votes_[i].lexemes == order; ++i) ++counts[votes_[i].candidate];
      const float total = static_cast<float>(i), distinct = static_cast<float>(counts.size());
      for (const auto& [id, n] : counts)
        if (id != kEndOfLine)
          groups_[id].blended += left * static_cast<float>(n) / (total + distinct);
      left *= distinct / (total + distinct);
    }
  }

  void count_top(const std::vector<Place>& places) {
    if (places.empty()) return;
    const float top_bits = places.front().bits - kTopBitsMargin;
    for (const Place& place : places) top_total_ += place.bits >= top_bits;
    for (Group& g : groups_) {
      const float near_best = g.candidate.best.bits - kTopBitsMargin;
      for (const Place& place : g.places) {
        g.top += place.bits >= top_bits;
        g.candidate.support += place.bits >= near_best;
      }
      const auto as_good = std::count_if(places.begin(), places.end(), [&](const Place& place) {
        return place.bits >= near_best;
      });
      g.support_share = static_cast<float>(g.candidate.support) / static_cast<float>(as_good);
    }
  }

  // Lexemes that agree behind the line at `place` and behind the cursor's, line breaks apart.
  int agree_behind(const Place& place, std::string_view line) const {
    const std::string_view text = texts_[place.text_idx].text;
    const std::size_t end = line_end_of(text, line.data() - text.data());
    const std::vector<Lexeme> behind = lex(text.substr(end, kRightBytes));
    int same = 0;
    std::size_t i = 0, j = 0;
    while (true) {
      while (i < behind.size() && behind[i].kind == LexemeKind::kLineBreak) ++i;
      while (j < context_.right.size() && context_.right[j].kind == LexemeKind::kLineBreak) ++j;
      if (i >= behind.size() || j >= context_.right.size() || behind[i].id != context_.right[j].id)
        return same;
      ++same, ++i, ++j;
    }
  }

  void describe(Group& g) const {
    CopyFeatures& f = g.candidate.features;
    const Place& best = g.candidate.best;
    const float bits = std::min(3.f, best.bits / 32.f);
    f[kOne] = 1;
    f[kMatchLexemes] = log2_1p(static_cast<float>(best.lexemes)) / 2.f;
    f[kMatchBits] = bits;
    f[kFullLine] = best.lexemes >= context_.line_lexemes;
    f[kSupport] = log2_1p(static_cast<float>(g.candidate.support));
    f[kTopShare] = static_cast<float>(g.top) / static_cast<float>(std::max(1, top_total_));
    f[kBlendedShare] = std::log(g.blended + 1e-3f) / 2.f;
    f[kLineStart] = context_.line_start;
    f[kLineStartMatch] = f[kLineStart] * bits;
    f[kLineStartBlended] = f[kLineStart] * f[kBlendedShare];
    f[kHalfWord] = best.in_word;
    f[kMatchOne] = best.lexemes <= 1;
    f[kMatchTwo] = best.lexemes <= 2;
    f[kMatchFour] = best.lexemes <= 4;
    f[kMatchEight] = best.lexemes <= 8;
    f[kPlaces] = log2_1p(static_cast<float>(votes_.size())) / 4.f;
    f[kSupportShare] = g.support_share;
    describe_places(g);
    describe_text(g);
  }

  void describe_places(Group& g) const {
    CopyFeatures& f = g.candidate.features;
    int agree = 0;
    float nearness = 0;
    bool this_file = false;
    for (std::size_t i = 0; i < g.places.size() && i < 8; ++i) {
      const Place& place = g.places[i];
      const auto line = line_continuation(texts_[place.text_idx].text, place.at, context_);
      if (line) agree = std::max(agree, agree_behind(place, *line));
      if (texts_[place.text_idx].origin != CopyOrigin::kThisFile) continue;
      this_file = true;
      const float lines = static_cast<float>(place.distance) / kBytesPerLine;
      nearness = std::max(nearness, 1.f / (1.f + log2_1p(lines)));
    }
    f[kRightLexemes] = log2_1p(static_cast<float>(agree)) / 2.f;
    const std::size_t next_line_lexemes = lex(context_.next_line).size();
    f[kRightFirstLine] = agree > 0 && static_cast<std::size_t>(agree) >= next_line_lexemes;
    f[kNearness] = nearness;
    f[kOtherFile] = !this_file;
  }

  void describe_text(Group& g) const {
    CopyFeatures& f = g.candidate.features;
    const std::string_view line = g.candidate.line;
    const std::string whole = std::string(trim(context_.line_prefix)) +
                              (context_.blank_before ? " " : "") + std::string(line);
    f[kRepeatsNext] = trim(whole) == context_.next_line;
    f[kRepeatsPrevious] = trim(whole) == context_.previous_line;
    const std::string_view text = texts_[g.candidate.best.text_idx].text;
    const std::size_t begin = line_begin_of(text, g.candidate.best.at);
    const std::size_t end = line_end_of(text, g.candidate.best.at);
    f[kIndentDiffers] = context_.line_start && !context_.line_prefix.empty() &&
                        expected_indent(text, begin, context_) != context_.line_prefix;
    const int difference =
        bracket_balance(whole) + bracket_balance(context_.rest) -
        bracket_balance(text.substr(begin, std::min(end - begin, kLineBytesMax)));
    f[kBracketsDiffer] = std::min(2.f, static_cast<float>(std::abs(difference)));
    f[kTextBytes] = log2_1p(static_cast<float>(line.size())) / 2.f;
    f[kBlankDiffers] = !context_.line_start && context_.blank_before &&
                       !(g.candidate.best.at < text.size() && is_blank(text[g.candidate.best.at]));
    int words = 0, known = 0;
    for (const Lexeme& lexeme : lex(line)) {
      words += lexeme.kind == LexemeKind::kWord;
      known += lexeme.kind == LexemeKind::kWord && context_.nearby_words.count(lexeme.id) != 0;
    }
    f[kKnownWords] = words == 0 ? 0.f : static_cast<float>(known) / static_cast<float>(words);
    f[kNoWords] = words == 0;
  }

  struct Vote {
    int lexemes, candidate;
  };
  const CursorContext& context_;
  const std::vector<SearchedText>& texts_;
  std::vector<Group> groups_;
  std::vector<Vote> votes_;
  int top_total_ = 0;
};

}  // namespace

std::vector<Candidate> find_candidates(const CursorContext& context,
                                       const std::vector<SearchedText>& texts,
                                       const std::vector<Place>& places) {
  return CandidateFinder(context, texts).find(places);
}

}  // namespace curlew::model
