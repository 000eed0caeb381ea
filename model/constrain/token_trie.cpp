#include "model/constrain/token_trie.h"

#include <algorithm>

namespace curlew::model {

const std::array<std::uint8_t, 256>& byte_kinds() {
  static const std::array<std::uint8_t, 256> kinds = [] {
    std::array<std::uint8_t, 256> out{};
    std::uint8_t next = 0;
    const auto one_kind = [&](int first, int last) {
      for (int byte = first; byte <= last; ++byte) out[static_cast<std::size_t>(byte)] = next;
      ++next;
    };
    one_kind(0x00, 0x1f);
    one_kind('0', '9');
    one_kind('A', 'Z');
    one_kind('a', 'z');
    one_kind(0x80, 0xbf);
    one_kind(0xc0, 0xdf);
    one_kind(0xe0, 0xef);
    one_kind(0xf0, 0xff);
    for (const int byte : {0x09, 0x0a, 0x0d, 0x7f}) one_kind(byte, byte);
    for (int byte = ' '; byte < 0x7f; ++byte) {
      const bool is_sign =
          byte < '0' || (byte > '9' && byte < 'A') || (byte > 'Z' && byte < 'a') || byte > 'z';
      if (is_sign) one_kind(byte, byte);
    }
    return out;
  }();
  return kinds;
}

TokenTrie::TokenTrie(std::vector<Entry> entries) {
  std::erase_if(entries,
                [](const Entry& e) { return e.first.empty() || e.first.size() > kBytesMax; });
  std::sort(entries.begin(), entries.end());
  nodes_.push_back({});
  std::vector<std::uint32_t> path{0};  // nodes from the root to the token before
  std::string_view before;
  const auto leave = [&](std::size_t depth) {  // ends every node of the path that is deeper
    for (; path.size() > depth + 1; path.pop_back()) {
      Node& left = nodes_[path.back()];
      Node& parent = nodes_[path[path.size() - 2]];
      left.end = static_cast<std::uint32_t>(nodes_.size());
      parent.kinds_below |= left.kinds_below | std::uint64_t{1} << byte_kinds()[left.byte];
    }
  };
  for (const auto& [bytes, id] : entries) {
    const auto [differs, unused] =
        std::mismatch(bytes.begin(), bytes.end(), before.begin(), before.end());
    const auto shared = static_cast<std::size_t>(differs - bytes.begin());
    leave(shared);
    for (std::size_t depth = shared; depth < bytes.size(); ++depth) {
      path.push_back(static_cast<std::uint32_t>(nodes_.size()));
      nodes_.push_back({.byte = static_cast<std::uint8_t>(bytes[depth]),
                        .depth = static_cast<std::uint16_t>(depth + 1),
                        .ranks_begin = static_cast<std::uint32_t>(tokens_.size())});
    }
    tokens_.push_back(id);
    depth_max_ = std::max(depth_max_, static_cast<int>(bytes.size()));
    before = bytes;
  }
  leave(0);
  nodes_[0].end = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({.ranks_begin = static_cast<std::uint32_t>(tokens_.size())});
}

}  // namespace curlew::model
