#include "indexer/segment/defined_names.h"

#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Bits 0 to 37 of a signature: letters, digits, '_', all else. Bits 38 to 63: humps by letter.
constexpr int kDigits = 26, kUnderscore = 36, kOther = 37, kHumps = 38;

int bit_of(char c) {
  const char letter = folded(c);
  if (letter >= 'a' && letter <= 'z') return letter - 'a';
  if (letter >= '0' && letter <= '9') return kDigits + letter - '0';
  return letter == '_' ? kUnderscore : kOther;
}

std::uint64_t hump_bit(char c) {
  const int bit = bit_of(c);
  return bit < kDigits ? std::uint64_t{1} << (kHumps + bit) : 0;
}

std::uint64_t letters_of(std::string_view text) {
  std::uint64_t letters = 0;
  for (const char c : text) letters |= std::uint64_t{1} << bit_of(c);
  return letters;
}

std::uint64_t signature_of(std::string_view name) {
  std::uint64_t signature = letters_of(name);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_hump(name, i)) signature |= hump_bit(name[i]);
  }
  return signature;
}

}  // namespace

bool is_hump(std::string_view name, std::size_t i) {
  if (i == 0 || name[i - 1] == '_' || name[i - 1] == '-' || name[i - 1] == '.') return true;
  const bool upper = name[i] >= 'A' && name[i] <= 'Z';
  return upper && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z');
}

DefinedNames::DefinedNames(const Dictionary& words, const Postings& postings) {
  Postings::Walk lists(postings, 0);
  words.scan(0, words.size(), [&](std::uint32_t, std::string_view word) {
    if (!lists.next().marked) return true;
    bytes_ += word;
    ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    signatures_.push_back(signature_of(word));
    return true;
  });
  bytes_.shrink_to_fit();
  ends_.shrink_to_fit();
  signatures_.shrink_to_fit();
}

void DefinedNames::with_letters(std::string_view typed,
                                const std::function<void(std::string_view)>& take) const {
  if (typed.empty()) return;
  const std::uint64_t wanted = letters_of(typed) | hump_bit(typed.front());
  for (std::size_t i = 0; i < signatures_.size(); ++i) {
    if ((signatures_[i] & wanted) != wanted) continue;
    const std::uint32_t start = i == 0 ? 0 : ends_[i - 1];
    take(std::string_view(bytes_).substr(start, ends_[i] - start));
  }
}

}  // namespace curlew::indexer
