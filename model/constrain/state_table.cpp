#include "model/constrain/state_table.h"

#include <algorithm>

namespace curlew::model {
namespace {

// Configurations looked at for one state; those that only call or return count as well.
constexpr std::size_t kFoundMax = 4 * kConfigsMax;

std::size_t mix(std::size_t hash, std::size_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 32;
}

}  // namespace

StateTable::StateTable(const Rules& rules)
    : rules_(rules),
      n_classes_(1 + static_cast<std::size_t>(*std::max_element(rules.byte_classes().begin(),
                                                                rules.byte_classes().end()))) {
  stack_of({kNoNode, -1, 0});  // kBottom
  begin();
  keep();  // kDead
  begin();
  visit(rules.start(), kBottom);
  close();
  start_ = keep();
}

std::span<const StateTable::Config> StateTable::configs(StateId state) const {
  const State& s = states_[static_cast<std::size_t>(state)];
  return {configs_.data() + s.configs_begin, s.configs_end - s.configs_begin};
}

StackId StateTable::stack_of(const Frame& frame) {
  std::size_t hash = mix(0, static_cast<std::size_t>(frame.returns_to));
  hash = mix(hash, static_cast<std::size_t>(frame.parent));
  hash = mix(hash, static_cast<std::size_t>(frame.depth));
  const auto [first, last] = known_frames_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (frames_[static_cast<std::size_t>(at->second)] == frame) return at->second;
  }
  frames_.push_back(frame);
  const auto id = static_cast<StackId>(frames_.size() - 1);
  known_frames_.emplace(hash, id);
  return id;
}

void StateTable::begin() {
  found_.clear();
  reach_ = 0;
  ends_ = false;
}

// Adds a configuration, unless it is there or could not finish in time.
void StateTable::visit(NodeId node, StackId stack) {
  const int reach = depth(stack) + rules_.height(node);
  reach_ = std::max(reach_, reach);
  if (reach > kDepthMax || found_.size() == kFoundMax) return;
  const Config config{node, stack};
  if (std::find(found_.begin(), found_.end(), config) == found_.end()) found_.push_back(config);
}

// Follows returns and calls from every configuration found, until there are no new ones.
void StateTable::close() {
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const Config at = found_[i];
    const Frame frame = frames_[static_cast<std::size_t>(at.stack)];
    if (rules_.accepting(at.node)) {
      if (frame.parent < 0) {
        ends_ = true;
      } else {
        visit(frame.returns_to, frame.parent);
      }
    }
    calls_.clear();
    rules_.calls(at.node, calls_);
    const std::size_t n_calls = calls_.size();
    for (std::size_t c = 0; c < n_calls; ++c) {
      const auto [callee, next] = calls_[c];
      reach_ = std::max(reach_, frame.depth + 1 + rules_.height(callee));
      if (frame.depth + 1 + rules_.height(callee) > kDepthMax) continue;
      if (frame.depth + rules_.height(next) > kDepthMax) continue;
      visit(callee, stack_of({next, at.stack, frame.depth + 1}));
    }
  }
}

StateId StateTable::keep() {
  std::erase_if(found_, [&](const Config& c) { return !rules_.reads(c.node); });
  if (found_.size() > kConfigsMax) found_.resize(kConfigsMax);
  std::sort(found_.begin(), found_.end(), [](const Config& a, const Config& b) {
    return a.stack != b.stack ? a.stack < b.stack : a.node < b.node;
  });
  std::size_t hash = mix(0, ends_ ? 1 : 0);
  for (const Config& c : found_) {
    hash = mix(mix(hash, static_cast<std::size_t>(c.node)), static_cast<std::size_t>(c.stack));
  }
  const auto [first, last] = known_states_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    State& known = states_[static_cast<std::size_t>(at->second)];
    const std::span<const Config> configs = this->configs(at->second);
    if (known.ends != ends_ ||
        !std::equal(configs.begin(), configs.end(), found_.begin(), found_.end()))
      continue;
    known.reach = std::max(known.reach, reach_);
    return at->second;
  }
  State state{
      .configs_begin = static_cast<std::uint32_t>(configs_.size()), .reach = reach_, .ends = ends_};
  configs_.insert(configs_.end(), found_.begin(), found_.end());
  state.configs_end = static_cast<std::uint32_t>(configs_.size());
  states_.push_back(state);
  const auto id = static_cast<StateId>(states_.size() - 1);
  known_states_.emplace(hash, id);
  return id;
}

StateId StateTable::find_next(StateId state, std::uint8_t byte) {
  begin();
  for (std::uint32_t i = states_[static_cast<std::size_t>(state)].configs_begin;
       i < states_[static_cast<std::size_t>(state)].configs_end; ++i) {
    const NodeId node = rules_.step(configs_[i].node, byte);
    if (node != kNoNode) visit(node, configs_[i].stack);
  }
  close();
  const StateId target = keep();
  State& from = states_[static_cast<std::size_t>(state)];
  if (from.row < 0) {
    from.row = static_cast<std::int32_t>(targets_.size());
    targets_.resize(targets_.size() + n_classes_, -1);
  }
  targets_[static_cast<std::size_t>(from.row) + rules_.byte_classes()[byte]] = target;
  return target;
}

int StateTable::only_byte(StateId state) {
  if (states_[static_cast<std::size_t>(state)].only_byte == kNotAsked) {
    int only = -1, count = 0;
    for (int byte = 0; byte < 256 && count < 2; ++byte) {
      if (next(state, static_cast<std::uint8_t>(byte)) == kDead) continue;
      only = byte;
      ++count;
    }
    states_[static_cast<std::size_t>(state)].only_byte =
        static_cast<std::int16_t>(count == 1 ? only : -1);
  }
  return states_[static_cast<std::size_t>(state)].only_byte;
}

StateId StateTable::returned(StackId stack) {
  const Frame frame = frames_[static_cast<std::size_t>(stack)];
  begin();
  visit(frame.returns_to, frame.parent);
  close();
  return keep();
}

StateId StateTable::on_bottom(std::span<const NodeId> nodes, int depth) {
  const StackId bottom = stack_of({kNoNode, -1, depth});
  begin();
  for (const NodeId node : nodes) visit(node, bottom);
  return keep();
}

StackId StateTable::import_stack(const StateTable& other, StackId stack) {
  std::vector<Frame> frames;  // from the top down
  for (StackId at = stack; at >= 0; at = other.frames_[static_cast<std::size_t>(at)].parent) {
    frames.push_back(other.frames_[static_cast<std::size_t>(at)]);
  }
  StackId out = -1;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    out = stack_of({frame->returns_to, out, frame->depth});
  }
  return out;
}

StateId StateTable::import(const StateTable& other, StateId state) {
  std::vector<Config> configs;
  for (const Config& c : other.configs(state)) {
    configs.push_back({c.node, import_stack(other, c.stack)});
  }
  begin();
  found_ = std::move(configs);
  ends_ = other.ends(state);
  reach_ = other.reach(state);
  return keep();
}

std::size_t StateTable::size_bytes() const {
  constexpr std::size_t kMapEntry = 40;  // a node of the hash maps, about
  return states_.size() * (sizeof(State) + kMapEntry) + configs_.size() * sizeof(Config) +
         targets_.size() * sizeof(StateId) + frames_.size() * (sizeof(Frame) + kMapEntry);
}

}  // namespace curlew::model
