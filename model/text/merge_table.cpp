#include "model/text/merge_table.h"

#include <algorithm>
#include <bit>

namespace curlew::model {

MergeTable::MergeTable(std::size_t merges_max)
    : entries_(std::bit_ceil(2 * merges_max + 2)), mask_(entries_.size() - 1) {}

void MergeTable::add(TokenId left, TokenId right, Merge merge) {
  std::size_t slot = first_slot(left, right);
  while (entries_[slot].merge.rank != kNone) {
    if (entries_[slot].left == left && entries_[slot].right == right) return;
    slot = (slot + 1) & mask_;
  }
  entries_[slot] = {left, right, merge};
}

void WordMerger::propose(const MergeTable& table, std::int32_t at) {
  if (at < 0) return;
  const Symbol& left = symbols_[static_cast<std::size_t>(at)];
  if (left.next < 0) return;
  const TokenId right = symbols_[static_cast<std::size_t>(left.next)].id;
  const MergeTable::Merge merge = table.find(left.id, right);
  if (merge.rank == MergeTable::kNone) return;
  heap_.push_back({merge.rank, at, left.id, right, merge.result});
  std::push_heap(heap_.begin(), heap_.end());
}

void WordMerger::apply(const MergeTable& table, const Candidate& best) {
  Symbol& left = symbols_[static_cast<std::size_t>(best.at)];
  // Either side may have been merged with its other neighbour since: then this candidate is void.
  if (left.id != best.left || left.next < 0) return;
  Symbol& right = symbols_[static_cast<std::size_t>(left.next)];
  if (right.id != best.right) return;
  left.id = best.result;
  right.id = -1;
  left.next = right.next;
  if (left.next >= 0) symbols_[static_cast<std::size_t>(left.next)].prev = best.at;
  propose(table, left.prev);
  propose(table, best.at);
}

void WordMerger::begin() {
  symbols_.clear();
  heap_.clear();
}

void WordMerger::add(TokenId token) {
  const auto at = static_cast<std::int32_t>(symbols_.size());
  if (at > 0) symbols_.back().next = at;
  symbols_.push_back({token, at - 1, -1});
}

void WordMerger::finish(const MergeTable& table, std::vector<TokenId>& out) {
  for (std::size_t i = 0; i < symbols_.size(); ++i) propose(table, static_cast<std::int32_t>(i));
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Candidate best = heap_.back();
    heap_.pop_back();
    apply(table, best);
  }
  for (const Symbol& symbol : symbols_) {
    if (symbol.id >= 0) out.push_back(symbol.id);
  }
}

}  // namespace curlew::model
