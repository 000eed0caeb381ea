#include "model/constrain/code_points.h"

#include <algorithm>
#include <array>

namespace curlew::model {
namespace {

using Range = CodePointSet::Range;

constexpr CodePoint kSurrogatesFirst = 0xd800, kSurrogatesLast = 0xdfff;

// Bytes of c in UTF-8 into out; returns how many.
int encode(CodePoint c, std::array<std::uint8_t, 4>& out) {
  if (c < 0x80) {
    out[0] = static_cast<std::uint8_t>(c);
    return 1;
  }
  const int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (int i = length - 1; i > 0; --i, c >>= 6) {
    out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(0x80 | (c & 0x3f));
  }
  constexpr std::array<int, 5> kLead{0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = static_cast<std::uint8_t>(kLead[static_cast<std::size_t>(length)] | static_cast<int>(c));
  return length;
}

// A range whose characters are equally long. It is cut until, from some byte on, the rest runs
// through all continuation bytes: then it is a product of byte ranges.
void spell(ExpressionPool& pool, Range range, std::vector<ExprId>& out) {
  std::array<std::uint8_t, 4> first{}, last{};
  const int length = encode(range.first, first);
  encode(range.last, last);
  for (int tail_bits = 6; tail_bits < 6 * length; tail_bits += 6) {
    const CodePoint tail = (CodePoint{1} << tail_bits) - 1;
    if ((range.first & ~tail) == (range.last & ~tail)) break;
    if ((range.first & tail) != 0) {
      spell(pool, {range.first, range.first | tail}, out);
      return spell(pool, {(range.first | tail) + 1, range.last}, out);
    }
    if ((range.last & tail) != tail) {
      spell(pool, {range.first, (range.last & ~tail) - 1}, out);
      return spell(pool, {range.last & ~tail, range.last}, out);
    }
  }
  ExprId expr = pool.empty();
  for (int i = length - 1; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    expr = pool.sequence(pool.bytes(ByteSet::range(first[at], last[at])), expr);
  }
  out.push_back(expr);
}

}  // namespace

CodePointSet::CodePointSet(std::vector<Range> ranges) {
  std::vector<Range> parts;  // without surrogates
  for (const Range& r : ranges) {
    const Range below{r.first, std::min(r.last, kSurrogatesFirst - 1)};
    const Range above{std::max(r.first, kSurrogatesLast + 1), std::min(r.last, kLast)};
    if (below.first <= below.last) parts.push_back(below);
    if (above.first <= above.last) parts.push_back(above);
  }
  std::sort(parts.begin(), parts.end(), [](Range a, Range b) { return a.first < b.first; });
  for (const Range& r : parts) {
    const bool joins = !ranges_.empty() && r.first <= ranges_.back().last + 1;
    if (joins) {
      ranges_.back().last = std::max(ranges_.back().last, r.last);
    } else {
      ranges_.push_back(r);
    }
  }
}

CodePointSet CodePointSet::operator|(const CodePointSet& other) const {
  std::vector<Range> ranges = ranges_;
  ranges.insert(ranges.end(), other.ranges_.begin(), other.ranges_.end());
  return CodePointSet(std::move(ranges));
}

CodePointSet CodePointSet::operator~() const {
  std::vector<Range> gaps;
  CodePoint next = 0;
  for (const Range& r : ranges_) {
    if (r.first > next) gaps.push_back({next, r.first - 1});
    next = r.last + 1;
  }
  if (next <= kLast) gaps.push_back({next, kLast});
  return CodePointSet(std::move(gaps));
}

bool CodePointSet::has(CodePoint c) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [c](const Range& r) { return r.first <= c && c <= r.last; });
}

ExprId utf8_of(ExpressionPool& pool, const CodePointSet& set) {
  constexpr std::array<Range, 4> kLengths{Range{0, 0x7f}, Range{0x80, 0x7ff}, Range{0x800, 0xffff},
                                          Range{0x10000, CodePointSet::kLast}};
  std::vector<ExprId> options;
  for (const Range& r : set.ranges()) {
    for (const Range& length : kLengths) {
      const Range part{std::max(r.first, length.first), std::min(r.last, length.last)};
      if (part.first <= part.last) spell(pool, part, options);
    }
  }
  return pool.either(std::move(options));
}

}  // namespace curlew::model
