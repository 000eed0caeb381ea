#include "indexer/segment/name_pattern.h"

#include <algorithm>

#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

constexpr int kHumpStepsMax = 2000;

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

}  // namespace

bool is_hump(std::string_view name, std::size_t i) {
  if (i == 0 || name[i - 1] == '_' || name[i - 1] == '-' || name[i - 1] == '.') return true;
  const bool upper = name[i] >= 'A' && name[i] <= 'Z';
  return upper && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z');
}

NamePattern::NamePattern(std::string_view typed) : typed_(folded(typed)) {}

std::optional<NameMatch> NamePattern::match(std::string_view name) const {
  if (typed_.empty() || typed_.size() > name.size()) return std::nullopt;
  if (!is_subsequence(name, typed_)) return std::nullopt;  // cheap, and all ways imply it
  if (begins_with(name, typed_)) return NameMatch::kPrefix;
  int steps_left = kHumpStepsMax;
  if (matches_humps(name, 0, typed_, 0, steps_left)) return NameMatch::kHumps;
  if (holds_piece(name, typed_)) return NameMatch::kPiece;
  if (is_spread(name, typed_)) return NameMatch::kSpread;
  return std::nullopt;
}

}  // namespace curlew::indexer
