#include "model/constrain/json_terms.h"

#include <algorithm>
#include <array>
#include <utility>

namespace curlew::model {
namespace {

using nlohmann::json;

// Characters that a JSON string holds as they are.
const CodePointSet& plain() {
  static const CodePointSet set(
      {{0x20, '"' - 1}, {'"' + 1, '\\' - 1}, {'\\' + 1, CodePointSet::kLast}});
  return set;
}

// Characters with a two-character escape, and its letter.
constexpr std::array<std::pair<char, char>, 7> kEscapes{
    {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}}};

ByteSet hex_digits(std::string_view digits) {
  ByteSet set;
  for (const char c : digits) {
    set.add(static_cast<std::uint8_t>(c));
    if (c >= 'A') set.add(static_cast<std::uint8_t>(c - 'A' + 'a'));
  }
  return set;
}

}  // namespace

ExprId JsonTerms::character(const CodePointSet& set) {
  std::vector<ExprId> options{utf8_of(pool_, set & plain())};
  for (const auto& [c, letter] : kEscapes) {
    if (!set.has(static_cast<CodePoint>(c))) continue;
    options.push_back(pool_.literal(std::string{'\\', letter}));
  }
  return pool_.either(std::move(options));
}

ExprId JsonTerms::any_string() {
  const ExprId hex = pool_.bytes(hex_digits("0123456789ABCDEF"));
  const ExprId d = pool_.bytes(hex_digits("D"));
  const ExprId not_d = pool_.bytes(hex_digits("0123456789ABCEF"));
  const ExprId low_half = pool_.bytes(hex_digits("01234567"));
  const ExprId scalar =
      pool_.either(pool_.sequence({not_d, hex, hex, hex}), pool_.sequence({d, low_half, hex, hex}));
  const ExprId pair =
      pool_.sequence({d, pool_.bytes(hex_digits("89AB")), hex, hex, pool_.literal("\\u"), d,
                      pool_.bytes(hex_digits("CDEF")), hex, hex});
  const ExprId numbered = pool_.sequence({pool_.literal("\\u"), pool_.either(scalar, pair)});
  const ExprId one = pool_.either({character(CodePointSet::all()), pool_.literal("\\/"), numbered});
  return pool_.sequence(
      {pool_.literal("\""), pool_.repeat(one, 0, ExpressionPool::kMany), pool_.literal("\"")});
}

ExprId JsonTerms::string_of(int characters_min, int characters_max) {
  const ExprId one = character(CodePointSet::all());
  return pool_.sequence({pool_.literal("\""), pool_.repeat(one, characters_min, characters_max),
                         pool_.literal("\"")});
}

ExprId JsonTerms::name_except(const std::vector<std::string>& names) {
  const ExprId any = pool_.repeat(utf8_of(pool_, plain()), 0, ExpressionPool::kMany);
  std::vector<ExprId> taken;
  for (const std::string& name : names) taken.push_back(pool_.literal(name));
  return pool_.sequence({pool_.literal("\""), pool_.except(any, pool_.either(std::move(taken))),
                         pool_.literal("\"")});
}

// "-1.25e-3" -> digits "0", fraction "00125", negative.
Expected<JsonTerms::Bound> JsonTerms::bound(const json& number, bool inclusive) {
  const std::string text = number.dump();
  Bound out{.negative = text.front() == '-', .inclusive = inclusive};
  const std::size_t end = std::min(text.find_first_of("eE"), text.size());
  std::string digits;  // all of them; the point stands behind the first `point`
  std::size_t point = std::string::npos;
  for (std::size_t i = out.negative ? 1 : 0; i < end; ++i) {
    if (text[i] == '.') {
      point = digits.size();
    } else {
      digits += text[i];
    }
  }
  const int exponent = end < text.size() ? std::stoi(text.substr(end + 1)) : 0;
  if (std::abs(exponent) > kBoundDigitsMax || digits.size() > kBoundDigitsMax) {
    return fail(Errc::kUnsupported, "{} has more than {} digits", text, kBoundDigitsMax);
  }
  const std::string zeros(static_cast<std::size_t>(std::abs(exponent)), '0');
  point = std::min(point, digits.size());
  digits = exponent < 0 ? zeros + digits : digits + zeros;
  if (exponent > 0) point += zeros.size();
  out.digits = digits.substr(0, point);
  out.fraction = digits.substr(point);
  out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
  if (out.digits.empty()) out.digits.assign(1, '0');
  out.fraction.resize(out.fraction.find_last_not_of('0') + 1);
  out.negative &= !out.is_zero();
  return out;
}

