// Where the fault of a failing test may be: the code that its traceback and its body name, and what
// that calls.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/slips.h"

namespace curlew::assist {
namespace {

constexpr int kCallDepthMax = 3;          // from the test
constexpr std::size_t kSuspectsMax = 40;  // definitions that are changed
constexpr std::size_t kNamesMax = 400;    // looked up
constexpr int kDefinersMax = 4;           // of one name
constexpr double kDepthWeights[] = {1.0, 0.85, 0.68, 0.5};
constexpr double kUnrelated = 0.3;  // a file that neither test nor caller speaks of
constexpr double kNotCalled = 0.8;  // a name that is used, but not called
constexpr double kBefore = 0.85;    // what a test names before the line that fails
// On a line of the traceback, or the one above, which led there.
constexpr double kAtFailure = 1.5;
constexpr double kHasRun = 0.75;     // a function that no name led to
constexpr double kHasNotRun = 0.05;  // a line that no failing test runs
constexpr std::size_t kCandidatesMax = 3'000, kCandidatesWideMax = 12'000;

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
  std::vector<CodeToken> tokens;
};

class FaultSearch {
 public:
  FaultSearch(const indexer::Index* index, const TextOf& text, const Suspicion& ran,
              Breadth breadth)
      : index_(index), text_(text), ran_(ran), breadth_(ran.is_empty() ? breadth : Breadth::kAll) {}

  std::vector<Candidate> run(const Diagnostic& failure) {
    tests_ = failure.message + "\n";
    for (const Diagnostic::Note& note : failure.notes) tests_ += note.message + "\n";
    look_at(failure.place, "");
    for (const Diagnostic::Note& note : failure.notes) look_at(note.place, note.message);
    if (wanted_.empty() && suspects_.empty()) look_for_test(failure.test);
    for (int depth = 0; depth <= kCallDepthMax; ++depth) {
      std::vector<Wanted> wanted = std::exchange(wanted_, {});
      std::ranges::stable_sort(wanted, std::greater(), &Wanted::weight);
      for (Wanted& name : wanted) {
        if (name.depth > depth)
          wanted_.push_back(std::move(name));
        else
          look_up(name, depth);
      }
    }
    for (const auto& [path, lines] : ran_.lines()) suspect_what_ran(path, lines);
    return sorted();
  }

  std::vector<Candidate> run_all(const Diagnostic& failure, const std::vector<std::string>& paths) {
    tests_ = failure.message + "\n";
    for (const std::string& path : paths) {
      const File* at = file(path);
      if (at == nullptr) continue;
      for (const indexer::Symbol& symbol : at->parsed.symbols)
        if (is_function(symbol) && symbol.kind != indexer::SymbolKind::kMacro && !symbol.is_test)
          change(path, *at, {symbol.range.start_byte, symbol.range.end_byte}, 1);
    }
    return sorted();
  }

