// The symbols in reach of a place, owned together with what they point into.
#pragma once

#include "indexer/likely.h"

namespace curlew::indexer {

struct SymbolsInReach {
  ReachedFiles files;
  VisibleText visible;
  std::vector<LikelySymbol> symbols;     // best first
  std::vector<rank::Features> features;  // by LikelySymbol::index, where they were asked for
};

}  // namespace curlew::indexer
