#include "indexer/source/macros.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "indexer/source/c_tokens.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kArgumentTokensMax = 200;

template <std::size_t n>
bool is_one_of(const std::string_view (&words)[n], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

constexpr std::string_view kControl[] = {"if",     "while",  "for",     "switch",        "catch",
                                         "return", "sizeof", "alignof", "__attribute__", "defined"};
constexpr std::string_view kClassKeys[] = {"class", "struct", "union", "enum"};
constexpr std::string_view kStorage[] = {"extern", "static", "inline", "virtual", "constexpr"};
constexpr std::string_view kQualifiers[] = {"const",  "volatile", "unsigned", "signed",
                                            "struct", "enum",     "class",    "static",
                                            "extern", "inline",   "virtual",  "constexpr"};
constexpr std::string_view kBuiltinTypes[] = {"void",  "char",   "short", "int",    "long",
                                              "float", "double", "bool",  "size_t", "auto"};
constexpr std::string_view kAfterParameters[] = {"const",    "noexcept", "override",     "final",
                                                 "volatile", "throw",    "__attribute__"};

// "EXPORT", "GTEST_API_", "LUA_API"; not "T" or "_".
bool is_macro_name(std::string_view word) {
  int letters = 0;
  for (const char c : word) {
    const bool letter = c >= 'A' && c <= 'Z';
    if (!letter && c != '_' && (c < '0' || c > '9')) return false;
    letters += letter ? 1 : 0;
  }
  return letters >= 2 && word.size() >= 3;
}

// "__THROW", "__nonnull", "__owur"; not "__attribute__" and others that compilers define.
bool is_attribute_name(std::string_view word) {
  if (is_macro_name(word) || word.starts_with("__attribute_")) return word != "__attribute__";
  return word.starts_with("__") && !word.ends_with("__") && word != "__asm";
}

class Masker {
 public:
  explicit Masker(std::string_view text) : text_(text), tokens_(c_tokens(text)) {}

  std::optional<std::string> run() {
    for (std::size_t i = 0; i < tokens_.size();) {
      if (tokens_[i].kind == CToken::Kind::kDirective) {
        if (in_enum() && is_define(i)) blank(i, i + 1);
        ++i;
        continue;
      }
      const std::size_t behind = is_word(i) ? mask(i) : i;
      if (behind == i) track(i++);
      i = std::max(i, behind);
    }
    return std::move(masked_);
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  enum class Brace : std::uint8_t { kDeclarations, kCode, kEnum };

  // The index behind what was blanked; `i` when nothing was.
  std::size_t mask(std::size_t i) {
    const std::size_t end = behind_macro(i);
    const bool has_arguments = end > i + 1;
    const bool in_capitals = is_macro_name(word(i)), is_attribute = is_attribute_name(word(i));
    if (has_arguments && !in_code() && is_type(i, end, in_capitals)) {
      blank(i + 1, end);
      last_ = i;
      closed_parameters_ = false;
      return end;
    }
    if ((is_attribute && (is_after_parameters(end) || is_before_declaration(end))) ||
        (in_capitals && (is_class_attribute(end) || is_alone(i, end))) ||
        (in_capitals && !has_arguments && is_calling_convention(end))) {
      blank(i, end);
      return end;
    }
    if (has_arguments && after_name() && wraps_parameters(i) && is(end, ';')) {
      blank(i, i + 2);
      blank(end - 1, end);
      return i + 2;
    }
    return i;
  }

  // `EXTERN(int) name`, `STACK_OF(X)* all`: what is no expression, being outside of functions.
  bool is_type(std::size_t i, std::size_t end, bool in_capitals) const {
    const bool parameter = last_ != kNone && in_capitals &&
                           (is(last_, '(') || is(last_, ',') || word(last_) == "const");
    const bool first = starts_statement() || (last_ != kNone && is_one_of(kStorage, word(last_)));
    if (!parameter && !first) return false;
    if (is_one_of(kControl, word(i)) || word(i).starts_with("__attribute") ||
        word(i) == "__declspec" || word(i) == "alignas" || word(i) == "decltype") {
      return false;
    }
    for (std::size_t at = i + 2; at + 1 < end; ++at) {
      if (!is_word(at) && !is(at, '*') && !is(at, ',')) return false;
    }
    std::size_t name = end;
    while (is(name, '*')) ++name;
    if (!is_word(name) || is_one_of(kAfterParameters, word(name))) return false;
    if (parameter) return true;
    return !is_attribute_name(word(name)) &&
           (is(name + 1, '(') || is(name + 1, ';') || is(name + 1, '[') || is(name + 1, '='));
  }

  bool is_calling_convention(std::size_t end) const {
    const bool after_type =
        last_ != kNone && !is_one_of(kStorage, word(last_)) && (is(last_, '*') || after_name());
    return !in_code() && after_type && is_word(end) &&
           (is(end + 1, '(') || wraps_parameters(end + 1));
  }

  // `OF((int a))`
  bool wraps_parameters(std::size_t i) const {
    const std::size_t end = behind_macro(i);
    return !in_code() && is_word(i) && !is_one_of(kControl, word(i)) && end > i + 4 &&
           is(i + 2, '(') && is(end - 2, ')') && !word(i).starts_with("__attribute");
  }

  bool after_name() const {
    return last_ != kNone && is_word(last_) && !is_one_of(kControl, word(last_)) &&
           !is_one_of(kClassKeys, word(last_));
  }

  bool is_define(std::size_t i) const {
    std::string_view line = word(i);
    line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
    return line.starts_with("define");
  }

  bool is_class_attribute(std::size_t end) const {
    if (last_ == kNone || !is_one_of(kClassKeys, word(last_))) return false;
    if (!is_word(end) || word(end) == "final") return false;
    if (is_word(end + 1)) return word(end + 1) == "final" || is_macro_name(word(end));
    return is(end + 1, '{') || is(end + 1, '<') || (is(end + 1, ':') && !is(end + 2, ':'));
  }

  bool is_alone(std::size_t i, std::size_t end) const {
    if (!starts_statement() || !line_breaks_before(i) || !line_breaks_before(end)) return false;
    if (end >= tokens_.size() || tokens_[end].kind == CToken::Kind::kDirective) return true;
    if (is(end, '}')) return last_ == kNone || !is(last_, '{');  // not a lone enumerator
    return is_word(end) || is(end, '~');
  }

  // What follows has a type and a name of its own.
  bool is_before_declaration(std::size_t at) const {
    const bool after_storage = last_ != kNone && is_one_of(kStorage, word(last_));
    if (!starts_statement() && !after_storage) return false;
    if (at > 0 && is(at - 1, ')')) return false;  // its arguments may be the type
    while (is_word(at) && is_one_of(kQualifiers, word(at))) ++at;
    if (!is_word(at)) return false;
    const bool builtin = is_one_of(kBuiltinTypes, word(at));
    std::size_t name = at + 1;
    while (is(name, '*') || is(name, '&')) ++name;
    if (is_word(name)) return !is_macro_name(word(name)) || is_word(name + 1);
    if (!is(name, '(')) return false;
    // `int (name)(...)`, `Type* (*name)(...)`
    const std::size_t inner = is(name + 1, '*') ? name + 2 : name + 1;
    const bool in_parentheses = is_word(inner) && is(inner + 1, ')') && is(inner + 2, '(');
    return builtin || (in_parentheses && (name > at + 1 || inner > name + 1));
  }

  bool is_after_parameters(std::size_t end) const {
    if (last_ == kNone || !closed_parameters_) return false;
    if (!is(last_, ')') && !is_one_of(kAfterParameters, word(last_))) return false;
    for (const char c : {'{', ';', '=', ':'}) {
      if (is(end, c)) return true;
    }
    return is_word(end) && (is_attribute_name(word(end)) || is_one_of(kAfterParameters, word(end)));
  }

  bool starts_statement() const {
    if (last_ == kNone) return true;
    for (const char c : {';', '{', '}', ':'}) {
      if (is(last_, c)) return true;
    }
    return tokens_[last_].kind == CToken::Kind::kLiteral && last_ > 0 &&
           word(last_ - 1) == "extern";
  }

  // With its arguments, where these begin on the same line.
  std::size_t behind_macro(std::size_t i) const {
    if (!is(i + 1, '(') || line_breaks_before(i + 1)) return i + 1;
    int depth = 0;
    const std::size_t stop = std::min(tokens_.size(), i + kArgumentTokensMax);
    for (std::size_t at = i + 1; at < stop; ++at) {
      depth += is(at, '(') ? 1 : is(at, ')') ? -1 : 0;
      if (depth == 0) return at + 1;
    }
    return i + 1;
  }

  void track(std::size_t i) {
    if (is(i, '(')) {
      open_.push_back(after_name() || (last_ != kNone && (is(last_, ')') || is(last_, '>'))));
    } else if (is(i, ')')) {
      closed_parameters_ = !open_.empty() && open_.back();
      if (!open_.empty()) open_.pop_back();
    } else if (is(i, '{')) {
      braces_.push_back(in_code() || closed_parameters_ ? Brace::kCode
                        : is_enum_                      ? Brace::kEnum
                                                        : Brace::kDeclarations);
    } else if (is(i, '}') && !braces_.empty()) {
      braces_.pop_back();
    }
    if (!is_word(i)) {
      if (!is(i, ')')) closed_parameters_ = false;
      if (!is(i, ':')) is_enum_ = false;
    } else if (word(i) == "enum") {
      is_enum_ = true;
    }
    last_ = i;
  }

  bool in_code() const { return !braces_.empty() && braces_.back() == Brace::kCode; }
  bool in_enum() const { return !braces_.empty() && braces_.back() == Brace::kEnum; }

  void blank(std::size_t first, std::size_t end) {
    if (!masked_) masked_.emplace(text_);
    for (std::uint32_t b = tokens_[first].start; b < tokens_[end - 1].end; ++b) {
      if ((*masked_)[b] != '\n' && (*masked_)[b] != '\r') (*masked_)[b] = ' ';
    }
  }

  bool is_word(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].kind == CToken::Kind::kWord;
  }
  bool is(std::size_t i, char c) const {
    return i < tokens_.size() && tokens_[i].kind == CToken::Kind::kPunctuation &&
           text_[tokens_[i].start] == c;
  }
  std::string_view word(std::size_t i) const {
    return text_.substr(tokens_[i].start, tokens_[i].end - tokens_[i].start);
  }
  bool line_breaks_before(std::size_t i) const {
    if (i == 0 || i >= tokens_.size()) return true;
    const std::size_t from = tokens_[i - 1].end;
    return text_.substr(from, tokens_[i].start - from).find('\n') != std::string_view::npos;
  }

  std::string_view text_;
  std::vector<CToken> tokens_;
  std::optional<std::string> masked_;
  std::size_t last_ = kNone;        // the token before, blanked ones and directives left out
  std::vector<Brace> braces_;       // what the open ones hold
  bool is_enum_ = false;            // "enum" was read, its brace not yet
  std::vector<bool> open_;          // of each open parenthesis: may it hold parameters?
  bool closed_parameters_ = false;  // and of the last closed one
};

}  // namespace

std::optional<std::string> without_macros(const Language& language, std::string_view text) {
  if (language.name != "c" && language.name != "cpp" && language.name != "cuda")
    return std::nullopt;
  return Masker(text).run();
}

}  // namespace curlew::indexer
