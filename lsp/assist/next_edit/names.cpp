#include "lsp/assist/next_edit/names.h"

#include <algorithm>
#include <array>

namespace curlew::assist {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// Does a name follow that is thereby introduced, in any language?
bool declares_next(std::string_view word) {
  return is_one_of(word,
                   {"class",  "struct", "enum",    "union",  "interface", "trait", "namespace",
                    "module", "def",    "fn",      "func",   "function",  "let",   "var",
                    "type",   "mod",    "package", "record", "concept",   "define"});
}

bool is_type_end(const CodeView& view, std::size_t idx) {
  if (view.is_word(idx))
    return !is_keyword(view.spelling(idx)) ||
           is_one_of(view.spelling(idx), {"auto", "const", "void", "var"});
  return is_one_of(view.spelling(idx), {">", ">>", "*", "&", "&&", "**", "]", "..."});
}

// Nothing but a type from `first` to `last`: words, `::`, `<...>`, marks of pointers.
bool is_type(const CodeView& view, std::size_t first, std::size_t last) {
  int words = 0;
  for (std::size_t idx = first; idx <= last; ++idx) {
    const std::string_view word = view.spelling(idx);
    if (view.is_word(idx)) {
      if (is_one_of(word, {"return", "else", "case", "goto", "throw", "new", "delete", "in", "and",
                           "or", "not", "co_return", "co_yield", "await", "yield", "instanceof"}))
        return false;
      ++words;
    } else if (!is_one_of(word, {"::", "<", ">", ">>", ",", "*", "&", "&&", "**", ".", "[", "]",
                                 "?", "...", "@", "(", ")"}) &&
               view.token(idx).kind != TokenKind::kNumber) {
      return false;
    }
  }
  return words > 0;
}

// `Type name` where a statement or parameter begins.
bool follows_type(const CodeView& view, std::size_t idx) {
  if (idx == 0 || !is_type_end(view, idx - 1)) return false;
  if (!is_one_of(view.spelling(idx + 1), {";", "=", "(", ")", ",", "[", "{", ":"})) return false;
  const std::size_t first = view.statement_start(idx);
  if (first >= idx || !is_type(view, first, idx - 1)) return false;
  if (view.is_word(idx - 1)) return true;
  // `a * b`, `a & b`: a type only where the statement or the list says so.
  const std::size_t around = view.opener_of(idx);
  if (around == kNone || view.spelling(around) != "(") return true;
  return around > 1 && view.is_word(around - 1) && is_type_end(view, around - 2);
}

// The bracket around a parameter: of a function that is being written down, not called.
bool is_parameter_list(const CodeView& view, std::size_t opener) {
  if (opener == kNone || view.spelling(opener) != "(") return false;
  const std::size_t close = view.partner(opener);
  const std::string_view behind = close == kNone ? "" : view.spelling(close + 1);
  const std::string_view before = opener > 0 ? view.spelling(opener - 1) : "";
  switch (view.family()) {
    case Family::kPython:
      return opener > 1 && view.spelling(opener - 2) == "def";
    case Family::kGo: {
      if (before == "func") return true;
      const std::string_view second = opener > 1 ? view.spelling(opener - 2) : "";
      return view.is_word(opener - 1) && (second == "func" || second == ")") &&
             view.statement_start(opener - 1) != kNone &&
             view.spelling(view.statement_start(opener - 1)) == "func";
    }
    case Family::kRust: {
      for (std::size_t idx = opener; idx-- > 0 && opener - idx < 40;) {
        if (view.spelling(idx) == "fn") return true;
        if (is_one_of(view.spelling(idx), {";", "{", "}", "(", ")", "="})) return false;
      }
      return false;
    }
    case Family::kScript:
      if (behind == "=>" || before == "function") return true;
      if (opener > 1 && view.spelling(opener - 2) == "function") return true;
      return (behind == "{" || behind == ":") && view.is_word(opener - 1) && !is_keyword(before);
    default:
      return opener > 1 && view.is_word(opener - 1) &&
             (role_of(view, opener - 1) == NameRole::kDeclaration || behind == "{");
  }
}

// From the statement's start to idx only words, commas and brackets of a pattern.
bool is_target_before(const CodeView& view, std::size_t idx, std::string_view assign) {
  const std::size_t first = view.statement_start(idx);
  for (std::size_t at = first; at < idx; ++at)
    if (!view.is_word(at) && view.spelling(at) != ",") return false;
  std::size_t at = idx + 1;
  while (view.spelling(at) == "," || (view.is_word(at) && view.spelling(at - 1) == ",")) ++at;
  return view.spelling(at) == assign;
}

bool declares_python(const CodeView& view, std::size_t idx) {
  const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
  const std::string_view behind = view.spelling(idx + 1);
  if (is_one_of(before, {"def", "class", "as"})) return true;
  const std::size_t around = view.opener_of(idx);
  if (around != kNone && is_parameter_list(view, around))
    return is_one_of(before, {"(", ",", "*", "**"});
  if (behind == ":=") return true;
  if (around == kNone && is_target_before(view, idx, "=")) return true;
  if (around == kNone && view.starts_line(idx) && behind == ":" && view.is_word(idx + 2) &&
      !is_keyword(before))
    return !is_keyword(view.spelling(idx));
  for (std::size_t at = idx; at-- > 0 && idx - at < 12;) {
    const std::string_view word = view.spelling(at);
    if (word == "for" || word == "lambda") return true;
    if (word == ":" && around == kNone) break;
    if (!(view.is_word(at) && !is_keyword(word)) && !is_one_of(word, {",", "("})) break;
  }
  return false;
}

bool declares_go(const CodeView& view, std::size_t idx) {
  const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
  const std::string_view behind = view.spelling(idx + 1);
  if (is_one_of(before, {"func", "type", "var", "const", "package"})) return true;
  const std::size_t first = view.statement_start(idx);
  if (before == ")" && view.spelling(first) == "func" && behind == "(") return true;
  std::size_t at = idx + 1;
  while (view.spelling(at) == "," && view.is_word(at + 1)) at += 2;
  if (view.spelling(at) == ":=") return true;
  const std::size_t around = view.opener_of(idx);
  if (around == kNone) return false;
  if (is_parameter_list(view, around))
    return is_one_of(before, {"(", ","}) && !is_one_of(behind, {")", "."});
  const std::string_view head = around > 0 ? view.spelling(around - 1) : "";
  if (head == "struct" || head == "const" || head == "var") return view.starts_line(idx);
  return false;
}

// A name in a pattern: `let (a, b) =`, `Some(x) =>`, `if let Ok(v) =`.
bool declares_in_rust_pattern(const CodeView& view, std::size_t idx) {
  const std::string_view behind = view.spelling(idx + 1);
  const bool lower = view.spelling(idx)[0] >= 'a' && view.spelling(idx)[0] <= 'z';
  if (!lower || is_one_of(behind, {"(", "::", ".", "!", "{"})) return false;
  std::size_t outermost = idx;  // of the pattern's parentheses
  while (view.spelling(view.opener_of(outermost)) == "(") outermost = view.opener_of(outermost);
  const std::size_t first = view.statement_start(outermost);
  for (std::size_t at = idx; at-- > 0 && at + 1 > first && idx - at < 24;) {
    const std::string_view word = view.spelling(at);
    if (word == "let" || word == "for") return true;
    if (is_one_of(word, {"=", ":", ";", "in", "=>", "."})) break;
  }
  std::size_t around = view.opener_of(idx), at = idx + 1;
  while (around != kNone && view.spelling(around) == "(") {
    at = view.partner(around) == kNone ? view.size() : view.partner(around) + 1;
    around = view.opener_of(around);
  }
  return view.spelling(at) == "=>";
}

bool declares_rust(const CodeView& view, std::size_t idx) {
  const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
  const std::string_view behind = view.spelling(idx + 1);
  if (is_one_of(before,
                {"fn", "struct", "enum", "trait", "type", "mod", "const", "static", "union"}))
    return true;
  const std::size_t around = view.opener_of(idx);
  if (behind == ":" && around != kNone) {
    if (is_parameter_list(view, around)) return is_one_of(before, {"(", ",", "mut"});
    if (view.spelling(around) == "{" && block_kind(view, around) == BlockKind::kClass) return true;
  }
  if (around != kNone && view.spelling(around) == "{" && is_one_of(before, {"{", ","}) &&
      block_kind(view, around) == BlockKind::kEnum)
    return true;
  if (is_one_of(before, {"|", ","}) && is_one_of(behind, {"|", ",", ":"})) {
    for (std::size_t at = idx; at-- > 0 && idx - at < 12;) {
      if (view.spelling(at) == "|")
        return view.spelling(at - 1) == "(" || view.spelling(at - 1) == "," ||
               view.spelling(at - 1) == "move" || view.spelling(at - 1) == "=";
      if (!view.is_word(at) && view.spelling(at) != ",") break;
    }
  }
  return declares_in_rust_pattern(view, idx);
}

bool declares_script(const CodeView& view, std::size_t idx) {
  const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
  const std::string_view behind = view.spelling(idx + 1);
  if (is_one_of(before, {"function", "class", "let", "const", "var", "interface", "type", "enum",
                         "namespace"}))
    return true;
  if (behind == "=>") return true;
  const std::size_t around = view.opener_of(idx);
  if (around == kNone) return false;
  const std::string_view head = around > 0 ? view.spelling(around - 1) : "";
  const bool at_start = is_one_of(before, {"(", ",", "{", "[", "..."}) ||
                        is_one_of(before, {"private", "public", "protected", "readonly"});
  if (at_start && (head == "const" || head == "let" || head == "var")) return behind != ":";
  if (at_start && is_parameter_list(view, around)) return behind != ".";
  if (at_start && is_one_of(view.spelling(around), {"{", "["}) &&
      is_parameter_list(view, view.opener_of(around)) && is_one_of(before, {"{", ",", "[", "..."}))
    return behind != ":";
  if (head == "catch") return true;
  if (view.spelling(around) != "{") return false;
  const BlockKind kind = block_kind(view, around);
  if (kind == BlockKind::kEnum) return is_one_of(before, {"{", ","});
  if (kind != BlockKind::kClass) return false;
  return is_one_of(behind, {":", "=", ";", "(", "?", "<"}) &&
         (is_one_of(before, {"{", ";", "}", "async", "static", "get", "set", "readonly", "private",
                             "public", "protected"}) ||
          view.starts_line(idx));
}

bool declares_c(const CodeView& view, std::size_t idx) {
  const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
  if (declares_next(before) && before != "type" && before != "record") return true;
  if (before == "enum" || (before == "class" && idx > 1 && view.spelling(idx - 2) == "enum"))
    return true;
  if (before == "using" && view.spelling(idx + 1) == "=") return true;
  if (follows_type(view, idx)) return true;
  const std::size_t around = view.opener_of(idx);
  if (around == kNone) return false;
  // auto [a, b] = ...
  if (view.spelling(around) == "[" && around > 0 &&
      is_one_of(view.spelling(around - 1), {"auto", "&", "&&"}) && is_one_of(before, {"[", ","}))
    return view.spelling(view.partner(around) == kNone ? idx : view.partner(around) + 1) == "=" ||
           view.spelling(view.partner(around) + 1) == ":";
  return view.spelling(around) == "{" && is_one_of(before, {"{", ","}) &&
         block_kind(view, around) == BlockKind::kEnum;
}

bool declares(const CodeView& view, std::size_t idx) {
  switch (view.family()) {
    case Family::kPython:
      return declares_python(view, idx);
    case Family::kGo:
      return declares_go(view, idx);
    case Family::kRust:
      return declares_rust(view, idx);
    case Family::kScript:
      return declares_script(view, idx);
    case Family::kC:
    case Family::kJava:
      return declares_c(view, idx);
    case Family::kMarkup:
    case Family::kOther:
      break;
  }
  return idx > 0 && declares_next(view.spelling(idx - 1));
}

bool is_in_import(const CodeView& view, std::size_t idx) {
  const std::string_view line = view.line_text(view.line_of(idx));
  const std::string_view head = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  if (head.starts_with("using ")) return head.find('=') == head.npos;
  if (head.starts_with("from ")) return view.family() == Family::kPython;
  for (const std::string_view word : {"import ", "use ", "pub use ", "export {"})
    if (head.starts_with(word)) return true;
  return false;
}

// <Row title={title}>: the first `title`.
bool is_attribute(const CodeView& view, std::size_t idx) {
  if (view.family() != Family::kScript || idx == 0 || view.spelling(idx + 1) != "=") return false;
  const bool has_value = view.spelling(idx + 2) == "{" ||
                         (idx + 2 < view.size() && view.token(idx + 2).kind == TokenKind::kString);
  const bool follows = (view.is_word(idx - 1) && !is_keyword(view.spelling(idx - 1))) ||
                       view.spelling(idx - 1) == "}" ||
                       view.token(idx - 1).kind == TokenKind::kString;
  return has_value && follows;
}

// `int A::f(` written outside of A.
bool is_qualified_definition(const CodeView& view, std::size_t idx) {
  if (view.family() != Family::kC || view.spelling(idx - 1) != "::" ||
      view.spelling(idx + 1) != "(")
    return false;
  const std::size_t close = view.partner(idx + 1);
  if (close == kNone) return false;
  if (!is_one_of(view.spelling(close + 1), {"{", "const", "noexcept", ":", "override", "->"}))
    return false;
  const std::size_t around = view.opener_of(idx);
  return around == kNone || block_kind(view, around) == BlockKind::kNamespace;
}

// Rust: `Point {` makes a value, `else {` does not.
bool begins_type(const CodeView& view, std::size_t opener) {
  const std::string_view word = view.spelling(opener - 1);
  return view.is_word(opener - 1) && word[0] >= 'A' && word[0] <= 'Z';
}

}  // namespace

