// Rules written as expressions, compiled to tables.
//
// A node is an expression, "what may still come of this rule": rules that go on in the same way
// share nodes. Building is bounded: more than kTableNodesMax nodes, or kTableWorkMax steps of
// taking derivatives, are refused (patterns like (a|b)*a(a|b){30} need exponentially many).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/constrain/expression.h"
#include "model/constrain/rules.h"
#include "model/error.h"

namespace curlew::model {

constexpr int kTableNodesMax = 32768;
constexpr std::int64_t kTableWorkMax = 4'000'000;

struct RuleSource {
  ExprId body = 0;
  std::string place;  // what errors call it: "#/properties/name"
};

class RuleTable : public Rules {
 public:
  // The language is that of `root`. Errors: too large, a rule that calls itself before it reads
  // anything, a root that no finite text satisfies.
  static Expected<std::unique_ptr<const RuleTable>> compile(ExpressionPool& pool,
                                                            std::span<const RuleSource> rules,
                                                            RuleId root);

  NodeId start() const override { return start_of(root_); }
  // Where a rule begins; kNoNode for one that no text satisfies.
  NodeId start_of(RuleId rule) const;
  NodeId step(NodeId node, std::uint8_t byte) const override;
  void calls(NodeId node, std::vector<RuleCall>& out) const override;
  bool accepting(NodeId node) const override { return nodes_[node].accepting; }
  bool reads(NodeId node) const override { return nodes_[node].reads; }
  int height(NodeId node) const override { return nodes_[node].height; }
  AlikeNode alike(NodeId node) const override {
    return {this, static_cast<NodeId>(nodes_[node].alike)};
  }
  const std::array<std::uint8_t, 256>& byte_classes() const override { return classes_; }

  std::size_t size() const { return nodes_.size(); }

 private:
  friend class RuleTableBuilder;
  using Node32 = std::int32_t;  // an index into nodes_; -1: none
  struct Node {
    bool accepting = false, reads = false;
    std::int16_t height = 0;
    Node32 alike = 0;
    std::uint32_t calls_begin = 0, calls_end = 0;  // into calls_
  };
  struct Call {
    RuleId callee;
    Node32 next;
  };

  std::array<std::uint8_t, 256> classes_{};
  int n_classes_ = 0;
  std::vector<Node> nodes_;
  std::vector<Node32> targets_;  // [nodes, n_classes_]
  std::vector<Call> calls_;
  std::vector<Node32> starts_;  // [rules]
  RuleId root_ = 0;
};

}  // namespace curlew::model
