#include "model/constrain/regex.h"

#include <optional>
#include <utility>
#include <vector>

#include "model/text/utf8.h"

namespace curlew::model {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// \d \w \s and their opposites; nothing for other letters.
std::optional<CodePointSet> named_class(char letter) {
  switch (letter) {
    case 'd':
      return CodePointSet({{'0', '9'}});
    case 'w':
      return CodePointSet({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
    case 's':
      return CodePointSet({{'\t', '\r'}, {' ', ' '}});
    case 'D':
    case 'W':
    case 'S':
      return ~*named_class(static_cast<char>(letter - 'A' + 'a'));
    default:
      return std::nullopt;
  }
}

std::optional<CodePoint> control_escape(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    case '0':
      return 0;
    default:
      return std::nullopt;
  }
}

// Recursive descent: alternatives -> pieces -> atoms. at_ is the offset of the next byte.
class Parser {
 public:
  Parser(ExpressionPool& pool, std::string_view pattern, RegexMatch match, const Spelling& spell)
      : pool_(pool), pattern_(pattern), match_(match), spell_(spell) {}

  Expected<ExprId> parse() {
    Expected<ExprId> whole = alternatives(0);
    if (whole && !done()) return bad(at_, "a ')' that closes nothing");
    return whole;
  }

 private:
  template <class... Args>
  tl::unexpected<Error> bad(std::size_t offset, fmt::format_string<Args...> format,
                            Args&&... args) const {
    return fail(Errc::kInvalidInput, "regular expression, offset {}: {}", offset,
                fmt::format(format, std::forward<Args>(args)...));
  }

  bool done() const { return at_ == pattern_.size(); }
  char peek() const { return done() ? '\0' : pattern_[at_]; }
  bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
  bool take(char c) {
    if (done() || pattern_[at_] != c) return false;
    ++at_;
    return true;
  }

  Expected<ExprId> alternatives(int depth) {
    if (depth > kPatternDepthMax) {
      return bad(at_, "groups nested deeper than {}", kPatternDepthMax);
    }
    std::vector<ExprId> options;
    do {
      Expected<ExprId> option = alternative(depth);
      if (!option) return option;
      options.push_back(*option);
    } while (take('|'));
    return pool_.either(std::move(options));
  }

  // Where the pattern is searched for, an open end of a top-level alternative takes any text.
  Expected<ExprId> alternative(int depth) {
    const bool open = depth == 0 && match_ == RegexMatch::kSearch;
    const ExprId any =
        open ? pool_.repeat(spell_(CodePointSet::all()), 0, ExpressionPool::kMany) : pool_.empty();
    const bool begins = depth == 0 && take('^');
    std::vector<ExprId> pieces{begins ? pool_.empty() : any};
    bool ends = false;
    while (!done() && peek() != '|' && peek() != ')') {
      if (peek() == '$' && depth == 0 && (at_ + 1 == pattern_.size() || pattern_[at_ + 1] == '|')) {
        ends = true;
        ++at_;
        break;
      }
      Expected<ExprId> piece = repeated(depth);
      if (!piece) return piece;
      pieces.push_back(*piece);
    }
    if (!ends) pieces.push_back(any);
    ExprId out = pool_.empty();
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
      out = pool_.sequence(*piece, out);
    }
    return out;
  }

  Expected<ExprId> repeated(int depth) {
    Expected<ExprId> part = atom(depth);
    if (!part) return part;
    const std::size_t offset = at_;
    int times_min = 1, times_max = 1;
    if (take('*')) {
      times_min = 0, times_max = ExpressionPool::kMany;
    } else if (take('+')) {
      times_max = ExpressionPool::kMany;
    } else if (take('?')) {
      times_min = 0;
    } else if (begins_counts()) {
      Expected<std::pair<int, int>> times = counts();
      if (!times) return std::move(times.error()).pass();
      std::tie(times_min, times_max) = *times;
    } else {
      return part;
    }
    take('?');  // lazy: the same language
    if (peek() == '+') return bad(at_, "possessive quantifiers are not supported");
    if (peek() == '*' || peek() == '?' || begins_counts()) return bad(at_, "a second quantifier");
    if (times_max != ExpressionPool::kMany && times_max < times_min) {
      return bad(offset, "{{{},{}}}: the numbers fall", times_min, times_max);
    }
    return pool_.repeat(*part, times_min, times_max);
  }

  // "{3", "{3}", "{3,": not "{x" or "{,3}", which are plain text.
  bool begins_counts() const {
    return peek() == '{' && at_ + 1 < pattern_.size() && is_digit(pattern_[at_ + 1]);
  }

  Expected<std::pair<int, int>> counts() {
    const std::size_t offset = at_++;  // past the brace
    std::pair<int, int> times;
    if (!number(times.first)) return bad(offset, "repeated more than {} times", kPatternRepeatsMax);
    times.second = times.first;
    if (take(',')) {
      times.second = ExpressionPool::kMany;
      if (is_digit(peek()) && !number(times.second)) {
        return bad(offset, "repeated more than {} times", kPatternRepeatsMax);
      }
    }
    if (!take('}')) return bad(offset, "a repetition without its '}}'");
    return times;
  }

  bool number(int& out) {
    out = 0;
    while (is_digit(peek())) {
      out = out * 10 + (pattern_[at_++] - '0');
      if (out > kPatternRepeatsMax) return false;
    }
    return true;
  }

  Expected<ExprId> atom(int depth) {
    const std::size_t offset = at_;
    switch (peek()) {
      case '(':
        return group(depth);
      case '[':
        return bracket();
      case '.':
        ++at_;
        return spell_(~CodePointSet({{'\n', '\n'}}));
      case '\\': {
        Expected<CodePointSet> set = escape();
        if (!set) return std::move(set.error()).pass();
        return spell_(*set);
      }
      case '*':
      case '+':
      case '?':
        return bad(offset, "'{}' with nothing to repeat", peek());
      case '^':
      case '$':
        return bad(offset, "'{}' stands only at an end of the pattern (write \\{} for the sign)",
                   peek(), peek());
      default:
        break;
    }
    if (begins_counts()) return bad(offset, "a repetition of nothing");
    Expected<CodePoint> c = character();
    if (!c) return std::move(c.error()).pass();
    return spell_(CodePointSet({{*c, *c}}));
  }

  Expected<ExprId> group(int depth) {
    const std::size_t offset = at_++;  // past the parenthesis
    if (next_is("?:")) {
      at_ += 2;
    } else if (peek() == '?') {
      return bad(offset, "of the groups that begin with \"(?\" only \"(?:\" is supported");
    }
    Expected<ExprId> inner = alternatives(depth + 1);
    if (inner && !take(')')) return bad(offset, "a '(' without its ')'");
    return inner;
  }

  // One plain character of the pattern.
  Expected<CodePoint> character() {
    const int length = utf8_length(pattern_.substr(at_));
    if (length == 0) return bad(at_, "not UTF-8");
    const auto lead = static_cast<unsigned char>(pattern_[at_]);
    CodePoint c = length == 1 ? lead : lead & (0x7fu >> length);
    for (int i = 1; i < length; ++i) {
      c = c << 6 |
          (static_cast<unsigned char>(pattern_[at_ + static_cast<std::size_t>(i)]) & 0x3fu);
    }
    at_ += static_cast<std::size_t>(length);
    return c;
  }

  Expected<CodePointSet> escape() {
    const std::size_t offset = at_++;  // past the backslash
    if (done()) return bad(offset, "a backslash at the end");
    const char letter = peek();
    if (std::optional<CodePointSet> set = named_class(letter)) {
      ++at_;
      return std::move(*set);
    }
    if (const std::optional<CodePoint> c = control_escape(letter)) {
      ++at_;
      if (letter == '0' && is_digit(peek())) return bad(offset, "octal escapes are not supported");
      return CodePointSet({{*c, *c}});
    }
    if (letter == 'x' || letter == 'u') return numbered_escape(offset);
    if (is_ascii_letter(letter) || is_digit(letter)) {
      return bad(offset, "\\{} is not supported", letter);
    }
    Expected<CodePoint> c = character();
    if (!c) return std::move(c.error()).pass();
    return CodePointSet({{*c, *c}});
  }

  // \x41, \u0041, \u{1f600}
  Expected<CodePointSet> numbered_escape(std::size_t offset) {
    const char kind = pattern_[at_++];
    const bool braced = kind == 'u' && take('{');
    const int digits_max = kind == 'x' ? 2 : braced ? 6 : 4;
    CodePoint c = 0;
    int digits = 0;
    for (; digits < digits_max && hex_value(peek()) >= 0; ++digits) {
      c = c * 16 + static_cast<CodePoint>(hex_value(pattern_[at_++]));
    }
    const bool whole = braced ? digits > 0 && take('}') : digits == digits_max;
    if (!whole) return bad(offset, "\\{} needs {} hexadecimal digits", kind, digits_max);
    CodePointSet set({{c, c}});
    if (set.empty()) return bad(offset, "U+{:04X} is no character", c);
    return set;
  }

  // [a-z\d_]
  Expected<ExprId> bracket() {
    const std::size_t offset = at_++;
    const bool negated = take('^');
    CodePointSet set;
    while (!done() && peek() != ']') {
      if (next_is("[:") || next_is("[.") || next_is("[=")) {
        return bad(at_, "POSIX classes are not supported");
      }
      Expected<CodePointSet> first = bracket_item();
      if (!first) return std::move(first.error()).pass();
      const bool is_range = peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']';
      if (is_range) {
        const std::size_t dash = at_++;
        Expected<CodePointSet> last = bracket_item();
        if (!last) return std::move(last.error()).pass();
        first = range_of(*first, *last, dash);
        if (!first) return std::move(first.error()).pass();
      }
      set = set | *first;
    }
    if (!take(']')) return bad(offset, "a '[' without its ']'");
    if (negated) set = ~set;
    if (set.empty()) return bad(offset, "a class without members");
    return spell_(set);
  }

  Expected<CodePointSet> bracket_item() {
    if (peek() == '\\') return escape();
    if (done()) return bad(at_, "a '[' without its ']'");
    Expected<CodePoint> c = character();
    if (!c) return std::move(c.error()).pass();
    return CodePointSet({{*c, *c}});
  }

  Expected<CodePointSet> range_of(const CodePointSet& first, const CodePointSet& last,
                                  std::size_t dash) const {
    const auto single = [](const CodePointSet& set) {
      return set.ranges().size() == 1 && set.ranges()[0].first == set.ranges()[0].last;
    };
    if (!single(first) || !single(last)) return bad(dash, "a range between more than characters");
    const CodePointSet::Range range{first.ranges()[0].first, last.ranges()[0].first};
    if (range.first > range.last) return bad(dash, "a range that falls");
    return CodePointSet({range});
  }

  ExpressionPool& pool_;
  const std::string_view pattern_;
  const RegexMatch match_;
  const Spelling& spell_;
  std::size_t at_ = 0;
};

}  // namespace

Expected<ExprId> parse_regex(ExpressionPool& pool, std::string_view pattern, RegexMatch match,
                             const Spelling& spell) {
  if (pattern.size() > kPatternBytesMax) {
    return fail(Errc::kInvalidInput, "regular expression: {} bytes, at most {} are read",
                pattern.size(), kPatternBytesMax);
  }
  return Parser(pool, pattern, match, spell).parse();
}

}  // namespace curlew::model
