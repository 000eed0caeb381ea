#include "lsp/assist/repair/verdicts.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "indexer/source/parse.h"
#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/verdict_words.h"

namespace curlew::assist {
namespace {

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}
bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}
bool is_word_byte(char c) {
  return is_name(std::string_view(&c, 1)) || (c >= '0' && c <= '9');
}

bool is_loop(std::string_view word) {
  return is_any_of(word, {"for", "while", "do", "loop", "try", "with", "foreach"});
}

bool is_script(std::string_view language) {
  return is_any_of(language, {"python", "javascript", "typescript", "tsx", "ruby", "bash", "lua",
                              "php", "perl"});
}

const indexer::Language* language_of(const std::string& path, std::string_view text) {
  return indexer::language_of(path, text.substr(0, 256));
}

indexer::ParsedFile parsed(const indexer::Language& language, std::string_view text) {
  thread_local indexer::Parser parser;
  return parser.parse(language, text);
}

// Names and strings.
std::ptrdiff_t values_in(std::string_view text, const indexer::Language* language) {
  return std::ranges::count_if(code_tokens(text, language), [](const CodeToken& token) {
    return token.kind == TokenKind::kWord || token.kind == TokenKind::kString;
  });
}

bool is_of_main(const Statements& code, std::size_t i, std::string_view language) {
  TokenSpan head;
  if (!code.function_around(i, head)) return is_script(language);
  for (std::size_t t = head.first; t < head.last; ++t)
    if (is_any_of(code.word(t), {"main", "Main"}) && code.word(t + 1) == "(") return true;
  return false;
}

bool is_function(const indexer::Symbol& symbol) {
  using Kind = indexer::SymbolKind;
  return symbol.is_definition && (symbol.kind == Kind::kFunction || symbol.kind == Kind::kMethod ||
                                  symbol.kind == Kind::kMacro);
}

// "f(x)" without its "f", `x["a"]` without its "x" or with a comma behind it: what is left is another
// expression altogether.
bool loses_name(std::string_view text, const TextEdit& edit) {
  const bool is_used = edit.end < text.size() && (text[edit.end] == '(' || text[edit.end] == '[') &&
                       edit.end > 0 && is_word_byte(text[edit.end - 1]);
  if (!is_used) return false;
  if (is_blank(edit.text)) return true;
  const char last = edit.text.back();
  return !is_word_byte(last) && std::string_view(")]>!?.").find(last) == std::string_view::npos;
}

bool may_leave(std::string_view text, const TextEdit& edit) {
  const std::string_view old = text.substr(edit.start, edit.end - edit.start);
  for (const std::string_view part : {std::string_view(edit.text), old})
    if (is_blank(part)
            ? !part.empty()
            : says(part, {"return", "throw", "raise", "break", "continue", "{", "}", "if", "else"}))
      return true;
  return false;
}

}  // namespace

bool comes_before_running(const Diagnostic& complaint) {
  if (is_any_of(complaint.code, {"SyntaxError", "IndentationError", "TabError"})) return true;
  const std::string_view source = complaint.source, message = complaint.message;
  if (!complaint.test.empty() ||
      is_any_of(source, {"python", "pytest", "node", "gtest", "assert", "ctest", "junit", "java",
                         "sanitizer", "command", "rehearsal"}))
    return false;
  if (source == "shell") return says(message, {"syntax error", "unexpected"});
  if (source == "make") return says(message, {"separator", "commences before"});
  // What a program prints may look like it, but hardly with a column.
  if (is_any_of(source, {"go", "output"})) return complaint.place.column > 0;
  return !(source == "rustc" && complaint.code == "panic");
}

bool says_what(const Diagnostic& complaint) {
  return says(complaint.message,
              {"is not defined", "has no attribute", "cannot import name", "No module named",
               "is not a function", "not associated with a value"}) ||
         is_any_of(complaint.code, {"SyntaxError", "IndentationError"});
}

class Verdicts::Finder {
 public:
  Finder(Verdicts& out, const std::string& path, std::string_view text, const Diagnostic& failure,
         bool tests_apart)
      : out_(out),
        text_(text),
        code_(text, out.language_),
        language_(out.language_name_),
        is_named_(says_what(failure)),
        tests_apart_(tests_apart),
        is_of_test_(tests_apart || !failure.test.empty()) {
    if (failure.place.path == path) failed_at_ = failure.place.line;
    for (const Diagnostic::Note& note : failure.notes)
      if (note.place.path == path) frames_.insert(note.place.line);
    frames_.erase(failed_at_);
  }

  void run() {
    for (std::size_t i = 0; i < code_.size(); ++i) look_at(i);
    for (std::size_t i = 0; i < code_.size(); ++i) keep_expected(i);
    keep_definitions();
    for (const int line : frames_) keep_frame(line, Kind::kCall);
    if (failed_at_ > 0) keep_frame(failed_at_, Kind::kFailedAt);
    if (!is_of_test_)
      for (const int line : came_through()) keep_came(line);
    out_.unreachable_ = code_.unreachable();
  }

