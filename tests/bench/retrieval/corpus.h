// The files of one package as the baselines see them, and the cases cut from it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "indexer/source/parse.h"
#include "indexer/words.h"

namespace curlew::bench {

struct Answer {
  std::string path;
  std::uint32_t line = 0, end_line = 0;  // from 0, inclusive
};

// A line of make_cases.py's output.
struct Case {
  std::string package, path, language, name, how;
  std::size_t cursor = 0;
  bool first_use = false;
  std::vector<Answer> answers;
};

std::vector<Case> read_cases(const std::filesystem::path& file);

// What a retriever returns: text of one file, or a part of it.
struct Item {
  std::string path;
  std::uint32_t start_line = 0, end_line = 0;  // from 0, end exclusive
  std::string text;
  double score = 0;  // of context() only
};

struct SourceFile {
  std::string path, text;
  indexer::ParsedFile parsed;
  std::vector<std::uint32_t> line_starts;
  std::string lines(std::uint32_t first, std::uint32_t last) const;  // end exclusive
};

// Every file of the package that the index would take.
struct Corpus {
  std::filesystem::path root;
  std::vector<SourceFile> files;  // by path
  std::unordered_map<std::string, std::size_t> by_path;
  const SourceFile* find(const std::string& path) const;
};
Corpus read_corpus(const std::filesystem::path& root);

// Whether the item shows the definition: a line of it with the name that stands, blanks aside, at
// the answer's place in the answer's file.
bool shows(const Item& item, const Case& c, const Corpus& corpus);
bool is_of_answer_file(const Item& item, const Case& c);

}  // namespace curlew::bench
