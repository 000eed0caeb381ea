// The states that texts of a language lead to, found as they are met.
//
// A configuration is a node of a rule and the stack of nodes to return to; a state is the set of
// configurations that the bytes so far allow, so the automaton over states is deterministic.
// Stacks share their tails, and equal stacks and equal states have equal numbers: following a byte
// is one lookup once it has been followed from an equal state. Configurations that cannot finish
// within kDepthMax frames are left out, so a state that is not dead always has a whole text ahead.
//
// A grammar whose alternatives look alike for long may be read in many ways at once; beyond
// kConfigsMax readings of one state the rest is dropped. What is left is still in the language.
//
// A state can also be made on a bottom of its own, without knowing what lies below: there `ends()`
// says that the rule may end. Masks that hold for every stack are computed from such states.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/constrain/rules.h"

namespace curlew::model {

using StateId = std::int32_t;
using StackId = std::int32_t;

constexpr int kConfigsMax = 256;

class StateTable {
 public:
  static constexpr StateId kDead = 0;  // nothing goes on from here
  static constexpr StackId kBottom = 0;

  struct Config {
    NodeId node;
    StackId stack;
    bool operator==(const Config&) const = default;
    auto operator<=>(const Config&) const = default;
  };

  explicit StateTable(const Rules& rules);  // rules outlive the table
  StateTable(const StateTable&) = delete;
  StateTable& operator=(const StateTable&) = delete;

  StateId start() const { return start_; }
  StateId next(StateId state, std::uint8_t byte) {
    const std::uint8_t byte_class = rules_.byte_classes()[byte];
    const std::int32_t row = states_[static_cast<std::size_t>(state)].row;
    if (row >= 0) {
      const StateId known = targets_[static_cast<std::size_t>(row) + byte_class];
      if (known >= 0) return known;
    }
    return find_next(state, byte);
  }

  // The text, or on a bottom of its own the rule, may end here.
  bool ends(StateId state) const { return states_[static_cast<std::size_t>(state)].ends; }
  // Sorted by stack; only those that read bytes.
  std::span<const Config> configs(StateId state) const;
  // The most frames that this state, and the way out of it, needs or would need.
  int reach(StateId state) const { return states_[static_cast<std::size_t>(state)].reach; }
  // The only byte that goes on from here; -1 where there is none, or a choice.
  int only_byte(StateId state);

  int depth(StackId stack) const { return frames_[static_cast<std::size_t>(stack)].depth; }
  bool is_bottom(StackId stack) const {
    return frames_[static_cast<std::size_t>(stack)].parent < 0;
  }

  // Where the rules go on when the top frame of this stack is returned to.
  StateId returned(StackId stack);
  // The nodes on a bottom of their own, `depth` frames deep.
  StateId on_bottom(std::span<const NodeId> nodes, int depth);
  // The state of another table over the same rules.
  StateId import(const StateTable& other, StateId state);

  std::size_t size_bytes() const;

 private:
  struct Frame {
    NodeId returns_to;
    StackId parent;  // -1: a bottom
    std::int32_t depth;
    bool operator==(const Frame&) const = default;
  };
  struct State {
    std::uint32_t configs_begin = 0, configs_end = 0;
    std::int32_t row = -1;  // where its targets begin; -1: none yet
    std::int32_t reach = 0;
    bool ends = false;
    std::int16_t only_byte = kNotAsked;
  };
  static constexpr std::int16_t kNotAsked = -2;

  StateId find_next(StateId state, std::uint8_t byte);
  StackId stack_of(const Frame& frame);
  StackId import_stack(const StateTable& other, StackId stack);

  // A state under construction: visit() its configurations, then keep() it.
  void begin();
  void visit(NodeId node, StackId stack);
  void close();
  StateId keep();

  const Rules& rules_;
  const std::size_t n_classes_;
  StateId start_ = kDead;

  std::vector<State> states_;
  std::vector<Config> configs_;
  std::vector<StateId> targets_;  // rows of n_classes_; -1: not asked yet
  std::unordered_multimap<std::size_t, StateId> known_states_;
  std::vector<Frame> frames_;
  std::unordered_multimap<std::size_t, StackId> known_frames_;

  std::vector<Config> found_;  // of the state under construction, in the order of discovery
  std::vector<RuleCall> calls_;
  int reach_ = 0;
  bool ends_ = false;
};

}  // namespace curlew::model
