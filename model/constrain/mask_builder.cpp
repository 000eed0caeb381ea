#include "model/constrain/mask_builder.h"

#include <algorithm>

namespace curlew::model {
namespace {

// Below this many nodes, asking what a state loops on costs more than walking on.
constexpr std::uint32_t kLoopNodesMin = 24;

// Tokens that stand for text a user may see. Markers of prompt formats do not, even where a
// vocabulary declares them user-defined.
bool is_text(const Tokenizer& tokenizer, TokenId id) {
  const TokenType type = tokenizer.type(id);
  if (type != TokenType::kNormal && type != TokenType::kUserDefined && type != TokenType::kByte)
    return false;
  const SpecialTokens& special = tokenizer.special();
  const bool marks = id == special.bos || id == special.eos || id == special.eot ||
                     id == special.unk || id == special.pad || id == special.fim_prefix ||
                     id == special.fim_suffix || id == special.fim_middle ||
                     id == special.fim_pad || id == special.repo_name || id == special.file_sep;
  const std::vector<TokenId>& ends = special.end_of_generation;
  return !marks && std::find(ends.begin(), ends.end(), id) == ends.end();
}

}  // namespace

TokenVocabulary::TokenVocabulary(const Tokenizer& source)
    : tokenizer(source), all(source.size()), end_of_generation(source.special().end_of_generation) {
  std::vector<TokenTrie::Entry> entries, long_entries;
  for (TokenId id = 0; id < source.size(); ++id) {
    const std::string_view bytes = source.piece(id);
    if (bytes.empty() || !is_text(source, id)) continue;
    if (bytes.size() > static_cast<std::size_t>(kAlikeBytes)) {
      long_entries.emplace_back(bytes, id);
    } else {
      entries.emplace_back(bytes, id);
      all.add(id);
    }
  }
  tokens = TokenTrie(std::move(entries));
  long_tokens = TokenTrie(std::move(long_entries));
}

void MaskBuilder::build(StateId state, TokenMask& mask) {
  std::fill(mask.words().begin(), mask.words().end(), 0);
  const std::span<const StateTable::Config> view = states_.configs(state);
  const std::vector<StateTable::Config> configs(view.begin(), view.end());  // the table grows below
  for (std::size_t begin = 0, end = 0; begin < configs.size(); begin = end) {
    const StackId stack = configs[begin].stack;
    while (end < configs.size() && configs[end].stack == stack) ++end;
    const Inside& inside = inside_of({configs.data() + begin, end - begin});
    inside.tokens.add_to(mask, vocabulary_.all);
    if (states_.is_bottom(stack)) continue;
    const StateId outside = states_.returned(stack);
    add_all(outside, inside.rests, 0, mask);
    for (const std::uint32_t exit : inside.exits) {
      add_all(outside, vocabulary_.tokens, exit, mask);
    }
  }
  add_all(state, vocabulary_.long_tokens, 0, mask);
  if (states_.ends(state)) {
    for (const TokenId id : vocabulary_.end_of_generation) mask.add(id);
  }
}

// The entry for the nodes of these configurations, which share a stack. It is computed as if there
// were nothing below; where the true depth could matter, at that depth and for these very nodes.
const MaskBuilder::Inside& MaskBuilder::inside_of(std::span<const StateTable::Config> configs) {
  const StackId stack = configs.front().stack;
  const Exits exits = states_.is_bottom(stack) ? Exits::kIgnore : Exits::kCollect;
  const Inside& general = inside_anywhere(configs, exits);
  const int depth = states_.depth(stack);
  if (depth == 0 || depth + general.reach <= kDepthMax) return general;
  std::vector<NodeId> nodes;
  for (const StateTable::Config& c : configs) nodes.push_back(c.node);
  return inside_from(states_.on_bottom(nodes, depth), exits);
}

// The entry for nodes that are alike, here or in the rules they are shared with.
const MaskBuilder::Inside& MaskBuilder::inside_anywhere(std::span<const StateTable::Config> configs,
                                                        Exits exits) {
  const Rules* home = rules_.alike(configs.front().node).rules;
  std::vector<NodeId> nodes;
  for (const StateTable::Config& c : configs) {
    const AlikeNode alike = rules_.alike(c.node);
    if (alike.rules != home) home = nullptr;
    nodes.push_back(alike.node);
  }
  const bool is_here = home == &rules_;
  if (home == nullptr || (!is_here && shared_ == nullptr)) {  // for once, without being alike
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = configs[i].node;
  } else if (!is_here) {
    return shared_->inside(*home, nodes, exits);
  }
  return inside_from(states_.on_bottom(nodes, 0), exits);
}

const MaskBuilder::Inside& MaskBuilder::inside_from(StateId from, Exits exits) {
  std::unordered_map<StateId, Inside>& known = inside_[exits == Exits::kCollect ? 1 : 0];
  if (const auto at = known.find(from); at != known.end()) return at->second;
  Inside inside = make_inside(from, exits);
  inside_bytes_ += inside.tokens.size_bytes() +
                   inside.rests.nodes().size() * sizeof(TokenTrie::Node) +
                   inside.rests.tokens().size() * sizeof(TokenId);
  return known.emplace(from, std::move(inside)).first->second;
}

MaskBuilder::Inside MaskBuilder::make_inside(StateId from, Exits exits) {
  Walk walk{.trie = vocabulary_.tokens, .found = {}, .exits = {}};
  follow(from, 0, exits, walk);
  Inside inside;
  inside.tokens = TokenSet(walk.trie, vocabulary_.all, walk.found);
  inside.reach = walk.reach;
  list_rests(walk, inside);
  return inside;
}

// For every place where the rule may end inside a token: the rest of the token.
void MaskBuilder::list_rests(const Walk& walk, Inside& inside) const {
  const TokenTrie& trie = walk.trie;
  std::vector<TokenTrie::Entry> rests;
  auto found = walk.found.begin();  // exits and ranges both rise
  for (const std::uint32_t exit : walk.exits) {
    const std::uint32_t ranks_begin = trie.nodes()[exit + 1].ranks_begin;
    const std::uint32_t ranks_end = trie.ranks_end(exit);
    if (ranks_end - ranks_begin > kRestsMax) {
      inside.exits.push_back(exit);
      continue;
    }
    while (found != walk.found.end() && found->end <= ranks_begin) ++found;
    auto within = found;
    for (std::uint32_t rank = ranks_begin; rank < ranks_end; ++rank) {
      while (within != walk.found.end() && within->end <= rank) ++within;
      if (within != walk.found.end() && within->begin <= rank) continue;  // stays inside anyway
      const TokenId id = trie.tokens()[rank];
      rests.emplace_back(vocabulary_.tokenizer.piece(id).substr(trie.nodes()[exit].depth), id);
    }
  }
  inside.rests = TokenTrie(std::move(rests));
}

const MaskBuilder::Inside& SharedMasks::inside(const Rules& rules, std::span<const NodeId> nodes,
                                               MaskBuilder::Exits exits) {
  std::lock_guard lock(mutex_);
  MaskBuilder& builder = builders_.try_emplace(&rules, vocabulary_, rules, nullptr).first->second;
  return builder.inside_from(builder.states_.on_bottom(nodes, 0), exits);
}

// Follows the tokens below a node of the trie from a state: finds the ranks of those that lead to
// a state that is not dead, and, where asked for, the nodes where the rule may end with tokens
// below that are not all found.
void MaskBuilder::follow(StateId from, std::uint32_t node, Exits exits, Walk& walk) {
  const std::vector<TokenTrie::Node>& nodes = walk.trie.nodes();
  const std::uint32_t base = nodes[node].depth;
  path_.resize(static_cast<std::size_t>(walk.trie.depth_max()) + 1);
  path_[base] = from;
  walk.reach = std::max(walk.reach, states_.reach(from));
  const auto find = [&](std::uint32_t begin, std::uint32_t end) {
    if (begin == end) return;
    if (!walk.found.empty() && walk.found.back().end == begin) {
      walk.found.back().end = end;
    } else {
      walk.found.push_back({begin, end});
    }
  };
  for (std::uint32_t at = node + 1; at < nodes[node].end;) {
    const TokenTrie::Node& here = nodes[at];
    const StateId state = states_.next(path_[here.depth - 1u], here.byte);
    walk.reach = std::max(walk.reach, states_.reach(state));
    if (state == StateTable::kDead) {
      at = here.end;
      continue;
    }
    const bool may_stay = here.end - at >= kLoopNodesMin && states_.next(state, here.byte) == state;
    const bool stays = may_stay && (here.kinds_below & ~loops(state)) == 0;
    if (stays) {
      find(here.ranks_begin, walk.trie.ranks_end(at));
      at = here.end;
      continue;
    }
    find(here.ranks_begin, nodes[at + 1].ranks_begin);
    if (exits == Exits::kCollect && states_.ends(state) && here.end > at + 1) {
      walk.exits.push_back(at);
    }
    path_[here.depth] = state;
    ++at;
  }
}

void MaskBuilder::add_found(const Walk& walk, TokenMask& mask) const {
  for (const RankRange& r : walk.found) {
    for (std::uint32_t rank = r.begin; rank < r.end; ++rank) mask.add(walk.trie.tokens()[rank]);
  }
}

void MaskBuilder::add_all(StateId from, const TokenTrie& trie, std::uint32_t node,
                          TokenMask& mask) {
  Walk walk{.trie = trie, .found = {}, .exits = {}};
  follow(from, node, Exits::kIgnore, walk);
  add_found(walk, mask);
}

// The kinds of bytes all of which lead from the state back to it.
std::uint64_t MaskBuilder::loops(StateId state) {
  const auto known = loops_.find(state);
  if (known != loops_.end()) return known->second;
  std::uint64_t leave = 0;
  for (int byte = 0; byte < 256; ++byte) {
    if (states_.next(state, static_cast<std::uint8_t>(byte)) == state) continue;
    leave |= std::uint64_t{1} << byte_kinds()[static_cast<std::size_t>(byte)];
  }
  return loops_.emplace(state, ~leave).first->second;
}

}  // namespace curlew::model