 private:
  void look_at(std::size_t i) {
    const VerdictWord word = verdict_word(code_, i);
    if (word == VerdictWord::kNone) return;
    const bool in_main = is_of_main(code_, i, language_);
    const bool needs_main = word == VerdictWord::kFailureOfMain || word == VerdictWord::kCheck;
    if (needs_main && !in_main) return;
    const bool is_failure = word == VerdictWord::kFailure || word == VerdictWord::kFailureOfMain;
    TokenSpan statement = code_.of(i);
    if (is_failure && tests_apart_) statement.first = i;
    keep(statement, Kind::kFixed);
    const bool has_failed =
        has_line(statement, failed_at_) ||
        std::ranges::any_of(frames_, [&](int line) { return has_line(statement, line); });
    if (!is_failure && in_main)
      for (std::size_t t = statement.first; t <= statement.last; ++t)
        if (code_.token(t).kind == TokenKind::kWord) mentioned_.insert(code_.word(t));
    if (is_failure && tests_apart_) return;
    if (in_main || has_failed)
      keep_heads(i, /*all=*/true);
    else if (is_failure)
      keep_heads(i, /*all=*/false);
  }

  bool has_line(const TokenSpan& span, int line) const {
    return code_.line_of(span.first) <= line && line <= code_.last_line_of(span.last);
  }

  // What decides on it: all there is, or the nearest condition.
  void keep_heads(std::size_t i, bool all) {
    for (const TokenSpan& head : code_.heads_around(i)) {
      const std::string_view first = code_.word(head.first);
      if (!all && is_loop(first)) return;
      keep(head, Kind::kFixed);
      if (!all && is_any_of(first, {"if", "unless"})) return;
    }
  }

  // "want = 9", of which "assert got == want" speaks.
  void keep_expected(std::size_t i) {
    if (!mentioned_.contains(code_.word(i)) || !is_any_of(code_.word(i + 1), {"=", ":="})) return;
    const TokenSpan statement = code_.of(i);
    bool is_literal = true, has_call = false;
    for (std::size_t t = i + 2; t <= statement.last; ++t) {
      is_literal &= code_.token(t).kind != TokenKind::kWord;
      has_call |= code_.word(t) == "(";
    }
    if ((is_literal || has_call) && is_of_main(code_, i, language_)) keep(statement, Kind::kFixed);
  }

  void keep_definitions() {
    if (out_.language_ == nullptr) return;
    for (const indexer::Symbol& symbol : parsed(*out_.language_, text_).symbols) {
      const bool is_test = symbol.is_test || names_assertion(symbol.name) ||
                           (code_.is_python() && symbol.name.starts_with("test"));
      if (is_function(symbol) && is_test)
        out_.spans_.push_back({symbol.range.start_byte, symbol.range.end_byte, Kind::kFixed, 0, 0,
                               is_named_ && symbol.range.start_line + 1 <= failed_line() &&
                                   failed_line() <= symbol.range.end_line + 1});
    }
  }
  std::uint32_t failed_line() const { return static_cast<std::uint32_t>(failed_at_); }

  void keep_frame(int line, Kind kind) {
    const LineTable& lines = code_.lines();
    std::size_t i = 0;
    while (i < code_.size() && code_.token(i).end <= lines.start(line)) ++i;
    if (i == code_.size() || code_.line_of(i) > line || !is_of_main(code_, i, language_)) return;
    const TokenSpan statement = code_.of(i);
    // A definition that is run through is no call.
    if (Statements::is_control(code_.word(statement.first)) ||
        is_any_of(code_.word(statement.first), {"def", "class", "async", "function", "@"}))
      return;
    keep(statement, kind);
    keep_heads(i, kind == Kind::kCall);
  }

  std::set<int> came_through() const {
    std::set<int> lines = frames_;
    if (failed_at_ > 0) lines.insert(failed_at_);
    return lines;
  }
  void keep_came(int line) {
    for (std::size_t i = 0; i < code_.size() && code_.line_of(i) <= line; ++i)
      if (code_.line_of(i) == line && !is_any_of(code_.word(i), {"def", "class", "async"}))
        return keep(code_.of(i), Kind::kCame);
  }

  void keep(const TokenSpan& span, Kind kind) {
    const std::size_t first = code_.token(span.first).start;
    const std::size_t line = code_.lines().start(code_.line_of(span.first));
    const bool begins_line = is_blank(text_.substr(line, first - line));
    Span kept{begins_line ? line : first,
              code_.token(span.last).end,
              kind,
              0,
              0,
              is_named_ && has_line(span, failed_at_)};
    std::size_t open = span.first;
    while (open < span.last && code_.word(open) != "(") ++open;
    int depth = 0;
    for (std::size_t t = open; t <= span.last && kept.close == 0; ++t) {
      depth += (code_.word(t) == "(") - (code_.word(t) == ")");
      if (depth != 0 || t == open) continue;
      kept.open = code_.token(open).end;
      kept.close = code_.token(t).start;
    }
    out_.spans_.push_back(kept);
  }

