#include "model/decode/continuations.h"

#include <algorithm>
#include <numeric>

#include "model/decode/token_automaton.h"

namespace curlew::model {

Continuations::Continuations(std::span<const std::vector<TokenId>> texts) {
  std::size_t tokens = 0;
  for (const auto& text : texts) tokens += text.size() + 1;
  TokenAutomaton automaton(tokens);
  for (const auto& text : texts) {
    automaton.begin_text();
    for (const TokenId id : text) automaton.append(id);
  }

  // A state stands wherever the longer ones that link to it stand.
  const std::vector<TokenAutomaton::State>& built = automaton.states_;
  std::vector<std::int32_t> places(built.size()), by_length(built.size());
  for (std::size_t i = 0; i < built.size(); ++i) places[i] = built[i].places;
  std::iota(by_length.begin(), by_length.end(), 0);
  std::ranges::sort(by_length, std::greater(), [&](std::int32_t state) {
    return built[static_cast<std::size_t>(state)].length;
  });
  for (const std::int32_t state : by_length) {
    const std::int32_t link = built[static_cast<std::size_t>(state)].link;
    if (link >= 0)
      places[static_cast<std::size_t>(link)] += places[static_cast<std::size_t>(state)];
  }

  states_.reserve(built.size() + 1);
  for (const TokenAutomaton::State& state : built) {
    const auto first = static_cast<std::int32_t>(edges_.size());
    states_.push_back({state.length, std::max(state.link, 0), first});
    for (std::int32_t e = state.first_edge; e >= 0;) {
      const TokenAutomaton::Edge& edge = automaton.edges_[static_cast<std::size_t>(e)];
      edges_.push_back({edge.token, edge.to});
      next_.push_back({edge.token, places[static_cast<std::size_t>(edge.to)]});
      e = edge.next;
    }
    std::ranges::sort(edges_.begin() + first, edges_.end(), {}, &Edge::id);
    std::ranges::sort(next_.begin() + first, next_.end(), [](const Next& a, const Next& b) {
      return a.count > b.count || (a.count == b.count && a.id < b.id);
    });
  }
  states_.push_back({0, 0, static_cast<std::int32_t>(edges_.size())});
}

Continuations::Context Continuations::step(Context context, TokenId id) const {
  for (;;) {
    if (const Edge* edge = find(context.state, id)) return {edge->to, context.length + 1};
    if (context.state == 0) return {};
    context = shorter(context);
  }
}

Continuations::Context Continuations::shorter(Context context) const {
  const std::int32_t link = states_[static_cast<std::size_t>(context.state)].link;
  return {link, states_[static_cast<std::size_t>(link)].length};
}

std::span<const Continuations::Next> Continuations::next(Context context) const {
  const std::size_t state = static_cast<std::size_t>(context.state);
  const auto first = static_cast<std::size_t>(states_[state].first);
  return std::span(next_).subspan(first,
                                  static_cast<std::size_t>(states_[state + 1].first) - first);
}

const Continuations::Edge* Continuations::find(std::int32_t state, TokenId id) const {
  const auto first = edges_.begin() + states_[static_cast<std::size_t>(state)].first;
  const auto end = edges_.begin() + states_[static_cast<std::size_t>(state) + 1].first;
  const auto it = std::ranges::lower_bound(first, end, id, {}, &Edge::id);
  return it != end && it->id == id ? &*it : nullptr;
}

}  // namespace curlew::model
