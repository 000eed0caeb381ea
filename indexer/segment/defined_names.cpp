#include "indexer/segment/defined_names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Properties 0 to 37: letters, digits, '_', all else. 38 to 65: humps that begin with each letter, a
// digit, anything else. From 66 on: pairs of neighbours, by hash.
constexpr unsigned kDigits = 26, kUnderscore = 36, kOther = 37, kHumps = 38, kPairs = 66;
constexpr unsigned kProperties = 128;

constexpr std::array<std::uint8_t, 256> make_letters() {
  std::array<std::uint8_t, 256> letters{};
  for (unsigned c = 0; c < 256; ++c) {
    letters[c] = kOther;
    if (c >= 'a' && c <= 'z') letters[c] = static_cast<std::uint8_t>(c - 'a');
    if (c >= 'A' && c <= 'Z') letters[c] = static_cast<std::uint8_t>(c - 'A');
    if (c >= '0' && c <= '9') letters[c] = static_cast<std::uint8_t>(kDigits + c - '0');
  }
  letters['_'] = kUnderscore;
  return letters;
}
constexpr std::array<std::uint8_t, 256> kLetters = make_letters();

std::uint8_t letter_of(char c) {
  return kLetters[static_cast<unsigned char>(c)];
}

std::uint8_t hump_of(char c) {
  const std::uint8_t letter = letter_of(c);
  if (letter < kDigits) return static_cast<std::uint8_t>(kHumps + letter);
  return letter < kUnderscore ? kPairs - 2 : kPairs - 1;
}

std::uint8_t pair_of(char a, char b) {
  const std::uint32_t pair = letter_of(a) * 38u + letter_of(b);
  return static_cast<std::uint8_t>(kPairs + pair * 0x9E3779B1u % (kProperties - kPairs));
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

}  // namespace

bool is_hump(std::string_view name, std::size_t i) {
  if (i == 0 || name[i - 1] == '_' || name[i - 1] == '-' || name[i - 1] == '.') return true;
  const bool upper = name[i] >= 'A' && name[i] <= 'Z';
  return upper && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z');
}

NamePattern::NamePattern(std::string_view typed) : typed_(folded(typed)) {
  const auto require = [](Clauses& clauses, Clause clause) {
    if (std::find(clauses.begin(), clauses.end(), clause) == clauses.end())
      clauses.push_back(clause);
  };
  const auto has = [](std::uint8_t property) { return Clause{property, property}; };
  Clauses& humps = ways_[static_cast<std::size_t>(NameMatch::kHumps)];
  Clauses& piece = ways_[static_cast<std::size_t>(NameMatch::kPiece)];
  Clauses& spread = ways_[static_cast<std::size_t>(NameMatch::kSpread)];
  for (const char c : typed_) require(letters_, has(letter_of(c)));
  if (!typed_.empty()) humps = spread = {has(hump_of(typed_[0]))};
  for (std::size_t i = 1; i < typed_.size(); ++i) {
    const std::uint8_t pair = pair_of(typed_[i - 1], typed_[i]);
    require(humps, {pair, hump_of(typed_[i])});
    require(piece, has(pair));
  }
}

DefinedNames::DefinedNames(const Dictionary& words, const Postings& postings) {
  std::string bytes;
  std::vector<std::uint32_t> lengths;
  Postings::Walk lists(postings, 0);
  words.scan(0, words.size(), [&](std::uint32_t, std::string_view word) {
    if (!lists.next().marked || word.empty()) return true;
    bytes += word;
    lengths.push_back(static_cast<std::uint32_t>(word.size()));
    return true;
  });
  lay_out(bytes, lengths);
  row_words_ = (size() + 64 * kWordsAtOnce - 1) / (64 * kWordsAtOnce) * kWordsAtOnce;
  rows_.resize(row_words_ * kProperties);
  for (const Group& group : groups_) mark_properties(group);
  count_properties();
}

// A counting sort by length, which keeps the dictionary's order among equals.
void DefinedNames::lay_out(const std::string& bytes, const std::vector<std::uint32_t>& lengths) {
  if (lengths.empty()) return;
  std::vector<std::size_t> next(*std::max_element(lengths.begin(), lengths.end()) + 1);
  std::vector<std::size_t> group_of(next.size());
  for (const std::uint32_t length : lengths) ++next[length];
  std::size_t first = 0, start = 0;
  for (std::size_t length = 1; length < next.size(); ++length) {
    const std::size_t names = std::exchange(next[length], first);  // from now on: where one goes
    if (names == 0) continue;
    group_of[length] = groups_.size();
    groups_.push_back({length, first, first + names, start});
    first += names;
    start += names * length;
  }
  bytes_.resize(bytes.size());
  by_dictionary_.reserve(lengths.size());
  std::size_t at = 0;
  for (const std::uint32_t length : lengths) {
    const Group& group = groups_[group_of[length]];
    const std::size_t place = next[length]++;
    std::copy_n(bytes.data() + at, length,
                bytes_.data() + group.bytes_start + (place - group.first) * length);
    by_dictionary_.push_back(static_cast<std::uint32_t>(place));
    at += length;
  }
}

