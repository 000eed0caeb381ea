// A language as rules that call each other: what a grammar is below its surface.
//
// A rule is a deterministic automaton over bytes whose nodes may also call rules: the callee reads
// its text, then the caller goes on at another node. Together they are a pushdown automaton; a
// place in a text is a node and a stack of nodes to return to (state_table.h).
//
// Every node can reach the end of its rule, so whoever follows the edges never meets a dead end.
// No rule but the first may be empty, and none calls itself before it has read a byte.
//
// Implementations are immutable: every method may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace curlew::model {

using NodeId = std::uint64_t;
constexpr NodeId kNoNode = ~NodeId{0};

// Frames on a stack: arrays and objects inside each other take one or two each.
constexpr int kDepthMax = 128;

// alike() promises nothing for longer texts.
constexpr int kAlikeBytes = 32;

struct RuleCall {
  NodeId callee;  // where the called rule begins
  NodeId next;    // where the caller goes on
};

class Rules;

struct AlikeNode {
  const Rules* rules;
  NodeId node;
};

class Rules {
 public:
  virtual ~Rules() = default;

  virtual NodeId start() const = 0;
  virtual NodeId step(NodeId node, std::uint8_t byte) const = 0;          // kNoNode: no such text
  virtual void calls(NodeId node, std::vector<RuleCall>& out) const = 0;  // appends
  virtual bool accepting(NodeId node) const = 0;                          // the rule may end here
  virtual bool reads(NodeId node) const = 0;  // false: no byte leads on from here
  // Frames that have to be pushed, at least, to reach the end of the rule.
  virtual int height(NodeId node) const = 0;

  // A node that no text of at most kAlikeBytes bytes can tell from this one: neither by whether it
  // may go on, nor by where the rule may end. Counting states far from their limits are alike. The
  // node may belong to other rules, which then live as long as the program: what is learnt about
  // them serves every grammar that shares them.
  virtual AlikeNode alike(NodeId node) const = 0;

  // Bytes of one class lead to the same node from every node. Classes count from 0.
  virtual const std::array<std::uint8_t, 256>& byte_classes() const = 0;
};

}  // namespace curlew::model
