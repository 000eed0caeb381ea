#include "indexer/segment/name_sieve.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "indexer/segment/assembler.h"
#include "indexer/segment/segment.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kSievedMax = 48;  // typed letters; a match of more is one of these, too
// Trigrams are read where rows leave more groups than this, the rarest ones up to so many bytes.
constexpr std::size_t kGroupsMany = 300;
constexpr std::size_t kTrigramBytesMax = 48 << 10;
static_assert(kTrigramWords % kBlockWords == 0 && 64 % (kTrigramWords / kBlockWords) == 0);

// 512 groups at once.
constexpr std::size_t kLineWords = 8;
struct Line {
  std::array<std::uint64_t, kLineWords> words;

  Line& operator&=(const Line& other) {
    for (std::size_t i = 0; i < kLineWords; ++i) words[i] &= other.words[i];
    return *this;
  }
  Line& operator|=(const Line& other) {
    for (std::size_t i = 0; i < kLineWords; ++i) words[i] |= other.words[i];
    return *this;
  }
  friend Line operator&(Line a, const Line& b) { return a &= b; }
  bool any() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t word : words) sum |= word;
    return sum != 0;
  }
};

// The words of a row from `word` on; 0 behind its end.
Line line_of(std::string_view row, std::size_t word) {
  Line line;
  const std::size_t start = std::min(word * sizeof(std::uint64_t), row.size());
  const std::size_t bytes = std::min(row.size() - start, sizeof line);
  if (bytes < sizeof line) line.words.fill(0);
  std::memcpy(line.words.data(), row.data() + start, bytes);
  return line;
}

std::uint64_t word_of(std::string_view row, std::size_t word) {
  return load<std::uint64_t>(row, word * sizeof(std::uint64_t));
}

void append(const Line& line, std::size_t word, std::vector<NameGroups>& groups) {
  for (std::size_t i = 0; i < kLineWords; ++i) {
    if (line.words[i] != 0) groups.push_back({static_cast<std::uint32_t>(word + i), line.words[i]});
  }
}

std::size_t count(const std::vector<NameGroups>& groups) {
  std::size_t sum = 0;
  for (const NameGroups& each : groups) sum += static_cast<unsigned>(std::popcount(each.bits));
  return sum;
}

// Groups `first` to `end`.
std::vector<NameGroups> range(std::uint32_t first, std::uint32_t end) {
  std::vector<NameGroups> groups;
  for (std::uint32_t at = first; at < end;) {
    const std::uint32_t next = std::min(end, (at / 64 + 1) * 64);
    const std::uint64_t bits = ~std::uint64_t{0} >> (64 - (next - at)) << at % 64;
    groups.push_back({at / 64, bits});
    at = next;
  }
  return groups;
}

}  // namespace

NameSieve::NameSieve(const Segment& segment, const NamePattern& pattern)
    : segment_(segment), pattern_(pattern), rows_(segment.name_rows()) {
  for (const char c : std::string_view(pattern.typed()).substr(0, kSievedMax))
    letters_.push_back(name_letter(c));
  trigrams_.resize(letters_.size());
  if (rows_.absent()) return;
  for (std::uint32_t i = 0; i < name_rows::kLengthClasses; ++i)
    lengths_[i] = rows_.row(name_rows::kLengthsRow + i);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t band = 0; band < name_rows::kBands; ++band) {
    rows.clear();
    for (const std::uint32_t letter : letters_) rows.push_back(name_rows::holds(band, letter));
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (const std::uint32_t row : rows) held_[band].push_back(rows_.row(row));
  }
}

std::vector<NameGroups> NameSieve::groups(NameMatch how) {
  if (letters_.empty()) return {};
  if (how == NameMatch::kPrefix) return beginning();
  if (how == NameMatch::kPiece && letters_.size() < kNamePieceBytesMin) return {};
  if (rows_.absent()) return all();
  if (how == NameMatch::kSpread) return with_hump();
  std::vector<NameGroups> found = how == NameMatch::kHumps ? with_humps() : with_pairs();
  if (count(found) > kGroupsMany) read_trigrams();
  if (how == NameMatch::kHumps)
    keep_humps(found);
  else
    keep_pieces(found);
  return found;
}

std::uint64_t NameSieve::with_length(std::uint32_t length_class, std::uint32_t word) const {
  if (rows_.absent()) return ~std::uint64_t{0};
  std::uint64_t groups = word_of(lengths_[length_class], word);
  for (const Row row : held_[name_rows::kBandOfClass[length_class]]) {
    if (groups == 0) break;
    groups &= word_of(row, word);
  }
  return groups;
}

std::vector<NameGroups> NameSieve::all() const {
  return range(0, rows_.groups());
}

std::vector<NameGroups> NameSieve::beginning() const {
  const auto [first, end] = segment_.words().beginning_with(pattern_.typed());
  if (first == end) return {};
  return range(first / kBlockWords, (end - 1) / kBlockWords + 1);
}

std::vector<NameGroups> NameSieve::with_hump() const {
  std::vector<NameGroups> found;
  const Row row = rows_.row(name_rows::hump(letters_[0]));
  for (std::size_t word = 0; word < rows_.words(); word += kLineWords)
    append(line_of(row, word), word, found);
  return found;
}

