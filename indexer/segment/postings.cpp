#include "indexer/segment/postings.h"

namespace curlew::indexer {
namespace {

PostingList next_list(VarintReader& block) {
  const std::uint64_t head = block.next();
  return {block.take(head >> 1), (head & 1) != 0};
}

}  // namespace

void PostingsWriter::add(std::string_view list, bool marked) {
  if (count_++ % kBlockWords == 0) {
    const auto offset = static_cast<std::uint32_t>(lists.size());
    blocks.append(reinterpret_cast<const char*>(&offset), sizeof offset);
  }
  append_varint(lists, list.size() << 1 | (marked ? 1 : 0));
  lists += list;
}

std::string_view Postings::block(std::uint32_t i) const {
  const std::uint64_t offset = std::uint64_t{i} * sizeof(std::uint32_t);
  const bool is_last = std::uint64_t{i + 1} * kBlockWords >= count_;
  const std::uint64_t entry_bytes = is_last ? sizeof(std::uint32_t) : 2 * sizeof(std::uint32_t);
  const std::string_view entry = blocks_.read(offset, entry_bytes);
  const std::uint64_t start = load<std::uint32_t>(entry);
  const std::uint64_t end = is_last ? lists_.bytes() : load<std::uint32_t>(entry, 4);
  return entry.empty() || end < start ? std::string_view() : lists_.read(start, end - start);
}

PostingList Postings::at(std::uint32_t i) const {
  if (i >= count_) return {};
  VarintReader reader(block(i / kBlockWords));
  for (std::uint32_t skipped = 0; skipped < i % kBlockWords; ++skipped) (void)next_list(reader);
  return next_list(reader);
}

PostingList Postings::Walk::next() {
  if (next_ >= postings_.count_) return {};
  if (!in_block_ || next_ % kBlockWords == 0) {
    block_ = VarintReader(postings_.block(next_ / kBlockWords));
    for (std::uint32_t skipped = 0; skipped < next_ % kBlockWords; ++skipped)
      (void)next_list(block_);
    in_block_ = true;
  }
  ++next_;
  return next_list(block_);
}

}  // namespace curlew::indexer
