#include "model/decode/token_automaton.h"

#include <algorithm>
#include <bit>

namespace curlew::model {
namespace {

constexpr std::size_t kTableMin = 256;
// A new place is noted for this many of the shorter and shorter suffixes that end there. The ones
// that are left out keep an older place, which serves as well.
constexpr int kSuffixesNoted = 8;

}  // namespace

TokenAutomaton::TokenAutomaton(std::size_t tokens_expected) {
  all_.reserve(tokens_expected);
  states_.reserve(2 * tokens_expected + 1);
  edges_.reserve(3 * tokens_expected);
  table_.assign(std::bit_ceil(std::max(kTableMin, 6 * tokens_expected)), kNone);
  states_.emplace_back();
}

void TokenAutomaton::begin_text() {
  all_.push_back(kBorder);
  last_ = 0;
  match_ = {};
}

void TokenAutomaton::append(TokenId id) {
  all_.push_back(id);
  const auto end = static_cast<std::int32_t>(all_.size());
  std::int32_t matched;
  if (find(last_, id) != nullptr) {  // the whole text so far stood somewhere before
    last_ = matched = step(last_, id);
  } else {
    const std::int32_t longer =
        add_state({.length = states_[static_cast<std::size_t>(last_)].length + 1, .last_end = end});
    std::int32_t at = last_;
    for (; at != kNone && find(at, id) == nullptr; at = states_[static_cast<std::size_t>(at)].link)
      connect(at, id, longer);
    matched = at == kNone ? 0 : step(at, id);
    states_[static_cast<std::size_t>(longer)].link = matched;
    last_ = longer;
  }
  ++states_[static_cast<std::size_t>(last_)].places;
  const State& state = states_[static_cast<std::size_t>(matched)];
  match_ = {state.length, static_cast<std::size_t>(state.last_end)};
  note_place(matched, end);
}

void TokenAutomaton::note_place(std::int32_t state, std::int32_t end) {
  for (int i = 0; i < kSuffixesNoted && state > 0; ++i) {
    State& s = states_[static_cast<std::size_t>(state)];
    s.last_end = end;
    state = s.link;
  }
}

// Where the edge leads to a state that also stands for longer texts, the shorter ones get a state
// of their own.
std::int32_t TokenAutomaton::step(std::int32_t from, TokenId token) {
  const std::int32_t to = find(from, token)->to;
  const std::int32_t length = states_[static_cast<std::size_t>(from)].length + 1;
  if (states_[static_cast<std::size_t>(to)].length == length) return to;
  return clone_for(from, token, to);
}

std::int32_t TokenAutomaton::clone_for(std::int32_t from, TokenId token, std::int32_t state) {
  const State original = states_[static_cast<std::size_t>(state)];
  const std::int32_t clone =
      add_state({.length = states_[static_cast<std::size_t>(from)].length + 1,
                 .link = original.link,
                 .last_end = original.last_end});
  for (std::int32_t e = original.first_edge; e != kNone;) {
    const Edge edge = edges_[static_cast<std::size_t>(e)];
    connect(clone, edge.token, edge.to);
    e = edge.next;
  }
  states_[static_cast<std::size_t>(state)].link = clone;
  for (; from != kNone; from = states_[static_cast<std::size_t>(from)].link) {
    Edge* edge = find(from, token);
    if (edge == nullptr || edge->to != state) break;
    edge->to = clone;
  }
  return clone;
}

std::int32_t TokenAutomaton::add_state(const State& state) {
  states_.push_back(state);
  return static_cast<std::int32_t>(states_.size() - 1);
}

TokenAutomaton::Edge* TokenAutomaton::find(std::int32_t from, TokenId token) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = slot_of(from, token); table_[slot] != kNone; slot = (slot + 1) & mask) {
    Edge& edge = edges_[static_cast<std::size_t>(table_[slot])];
    if (edge.from == from && edge.token == token) return &edge;
  }
  return nullptr;
}

void TokenAutomaton::connect(std::int32_t from, TokenId token, std::int32_t to) {
  if (2 * (edges_.size() + 1) > table_.size()) grow_table();
  const auto idx = static_cast<std::int32_t>(edges_.size());
  State& state = states_[static_cast<std::size_t>(from)];
  edges_.push_back({from, token, to, state.first_edge});
  state.first_edge = idx;
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = slot_of(from, token);
  while (table_[slot] != kNone) slot = (slot + 1) & mask;
  table_[slot] = idx;
}

std::size_t TokenAutomaton::slot_of(std::int32_t from, TokenId token) const {
  const std::uint64_t key = static_cast<std::uint64_t>(static_cast<std::uint32_t>(from)) << 32 |
                            static_cast<std::uint32_t>(token);
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // Knuth's multiplicative hashing
  const std::uint64_t mixed = (key ^ key >> 29) * kGoldenRatio;
  return static_cast<std::size_t>(mixed >> 32) & (table_.size() - 1);
}

void TokenAutomaton::grow_table() {
  table_.assign(2 * table_.size(), kNone);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    std::size_t slot = slot_of(edges_[i].from, edges_[i].token);
    while (table_[slot] != kNone) slot = (slot + 1) & mask;
    table_[slot] = static_cast<std::int32_t>(i);
  }
}

}  // namespace curlew::model