ExprId JsonTerms::digit(char first, char last) {
  return pool_.bytes(ByteSet::range(first, last));
}

ExprId JsonTerms::digits(int count_min, int count_max) {
  return pool_.repeat(digit('0', '9'), count_min, count_max);
}

ExprId JsonTerms::natural() {
  return pool_.either(digit('0', '0'),
                      pool_.sequence(digit('1', '9'), digits(0, kIntegerDigitsMax - 1)));
}

ExprId JsonTerms::fraction() {
  return pool_.sequence(pool_.literal("."), digits(1, kFractionDigitsMax));
}

// Naturals below `number`.
ExprId JsonTerms::natural_below(std::string_view number) {
  const int length = static_cast<int>(number.size());
  std::vector<ExprId> options;
  if (length > 1) {  // fewer digits
    options.push_back(digit('0', '0'));
    options.push_back(pool_.sequence(digit('1', '9'), digits(0, length - 2)));
  }
  for (int i = 0; i < length; ++i) {  // the first difference is at digit i
    const auto at = static_cast<std::size_t>(i);
    const char lowest = i == 0 && length > 1 ? '1' : '0';
    if (number[at] <= lowest) continue;
    options.push_back(pool_.sequence({pool_.literal(number.substr(0, at)),
                                      digit(lowest, static_cast<char>(number[at] - 1)),
                                      digits(length - i - 1, length - i - 1)}));
  }
  return pool_.either(std::move(options));
}

// ".digits", or nothing, below ".number".
ExprId JsonTerms::fraction_below(std::string_view number, bool inclusive) {
  const int many = ExpressionPool::kMany;
  std::vector<ExprId> options;
  // A beginning of the number, shorter than it, is below it: its last digit is not 0.
  for (std::size_t i = 0; i < number.size(); ++i) {
    std::string same(1, '.');
    same += number.substr(0, i);
    if (number[i] > '0') {
      options.push_back(pool_.sequence(
          {pool_.literal(same), digit('0', static_cast<char>(number[i] - 1)), digits(0, many)}));
    }
    options.push_back(i == 0 ? pool_.empty() : pool_.literal(same));
  }
  if (inclusive) {
    const ExprId zeros = pool_.repeat(digit('0', '0'), number.empty() ? 1 : 0, many);
    options.push_back(pool_.sequence({pool_.literal("."), pool_.literal(number), zeros}));
    if (number.empty()) options.push_back(pool_.empty());
  }
  return pool_.either(std::move(options));
}

// Decimals without a sign whose value is below the bound's, or the bound itself.
ExprId JsonTerms::below(const Bound& bound, bool inclusive) {
  const ExprId any_fraction =
      pool_.optional(pool_.sequence(pool_.literal("."), digits(1, ExpressionPool::kMany)));
  return pool_.either(
      pool_.sequence(natural_below(bound.digits), any_fraction),
      pool_.sequence(pool_.literal(bound.digits), fraction_below(bound.fraction, inclusive)));
}

// Numbers whose text without the sign is of the given shape. A negative number's text grows as its
// value falls; there is no negative zero.
ExprId JsonTerms::within(ExprId shape, const std::optional<Bound>& min,
                         const std::optional<Bound>& max) {
  ExprId positive = shape, negative = pool_.except(shape, below(Bound{"0", ""}, true));
  if (max && max->negative) {
    positive = pool_.none();
    negative = pool_.except(negative, below(*max, !max->inclusive));
  } else if (max) {
    positive = pool_.both(positive, below(*max, max->inclusive));
  }
  if (min && min->negative) {
    negative = pool_.both(negative, below(*min, min->inclusive));
  } else if (min) {
    negative = pool_.none();
    positive = pool_.except(positive, below(*min, !min->inclusive));
  }
  return pool_.either(positive, pool_.sequence(pool_.literal("-"), negative));
}

ExprId JsonTerms::integer(const std::optional<Bound>& min, const std::optional<Bound>& max) {
  return within(natural(), min, max);
}

ExprId JsonTerms::number(const std::optional<Bound>& min, const std::optional<Bound>& max) {
  const ExprId decimal = pool_.sequence(natural(), pool_.optional(fraction()));
  if (min || max) return within(decimal, min, max);
  const ExprId sign = pool_.optional(pool_.bytes(ByteSet::of('+') | ByteSet::of('-')));
  const ExprId exponent = pool_.sequence(
      {pool_.bytes(ByteSet::of('e') | ByteSet::of('E')), sign, digits(1, kExponentDigitsMax)});
  return pool_.sequence({pool_.optional(pool_.literal("-")), decimal, pool_.optional(exponent)});
}

}  // namespace curlew::model
