// Regular expressions over bytes and calls of rules, and their derivatives.
//
// The derivative of an expression by a letter is the expression of what may follow that letter. A
// state of an automaton is simply an expression; no positions, no epsilon moves, and repetition
// with counts, intersection and complement come for free. Brzozowski 1964, "Derivatives of Regular
// Expressions"; Owens, Reppy & Turon 2009, "Regular-expression derivatives re-examined".
//
// Equal expressions have equal ids: the pool keeps each one once, and simplifies as it builds
// (alternatives are a sorted set, sequences lean to the right, the empty language vanishes), which
// is what keeps the number of derivatives finite.
//
// Not thread-safe. Expressions live as long as the pool.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/constrain/byte_set.h"

namespace curlew::model {

using ExprId = std::int32_t;
using RuleId = std::int32_t;  // an index into the rules of a grammar; called from expressions

class ExpressionPool {
 public:
  static constexpr int kMany = -1;  // repeat() without an upper limit

  ExpressionPool();
  ExpressionPool(const ExpressionPool&) = delete;
  ExpressionPool& operator=(const ExpressionPool&) = delete;

  ExprId none() const { return kNone; }    // no text at all
  ExprId empty() const { return kEmpty; }  // the empty text
  ExprId bytes(const ByteSet& set);        // one byte of the set
  ExprId literal(std::string_view text);
  ExprId sequence(ExprId first, ExprId second);
  ExprId sequence(std::initializer_list<ExprId> parts);
  ExprId either(ExprId a, ExprId b) { return either(std::vector<ExprId>{a, b}); }
  ExprId either(std::vector<ExprId> options);
  ExprId optional(ExprId part) { return either(kEmpty, part); }
  ExprId repeat(ExprId part, int times_min, int times_max);
  // Intersection and complement; of expressions without calls.
  ExprId both(ExprId a, ExprId b);
  ExprId except(ExprId part, ExprId left_out) { return both(part, complement(left_out)); }
  ExprId complement(ExprId part);
  ExprId call(RuleId rule);

  bool nullable(ExprId id) const { return node(id).nullable; }  // accepts the empty text
  // A superset of the bytes that a text of the expression may start with.
  const ByteSet& first_bytes(ExprId id) const { return node(id).first; }
  // Adds the rules that may be called before any byte is read.
  void first_calls(ExprId id, std::vector<RuleId>& out) const;

  ExprId after_byte(ExprId id, std::uint8_t byte);
  ExprId after_call(ExprId id, RuleId rule);

  // Bytes that no set of the pool tells apart share a class; classes count from 0.
  std::array<std::uint8_t, 256> byte_classes() const;

  // Derivatives taken and parts joined from now on are bounded. Once there have been more, what
  // after_byte() and after_call() return means nothing.
  void bound_work(std::int64_t work_max) { work_max_ = work_ + work_max; }
  bool is_exhausted() const { return work_ > work_max_; }

 private:
  enum class Kind : std::uint8_t {
    kNone,
    kEmpty,
    kBytes,
    kSequence,
    kEither,
    kBoth,
    kNot,
    kRepeat,
    kCall
  };
  struct Node {
    Kind kind = Kind::kNone;
    bool nullable = false;
    ExprId a = 0, b = 0;  // parts; of kCall: the rule
    std::int32_t times_min = 0, times_max = 0;
    std::uint32_t parts_begin = 0, parts_end = 0;  // of kEither and kBoth, into parts_
    ByteSet first;                                 // of kBytes: the set itself
  };
  struct Hash {
    const ExpressionPool* pool;
    std::size_t operator()(ExprId id) const;
  };
  struct Same {
    const ExpressionPool* pool;
    bool operator()(ExprId x, ExprId y) const;
  };
  static constexpr ExprId kNone = 0, kEmpty = 1, kAnything = 2;  // kAnything: complement of kNone

  const Node& node(ExprId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  std::vector<ExprId> parts_of(ExprId id) const;
  ExprId keep(Node node, const std::vector<ExprId>& parts = {});
  ExprId join(Kind kind, std::vector<ExprId> parts);
  std::vector<ExprId> flatten(Kind kind, const std::vector<ExprId>& parts) const;
  // The derivative by a letter: a byte when rule < 0, else the call of the rule.
  ExprId after(ExprId id, std::uint8_t byte, RuleId rule);
  ExprId after_parts(ExprId id, std::uint8_t byte, RuleId rule);

  std::vector<Node> nodes_;
  std::vector<ExprId> parts_;
  std::unordered_set<ExprId, Hash, Same> known_;
  std::int64_t work_ = 0, work_max_ = INT64_MAX;
};

}  // namespace curlew::model
