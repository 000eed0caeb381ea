// Owning handles of tree-sitter's objects, and conversions between its types and ours.
#pragma once

#include <tree_sitter/api.h>

#include <memory>
#include <string_view>

#include "indexer/source/parse.h"

namespace curlew::indexer {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using ParserHandle = std::unique_ptr<TSParser, Release<ts_parser_delete>>;
using TreeHandle = std::unique_ptr<TSTree, Release<ts_tree_delete>>;

// A cursor that is never null; walks a tree without recursion.
class TreeWalk {
 public:
  explicit TreeWalk(TSNode root) : cursor_(ts_tree_cursor_new(root)) {}
  ~TreeWalk() { ts_tree_cursor_delete(&cursor_); }
  TreeWalk(const TreeWalk&) = delete;
  TreeWalk& operator=(const TreeWalk&) = delete;

  TSNode node() const { return ts_tree_cursor_current_node(&cursor_); }
  std::uint16_t field() const { return ts_tree_cursor_current_field_id(&cursor_); }
  int depth() const { return static_cast<int>(ts_tree_cursor_current_depth(&cursor_)); }

  enum class Into : bool { kChildren, kNext };
  // The next node in source order, with or without this one's children. False at the end.
  bool advance(Into into) {
    if (into == Into::kChildren && ts_tree_cursor_goto_first_child(&cursor_)) return true;
    while (!ts_tree_cursor_goto_next_sibling(&cursor_)) {
      if (!ts_tree_cursor_goto_parent(&cursor_)) return false;
    }
    return true;
  }

 private:
  TSTreeCursor cursor_;
};

}  // namespace curlew::indexer
