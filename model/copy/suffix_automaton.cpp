#include "model/copy/suffix_automaton.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace curlew::model {
namespace {

constexpr std::size_t slot_of(std::uint32_t id, std::size_t slots) {
  return (id * 0x9E3779B1u >> 7) & (slots - 1);
}

}  // namespace

// The textbook construction; edges are linked lists in one pool, except the root's, which has one
// for nearly every letter and gets a table.
struct SuffixAutomaton::Builder {
  struct State {
    int length = 0, link = -1, first_edge = -1;
    int place = -1;  // the prefix that ends here; -1 for a clone
  };
  struct PooledEdge {
    std::uint16_t letter, target;
    int next;
  };
  std::vector<State> states;
  std::vector<PooledEdge> pool;
  std::vector<std::uint16_t> root;
  int last = 0;

  Builder(std::size_t n_lexemes, std::size_t n_letters) : root(n_letters, kNoState) {
    states.reserve(2 * n_lexemes + 2);
    pool.reserve(3 * n_lexemes + 2);
    states.emplace_back();
  }

  std::uint16_t* find(int state, std::uint16_t letter) {
    if (state == 0) return root[letter] == kNoState ? nullptr : &root[letter];
    for (int e = states[state].first_edge; e >= 0; e = pool[e].next)
      if (pool[e].letter == letter) return &pool[e].target;
    return nullptr;
  }

  void add_edge(int state, std::uint16_t letter, int target) {
    if (state == 0) {
      root[letter] = static_cast<std::uint16_t>(target);
      return;
    }
    pool.push_back({letter, static_cast<std::uint16_t>(target), states[state].first_edge});
    states[state].first_edge = static_cast<int>(pool.size()) - 1;
  }

  int clone_of(int original, int length) {
    const int clone = static_cast<int>(states.size());
    states.push_back({length, states[original].link, -1, -1});
    for (int e = states[original].first_edge; e >= 0; e = pool[e].next) {
      const PooledEdge edge = pool[e];  // add_edge grows the pool
      add_edge(clone, edge.letter, edge.target);
    }
    return clone;
  }

  void append(std::uint16_t letter, int place) {
    const int added = static_cast<int>(states.size());
    states.push_back({states[last].length + 1, 0, -1, place});
    int at = last;
    last = added;
    for (; at >= 0 && find(at, letter) == nullptr; at = states[at].link)
      add_edge(at, letter, added);
    if (at < 0) return;  // a new letter: its link is the root
    const int next = *find(at, letter);
    if (states[next].length == states[at].length + 1) {
      states[added].link = next;
      return;
    }
    const int clone = clone_of(next, states[at].length + 1);
    for (; at >= 0; at = states[at].link) {
      std::uint16_t* target = find(at, letter);
      if (target == nullptr || *target != next) break;
      *target = static_cast<std::uint16_t>(clone);
    }
    states[added].link = states[next].link = clone;
  }

  // Places in the order of a depth-first walk of the link tree: a state's are then a range. Found
  // by counting: links point to shorter states, so lengths order children before parents.
  void number_places(std::vector<SuffixAutomaton::State>& frozen,
                     std::vector<std::uint16_t>& places) const {
    std::vector<std::uint16_t> order(states.size());
    std::vector<int> count(states.size()), next(states.size());
    for (std::size_t s = 0; s < states.size(); ++s) order[s] = static_cast<std::uint16_t>(s);
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return states[a].length > states[b].length; });
    for (const auto s : order) {
      count[s] += states[s].place >= 0;
      if (states[s].link >= 0) count[states[s].link] += count[s];
    }
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      const auto s = *it;
      const int begin = s == 0 ? 0 : next[states[s].link];
      if (s != 0) next[states[s].link] += count[s];
      next[s] = begin;
      if (states[s].place >= 0) places[next[s]++] = static_cast<std::uint16_t>(states[s].place);
      frozen[s].places_begin = static_cast<std::uint16_t>(begin);
      frozen[s].places_end = static_cast<std::uint16_t>(begin + count[s]);
    }
  }
};

