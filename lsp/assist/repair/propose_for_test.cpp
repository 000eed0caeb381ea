// Where the fault of a failing test may be: the code that its traceback and its body name, and what
// that calls.
#include <algorithm>
#include <map>
#include <set>

#include "lsp/assist/repair/repair.h"

namespace curlew::assist {
namespace {

constexpr int kCallDepthMax = 3;          // from the test
constexpr std::size_t kSuspectsMax = 24;  // definitions that are changed
constexpr int kDefinersMax = 4;           // of one name
constexpr double kDepthWeights[] = {1.0, 0.8, 0.55, 0.4};
constexpr std::size_t kCandidatesMax = 3000;

bool is_function(const indexer::Symbol& symbol) {
  using Kind = indexer::SymbolKind;
  return symbol.is_definition && (symbol.kind == Kind::kFunction || symbol.kind == Kind::kMethod ||
                                  symbol.kind == Kind::kConstructor || symbol.kind == Kind::kMacro);
}

bool holds(const indexer::Range& range, int line) {
  const auto zero_based = static_cast<std::uint32_t>(std::max(0, line - 1));
  return range.start_line <= zero_based && zero_based <= range.end_line;
}

struct File {
  std::string text;
  const indexer::Language* language = nullptr;
  indexer::ParsedFile parsed;
};

class FaultSearch {
 public:
  FaultSearch(const indexer::Index* index, const TextOf& text) : index_(index), text_(text) {}

  std::vector<Candidate> run(const Diagnostic& failure) {
    look_at(failure.place);
    for (const Diagnostic::Note& note : failure.notes) look_at(note.place);
    for (int depth = 1; depth <= kCallDepthMax; ++depth) {
      std::vector<Wanted> wanted = std::exchange(wanted_, {});
      for (const Wanted& name : wanted) look_up(name, depth);
    }
    std::ranges::stable_sort(
        out_, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
    if (out_.size() > kCandidatesMax) out_.resize(kCandidatesMax);
    return std::move(out_);
  }

 private:
  struct Wanted {
    std::string name, from;  // the path where it is used
  };

  const File* file(const std::string& path) {
    const auto [entry, is_new] = files_.try_emplace(path);
    if (is_new && !path.empty()) {
      Expected<std::string> text = text_(path);
      if (text) entry->second = read(path, std::move(*text));
    }
    return entry->second.language == nullptr ? nullptr : &entry->second;
  }
  File read(const std::string& path, std::string text) {
    File file{std::move(text), nullptr, {}};
    file.language = indexer::language_of(path, std::string_view(file.text).substr(0, 256));
    if (file.language != nullptr) file.parsed = parser_.parse(*file.language, file.text);
    return file;
  }

  // The definition around a place of the traceback: a suspect, or a test whose calls are.
  void look_at(const SourcePlace& place) {
    const File* at = file(place.path);
    if (at == nullptr || place.line < 1) return;
    const indexer::Symbol* around = nullptr;
    for (const indexer::Symbol& symbol : at->parsed.symbols)
      if (is_function(symbol) && holds(symbol.range, place.line))
        around = &symbol;  // innermost last
    if (around == nullptr) return;
    if (is_test_path(place.path) || around->is_test)
      want_calls_of(place.path, *at, *around);
    else
      suspect(place.path, *at, *around, 0);
  }

  void want_calls_of(const std::string& path, const File& at, const indexer::Symbol& symbol) {
    for (const indexer::Reference& reference : at.parsed.references) {
      const std::uint32_t start = reference.range.start_byte;
      if (start < symbol.range.start_byte || start >= symbol.range.end_byte) continue;
      if (known_.insert(reference.name).second) wanted_.push_back({reference.name, path});
    }
  }

  void look_up(const Wanted& wanted, int depth) {
    std::vector<std::string> paths = {wanted.from};
    if (index_ != nullptr)
      if (const auto hits = index_->definitions(wanted.name, kDefinersMax); hits)
        for (const indexer::SearchHit& hit : *hits)
          if (std::ranges::find(paths, hit.path) == paths.end()) paths.push_back(hit.path);
    for (const std::string& path : paths) {
      const File* at = file(path);
      if (at == nullptr) continue;
      for (const indexer::Symbol& symbol : at->parsed.symbols)
        if (symbol.name == wanted.name && symbol.is_definition && !symbol.is_test &&
            !is_test_path(path))
          suspect(path, *at, symbol, depth);
    }
  }

  void suspect(const std::string& path, const File& at, const indexer::Symbol& symbol, int depth) {
    const auto key = std::pair(path, symbol.range.start_byte);
    if (suspects_.size() >= kSuspectsMax || !suspects_.insert(key).second) return;
    // A class's own methods come by their names: all of it would be too much.
    if (is_function(symbol) || symbol.kind == indexer::SymbolKind::kConstant ||
        symbol.kind == indexer::SymbolKind::kVariable)
      for (Candidate& candidate : mutations_of(path, at.text, at.language, symbol.range.start_byte,
                                               symbol.range.end_byte, kDepthWeights[depth]))
        out_.push_back(std::move(candidate));
    else
      want_members_of(path, at, symbol);
    want_calls_of(path, at, symbol);
  }

  void want_members_of(const std::string& path, const File& at, const indexer::Symbol& type) {
    for (const indexer::Symbol& symbol : at.parsed.symbols)
      if (symbol.range.start_byte > type.range.start_byte &&
          symbol.range.end_byte <= type.range.end_byte && is_function(symbol) &&
          known_.insert(symbol.name).second)
        wanted_.push_back({symbol.name, path});
  }

  const indexer::Index* index_;
  const TextOf& text_;
  indexer::Parser parser_;
  std::map<std::string, File> files_;
  std::set<std::string> known_;  // names ever wanted
  std::vector<Wanted> wanted_;   // at the next depth
  std::set<std::pair<std::string, std::uint32_t>> suspects_;
  std::vector<Candidate> out_;
};

}  // namespace

bool is_test_path(std::string_view path) {
  std::string_view left = path;
  while (!left.empty()) {
    const std::size_t slash = std::min(left.find('/'), left.size());
    const std::string_view part = left.substr(0, slash);
    left.remove_prefix(std::min(slash + 1, left.size()));
    const std::string_view stem = part.substr(0, part.find('.'));
    if (!left.empty() && (part == "test" || part == "tests" || part == "spec" ||
                          part == "__tests__" || part == "testing"))
      return true;
    if (!left.empty()) continue;
    if (stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_tests") ||
        stem == "test" || stem == "tests" || stem == "conftest" || stem.ends_with("_spec") ||
        part.find(".test.") != part.npos || part.find(".spec.") != part.npos ||
        (stem.size() > 4 && (stem.ends_with("Test") || stem.ends_with("Tests"))))
      return true;
  }
  return false;
}

std::vector<Candidate> propose_for_test(const Diagnostic& failure, const indexer::Index* index,
                                        const TextOf& text) {
  return FaultSearch(index, text).run(failure);
}

}  // namespace curlew::assist
