// Suffix automaton of a short sequence of lexemes (Blumer et al. 1985), frozen into flat arrays.
//
// A state stands for all the places that share their left context up to its length; its suffix
// link stands for the same context with a piece cut off its left end, hence for more places. The
// places of a state are a range of one array, and the range of its link contains it, so walking the
// links gives places from the longest match to the shortest without ever naming one twice.
//
// Immutable once built. Memory: about 40 bytes a lexeme. Building: about 0.1 us a lexeme.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace curlew::model {

class SuffixAutomaton {
 public:
  static constexpr std::size_t kLexemesMax = 32000;  // states are numbered in 16 bits

  explicit SuffixAutomaton(std::span<const std::uint32_t> ids);  // at most kLexemesMax

  // The longest suffix of `ids` that occurs.
  struct Match {
    std::uint16_t state = 0;
    std::uint16_t length = 0;  // in lexemes
  };
  Match longest_suffix(std::span<const std::uint32_t> ids) const;
  // The longest beginning of `ids` that occurs.
  Match longest_prefix(std::span<const std::uint32_t> ids) const;

  // Calls visit(place, length) for every place where a suffix of the match ends, longest first,
  // each place once, until `visit` returns false. A place is the index of the last matching lexeme.
  template <class Visit>
  void visit_places(Match match, const Visit& visit) const;

  std::size_t size_bytes() const;

 private:
  struct State {
    std::uint16_t length = 0, link = 0;
    std::uint16_t places_begin = 0, places_end = 0;  // into places_
    std::uint32_t edges_begin = 0;                   // into edges_, up to the next state's
  };
  struct Edge {
    std::uint16_t letter, target;
  };
  struct Slot {
    std::uint32_t id = 0;
    std::uint16_t letter = kNoLetter;
  };
  struct Builder;
  static constexpr std::uint16_t kNoLetter = 0xffff;
  static constexpr std::uint16_t kNoState = 0xffff;

  std::uint16_t letter_of(std::uint32_t id) const;  // kNoLetter when the sequence lacks it
  std::uint16_t step(std::uint16_t state, std::uint16_t letter) const;  // kNoState: no such edge

  std::vector<State> states_;              // [n_states + 1]: the last one only ends the edges
  std::vector<Edge> edges_;                // sorted by letter within a state; the root's are apart
  std::vector<std::uint16_t> root_edges_;  // [n_letters] target
  std::vector<std::uint16_t> places_;      // [n_lexemes]
  std::vector<Slot> letters_;              // open addressing, a power of two, at most half full
};

template <class Visit>
void SuffixAutomaton::visit_places(Match match, const Visit& visit) const {
  std::size_t seen_begin = 0, seen_end = 0;
  std::uint16_t length = match.length;
  for (std::uint16_t at = match.state; at != 0; at = states_[at].link) {
    const State& state = states_[at];
    length = length < state.length ? length : state.length;
    const bool first = seen_begin == seen_end;
    for (std::size_t i = state.places_begin; i < state.places_end; ++i) {
      if (!first && i == seen_begin) i = seen_end;
      if (i >= state.places_end) break;
      if (!visit(places_[i], length)) return;
    }
    seen_begin = state.places_begin;
    seen_end = state.places_end;
  }
}

}  // namespace curlew::model
