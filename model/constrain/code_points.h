// Sets of Unicode scalar values, and their UTF-8 spelling as an expression over bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/constrain/expression.h"

namespace curlew::model {

using CodePoint = std::uint32_t;

// Scalar values only: surrogates are never in a set, whatever was added. Immutable.
class CodePointSet {
 public:
  struct Range {
    CodePoint first, last;  // both are in it
    bool operator==(const Range&) const = default;
  };
  static constexpr CodePoint kLast = 0x10ffff;

  CodePointSet() = default;
  CodePointSet(std::vector<Range> ranges);  // in any order, may overlap
  static CodePointSet all() { return CodePointSet({{0, kLast}}); }

  CodePointSet operator|(const CodePointSet& other) const;
  CodePointSet operator&(const CodePointSet& other) const { return ~(~*this | ~other); }
  CodePointSet operator~() const;  // every other scalar value

  bool has(CodePoint c) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<Range>& ranges() const { return ranges_; }  // rising, apart from each other

 private:
  std::vector<Range> ranges_;
};

// One character of the set in UTF-8.
ExprId utf8_of(ExpressionPool& pool, const CodePointSet& set);

}  // namespace curlew::model
