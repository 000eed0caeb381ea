#include "indexer/words.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "indexer/source/parse.h"

namespace curlew::indexer {

bool is_keyword(std::string_view word) {
  static const std::unordered_set<std::string_view> kKeywords = {
      "and",       "as",     "async",     "auto",     "await",    "bool",     "break",
      "case",      "catch",  "char",      "class",    "const",    "continue", "def",
      "default",   "define", "delete",    "do",       "double",   "elif",     "else",
      "end",       "endif",  "enum",      "except",   "export",   "extern",   "false",
      "final",     "float",  "fn",        "for",      "from",     "func",     "function",
      "if",        "ifdef",  "ifndef",    "impl",     "import",   "in",       "include",
      "inline",    "int",    "interface", "is",       "let",      "long",     "mut",
      "namespace", "new",    "nil",       "none",     "None",     "not",      "null",
      "nullptr",   "of",     "or",        "override", "package",  "pass",     "private",
      "protected", "pub",    "public",    "return",   "self",     "short",    "signed",
      "size_t",    "static", "std",       "string",   "struct",   "switch",   "template",
      "the",       "then",   "this",      "throw",    "to",       "true",     "True",
      "False",     "try",    "type",      "typedef",  "typename", "undef",    "union",
      "unsigned",  "use",    "using",     "var",      "virtual",  "void",     "while",
      "with",      "yield"};
  return kKeywords.contains(word);
}

std::vector<std::string> search_terms(std::string_view text) {
  std::unordered_set<std::string_view> words;  // most words repeat: split each once
  for_each_word(text, [&](Word word) { words.insert(word.text); });
  std::vector<std::string> terms;
  for (std::string_view word : words) {
    for_each_term(word, [&](std::string_view term) { terms.emplace_back(term); });
  }
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

WordSet word_set(std::string_view text) {
  WordSet set;
  for_each_word(text, [&](Word word) {
    if (word.text.size() < kTermBytesMin || is_keyword(word.text)) return;
    set.push_back(name_hash(word.text));
  });
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

double likeness(const WordSet& a, const WordSet& b) {
  std::size_t common = 0, i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j]) {
      ++common, ++i, ++j;
    } else if (a[i] < b[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  if (common == 0) return 0;
  return static_cast<double>(common) / std::sqrt(static_cast<double>(a.size() * b.size()));
}

std::uint32_t name_hash(std::string_view name) {
  return static_cast<std::uint32_t>(XXH3_64bits(name.data(), name.size()));
}

std::uint64_t content_hash(std::string_view bytes) {
  const std::uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  return hash == 0 ? 1 : hash;
}

}  // namespace curlew::indexer
