#include "indexer/source/flat_tree.h"

#include <algorithm>

// Of tree-sitter's core, not of its interface.
#include <language.h>
#include <subtree.h>
#include <tree.h>

namespace curlew::indexer {

GrammarShape::GrammarShape(const TSLanguage* language) : language_(language) {
  symbols_.resize(language->symbol_count + language->alias_count);
  for (std::size_t s = 0; s < symbols_.size(); ++s) {
    const auto symbol = static_cast<TSSymbol>(s);
    symbols_[s].public_symbol = ts_language_public_symbol(language, symbol);
    symbols_[s].named = ts_language_symbol_metadata(language, symbol).named;
  }
  children_max_ = language->max_alias_sequence_length;
  kept_fields_.resize(language->field_count + 1);
  children_.resize(language->production_id_count * children_max_);
  for (std::uint32_t production = 1; production < language->production_id_count; ++production) {
    ChildShape* children = &children_[production * children_max_];
    const TSSymbol* aliases = ts_language_alias_sequence(language, production);
    for (std::size_t i = 0; i < children_max_; ++i) children[i].alias = aliases[i];
    const TSFieldMapEntry *entry = nullptr, *end = nullptr;
    ts_language_field_map(language, production, &entry, &end);
    for (; entry < end; ++entry) {
      const bool is_first = entry->child_index < children_max_ && !entry->inherited &&
                            children[entry->child_index].field == 0;
      if (is_first) {
        children[entry->child_index].field = static_cast<std::uint8_t>(entry->field_id);
      }
    }
  }
}

void GrammarShape::keep(std::uint16_t public_symbol) {
  for (SymbolShape& symbol : symbols_) symbol.kept |= symbol.public_symbol == public_symbol;
}

void GrammarShape::keep_all() {
  for (SymbolShape& symbol : symbols_) symbol.kept = true;
}

// Walks the subtrees with a stack of its own. Of a place only the byte is followed: a child begins
// where the one before ended, plus its padding; a first child begins where its parent does.
class Flattener {
 public:
  Flattener(const GrammarShape& shape, FlatTree& out) : shape_(shape), out_(out) {}

  void run(Subtree root) {
    at_ = ts_subtree_padding(root).bytes;
    enter(root, View{.is_visible = true, .named = true, .symbol = ts_subtree_symbol(root)}, at_);
    while (!open_.empty()) {
      Frame& frame = open_.back();
      if (frame.child == frame.end) {
        if (frame.node != kHidden) out_.nodes[frame.node].next = count();
        open_.pop_back();
      } else {
        const Subtree child = *frame.child++;
        // Trees are some twenty times their text: the next node is rarely in a cache.
        if (frame.child != frame.end && !frame.child->data.is_inline) {
          __builtin_prefetch(frame.child->ptr);
        }
        add_child(frame, child);
      }
    }
  }

 private:
  static constexpr std::uint32_t kHidden = UINT32_MAX;

  // Children of a hidden node appear as its parent's.
  struct Frame {
    const Subtree* child;
    const Subtree* end;
    const GrammarShape::ChildShape* shapes;  // of the next child; may be null
    std::uint32_t node;                      // index in out_, or kHidden
    std::uint8_t field;                      // of a hidden node: passed on to its children
    bool is_first;                           // no child was seen
  };
  struct View {
    bool is_visible;
    bool named;
    std::uint16_t symbol;
    std::uint8_t field = 0;
  };

  std::uint32_t count() const { return static_cast<std::uint32_t>(out_.nodes.size()); }

  void add_child(Frame& frame, Subtree child) {
    const std::uint32_t start =
        frame.is_first
            ? at_
            : at_ + (child.data.is_inline ? child.data.padding_bytes : child.ptr->padding.bytes);
    frame.is_first = false;
    View view{.is_visible = ts_subtree_visible(child),
              .named = ts_subtree_named(child),
              .symbol = ts_subtree_symbol(child),
              .field = ts_subtree_extra(child) ? std::uint8_t{0} : frame.field};
    if (frame.shapes != nullptr && !ts_subtree_extra(child)) {
      const GrammarShape::ChildShape shape = *frame.shapes++;
      if (shape.field != 0) view.field = shape.field;
      if (shape.alias != 0) {
        view.is_visible = true;
        view.symbol = shape.alias;
        view.named = shape_.symbols_[shape.alias].named;
      }
    }
    enter(child, view, start);
  }

  // `frame` of the caller may move.
  void enter(Subtree subtree, View view, std::uint32_t start) {
    const bool is_error = view.symbol == kErrorSymbol;
    if (view.is_visible && (is_error || ts_subtree_missing(subtree))) ++out_.error_nodes;
    const std::uint32_t child_count = ts_subtree_child_count(subtree);
    const std::uint32_t size =
        subtree.data.is_inline ? subtree.data.size_bytes : subtree.ptr->size.bytes;
    const bool is_wanted = view.is_visible && (view.named || child_count > 0 ||
                                               shape_.is_kept(view.symbol, view.field));
    const std::uint32_t node = is_wanted ? count() : kHidden;
    if (is_wanted) {
      const std::uint16_t symbol =
          is_error ? view.symbol : shape_.symbols_[view.symbol].public_symbol;
      out_.nodes.push_back({{start, start + size}, node + 1, symbol, view.field, view.named});
    }
    if (child_count == 0 || (!is_wanted && subtree.ptr->visible_child_count == 0)) {
      at_ = start + size;
      return;
    }
    at_ = start;
    const Subtree* children = ts_subtree_children(subtree);
    open_.push_back({children, children + child_count,
                     shape_.children_of(subtree.ptr->production_id), node,
                     is_wanted ? std::uint8_t{0} : view.field, true});
  }

  const GrammarShape& shape_;
  FlatTree& out_;
  std::vector<Frame> open_;
  std::uint32_t at_ = 0;
};

void flatten(const TSTree* tree, const GrammarShape& shape, FlatTree& out) {
  out.nodes.clear();
  out.error_nodes = 0;
  out.nodes.reserve(ts_subtree_visible_descendant_count(tree->root) + 1);
  Flattener(shape, out).run(tree->root);
}

}  // namespace curlew::indexer
