#include "model/decode/prefix_tree.h"

#include <algorithm>
#include <cassert>

namespace curlew::model {
namespace {

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  const auto ends = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(ends.in1 - a.begin());
}

std::size_t block_of(int pos) {
  return static_cast<std::size_t>(pos / kernels::kKvBlockTokens);
}

}  // namespace

struct PrefixTree::Node {
  Node* parent = nullptr;
  int first_pos = 0;
  std::vector<TokenId> tokens;                  // empty at the root only
  std::vector<int> blocks;                      // [ceil(end() / 64) - first_pos / 64]
  std::vector<std::unique_ptr<Node>> children;  // their first tokens differ
  std::uint64_t used = 0;

  int end() const { return first_pos + static_cast<int>(tokens.size()); }
};

PrefixTree::PrefixTree(KvPool& pool) : pool_(pool), root_(std::make_unique<Node>()) {}
PrefixTree::~PrefixTree() {
  clear();
}

KvSequence PrefixTree::open(std::span<const TokenId> text) {
  const std::span<const TokenId> reusable = text.first(text.empty() ? 0 : text.size() - 1);
  std::vector<int> blocks;
  std::size_t shared = 0;
  ++clock_;
  for (const Node* node = root_.get(); shared < reusable.size();) {
    Node* next = child(*node, reusable[shared]);
    if (next == nullptr) break;
    next->used = clock_;
    const std::size_t common = common_prefix(next->tokens, reusable.subspan(shared));
    // Where the branching lies inside a block, the deeper node's copy holds the positions before it
    // too.
    blocks.resize(block_of(next->first_pos));
    blocks.insert(blocks.end(), next->blocks.begin(), next->blocks.end());
    shared += common;
    if (common < next->tokens.size()) break;
    node = next;
  }
  blocks.resize(static_cast<std::size_t>(kv_blocks_for(static_cast<int>(shared))));
  return KvSequence::sharing(pool_, blocks, static_cast<int>(shared));
}

void PrefixTree::insert(std::span<const TokenId> text, const KvSequence& sequence) {
  text = text.first(std::min(text.size(), static_cast<std::size_t>(sequence.tokens())));
  ++clock_;
  Node* node = root_.get();
  for (std::size_t at = 0; at < text.size();) {
    Node* next = child(*node, text[at]);
    if (next == nullptr) {
      const bool is_leaf = node != root_.get() && node->children.empty();
      if (is_leaf) return extend(*node, text.subspan(at), sequence);
      return add_leaf(*node, text.subspan(at), sequence);
    }
    const std::size_t common = common_prefix(next->tokens, text.subspan(at));
    at += common;
    if (common < next->tokens.size() && at < text.size()) next = split(*next, common);
    next->used = clock_;
    node = next;
  }
}

bool PrefixTree::evict() {
  Node* oldest = nullptr;
  std::vector<Node*> stack = {root_.get()};
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    for (const auto& below : node->children) stack.push_back(below.get());
    const bool is_leaf = node->children.empty() && node != root_.get();
    if (is_leaf && (oldest == nullptr || node->used < oldest->used)) oldest = node;
  }
  if (oldest == nullptr) return false;
  Node& parent = *oldest->parent;
  release(*oldest);
  std::erase_if(parent.children, [&](const auto& below) { return below.get() == oldest; });
  if (parent.children.size() == 1 && &parent != root_.get()) absorb_only_child(parent);
  return true;
}

void PrefixTree::clear() {
  while (evict()) {
  }
}

int PrefixTree::tokens() const {
  int sum = 0;
  for (const View& view : views()) sum += static_cast<int>(view.tokens.size());
  return sum;
}