void DefinedNames::mark_properties(const Group& group) {
  for (std::size_t i = group.first; i < group.end; ++i) {
    const std::string_view text = name(group, i);
    std::uint64_t* word = rows_.data() + i / 64;
    const std::uint64_t bit = std::uint64_t{1} << i % 64;
    for (std::size_t c = 0; c < text.size(); ++c) {
      word[row_words_ * letter_of(text[c])] |= bit;
      if (c > 0) word[row_words_ * pair_of(text[c - 1], text[c])] |= bit;
      if (is_hump(text, c)) word[row_words_ * hump_of(text[c])] |= bit;
    }
  }
}

std::vector<DefinedNames::Group>::const_iterator DefinedNames::group_from(
    std::size_t length) const {
  return std::lower_bound(groups_.begin(), groups_.end(), length,
                          [](const Group& each, std::size_t key) { return each.length < key; });
}

std::size_t DefinedNames::length_from(std::size_t length) const {
  const auto group = group_from(length);
  return group == groups_.end() ? kNoLength : group->length;
}

std::string_view DefinedNames::name(std::size_t i) const {
  const auto behind =
      std::upper_bound(groups_.begin(), groups_.end(), i,
                       [](std::size_t key, const Group& each) { return key < each.first; });
  return name(behind[-1], i);
}

void DefinedNames::beginning_with(const NamePattern& pattern, std::size_t most,
                                  const Take& take) const {
  const auto first = std::partition_point(
      by_dictionary_.begin(), by_dictionary_.end(),
      [&](std::uint32_t i) { return compare_beginning(name(i), pattern.typed()) < 0; });
  const auto end = std::partition_point(first, by_dictionary_.end(), [&](std::uint32_t i) {
    return compare_beginning(name(i), pattern.typed()) == 0;
  });
  std::vector<std::uint32_t> best(std::min<std::size_t>(most, end - first));
  std::partial_sort_copy(first, end, best.begin(), best.end());  // the shorter lie in front
  for (const std::uint32_t i : best) take(name(i));
}

void DefinedNames::of_length(std::size_t length, const NamePattern& pattern, NameMatch weakest,
                             const TakeAs& take) const {
  const auto group = group_from(length);
  if (group == groups_.end() || group->length != length) return;
  const std::size_t first_word = group->first / 64 / kWordsAtOnce * kWordsAtOnce;
  for (std::size_t word = first_word; word * 64 < group->end; word += kWordsAtOnce) {
    Bits left;
    left.fill(~std::uint64_t{0});
    if (!keep_those_with(pattern.letters_, word, left)) continue;
    for (const NameMatch how : {NameMatch::kHumps, NameMatch::kPiece, NameMatch::kSpread}) {
      if (how > weakest) break;
      if (how == NameMatch::kPiece && pattern.typed().size() < kNamePieceBytesMin) continue;
      Bits found = left;
      if (!keep_those_with(pattern.ways_[static_cast<std::size_t>(how)], word, found)) continue;
      for (std::size_t w = 0; w < kWordsAtOnce; ++w) {
        left[w] &= ~found[w];
        for (std::uint64_t bits = found[w]; bits != 0; bits &= bits - 1) {
          const std::size_t i = (word + w) * 64 + static_cast<unsigned>(std::countr_zero(bits));
          // Those of the lengths beside it share its first and its last line.
          if (i >= group->first && i < group->end) take(name(*group, i), how);
        }
      }
    }
  }
}

// Most names are gone after a few clauses: what is asked behind them is rarely read. False when all
// are.
bool DefinedNames::keep_those_with(const NamePattern::Clauses& clauses, std::size_t word,
                                   Bits& names) const {
  for (const NamePattern::Clause& clause : clauses) {
    const std::uint64_t* one = rows_.data() + row_words_ * clause.one + word;
    const std::uint64_t* other = rows_.data() + row_words_ * clause.other + word;
    std::uint64_t any = 0;
    for (std::size_t w = 0; w < kWordsAtOnce; ++w) {
      names[w] &= one[w] | other[w];
      any |= names[w];
    }
    if (any == 0) return false;
  }
  return true;
}

void DefinedNames::count_properties() {
  constexpr std::size_t kStep = 8;  // a sample will do
  counts_.resize(kProperties);
  for (std::size_t p = 0; p < kProperties; ++p) {
    for (std::size_t w = 0; w < row_words_; w += kStep)
      counts_[p] += static_cast<unsigned>(std::popcount(rows_[p * row_words_ + w]));
  }
}

void DefinedNames::order(NamePattern& pattern) const {
  const auto names = [&](const NamePattern::Clause& clause) {
    return counts_[clause.one] + (clause.one == clause.other ? 0 : counts_[clause.other]);
  };
  const auto by_rarity = [&](NamePattern::Clauses& clauses) {
    std::stable_sort(clauses.begin(), clauses.end(),
                     [&](const auto& a, const auto& b) { return names(a) < names(b); });
  };
  by_rarity(pattern.letters_);
  for (NamePattern::Clauses& way : pattern.ways_) by_rarity(way);
}

}  // namespace curlew::indexer
