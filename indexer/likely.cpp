#include "indexer/likely.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "indexer/rank_weights.h"

namespace curlew::indexer {
namespace {

static_assert(std::size(rank::kWeights) == rank::kFeatureCount);

// A linear score and one layer of hidden units: together near and rare is more than near and rare.
class Sum {
 public:
  Sum() { std::memcpy(&units_, rank::kHiddenBias, sizeof units_); }

  void add(const FeatureList& features) {
    for (const auto [feature, value] : features.items()) {
      const float* const weights = rank::kWeights[feature];
      Units units;
      std::memcpy(&units, weights + 1, sizeof units);
      score_ += value * weights[0];
      for (std::size_t i = 0; i < std::size(units); ++i) units_[i] += value * units[i];
    }
  }
  double score() const {
    float score = score_;
    for (int unit = 0; unit < rank::kHiddenUnits; ++unit)
      score += std::max(units_[unit / 4][unit % 4], 0.F) * rank::kHiddenWeights[unit];
    return score;
  }

 private:
  using Lanes [[gnu::vector_size(16)]] = float;  // the compiler makes plain loops of 16 scalar ones
  using Units = Lanes[rank::kHiddenUnits / 4];
  static_assert(sizeof(Units) == sizeof rank::kHiddenBias);

  float score_ = 0;
  Units units_;
};

// What the symbols of a file share.
struct Shared {
  FeatureList features;
  Sum sum;
};

rank::Features all_of(const FeatureList& shared, const FeatureList& own) {
  rank::Features features{};
  for (const FeatureList* list : {&shared, &own})
    for (const auto [feature, value] : list->items()) features[feature] = value;
  return features;
}

bool better(const LikelySymbol& a, const LikelySymbol& b) {
  if (a.chance != b.chance) return a.chance > b.chance;
  if (a.symbol->row.path != b.symbol->row.path) return a.symbol->row.path < b.symbol->row.path;
  return a.symbol->row.start_byte < b.symbol->row.start_byte;
}

}  // namespace

std::vector<LikelySymbol> likely_symbols(const Place& place, const VisibleText& visible,
                                         const ReachedFiles& files, const UsedAlike& alike,
                                         std::vector<rank::Features>* features) {
  const SymbolFeatures describe(place, visible, files, alike);
  std::vector<LikelySymbol> symbols;
  double sum = 1;  // e^0: the line uses none of them
  for (const ReachedFile& file : files.files()) {
    const FileView view = describe.look_at(file);
    std::array<Shared, 2> shared;  // by those that are not seen, those that are
    for (const bool seen : {false, true}) {
      describe.describe_file(file, view, seen, shared[seen].features);
      shared[seen].sum.add(shared[seen].features);
    }
    const std::size_t first = symbols.size();
    double of_file = 0;
    for (const SymbolFacts& symbol : file.facts->symbols) {
      if (!describe.is_candidate(symbol, file)) continue;
      const SeenWord* const seen = describe.seen(symbol);
      const Shared& of_all = shared[seen != nullptr];
      FeatureList own;
      describe.describe(symbol, file, view, seen, own);
      if (features) features->push_back(all_of(of_all.features, own));
      Sum all = of_all.sum;
      all.add(own);
      const double odds = std::exp(all.score());
      sum += odds;
      of_file += odds;
      symbols.push_back(
          {&symbol, &file, static_cast<std::uint32_t>(symbols.size()), odds, 0, seen != nullptr});
    }
    for (std::size_t i = first; i < symbols.size(); ++i) symbols[i].file_chance = of_file;
  }
  for (LikelySymbol& likely : symbols) {
    likely.chance /= sum;
    likely.file_chance /= sum;
  }
  const std::size_t kept = features ? symbols.size() : std::min(symbols.size(), rank::kLikelyMax);
  std::partial_sort(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(kept),
                    symbols.end(), better);
  symbols.resize(kept);
  return symbols;
}

}  // namespace curlew::indexer