NameRole role_of(const CodeView& view, std::size_t idx) {
  const std::string_view before = idx > 0 ? view.spelling(idx - 1) : "";
  const std::string_view behind = view.spelling(idx + 1);
  if (is_in_import(view, idx)) return NameRole::kImport;
  if (is_one_of(before, {".", "->", "::", "?."})) {
    if (is_qualified_definition(view, idx)) return NameRole::kDeclaration;
    const bool is_own = idx > 1 && is_one_of(view.spelling(idx - 2), {"self", "this"});
    const bool is_set = view.family() == Family::kPython && is_own &&
                        is_one_of(behind, {"=", ":"}) && view.statement_start(idx) == idx - 2;
    return is_set ? NameRole::kDeclaration : NameRole::kMember;
  }
  if (declares(view, idx)) return NameRole::kDeclaration;
  const std::size_t around = view.opener_of(idx);
  const std::string_view bracket = view.spelling(around);
  if (view.family() == Family::kPython && behind == "=" && bracket == "(") return NameRole::kKey;
  if (is_attribute(view, idx)) return NameRole::kKey;
  const bool in_list = bracket == "{" && is_one_of(before, {"{", ","});
  if (in_list && behind == ":") return NameRole::kKey;
  const bool is_whole = in_list && is_one_of(behind, {",", "}"});
  const bool makes_value =
      view.family() == Family::kScript ||
      (view.family() == Family::kRust && around > 0 && begins_type(view, around));
  if (is_whole && makes_value && block_kind(view, around) == BlockKind::kCode)
    return NameRole::kShorthand;
  return NameRole::kUse;
}

