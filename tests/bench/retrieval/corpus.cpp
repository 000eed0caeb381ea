#include "tests/bench/retrieval/corpus.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "indexer/source/walk.h"
#include "indexer/texts.h"

namespace curlew::bench {
namespace {

using namespace indexer;

// How much of a line, from the name on, has to stand at the answer's place.
constexpr std::size_t kTailBytes = 8;
constexpr std::uint32_t kLinesAround =
    3;  // a signature's name may stand some lines below its start

bool is_at(std::string_view text, std::size_t at, std::string_view name) {
  const bool begins = at == 0 || !is_word_byte(text[at - 1]);
  const std::size_t end = at + name.size();
  return begins && (end == text.size() || !is_word_byte(text[end]));
}

std::string without_blanks(std::string_view text) {
  std::string bare;
  for (char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') bare += c;
  }
  return bare;
}

bool stands_in(std::string_view line, std::string_view name, std::string_view bare_source) {
  for (std::size_t at = line.find(name); at != line.npos; at = line.find(name, at + 1)) {
    if (!is_at(line, at, name)) continue;
    const std::string bare = without_blanks(line.substr(at));
    if (bare_source.find(std::string_view(bare).substr(0, name.size() + kTailBytes)) !=
        std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::vector<Case> cases;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json value = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object()) continue;
    Case c{.package = value.value("package", ""),
           .path = value.value("path", ""),
           .language = value.value("language", ""),
           .name = value.value("name", ""),
           .how = value.value("how", ""),
           .cursor = value.value("cursor", std::size_t{0}),
           .first_use = value.value("first_use", false)};
    for (const nlohmann::json& answer : value.value("answers", nlohmann::json::array()))
      c.answers.push_back(
          {answer.value("path", ""), answer.value("line", 0u), answer.value("end_line", 0u)});
    cases.push_back(std::move(c));
  }
  return cases;
}

std::string SourceFile::lines(std::uint32_t first, std::uint32_t last) const {
  if (first >= line_starts.size()) return "";
  const std::size_t end = last < line_starts.size() ? line_starts[last] : text.size();
  return text.substr(line_starts[first], end - line_starts[first]);
}

const SourceFile* Corpus::find(const std::string& path) const {
  const auto found = by_path.find(path);
  return found == by_path.end() ? nullptr : &files[found->second];
}

Corpus read_corpus(const std::filesystem::path& root) {
  Corpus corpus{.root = root};
  const Expected<WalkResult> walked = walk(root, {});
  if (!walked) return corpus;
  Parser parser;
  for (const WalkedFile& file : walked->files) {
    LoadedFile loaded = load_file(root, file.path, {});
    if (loaded.reason != SkipReason::kNone) continue;
    const Language* language = language_of(file.path, std::string_view(loaded.text).substr(0, 256));
    if (!language || !language->code) continue;
    ParsedFile parsed = parser.parse(*language, loaded.text);
    std::vector<std::uint32_t> starts = line_starts(loaded.text);
    corpus.by_path[file.path] = corpus.files.size();
    corpus.files.push_back(
        {file.path, std::move(loaded.text), std::move(parsed), std::move(starts)});
  }
  return corpus;
}

bool shows(const Item& item, const Case& c, const Corpus& corpus) {
  for (const Answer& answer : c.answers) {
    if (answer.path != item.path || answer.line >= item.end_line ||
        answer.end_line < item.start_line)
      continue;
    const SourceFile* file = corpus.find(answer.path);
    if (!file) continue;
    const std::uint32_t first = answer.line - std::min(answer.line, kLinesAround);
    const std::string source = without_blanks(file->lines(first, answer.line + kLinesAround + 1));
    std::string_view rest = item.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (stands_in(rest.substr(0, end), c.name, source)) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

bool is_of_answer_file(const Item& item, const Case& c) {
  return std::any_of(c.answers.begin(), c.answers.end(),
                     [&](const Answer& answer) { return answer.path == item.path; });
}

}  // namespace curlew::bench
