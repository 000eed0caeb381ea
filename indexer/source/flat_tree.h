// A syntax tree as one array of its nodes in source order. tree-sitter's own tree can only be
// walked with a cursor that recomputes places, aliases and fields at each step; laid flat, the
// first child of node i is i + 1, its next sibling is nodes[i].next, and a walk is a loop.
//
// Reads tree-sitter's private structures (subtree.h, language.h of the pinned version): the public
// cursor takes three times as long. A test compares both on every language's fixture.
#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace curlew::indexer {

struct ByteSpan {
  std::uint32_t start = 0, end = 0;
  std::uint32_t bytes() const { return end - start; }
};

struct FlatNode {
  ByteSpan span;
  std::uint32_t next = 0;    // index behind this node and all that is inside of it
  std::uint16_t symbol = 0;  // as ts_node_symbol() has it
  std::uint8_t field = 0;    // tree-sitter's id of its field in the parent; 0: none
  bool named = false;
};
static_assert(sizeof(FlatNode) == 16);

// What flattening has to know of a grammar; made once, immutable.
class GrammarShape {
 public:
  GrammarShape() = default;
  explicit GrammarShape(const TSLanguage* language);

  // Punctuation and keywords are left out of flat trees, but for those asked for here.
  void keep(std::uint16_t public_symbol);
  void keep_all_with_field(std::uint8_t field) { kept_fields_[field] = true; }
  void keep_all();

  const TSLanguage* language() const { return language_; }
  bool is_kept(std::uint16_t symbol, std::uint8_t field) const {
    return symbols_[symbol].kept || kept_fields_[field];
  }

 private:
  friend class Flattener;
  struct SymbolShape {
    std::uint16_t public_symbol = 0;
    bool named = false;
    bool kept = false;
  };
  // How a production's child appears in it.
  struct ChildShape {
    std::uint16_t alias = 0;  // 0: under its own symbol
    std::uint8_t field = 0;
  };
  const ChildShape* children_of(std::uint32_t production) const {
    return production == 0 ? nullptr : &children_[production * children_max_];
  }

  const TSLanguage* language_ = nullptr;
  std::vector<SymbolShape> symbols_;  // by symbol
  std::vector<ChildShape> children_;  // [productions, children_max_]
  std::size_t children_max_ = 0;
  std::vector<bool> kept_fields_;  // by field
};

struct FlatTree {
  std::vector<FlatNode> nodes;  // the root is the first; never empty once filled
  int error_nodes = 0;          // ERROR and MISSING nodes, those left out of `nodes` included
};

// ERROR nodes have this symbol.
inline constexpr std::uint16_t kErrorSymbol = 0xffff;

// Fills `out`, whose memory is reused. The tree may be freed afterwards.
void flatten(const TSTree* tree, const GrammarShape& shape, FlatTree& out);

inline constexpr std::uint32_t kNoNode = UINT32_MAX;

// The first child in that field; kNoNode when there is none. Field 0 is no field.
inline std::uint32_t child_with_field(const FlatTree& tree, std::uint32_t node,
                                      std::uint8_t field) {
  if (field == 0) return kNoNode;
  const std::uint32_t end = tree.nodes[node].next;
  for (std::uint32_t child = node + 1; child < end; child = tree.nodes[child].next) {
    if (tree.nodes[child].field == field) return child;
  }
  return kNoNode;
}

// 0 when the grammar has no such field.
inline std::uint8_t field_id(const TSLanguage* language, std::string_view name) {
  return static_cast<std::uint8_t>(ts_language_field_id_for_name(
      language, name.data(), static_cast<std::uint32_t>(name.size())));
}

inline std::string_view text_at(ByteSpan span, std::string_view text) {
  return text.substr(span.start, span.bytes());
}

inline std::string_view text_of(const FlatNode& node, std::string_view text) {
  return text.substr(node.span.start, node.span.bytes());
}

}  // namespace curlew::indexer
