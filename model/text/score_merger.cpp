#include "model/text/score_merger.h"

#include <algorithm>

#include "model/text/utf8.h"

namespace curlew::model {

void ScoreMerger::propose(std::int32_t left, std::int32_t right) {
  if (left < 0 || right < 0) return;
  const std::string_view a = symbols_[static_cast<std::size_t>(left)].text,
                         b = symbols_[static_cast<std::size_t>(right)].text;
  const std::string_view joined(a.data(), a.size() + b.size());
  const std::optional<TokenId> id = vocabulary_.find(joined);
  if (!id) return;
  const auto idx = static_cast<std::size_t>(*id);
  const TokenType type = vocabulary_.types[idx];
  if (type != TokenType::kNormal && type != TokenType::kUnused) return;
  if (type == TokenType::kUnused) parts_[joined] = {a, b};
  heap_.push_back({vocabulary_.scores[idx], left, right, joined.size()});
  std::push_heap(heap_.begin(), heap_.end());
}

void ScoreMerger::apply(const Candidate& best) {
  Symbol& left = symbols_[static_cast<std::size_t>(best.left)];
  Symbol& right = symbols_[static_cast<std::size_t>(best.right)];
  if (left.text.empty() || right.text.empty() || left.text.size() + right.text.size() != best.bytes)
    return;
  left.text = {left.text.data(), best.bytes};
  right.text = {};
  left.next = right.next;
  if (left.next >= 0) symbols_[static_cast<std::size_t>(left.next)].prev = best.left;
  propose(left.prev, best.left);
  propose(best.left, left.next);
}

// A chain of unused pieces is as deep as their text is long: a stack of our own, not the machine's.
void ScoreMerger::take_apart(std::string_view piece) {
  std::vector<std::string_view> open = {piece};
  while (!open.empty()) {
    const std::string_view last = open.back();
    open.pop_back();
    const auto it = parts_.find(last);
    if (it == parts_.end()) {
      pieces_.push_back(last);
    } else {
      open.push_back(it->second.second);
      open.push_back(it->second.first);
    }
  }
}

const std::vector<std::string_view>& ScoreMerger::merge(std::string_view text) {
  symbols_.clear();
  heap_.clear();
  pieces_.clear();
  parts_.clear();
  for (std::size_t at = 0; at < text.size();) {
    const auto length = static_cast<std::size_t>(utf8_length(text.substr(at)));
    const auto idx = static_cast<std::int32_t>(symbols_.size());
    symbols_.push_back({text.substr(at, length), idx - 1, idx + 1});
    at += length;
  }
  if (!symbols_.empty()) symbols_.back().next = -1;
  for (std::size_t i = 1; i < symbols_.size(); ++i)
    propose(static_cast<std::int32_t>(i) - 1, static_cast<std::int32_t>(i));
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Candidate best = heap_.back();
    heap_.pop_back();
    apply(best);
  }
  for (const Symbol& symbol : symbols_) {
    if (!symbol.text.empty()) take_apart(symbol.text);
  }
  return pieces_;
}

}  // namespace curlew::model
