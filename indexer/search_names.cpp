#include "indexer/search_names.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "indexer/rank.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Groups of 16 words looked at for weak matches, those with the shortest names first. What stands
// behind so many shorter ones is no answer that anybody looks for; nor is a name over which what was
// typed is spread so thinly.
constexpr std::size_t kGroupsMax = 10000, kSpreadGroupsMax = 500;
constexpr std::size_t kSpreadTimesMax = 3;

constexpr const rank::SearchWeights& kWeights = rank::kSymbolSearch;

// Each way to match is better than the next, and of one way the shorter name: the store relies on it.
static_assert(kWeights.exact_other_case > kWeights.prefix + kWeights.share &&
              kWeights.prefix > kWeights.humps + kWeights.share &&
              kWeights.humps > kWeights.piece + kWeights.share && kWeights.piece > kWeights.spread);

double score_of(std::string_view name, std::string_view typed, NameMatch how) {
  if (name == typed) return kWeights.exact;
  if (how == NameMatch::kPrefix && name.size() == typed.size()) return kWeights.exact_other_case;
  // Of one way the shorter name: more of it was typed.
  const double share = static_cast<double>(typed.size()) / static_cast<double>(name.size());
  switch (how) {
    case NameMatch::kPrefix:
      return kWeights.prefix + kWeights.share * share;
    case NameMatch::kHumps:
      return kWeights.humps + kWeights.share * share;
    case NameMatch::kPiece:
      return kWeights.piece + kWeights.share * share;
    case NameMatch::kSpread:
      break;
  }
  return kWeights.spread * share;
}

bool is_better(const NamedScore& a, const NamedScore& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.name.size() != b.name.size()) return a.name.size() < b.name.size();
  return dictionary_less(a.name, b.name);
}

}  // namespace

double name_match(std::string_view name, std::string_view typed) {
  const std::optional<NameMatch> how = NamePattern(typed).match(name);
  return how ? score_of(name, typed, *how) : 0;
}

Expected<std::vector<NamedScore>> matching_names(View& view, std::string_view typed,
                                                 std::size_t wanted) {
  const NamePattern pattern(typed);
  Expected<std::vector<MatchingName>> stored =
      view.reader().best_names(pattern, wanted,
                               {.groups_max = kGroupsMax,
                                .spread_groups_max = kSpreadGroupsMax,
                                .spread_length_max = kSpreadTimesMax * typed.size()});
  if (!stored) return std::move(stored.error()).pass();
  std::vector<NamedScore> names;
  std::unordered_set<std::string> known;
  const auto add = [&](std::string_view name, NameMatch how) {
    if (known.emplace(name).second)
      names.push_back({score_of(name, typed, how), std::string(name)});
  };
  for (const MatchingName& each : *stored) add(each.name, each.how);
  for (const DocumentPtr& open : view.documents()) {
    for (const SymbolRow& symbol : open->symbols) {
      if (const std::optional<NameMatch> how = pattern.match(symbol.name)) add(symbol.name, *how);
    }
  }
  std::sort(names.begin(), names.end(), is_better);
  if (names.size() > wanted) names.resize(wanted);
  return names;
}

}  // namespace curlew::indexer