std::vector<NameGroups> NameSieve::with_pairs() const {
  std::vector<NameGroups> found;
  std::vector<Row> rows;
  for (std::size_t i = 1; i < letters_.size(); ++i)
    rows.push_back(rows_.row(name_rows::pair(letters_[i - 1], letters_[i])));
  for (std::size_t word = 0; word < rows_.words(); word += kLineWords) {
    Line left = line_of(rows[0], word);
    for (std::size_t i = 1; i < rows.size() && left.any(); ++i) left &= line_of(rows[i], word);
    append(left, word, found);
  }
  return found;
}

// Where every letter follows the one before or begins a hump behind the first one's.
std::vector<NameGroups> NameSieve::with_humps() const {
  std::vector<NameGroups> found;
  const Row first = rows_.row(name_rows::hump(letters_[0]));
  std::vector<std::pair<Row, Row>> ways;
  for (std::size_t i = 1; i < letters_.size(); ++i)
    ways.emplace_back(rows_.row(name_rows::pair(letters_[i - 1], letters_[i])),
                      rows_.row(name_rows::humps(letters_[0], letters_[i])));
  for (std::size_t word = 0; word < rows_.words(); word += kLineWords) {
    Line left = line_of(first, word);
    for (std::size_t i = 0; i < ways.size() && left.any(); ++i) {
      Line either = line_of(ways[i].first, word);
      left &= either |= line_of(ways[i].second, word);
    }
    append(left, word, found);
  }
  return found;
}

void NameSieve::read_trigrams() {
  if (std::exchange(has_read_trigrams_, true)) return;
  if (!segment_.has_trigrams() || letters_.size() < 3) return;
  std::vector<std::string_view> lists(letters_.size());
  for (std::size_t i = 2; i < letters_.size(); ++i)
    lists[i] = segment_.groups_with(trigram_at(pattern_.typed(), i - 2)).bytes;
  std::vector<std::size_t> order(letters_.size() - 2);
  std::iota(order.begin(), order.end(), 2);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return lists[a].size() < lists[b].size(); });
  constexpr std::uint32_t kGroups = kTrigramWords / kBlockWords;  // a trigram's number stands for
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kGroups) - 1;
  std::size_t bytes = 0;
  for (const std::size_t i : order) {
    bytes += lists[i].size();
    if (bytes > kTrigramBytesMax) break;
    std::vector<std::uint64_t>& row = trigrams_[i];
    row.resize(rows_.words());
    for (PostingCursor cursor(lists[i], 0); cursor.next();) {
      const std::size_t group = std::size_t{cursor.number()} * kGroups;
      if (group / 64 < row.size()) row[group / 64] |= kMask << group % 64;
    }
  }
}

// Letter after letter: in which groups the hump that the last one lies in may have begun with which
// letter. One that begins a hump comes behind the humps of that letter and of the first; one that
// follows makes a pair with the one before, and a trigram with two.
void NameSieve::keep_humps(std::vector<NameGroups>& groups) const {
  const std::size_t letters = letters_.size();
  std::vector<Row> pairs(letters), hump_pairs(letters), humps(letters * letters);
  for (std::size_t i = 1; i < letters; ++i) {
    pairs[i] = rows_.row(name_rows::pair(letters_[i - 1], letters_[i]));
    hump_pairs[i] = rows_.row(name_rows::hump_pair(letters_[i - 1], letters_[i]));
    for (std::size_t j = 0; j < i; ++j)
      humps[i * letters + j] = rows_.row(name_rows::humps(letters_[j], letters_[i]));
  }
  struct Begun {
    std::size_t place = 0;
    std::uint64_t groups = 0;
  };
  std::array<Begun, kSievedMax> begun;
  for (NameGroups& each : groups) {
    begun[0] = {0, each.bits};
    std::size_t live = 1;
    for (std::size_t i = 1; i < letters && live > 0; ++i) {
      const std::uint64_t pair = word_of(pairs[i], each.word);
      const std::uint64_t trigram = trigrams_[i].empty() ? pair : trigrams_[i][each.word] & pair;
      std::uint64_t anew = 0;
      std::size_t kept = 0;
      for (std::size_t at = 0; at < live; ++at) {
        Begun hump = begun[at];
        anew |= hump.groups & word_of(humps[i * letters + hump.place], each.word);
        hump.groups &= hump.place + 1 < i ? trigram : pair & word_of(hump_pairs[i], each.word);
        if (hump.groups != 0) begun[kept++] = hump;
      }
      live = kept;
      anew &= word_of(humps[i * letters], each.word);
      if (anew != 0) begun[live++] = {i, anew};
    }
    each.bits = 0;
    for (std::size_t at = 0; at < live; ++at) each.bits |= begun[at].groups;
  }
  std::erase_if(groups, [](const NameGroups& each) { return each.bits == 0; });
}

void NameSieve::keep_pieces(std::vector<NameGroups>& groups) const {
  for (const std::vector<std::uint64_t>& row : trigrams_) {
    if (row.empty()) continue;
    for (NameGroups& each : groups) each.bits &= row[each.word];
  }
  std::erase_if(groups, [](const NameGroups& each) { return each.bits == 0; });
}

}  // namespace curlew::indexer
