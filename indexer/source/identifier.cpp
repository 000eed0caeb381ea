#include "indexer/source/parse.h"

namespace curlew::indexer {
namespace {

enum class CharClass : char { kOther, kLower, kUpper, kDigit };

// Bytes of non-ASCII letters count as lower case: words in other scripts stay whole.
CharClass class_of(char c) {
  if (c >= 'a' && c <= 'z') return CharClass::kLower;
  if (c >= 'A' && c <= 'Z') return CharClass::kUpper;
  if (c >= '0' && c <= '9') return CharClass::kDigit;
  return static_cast<unsigned char>(c) >= 0x80 ? CharClass::kLower : CharClass::kOther;
}

}  // namespace

std::vector<std::string> split_identifier(std::string_view identifier) {
  std::vector<std::string> words;
  std::string word;
  const auto close = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  CharClass last = CharClass::kOther;
  for (std::size_t i = 0; i < identifier.size(); ++i) {
    const char c = identifier[i];
    const CharClass now = class_of(c);
    const CharClass next =
        i + 1 < identifier.size() ? class_of(identifier[i + 1]) : CharClass::kOther;
    const bool digits_meet_letters = (now == CharClass::kDigit) != (last == CharClass::kDigit);
    const bool hump = now == CharClass::kUpper && last == CharClass::kLower;
    // The last capital of "HTTPServer" begins the next word.
    const bool acronym_ends =
        now == CharClass::kUpper && last == CharClass::kUpper && next == CharClass::kLower;
    if (now == CharClass::kOther || digits_meet_letters || hump || acronym_ends) close();
    if (now == CharClass::kUpper) {
      word += static_cast<char>(c - 'A' + 'a');
    } else if (now != CharClass::kOther) {
      word += c;
    }
    last = now;
  }
  close();
  return words;
}

}  // namespace curlew::indexer