 private:
  std::vector<Candidate> sorted() {
    std::ranges::stable_sort(
        out_, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
    // What ran is known where tries cost little.
    const std::size_t most = breadth_ == Breadth::kLikely ? kCandidatesMax : kCandidatesWideMax;
    if (out_.size() > most) out_.resize(most);
    return std::move(out_);
  }

  struct Wanted {
    std::string name, from;  // the path where it is used
    int depth = 1;
    double weight = 1;
  };
  struct Span {
    std::size_t start = 0, end = 0;
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
    file.tokens = code_tokens(file.text, file.language);
    return file;
  }

  // The definition around a place of the traceback: a suspect, or a test whose calls are. Of code that
  // was made from the workspace's only the name of the function is known there.
  void look_at(const SourcePlace& place, std::string_view said) {
    const File* at = file(place.path);
    if (at == nullptr && said.starts_with("in ")) want(said.substr(3), place.path, 0, 1);
    if (at == nullptr || place.line < 1) return;
    failing_lines_[place.path].insert(place.line);
    const indexer::Symbol* around = nullptr;
    for (const indexer::Symbol& symbol : at->parsed.symbols)
      if (is_function(symbol) && holds(symbol.range, place.line))
        around = &symbol;  // innermost last
    const bool is_test = is_test_path(place.path) || (around != nullptr && around->is_test);
    if (is_test) tests_ += at->text;
    if (is_test && around != nullptr)
      want_words_of_test(place, *at, {around->range.start_byte, around->range.end_byte});
    else if (is_test)
      want_words_of_test(place, *at, block_around(at->text, place.line));
    else if (around != nullptr)
      suspect(place.path, *at, *around, 0, 1);
    else  // a script: what it calls
      want_words_of_test(place, *at, block_around(at->text, place.line));
  }

  // All there is of some failures is the test's name.
  void look_for_test(std::string_view test) {
    if (index_ == nullptr || test.empty()) return;
    const auto hits = index_->definitions(last_part(std::string(test)), kDefinersMax);
    if (!hits) return;
    for (const indexer::SearchHit& hit : *hits)
      if (is_test_path(hit.path))
        look_at({hit.path, static_cast<int>(hit.range.start_line) + 1}, "");
  }

  // From the line above at the left margin to the next one that ends what begins there: a test that
  // is no function of its own ("test('adds', () => {").
  static Span block_around(std::string_view text, int line) {
    const LineTable lines(text);
    const auto is_at_margin = [&](int n) {
      const std::string_view code = text.substr(lines.start(n), lines.end(n) - lines.start(n));
      return !code.empty() && code[0] != ' ' && code[0] != '\t';
    };
    int first = std::clamp(line, 1, lines.count()), last = first;
    while (first > 1 && !is_at_margin(first)) --first;
    while (last < lines.count() && (last == first || !is_at_margin(last))) ++last;
    return {lines.start(first), lines.end(last)};
  }

  void want(std::string_view name, const std::string& path, int depth, double weight) {
    const std::string last = last_part(std::string(name));
    if (is_name(last) && known_.size() < kNamesMax && known_.insert(last).second)
      wanted_.push_back({last, path, depth, weight});
  }

  // By its tokens: what stands in a macro or a template string is no reference to a parser.
  void want_words_of(const std::string& path, const File& at, Span span, int depth, double weight) {
    const auto& tokens = at.tokens;
    for (std::size_t i = first_token_at(tokens, span.start);
         i < tokens.size() && tokens[i].start < span.end; ++i) {
      if (tokens[i].kind != TokenKind::kWord) continue;
      const bool is_called = i + 1 < tokens.size() && tokens[i + 1].in(at.text) == "(";
      want(tokens[i].in(at.text), path, depth, is_called ? weight : kNotCalled * weight);
    }
  }
  // The line that fails, then what led there; to what stands behind it the test has not come.
  void want_words_of_test(const SourcePlace& place, const File& at, Span span) {
    const LineTable lines(at.text);
    const std::size_t begin = std::clamp(lines.start(place.line), span.start, span.end);
    const std::size_t end = std::clamp(lines.end(place.line), begin, span.end);
    const bool is_head = lines.line_of(span.start) == place.line;  // the test as a whole
    want_words_of(place.path, at, {begin, end}, 1, 1);
    want_words_of(place.path, at, {span.start, begin}, 1, kBefore);
    if (is_head) want_words_of(place.path, at, {end, span.end}, 1, kBefore);
  }

  // Whether a file may be meant: its name is spoken of where the name is used, or in the test.
  bool is_spoken_of(const std::string& path, const std::string& from) {
    if (path == from ||
        std::filesystem::path(path).parent_path() == std::filesystem::path(from).parent_path())
      return true;
    const std::string stem = std::filesystem::path(path).stem().string();
    const File* user = file(from);
    return tests_.find(stem) != tests_.npos ||
           (user != nullptr && user->text.find(stem) != std::string::npos);
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
      const double weight = wanted.weight * (is_spoken_of(path, wanted.from) ? 1 : kUnrelated);
      for (const indexer::Symbol& symbol : at->parsed.symbols) {
        if (symbol.name != wanted.name || !symbol.is_definition || symbol.is_test) continue;
        if (is_test_path(path))  // a test's helper
          want_words_of(path, *at, {symbol.range.start_byte, symbol.range.end_byte}, depth,
                        wanted.weight);
        else
          suspect(path, *at, symbol, depth, weight);
      }
    }
  }