BlockKind block_kind(const CodeView& view, std::size_t opener) {
  if (opener == kNone || view.spelling(opener) != "{") return BlockKind::kCode;
  const std::size_t around = view.opener_of(opener);
  for (std::size_t idx = opener; idx-- > 0 && opener - idx < 60;) {
    if (idx == around) break;
    const std::string_view word = view.spelling(idx);
    if (is_one_of(word, {";", "{", "}"}) && view.partner(idx) != opener) break;
    if (word == ")" && view.family() != Family::kPython) {
      if (view.partner(idx) == kNone) break;
      idx = view.partner(idx);
      // A function's parameters, unless they belong to an attribute or to a Go type.
      if (view.is_word(idx - 1) || view.spelling(idx - 1) == ">") return BlockKind::kCode;
      continue;
    }
    if (is_one_of(word, {"=", "=>", "return", ":="}) && view.family() != Family::kScript)
      return BlockKind::kCode;
    if (is_one_of(word, {"=>", "return", "match", "switch", "const", "let"}) &&
        view.family() == Family::kScript)
      return BlockKind::kCode;
    if (word == "enum") return BlockKind::kEnum;
    if (word == "class" && view.spelling(idx - 1) == "enum") return BlockKind::kEnum;
    if (is_one_of(word, {"class", "struct", "union", "interface", "trait", "impl", "record"}))
      return view.spelling(idx - 1) == "enum" ? BlockKind::kEnum : BlockKind::kClass;
    if (word == "type" && is_one_of(view.spelling(idx + 2), {"=", "<"})) return BlockKind::kClass;
    if (is_one_of(word, {"namespace", "mod", "module", "extern"})) return BlockKind::kNamespace;
  }
  return BlockKind::kCode;
}

}  // namespace curlew::assist
