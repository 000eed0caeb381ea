#include "model/constrain/rule_table.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

namespace curlew::model {

// explore -> heights -> prune -> order -> alike.
class RuleTableBuilder {
 public:
  RuleTableBuilder(ExpressionPool& pool, std::span<const RuleSource> rules, RuleId root)
      : pool_(pool), rules_(rules) {
    table_.root_ = root;
    table_.classes_ = pool.byte_classes();
    table_.n_classes_ = 1 + *std::max_element(table_.classes_.begin(), table_.classes_.end());
    for (int byte = 255; byte >= 0; --byte) {
      sample_[table_.classes_[static_cast<std::size_t>(byte)]] = static_cast<std::uint8_t>(byte);
    }
  }

  Expected<std::unique_ptr<const RuleTable>> build() {
    if (Status explored = explore(); !explored) return std::move(explored.error()).pass();
    find_heights();
    if (start_height(table_.root_) > kDepthMax) {
      return fail(Errc::kInvalidInput, "{}: no text of at most {} levels satisfies it",
                  blamed_place(), kDepthMax);
    }
    prune();
    for (RuleId rule = 0; rule < static_cast<RuleId>(rules_.size()); ++rule) {
      if (Status ordered = check_order(rule); !ordered) return std::move(ordered.error()).pass();
    }
    find_alike();
    return std::make_unique<const RuleTable>(std::move(table_));
  }

 private:
  using Node32 = RuleTable::Node32;
  static constexpr std::int16_t kUnreachable = INT16_MAX;

  static std::size_t index(std::int32_t i) { return static_cast<std::size_t>(i); }
  Node32& target(std::size_t node, std::size_t byte_class) {
    return table_.targets_[node * index(table_.n_classes_) + byte_class];
  }

  Node32 node_of(ExprId expr) {
    if (expr == pool_.none()) return -1;
    const auto [known, is_new] = known_.emplace(expr, static_cast<Node32>(exprs_.size()));
    if (is_new) exprs_.push_back(expr);
    return known->second;
  }

  // Nodes are numbered as they are met, so the ones not yet expanded are the last ones.
  Status explore() {
    for (const RuleSource& rule : rules_) {
      table_.starts_.push_back(node_of(rule.body));
    }
    pool_.bound_work(kTableWorkMax);
    for (std::size_t node = 0; node < exprs_.size(); ++node) {
      expand(node);
      if (exprs_.size() > kTableNodesMax || pool_.is_exhausted()) {
        return fail(Errc::kUnsupported,
                    "{}: too large: more than {} states or {} steps to find them",
                    rules_[index(table_.root_)].place, kTableNodesMax, kTableWorkMax);
      }
    }
    return {};
  }

  void expand(std::size_t node) {
    const ExprId expr = exprs_[node];
    table_.targets_.resize((node + 1) * index(table_.n_classes_), -1);
    for (std::size_t c = 0; c < index(table_.n_classes_); ++c) {
      const Node32 next = node_of(pool_.after_byte(expr, sample_[c]));
      target(node, c) = next;
    }
    std::vector<RuleId> called;
    pool_.first_calls(expr, called);
    std::sort(called.begin(), called.end());
    called.erase(std::unique(called.begin(), called.end()), called.end());
    const auto calls_begin = static_cast<std::uint32_t>(table_.calls_.size());
    for (const RuleId callee : called) {
      const Node32 next = node_of(pool_.after_call(expr, callee));
      if (next >= 0) table_.calls_.push_back({callee, next});
    }
    table_.nodes_.push_back({.accepting = pool_.nullable(expr),
                             .height = kUnreachable,
                             .calls_begin = calls_begin,
                             .calls_end = static_cast<std::uint32_t>(table_.calls_.size())});
  }

  std::span<RuleTable::Call> calls_of(std::size_t node) {
    const RuleTable::Node& n = table_.nodes_[node];
    return {table_.calls_.data() + n.calls_begin, n.calls_end - n.calls_begin};
  }

  std::int16_t start_height(RuleId rule) const {
    const Node32 start = table_.starts_[index(rule)];
    return start < 0 ? kUnreachable : table_.nodes_[index(start)].height;
  }

