// JSON's words as expressions: strings, numbers within bounds, spaces, values written out.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "model/constrain/code_points.h"
#include "model/constrain/expression.h"
#include "model/error.h"

namespace curlew::model {

// How long numbers may get: within these, every reader gets a finite double or a 64-bit integer.
constexpr int kIntegerDigitsMax = 18;
constexpr int kFractionDigitsMax = 16;
constexpr int kExponentDigitsMax = 2;
constexpr int kBoundDigitsMax = 40;  // of a minimum or maximum

class JsonTerms {
 public:
  explicit JsonTerms(ExpressionPool& pool) : pool_(pool) {}

  // One character of the set inside a JSON string. Written as itself where JSON allows it, with its
  // two-character escape otherwise; control characters without one (U+0001) are left out.
  ExprId character(const CodePointSet& set);
  // Any string with its quotes; every escape JSON knows, surrogates only in pairs.
  ExprId any_string();
  // A string of this many characters, spelled as character() does.
  ExprId string_of(int characters_min, int characters_max);
  // A string without backslashes that is none of these: the names that are left for others.
  ExprId name_except(const std::vector<std::string>& names);

  struct Bound {
    std::string digits;    // before the point, no leading zeros; "0"
    std::string fraction;  // behind it, no trailing zeros; ""
    bool negative = false;
    bool inclusive = true;
    bool is_zero() const { return digits == "0" && fraction.empty(); }
  };
  // The number as decimal digits; an error where it has too many.
  static Expected<Bound> bound(const nlohmann::json& number, bool inclusive);

  ExprId integer(const std::optional<Bound>& min, const std::optional<Bound>& max);
  // Without bounds also with an exponent.
  ExprId number(const std::optional<Bound>& min, const std::optional<Bound>& max);

 private:
  ExprId digits(int count_min, int count_max);
  ExprId digit(char first, char last);
  ExprId natural();
  ExprId fraction();
  ExprId within(ExprId shape, const std::optional<Bound>& min, const std::optional<Bound>& max);
  ExprId below(const Bound& bound, bool inclusive);
  ExprId natural_below(std::string_view number);
  ExprId fraction_below(std::string_view number, bool inclusive);

  ExpressionPool& pool_;
};

}  // namespace curlew::model