  Verdicts& out_;
  const std::string_view text_;
  const Statements code_;
  const std::string_view language_;
  const bool is_named_, tests_apart_, is_of_test_;
  int failed_at_ = 0;
  std::set<int> frames_;
  std::set<std::string_view> mentioned_;
};

Verdicts::Verdicts(const std::string& path, std::string_view text, const Diagnostic& failure,
                   bool tests_apart) {
  language_ = language_of(path, text);
  if (language_ != nullptr) language_name_ = language_->name;
  of_arguments_ = says(failure.message, {"argument", "takes ", "parameter", "operand"}) ||
                  failure.code == "TypeError";
  Finder(*this, path, text, failure, tests_apart).run();
}

bool Verdicts::changes(const Span& span, std::string_view text, const TextEdit& edit) const {
  const bool is_insertion = edit.start == edit.end;
  if (is_insertion ? edit.start < span.start || edit.start > span.end
                   : edit.end <= span.start || edit.start >= span.end)
    return false;
  // Lines of their own before or behind it.
  if (is_insertion && edit.start == span.start && edit.text.ends_with('\n')) return false;
  if (is_insertion && edit.start == span.end && edit.text.starts_with('\n')) return false;
  const std::string_view old = text.substr(edit.start, edit.end - edit.start);
  if (span.is_named) {
    const bool is_new_name = !edit.text.empty() && std::ranges::all_of(edit.text, [](char c) {
      return is_word_byte(c) || c == '.' || c == ':';
    });
    return !((is_name(old) || is_insertion) && is_new_name) && !edit.text.ends_with(' ');
  }
  if (span.kind == Kind::kCall)
    return !of_arguments_ || edit.start < span.open || edit.end > span.close;
  if (span.kind == Kind::kFixed) return true;
  if (span.kind == Kind::kCame) {
    const bool is_callee = is_name(old) && edit.end < text.size() && text[edit.end] == '(';
    if (is_callee) return true;
    const bool is_argument = of_arguments_ && edit.start >= span.open && edit.end <= span.close;
    return !is_argument && values_in(edit.text, language_) < values_in(old, language_);
  }
  // Where it failed: all may be wrong but that it is there, and runs.
  const std::size_t first = text.find_first_not_of(" \t", span.start);
  const bool is_before = edit.start <= first && edit.end <= first;
  const bool is_all = edit.start <= first && edit.end >= span.end && is_blank(edit.text);
  return (is_before && edit.text != "await ") || is_all;
}

bool Verdicts::are_changed_by(std::string_view text, const std::vector<TextEdit>& edits) const {
  for (const TextEdit& edit : edits) {
    if (edit.start > edit.end || edit.end > text.size() || loses_name(text, edit)) return true;
    for (const Span& span : spans_)
      if (changes(span, text, edit)) return true;
  }
  if (std::ranges::none_of(edits, [&](const TextEdit& edit) { return may_leave(text, edit); }))
    return false;
  const Expected<std::string> after = apply_edits(text, edits);
  return after && Statements(*after, language_).unreachable() > unreachable_;
}

int count_verdicts(const std::string& path, std::string_view text) {
  const indexer::Language* language = language_of(path, text);
  if (language == nullptr) return 0;
  const Statements code(text, language);
  int count = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const VerdictWord word = verdict_word(code, i);
    count += word == VerdictWord::kAssertion || word == VerdictWord::kFailure;
  }
  return count;
}

bool is_test_file(const std::string& path, std::string_view text) {
  std::string stem = std::filesystem::path(path).stem().string();
  for (char& c : stem) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!stem.starts_with("test") && !stem.ends_with("test") && !stem.ends_with("tests"))
    return false;
  const indexer::Language* language = language_of(path, text);
  if (language == nullptr) return false;
  return std::ranges::any_of(parsed(*language, text).symbols, [](const indexer::Symbol& symbol) {
    return symbol.is_test || (is_function(symbol) && symbol.name.starts_with("test"));
  });
}

bool is_in_test(const std::string& path, std::string_view text, int line) {
  const indexer::Language* language = language_of(path, text);
  if (language == nullptr || line < 1) return false;
  const auto row = static_cast<std::uint32_t>(line - 1);
  return std::ranges::any_of(parsed(*language, text).symbols, [&](const indexer::Symbol& symbol) {
    return symbol.is_test && symbol.range.start_line <= row && row <= symbol.range.end_line;
  });
}

}  // namespace curlew::assist