  // The least fixed point; successors mostly have higher numbers, so backwards takes few rounds.
  void find_heights() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t node = table_.nodes_.size(); node-- > 0;) {
        const std::int16_t height = height_now(node);
        changed |= height < table_.nodes_[node].height;
        table_.nodes_[node].height = height;
      }
    }
  }

  std::int16_t height_now(std::size_t node) {
    if (table_.nodes_[node].accepting) return 0;
    std::int16_t best = kUnreachable;
    for (std::size_t c = 0; c < index(table_.n_classes_); ++c) {
      if (target(node, c) >= 0) best = std::min(best, table_.nodes_[index(target(node, c))].height);
    }
    for (const RuleTable::Call& call : calls_of(node)) {
      const int inside = start_height(call.callee) + 1;
      const int after = table_.nodes_[index(call.next)].height;
      if (inside < kUnreachable) {
        best = std::min(best, static_cast<std::int16_t>(std::max(inside, after)));
      }
    }
    return best;
  }

  // Where to look when nothing satisfies the root: a rule that is impossible by itself, if any.
  const std::string& blamed_place() const {
    for (std::size_t rule = rules_.size(); rule-- > 0;) {
      if (rules_[rule].body == pool_.none()) return rules_[rule].place;
    }
    return rules_[index(table_.root_)].place;
  }

  // Takes away the edges that lead to no end.
  void prune() {
    for (std::size_t node = 0; node < table_.nodes_.size(); ++node) {
      RuleTable::Node& n = table_.nodes_[node];
      for (std::size_t c = 0; c < index(table_.n_classes_); ++c) {
        Node32& next = target(node, c);
        if (next >= 0 && table_.nodes_[index(next)].height > kDepthMax) next = -1;
        n.reads |= next >= 0;
      }
      const std::span<RuleTable::Call> calls = calls_of(node);
      const auto end = std::remove_if(calls.begin(), calls.end(), [&](const RuleTable::Call& call) {
        return start_height(call.callee) >= kDepthMax ||
               table_.nodes_[index(call.next)].height > kDepthMax;
      });
      n.calls_end = n.calls_begin + static_cast<std::uint32_t>(end - calls.begin());
    }
  }

  // Depth-first over the calls that come before any byte: a circle would never read anything.
  Status check_order(RuleId rule) {
    enum Mark : std::uint8_t { kNew, kOpen, kDone };
    marks_.resize(rules_.size(), kNew);
    std::vector<std::pair<RuleId, std::size_t>> path{{rule, 0}};
    while (!path.empty()) {
      auto& [at, next_call] = path.back();
      const Node32 start = table_.starts_[index(at)];
      const std::span<RuleTable::Call> calls =
          start < 0 ? std::span<RuleTable::Call>() : calls_of(index(start));
      if (marks_[index(at)] == kDone || next_call == calls.size()) {
        marks_[index(at)] = kDone;
        path.pop_back();
        continue;
      }
      marks_[index(at)] = kOpen;
      const RuleId callee = calls[next_call++].callee;
      if (marks_[index(callee)] == kOpen) {
        return fail(Errc::kInvalidInput, "{}: refers to itself without anything in between",
                    rules_[index(callee)].place);
      }
      path.emplace_back(callee, 0);
    }
    return {};
  }

  // Moore's partition refinement, stopped after kAlikeBytes rounds: after round r, two nodes of one
  // class cannot be told apart by r letters. A call is a letter that reads one byte at least.
  void find_alike() {
    const std::size_t n_nodes = table_.nodes_.size();
    std::vector<std::int32_t> classes(n_nodes), next(n_nodes);
    for (std::size_t node = 0; node < n_nodes; ++node) {
      const RuleTable::Node& n = table_.nodes_[node];
      classes[node] = 2 * std::min<std::int32_t>(n.height, kDepthMax + 1) + (n.accepting ? 1 : 0);
    }
    std::size_t n_classes = 0;
    for (int round = 0; round <= kAlikeBytes; ++round) {
      std::unordered_map<Look, std::int32_t, LookHash> seen;
      for (std::size_t node = 0; node < n_nodes; ++node) {
        const auto number = static_cast<std::int32_t>(seen.size());
        next[node] = seen.emplace(look(node, classes), number).first->second;
      }
      classes.swap(next);
      if (seen.size() == n_classes) break;
      n_classes = seen.size();
    }
    std::vector<Node32> first_of(n_classes, -1);
    for (std::size_t node = 0; node < n_nodes; ++node) {
      Node32& first = first_of[index(classes[node])];
      if (first < 0) first = static_cast<Node32>(node);
      table_.nodes_[node].alike = first;
    }
  }

  // What one letter shows of a node, as 128 bits: its own class, runs of targets, the calls.
  struct Look {
    std::uint64_t a = 0, b = 0;
    void mix(std::int64_t value) {
      a = std::rotl((a ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15u, 31);
      b = std::rotl((b + static_cast<std::uint64_t>(value)) * 0xc2b2ae3d27d4eb4fu, 27) ^ a;
    }
    bool operator==(const Look&) const = default;
  };
  struct LookHash {
    std::size_t operator()(const Look& look) const { return look.a ^ look.b; }
  };

  Look look(std::size_t node, const std::vector<std::int32_t>& classes) {
    Look out;
    out.mix(classes[node]);
    std::int32_t last = -2;
    for (std::size_t c = 0; c < index(table_.n_classes_); ++c) {
      const Node32 next = target(node, c);
      const std::int32_t seen = next < 0 ? -1 : classes[index(next)];
      if (seen == last) continue;
      last = seen;
      out.mix(static_cast<std::int64_t>(c));
      out.mix(seen);
    }
    for (const RuleTable::Call& call : calls_of(node)) {
      out.mix(-2 - call.callee);
      out.mix(classes[index(call.next)]);
    }
    return out;
  }

  ExpressionPool& pool_;
  std::span<const RuleSource> rules_;
  RuleTable table_;
  std::array<std::uint8_t, 256> sample_{};  // a byte of each class
  std::unordered_map<ExprId, Node32> known_;
  std::vector<ExprId> exprs_;  // of each node
  std::vector<std::uint8_t> marks_;
};

Expected<std::unique_ptr<const RuleTable>> RuleTable::compile(ExpressionPool& pool,
                                                              std::span<const RuleSource> rules,
                                                              RuleId root) {
  return RuleTableBuilder(pool, rules, root).build();
}

NodeId RuleTable::start_of(RuleId rule) const {
  const Node32 start = starts_[static_cast<std::size_t>(rule)];
  return start < 0 || nodes_[static_cast<std::size_t>(start)].height > kDepthMax
             ? kNoNode
             : static_cast<NodeId>(start);
}

NodeId RuleTable::step(NodeId node, std::uint8_t byte) const {
  const Node32 next = targets_[node * static_cast<std::size_t>(n_classes_) + classes_[byte]];
  return next < 0 ? kNoNode : static_cast<NodeId>(next);
}

void RuleTable::calls(NodeId node, std::vector<RuleCall>& out) const {
  const Node& n = nodes_[node];
  for (std::uint32_t i = n.calls_begin; i < n.calls_end; ++i) {
    out.push_back({start_of(calls_[i].callee), static_cast<NodeId>(calls_[i].next)});
  }
}

}  // namespace curlew::model