  // Functions that failing tests run, though none of their names led there.
  void suspect_what_ran(const std::string& path, const std::map<int, double>& lines) {
    const File* at = is_test_path(path) ? nullptr : file(path);
    if (at == nullptr) return;
    for (const indexer::Symbol& symbol : at->parsed.symbols) {
      // The line of its head runs when it is defined.
      const auto first = lines.lower_bound(static_cast<int>(symbol.range.start_line) + 2);
      const bool has_run = first != lines.end() && holds(symbol.range, first->first);
      if (is_function(symbol) && !symbol.is_test && has_run &&
          suspects_.insert({path, symbol.range.start_byte}).second)
        change(path, *at, {symbol.range.start_byte, symbol.range.end_byte}, kHasRun);
    }
  }

  void suspect(const std::string& path, const File& at, const indexer::Symbol& symbol, int depth,
               double weight) {
    const auto key = std::pair(path, symbol.range.start_byte);
    if (suspects_.size() >= kSuspectsMax || !suspects_.insert(key).second) return;
    const Span span{symbol.range.start_byte, symbol.range.end_byte};
    // A class's own methods come by their names: all of it would be too much.
    if (is_function(symbol) || symbol.kind == indexer::SymbolKind::kConstant ||
        symbol.kind == indexer::SymbolKind::kVariable)
      change(path, at, span, kDepthWeights[depth] * weight);
    else
      want_members_of(path, at, symbol, depth, weight);
    want_words_of(path, at, span, depth + 1, weight);
  }

  void change(const std::string& path, const File& at, Span span, double chance) {
    const LineTable lines(at.text);
    const std::set<int>& failing = failing_lines_[path];
    for (Candidate& candidate : mutations_of(path, at.text, at.language, span.start, span.end,
                                             chance, tests_, breadth_in(at))) {
      const int line = lines.line_of(candidate.edits.front().start);
      if (failing.contains(line) || failing.contains(line + 1)) candidate.chance *= kAtFailure;
      if (!ran_.is_empty()) candidate.chance *= kHasNotRun + (1 - kHasNotRun) * ran_.of(path, line);
      out_.push_back(std::move(candidate));
    }
  }

  // Where nothing is known of what ran, tries cost little in C and C++ only (rehearse/variants.h).
  Breadth breadth_in(const File& at) const {
    const bool is_c = at.language->name == "c" || at.language->name == "cpp";
    return !ran_.is_empty() || is_c ? breadth_ : Breadth::kLikely;
  }

  void want_members_of(const std::string& path, const File& at, const indexer::Symbol& type,
                       int depth, double weight) {
    for (const indexer::Symbol& symbol : at.parsed.symbols)
      if (symbol.range.start_byte > type.range.start_byte &&
          symbol.range.end_byte <= type.range.end_byte && is_function(symbol))
        want(symbol.name, path, depth + 1, weight);
  }

  const indexer::Index* index_;
  const TextOf& text_;
  const Suspicion& ran_;
  const Breadth breadth_;
  indexer::Parser parser_;
  std::map<std::string, File> files_;
  std::set<std::string> known_;  // names ever wanted
  std::vector<Wanted> wanted_;   // still to be looked up
  std::string tests_;            // what the failure says, and the text of its test
  std::map<std::string, std::set<int>> failing_lines_;  // of a path, in the traceback
  std::set<std::pair<std::string, std::uint32_t>> suspects_;
  std::vector<Candidate> out_;
};

}  // namespace

std::vector<Candidate> propose_for_test(const Diagnostic& failure, const indexer::Index* index,
                                        const TextOf& text, const Suspicion& ran, Breadth breadth) {
  return FaultSearch(index, text, ran, breadth).run(failure);
}

std::vector<Candidate> propose_anywhere(const Diagnostic& failure,
                                        const std::vector<std::string>& paths, const TextOf& text) {
  return FaultSearch(nullptr, text, {}, Breadth::kAll).run_all(failure, paths);
}

}  // namespace curlew::assist