std::vector<int> PrefixTree::blocks() const {
  std::vector<int> all;
  for (const View& view : views()) all.insert(all.end(), view.blocks.begin(), view.blocks.end());
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<PrefixTree::View> PrefixTree::views() const {
  std::vector<View> views;
  struct Visit {
    const Node* node;
    int parent;
  };
  std::vector<Visit> stack = {{root_.get(), -1}};
  while (!stack.empty()) {
    const Visit visit = stack.back();
    stack.pop_back();
    int idx = -1;
    if (visit.node != root_.get()) {
      idx = static_cast<int>(views.size());
      views.push_back(
          {visit.parent, visit.node->first_pos, visit.node->tokens, visit.node->blocks});
    }
    std::vector<const Node*> below;
    for (const auto& next : visit.node->children) below.push_back(next.get());
    std::ranges::sort(below, {}, &Node::used);  // the stack turns them round
    for (const Node* next : below) stack.push_back({next, idx});
  }
  return views;
}

PrefixTree::Node* PrefixTree::child(const Node& node, TokenId first) const {
  for (const auto& next : node.children)
    if (next->tokens.front() == first) return next.get();
  return nullptr;
}

// Cuts a node in two; returns the upper one, which takes its place below the parent.
PrefixTree::Node* PrefixTree::split(Node& node, std::size_t at) {
  auto upper = std::make_unique<Node>();
  Node* const result = upper.get();
  upper->parent = node.parent;
  upper->first_pos = node.first_pos;
  upper->used = node.used;
  const auto cut = node.tokens.begin() + static_cast<std::ptrdiff_t>(at);
  upper->tokens.assign(node.tokens.begin(), cut);
  const std::size_t upper_blocks =
      static_cast<std::size_t>(kv_blocks_for(upper->end())) - block_of(upper->first_pos);
  upper->blocks.assign(node.blocks.begin(),
                       node.blocks.begin() + static_cast<std::ptrdiff_t>(upper_blocks));

  const std::size_t lower_from = block_of(upper->end()) - block_of(upper->first_pos);
  if (lower_from < upper_blocks) pool_.share(node.blocks[lower_from]);  // both look into this block
  node.blocks.erase(node.blocks.begin(),
                    node.blocks.begin() + static_cast<std::ptrdiff_t>(lower_from));
  node.tokens.erase(node.tokens.begin(), cut);
  node.first_pos = upper->end();

  auto& place = *std::ranges::find(node.parent->children, &node, &std::unique_ptr<Node>::get);
  node.parent = result;
  upper->children.push_back(std::move(place));
  place = std::move(upper);
  return result;
}

// A text that goes on after a leaf makes the leaf longer.
void PrefixTree::extend(Node& leaf, std::span<const TokenId> rest, const KvSequence& sequence) {
  const std::size_t from = block_of(leaf.end()), base = block_of(leaf.first_pos);
  const bool shared_end = leaf.blocks.size() > from - base;
  if (shared_end) {  // the sequence's own copy holds more
    pool_.release(leaf.blocks.back());
    leaf.blocks.pop_back();
  }
  leaf.tokens.insert(leaf.tokens.end(), rest.begin(), rest.end());
  const std::size_t end = static_cast<std::size_t>(kv_blocks_for(leaf.end()));
  for (std::size_t i = from; i < end; ++i) {
    leaf.blocks.push_back(sequence.blocks()[i]);
    pool_.share(sequence.blocks()[i]);
  }
  leaf.used = clock_;
}

void PrefixTree::add_leaf(Node& parent, std::span<const TokenId> rest, const KvSequence& sequence) {
  auto leaf = std::make_unique<Node>();
  leaf->parent = &parent;
  leaf->first_pos = parent.end();
  extend(*leaf, rest, sequence);
  parent.children.push_back(std::move(leaf));
}

void PrefixTree::absorb_only_child(Node& node) {
  std::unique_ptr<Node> below = std::move(node.children.front());
  const std::size_t from = block_of(below->first_pos) - block_of(node.first_pos);
  if (node.blocks.size() > from) {
    pool_.release(node.blocks.back());
    node.blocks.pop_back();
  }
  node.tokens.insert(node.tokens.end(), below->tokens.begin(), below->tokens.end());
  node.blocks.insert(node.blocks.end(), below->blocks.begin(), below->blocks.end());
  node.used = std::max(node.used, below->used);
  node.children = std::move(below->children);
  for (const auto& next : node.children) next->parent = &node;
}

void PrefixTree::release(Node& node) {
  for (const int block : node.blocks) pool_.release(block);
  node.blocks.clear();
}

}  // namespace curlew::model
