#include "lsp/assist/repair/slips.h"

#include <algorithm>
#include <cctype>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {

bool is_name(std::string_view word) {
  return !word.empty() && !(word[0] >= '0' && word[0] <= '9') &&
         std::ranges::all_of(word, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || (c & 0x80);
         });
}

std::string last_part(std::string name) {
  name.resize(std::min(name.find('('), name.size()));
  const std::size_t at = name.find_last_of(":.");
  return at == name.npos ? name : name.substr(at + 1);
}

std::vector<std::string> one_change_away(const std::string& written) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_";
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= written.size(); ++i) {
    const std::string before = written.substr(0, i), after = written.substr(i);
    if (after.size() >= 2 && after[0] != after[1])
      names.push_back(before + after[1] + after[0] + after.substr(2));
    if (!after.empty()) names.push_back(before + after.substr(1));
    for (const char letter : kLetters) {
      names.push_back(before + letter + after);
      if (!after.empty() && after[0] != letter) names.push_back(before + letter + after.substr(1));
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> names_in(std::string_view message) {
  std::vector<std::string> names;
  const auto note = [&](std::string name) {
    name = last_part(std::move(name));
    if (is_name(name) && std::ranges::find(names, name) == names.end())
      names.push_back(std::move(name));
  };
  for (std::string& word : quoted_words(message)) note(std::move(word));
  for (const std::string_view sign : {"undefined: ", "undeclared name: "})
    if (const std::size_t at = message.find(sign); at != message.npos) {
      const std::string_view rest = message.substr(at + sign.size());
      note(std::string(rest.substr(0, rest.find_first_of(" (,;"))));
    }
  return names;
}

}  // namespace curlew::assist
