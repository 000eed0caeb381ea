#include "indexer/segment/name_rows.h"

#include <algorithm>

#include "indexer/segment/format.h"
#include "indexer/segment/name_pattern.h"

namespace curlew::indexer {
namespace {

constexpr std::array<std::uint8_t, 256> kLetters = [] {
  std::array<std::uint8_t, 256> letters{};
  letters.fill(kNameLetters - 1);
  for (int c = 0; c < 26; ++c) letters['a' + c] = letters['A' + c] = static_cast<std::uint8_t>(c);
  for (int c = 0; c < 10; ++c) letters['0' + c] = static_cast<std::uint8_t>(26 + c);
  letters['_'] = 36;
  return letters;
}();

constexpr std::uint32_t hashed(std::uint32_t a, std::uint32_t b, std::uint32_t rows) {
  std::uint32_t x = (a * kNameLetters + b + 1) * 0x9E3779B1u;
  x = (x ^ x >> 15) * 0x85EBCA77u;
  return (x ^ x >> 13) % rows;
}

// A letter's kind.
constexpr std::uint32_t kind_of(std::uint32_t letter) {
  return letter < 26 ? letter : letter < 36 ? 26 : 27;
}

std::uint32_t groups_of(std::uint32_t words) {
  return words / kBlockWords + (words % kBlockWords != 0);
}

}  // namespace

std::uint32_t name_letter(char c) {
  return kLetters[static_cast<unsigned char>(c)];
}

namespace name_rows {

std::uint32_t length_class(std::size_t length) {
  std::uint32_t found = kLengthClasses - 1;
  while (found > 0 && kLengthsFrom[found] > length) --found;
  return found;
}
std::uint32_t holds(std::uint32_t band, std::uint32_t letter) {
  return kHoldsRow + band * kKinds + kind_of(letter);
}
std::uint32_t hump(std::uint32_t letter) {
  return kHumpRow + kind_of(letter);
}
std::uint32_t pair(std::uint32_t a, std::uint32_t b) {
  return kPairRow + hashed(a, b, kPairRows);
}
std::uint32_t hump_pair(std::uint32_t a, std::uint32_t b) {
  return kHumpPairRow + hashed(a, b, kHumpPairRows);
}
std::uint32_t humps(std::uint32_t a, std::uint32_t b) {
  return kHumpsRow + hashed(a, b, kHumpsRows);
}

}  // namespace name_rows

void NameRowsWriter::add(std::uint32_t word_number, std::string_view name) {
  if (name.empty()) return;
  const std::uint32_t group = word_number / kBlockWords;
  if (groups_.size() <= group) groups_.resize(group + 1);
  Signature& signature = groups_[group];
  const auto mark = [&](std::uint32_t row) { signature[row / 64] |= std::uint64_t{1} << row % 64; };
  const std::uint32_t length_class = name_rows::length_class(name.size());
  mark(name_rows::kLengthsRow + length_class);
  std::uint64_t humps = 0;  // letters that some hump so far begins with
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::uint32_t letter = name_letter(name[i]);
    mark(name_rows::holds(name_rows::kBandOfClass[length_class], letter));
    if (i > 0) mark(name_rows::pair(name_letter(name[i - 1]), letter));
    if (!is_hump(name, i)) continue;
    mark(name_rows::hump(letter));
    if (i + 1 < name.size()) mark(name_rows::hump_pair(letter, name_letter(name[i + 1])));
    for (std::uint64_t left = humps; left != 0; left &= left - 1)
      mark(name_rows::humps(static_cast<std::uint32_t>(std::countr_zero(left)), letter));
    humps |= std::uint64_t{1} << letter;
  }
}

std::string NameRowsWriter::finish(std::uint32_t words) const {
  std::string out(NameRows::bytes_for(words), '\0');
  if (out.empty()) return out;
  const std::size_t row_words = out.size() / name_rows::kRows / sizeof(std::uint64_t);
  std::array<std::uint64_t, name_rows::kRows> column;  // of 64 groups
  for (std::size_t word = 0; word * 64 < groups_.size(); ++word) {
    column.fill(0);
    const std::size_t end = std::min(groups_.size(), word * 64 + 64);
    for (std::size_t group = word * 64; group < end; ++group) {
      for (std::uint32_t part = 0; part < groups_[group].size(); ++part) {
        for (std::uint64_t left = groups_[group][part]; left != 0; left &= left - 1)
          column[part * 64 + static_cast<std::uint32_t>(std::countr_zero(left))] |= std::uint64_t{1}
                                                                                    << group % 64;
      }
    }
    for (std::size_t row = 0; row < column.size(); ++row)
      std::memcpy(out.data() + (row * row_words + word) * sizeof column[row], &column[row],
                  sizeof column[row]);
  }
  return out;
}

std::uint64_t NameRows::bytes_for(std::uint32_t words) {
  if (words < kNameRowsFrom) return 0;
  const std::uint64_t row_words = (std::uint64_t{groups_of(words)} + 63) / 64;
  return row_words * sizeof(std::uint64_t) * name_rows::kRows;
}

NameRows::NameRows(Section section, std::uint32_t words)
    : section_(section), groups_(groups_of(words)), words_((std::size_t{groups_} + 63) / 64) {}

}  // namespace curlew::indexer
