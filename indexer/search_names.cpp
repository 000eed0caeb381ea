#include "indexer/search_names.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "indexer/rank.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Names looked at for letters spread over them, the shortest first. What stands behind so many
// shorter ones is no answer that anybody looks for.
constexpr std::size_t kSpreadLooksMax = 2000;
constexpr int kHumpStepsMax = 2000;

constexpr const rank::SearchWeights& kWeights = rank::kSymbolSearch;

// In what follows `typed` is folded: it holds no capitals.

bool begins_with(std::string_view name, std::string_view typed) {
  return name.size() >= typed.size() && std::equal(typed.begin(), typed.end(), name.begin(),
                                                   [](char a, char b) { return a == folded(b); });
}

// Every typed letter continues the present hump or begins a later one: "gne", "getNE" in
// getNextEdit. Greedy with one look-back would miss few names; depth-first misses none.
bool matches_humps(std::string_view name, std::size_t i, std::string_view typed, std::size_t j,
                   int& steps_left) {
  if (j == typed.size()) return true;
  if (--steps_left < 0) return false;
  if (i < name.size() && folded(name[i]) == typed[j] &&
      matches_humps(name, i + 1, typed, j + 1, steps_left))
    return true;
  for (std::size_t k = i + (i < name.size() && j > 0 ? 1 : 0); k < name.size(); ++k) {
    if (folded(name[k]) == typed[j] && is_hump(name, k) &&
        matches_humps(name, k + 1, typed, j + 1, steps_left))
      return true;
  }
  return false;
}

bool is_subsequence(std::string_view name, std::string_view typed) {
  std::size_t j = 0;
  for (std::size_t i = 0; i < name.size() && j < typed.size(); ++i)
    j += folded(name[i]) == typed[j];
  return j == typed.size();
}

bool holds_piece(std::string_view name, std::string_view typed) {
  const auto same = [](char x, char y) { return folded(x) == y; };
  return typed.size() >= kNamePieceBytesMin &&
         std::search(name.begin(), name.end(), typed.begin(), typed.end(), same) != name.end();
}

bool is_spread(std::string_view name, std::string_view typed) {
  std::size_t k = 0;
  while (k < name.size() && !(folded(name[k]) == typed[0] && is_hump(name, k))) ++k;
  return is_subsequence(name.substr(k), typed);
}

// What was typed, and its letters without case.
class Typed {
 public:
  explicit Typed(std::string_view text) : text_(text), folded_(folded(text)) {}

  double match(std::string_view name) const {
    if (text_.empty() || text_.size() > name.size()) return 0;
    if (name == text_) return kWeights.exact;
    if (!is_subsequence(name, folded_)) return 0;  // cheap, and everything below implies it
    const bool begins = begins_with(name, folded_);
    if (begins && name.size() == text_.size()) return kWeights.exact_other_case;
    // Of one way the shorter name: more of it was typed.
    const double share = static_cast<double>(text_.size()) / static_cast<double>(name.size());
    if (begins) return kWeights.prefix + kWeights.share * share;
    int steps_left = kHumpStepsMax;
    if (matches_humps(name, 0, folded_, 0, steps_left))
      return kWeights.humps + kWeights.share * share;
    if (holds_piece(name, folded_)) return kWeights.piece + kWeights.share * share;
    return is_spread(name, folded_) ? kWeights.spread * share : 0;
  }

 private:
  const std::string_view text_;
  const std::string folded_;
};

bool is_better(const NamedScore& a, const NamedScore& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.name.size() != b.name.size()) return a.name.size() < b.name.size();
  return dictionary_less(a.name, b.name);
}

// Names, each once.
class FoundNames {
 public:
  // Whether it is new.
  bool add(std::string_view name, double score) {
    if (!known_.emplace(name).second) return false;
    names_.push_back({score, std::string(name)});
    return true;
  }
  std::size_t size() const { return names_.size(); }
  bool has_whole() const {
    return std::any_of(names_.begin(), names_.end(), [](const NamedScore& each) {
      return each.score >= kWeights.exact_other_case;
    });
  }
  std::vector<NamedScore> best(std::size_t wanted) && {
    std::sort(names_.begin(), names_.end(), is_better);
    if (names_.size() > wanted) names_.resize(wanted);
    return std::move(names_);
  }

 private:
  std::vector<NamedScore> names_;
  std::unordered_set<std::string> known_;
};

// Each way to match is better than the next, and of one way the shorter name.
static_assert(kWeights.exact_other_case > kWeights.prefix + kWeights.share &&
              kWeights.prefix > kWeights.humps + kWeights.share &&
              kWeights.humps > kWeights.piece + kWeights.share && kWeights.piece > kWeights.spread);

NameMatch match_of(double score) {
  if (score >= kWeights.prefix) return NameMatch::kPrefix;
  if (score >= kWeights.humps) return NameMatch::kHumps;
  return score >= kWeights.piece ? NameMatch::kPiece : NameMatch::kSpread;
}

}  // namespace

double name_match(std::string_view name, std::string_view typed) {
  return Typed(typed).match(name);
}

Expected<std::vector<NamedScore>> matching_names(View& view, std::string_view text,
                                                 std::size_t wanted) {
  const Typed typed(text);
  FoundNames names;
  const auto match = [&](std::string_view name) -> std::optional<NameMatch> {
    const double score = typed.match(name);
    if (score == 0 || !names.add(name, score)) return std::nullopt;
    return match_of(score);
  };
  const NamePattern pattern(text);
  Status read = view.reader().names_beginning_with(pattern, wanted, match);
  if (read && names.size() < wanted && !names.has_whole())
    read = view.reader().names_holding(pattern, wanted - names.size(), kSpreadLooksMax, match);
  if (!read) return std::move(read.error()).pass();
  for (const DocumentPtr& open : view.documents()) {
    for (const SymbolRow& symbol : open->symbols) (void)match(symbol.name);
  }
  return std::move(names).best(wanted);
}

}  // namespace curlew::indexer