SuffixAutomaton::SuffixAutomaton(std::span<const std::uint32_t> ids) {
  assert(ids.size() <= kLexemesMax);
  std::vector<std::uint32_t> distinct(ids.begin(), ids.end());
  std::sort(distinct.begin(), distinct.end());
  const auto n_distinct = std::unique(distinct.begin(), distinct.end()) - distinct.begin();
  letters_.resize(std::bit_ceil(2 * static_cast<std::size_t>(n_distinct) + 2));
  std::vector<std::uint16_t> text;
  text.reserve(ids.size());
  std::uint16_t n_letters = 0;
  for (const std::uint32_t id : ids) {
    std::size_t i = slot_of(id, letters_.size());
    while (letters_[i].letter != kNoLetter && letters_[i].id != id)
      i = (i + 1) & (letters_.size() - 1);
    if (letters_[i].letter == kNoLetter) letters_[i] = {id, n_letters++};
    text.push_back(letters_[i].letter);
  }
  Builder builder(ids.size(), n_letters);
  for (std::size_t i = 0; i < text.size(); ++i) builder.append(text[i], static_cast<int>(i));

  states_.resize(builder.states.size() + 1);
  places_.resize(ids.size());
  edges_.reserve(builder.pool.size());
  for (std::size_t s = 0; s < builder.states.size(); ++s) {
    const Builder::State& from = builder.states[s];
    states_[s].length = static_cast<std::uint16_t>(from.length);
    states_[s].link = static_cast<std::uint16_t>(std::max(0, from.link));
    states_[s].edges_begin = static_cast<std::uint32_t>(edges_.size());
    for (int e = from.first_edge; e >= 0; e = builder.pool[e].next)
      edges_.push_back({builder.pool[e].letter, builder.pool[e].target});
    std::sort(edges_.begin() + states_[s].edges_begin, edges_.end(),
              [](Edge a, Edge b) { return a.letter < b.letter; });
  }
  states_.back().edges_begin = static_cast<std::uint32_t>(edges_.size());
  builder.number_places(states_, places_);
  root_edges_ = std::move(builder.root);
  edges_.shrink_to_fit();
}

std::uint16_t SuffixAutomaton::letter_of(std::uint32_t id) const {
  for (std::size_t i = slot_of(id, letters_.size());; i = (i + 1) & (letters_.size() - 1)) {
    if (letters_[i].letter == kNoLetter) return kNoLetter;
    if (letters_[i].id == id) return letters_[i].letter;
  }
}

std::uint16_t SuffixAutomaton::step(std::uint16_t state, std::uint16_t letter) const {
  if (state == 0) return root_edges_[letter];
  const auto begin = edges_.begin() + states_[state].edges_begin;
  const auto end = edges_.begin() + states_[state + 1].edges_begin;
  const auto it =
      std::lower_bound(begin, end, letter, [](Edge e, std::uint16_t l) { return e.letter < l; });
  return it != end && it->letter == letter ? it->target : kNoState;
}

SuffixAutomaton::Match SuffixAutomaton::longest_suffix(std::span<const std::uint32_t> ids) const {
  // A lexeme that does not occur at all ends every match, so only what stands after the last of
  // those is walked; in most places of a big workspace that is next to nothing.
  std::size_t begin = ids.size();
  while (begin > 0 && letter_of(ids[begin - 1]) != kNoLetter) --begin;
  Match match;
  for (std::size_t i = begin; i < ids.size(); ++i) {
    const std::uint16_t letter = letter_of(ids[i]);
    std::uint16_t next = step(match.state, letter);
    while (next == kNoState) {  // ends at the root, which has an edge for every letter
      match.state = states_[match.state].link;
      match.length = states_[match.state].length;
      next = step(match.state, letter);
    }
    match.state = next;
    ++match.length;
  }
  return match;
}

SuffixAutomaton::Match SuffixAutomaton::longest_prefix(std::span<const std::uint32_t> ids) const {
  Match match;
  for (const std::uint32_t id : ids) {
    const std::uint16_t letter = letter_of(id);
    const std::uint16_t next = letter == kNoLetter ? kNoState : step(match.state, letter);
    if (next == kNoState) break;
    match.state = next;
    ++match.length;
  }
  return match;
}

std::size_t SuffixAutomaton::size_bytes() const {
  return sizeof(*this) + states_.size() * sizeof(State) + edges_.size() * sizeof(Edge) +
         root_edges_.size() * 2 + places_.size() * 2 + letters_.size() * sizeof(Slot);
}

}  // namespace curlew::model
