#include "indexer/source/language.h"

#include <algorithm>
#include <string>
#include <vector>

#include "indexer/source/language_table.h"
#include "indexer/source/query_files.h"

namespace curlew::indexer {
namespace {

using Names = std::span<const std::string_view>;

std::string_view query_of(std::span<const QueryFile> queries, std::string_view language) {
  for (const QueryFile& query : queries) {
    if (query.language == language) return query.text;
  }
  return {};
}

std::vector<Language> with_queries(std::span<const Language> table) {
  std::vector<Language> out(table.begin(), table.end());
  for (Language& language : out) {
    language.tags_query = query_of(tag_queries(), language.name);
    language.scopes_query = query_of(scope_queries(), language.name);
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool contains(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "#!/usr/bin/env -S python3.11 -u" -> "python": the interpreter without folder, flags, version.
std::string_view interpreter_of(std::string_view line) {
  line.remove_prefix(2);
  while (!line.empty()) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return {};
    line.remove_prefix(start);
    std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    if (const std::size_t slash = word.rfind('/'); slash != std::string_view::npos) {
      word.remove_prefix(slash + 1);
    }
    if (word == "env" || word.starts_with('-') || word.find('=') != std::string_view::npos) {
      if (word.empty()) break;
      continue;
    }
    return word.substr(0, word.find_first_of("0123456789."));
  }
  return {};
}

// "// -*- mode: C++; -*-" and "// -*- C++ -*-" -> "c++".
std::string mode_of(std::string_view line) {
  const std::size_t open = line.find("-*-");
  if (open == std::string_view::npos) return {};
  const std::size_t close = line.find("-*-", open + 3);
  if (close == std::string_view::npos) return {};
  std::string mode = lower(line.substr(open + 3, close - open - 3));
  if (const std::size_t key = mode.find("mode:"); key != std::string::npos) mode.erase(0, key + 5);
  mode.erase(0, mode.find_first_not_of(" \t"));
  mode.resize(std::min(mode.size(), mode.find_first_of(" \t;")));
  return mode;
}

// The language that has `word` among its `names`.
const Language* language_with(Names Language::*names, std::string_view word) {
  for (const Language& language : languages()) {
    if (contains(language.*names, word)) return &language;
  }
  return nullptr;
}

const Language* language_of_head(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  if (line.starts_with("#!")) return language_with(&Language::interpreters, interpreter_of(line));
  return language_with(&Language::editor_modes, mode_of(line));
}

}  // namespace

std::span<const Language> languages() {
  static const std::vector<Language> table = with_queries(language_table());
  return table;
}

const Language* language_by_name(std::string_view name) {
  for (const Language& language : languages()) {
    if (language.name == name) return &language;
  }
  return nullptr;
}

const Language* language_of(std::string_view path, std::string_view head) {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  if (const Language* language = language_with(&Language::file_names, file)) return language;
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return language_of_head(head);
  return language_with(&Language::extensions, lower(file.substr(dot + 1)));
}

const Language* language_of(std::string_view path, std::string_view head, std::string_view lsp_id) {
  if (const Language* language = language_of(path, head)) return language;
  for (const Language& language : languages())
    if (!lsp_id.empty() && language.lsp_id == lsp_id) return &language;
  return nullptr;
}

}  // namespace curlew::indexer
