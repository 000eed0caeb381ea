#include "indexer/source/patterns.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace curlew::indexer {

bool Patterns::Predicate::passes(std::string_view word) const {
  const auto any = [&](auto matches) { return std::any_of(words.begin(), words.end(), matches); };
  switch (asks) {
    case Asks::kOneOf:
      return any([&](const std::string& one) { return word == one; });
    case Asks::kPrefixOneOf:
      return any([&](const std::string& prefix) { return word.starts_with(prefix); });
    case Asks::kUpperCase:
      return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  }
  return false;
}

// Children are written to the arrays before what holds them, so that each part lies in one piece.
class PatternCompiler {
 public:
  explicit PatternCompiler(const TSLanguage* language) : language_(language) {
    out_.shape_ = GrammarShape(language);
  }

  Expected<Patterns> run(const std::vector<QueryPattern>& query) {
    if (ts_language_field_count(language_) > std::numeric_limits<std::uint8_t>::max()) {
      return fail(Errc::kInternal, "the grammar has more than 255 fields");
    }
    for (const QueryPattern& pattern : query) {
      if (Status s = add_pattern(pattern); !s) return std::move(s.error()).pass();
    }
    sort_roots();
    return std::move(out_);
  }

 private:
  using Step = Patterns::Step;
  using Part = Patterns::Part;

  template <class T>
  Part append(std::vector<T>& to, const std::vector<T>& items) {
    const Part part{static_cast<std::uint16_t>(to.size()),
                    static_cast<std::uint16_t>(items.size())};
    to.insert(to.end(), items.begin(), items.end());
    return part;
  }

  Status add_pattern(const QueryPattern& pattern) {
    std::vector<Step> options;
    if (Status s = add_options(pattern.root, {}, "", options); !s) return s;
    const auto index = static_cast<std::uint16_t>(out_.predicates_.size());
    for (const Step& step : options) {
      out_.roots_.push_back({static_cast<std::uint16_t>(out_.steps_.size()), index});
      out_.steps_.push_back(step);
    }
    out_.predicates_.emplace_back();
    for (const QueryPredicate& predicate : pattern.predicates) {
      if (Status s = add_predicate(predicate); !s) return s;
    }
    if (out_.steps_.size() >= std::numeric_limits<std::uint16_t>::max()) {
      return fail(Errc::kInvalidInput, "more steps than a query may have");
    }
    return {};
  }

  // A node is one step, an alternation one for each alternative, with the captures that stand
  // behind the alternation.
  Status add_options(const QueryNode& node, std::vector<std::uint16_t> captures_behind,
                     const std::string& field, std::vector<Step>& out) {
    std::vector<std::uint16_t> captures;
    for (const std::string& name : node.captures) captures.push_back(capture_id(name));
    captures.insert(captures.end(), captures_behind.begin(), captures_behind.end());
    const std::string& own_field = node.field.empty() ? field : node.field;
    if (node.kind == QueryNode::Kind::kAlternation) {
      for (const QueryNode& child : node.children) {
        if (Status s = add_options(child, captures, own_field, out); !s) return s;
      }
      return {};
    }
    Step step;
    if (Status s = set_symbol(node, step); !s) return s;
    Expected<std::uint8_t> field_id = field_id_of(own_field, node.offset);
    if (!field_id) return std::move(field_id.error()).pass();
    step.field = *field_id;
    step.captures = append(out_.capture_ids_, captures);
    if (Status s = set_absent(node, step); !s) return s;
    if (Status s = set_slots(node, step); !s) return s;
    out.push_back(step);
    return {};
  }

  Status set_symbol(const QueryNode& node, Step& step) {
    if (node.kind == QueryNode::Kind::kAnyNamed) {
      step.wants = Step::Wants::kAnyNamed;
      return {};
    }
    if (node.kind == QueryNode::Kind::kAny) {
      step.wants = Step::Wants::kAny;
      out_.shape_.keep_all();
      return {};
    }
    const bool is_named = node.kind == QueryNode::Kind::kNamed;
    step.symbol = ts_language_symbol_for_name(
        language_, node.name.data(), static_cast<std::uint32_t>(node.name.size()), is_named);
    const bool is_plain = ts_language_symbol_type(language_, step.symbol) ==
                          (is_named ? TSSymbolTypeRegular : TSSymbolTypeAnonymous);
    if (step.symbol == 0 || step.symbol == kErrorSymbol || !is_plain) {
      return fail(Errc::kInvalidInput, "offset {}: the grammar has no node \"{}\"", node.offset,
                  node.name);
    }
    if (!is_named) out_.shape_.keep(step.symbol);
    return {};
  }

  Expected<std::uint8_t> field_id_of(const std::string& name, std::size_t offset) {
    if (name.empty()) return std::uint8_t{0};
    const TSFieldId id = ts_language_field_id_for_name(language_, name.data(),
                                                       static_cast<std::uint32_t>(name.size()));
    if (id == 0) {
      return fail(Errc::kInvalidInput, "offset {}: the grammar has no field \"{}\"", offset, name);
    }
    return static_cast<std::uint8_t>(id);
  }

  Status set_absent(const QueryNode& node, Step& step) {
    std::vector<std::uint8_t> fields;
    for (const std::string& name : node.absent) {
      const Expected<std::uint8_t> field = field_id_of(name, node.offset);
      if (!field) return Error(field.error()).pass();
      out_.shape_.keep_all_with_field(*field);
      fields.push_back(*field);
    }
    step.absent = append(out_.fields_, fields);
    return {};
  }

  Status set_slots(const QueryNode& node, Step& step) {
    std::vector<Patterns::Slot> slots;
    for (const QueryNode& child : node.children) {
      std::vector<Step> options;
      if (Status s = add_options(child, {}, "", options); !s) return s;
      Patterns::Slot slot{append(out_.steps_, options), child.follows_at_once, child.is_last};
      slot.is_placed_once = !holds_captures(child);
      if (child.follows_at_once && !slots.empty()) slots.back().is_placed_once = false;
      slots.push_back(slot);
    }
    step.slots = append(out_.slots_, slots);
    return {};
  }

  static bool holds_captures(const QueryNode& node) {
    return !node.captures.empty() ||
           std::any_of(node.children.begin(), node.children.end(), holds_captures);
  }

  std::uint16_t capture_id(const std::string& name) {
    const auto found = std::find(out_.capture_names_.begin(), out_.capture_names_.end(), name);
    const auto id = static_cast<std::uint16_t>(found - out_.capture_names_.begin());
    if (found == out_.capture_names_.end()) out_.capture_names_.push_back(name);
    return id;
  }

  Status add_predicate(const QueryPredicate& predicate) {
    struct Row {
      std::string_view name;
      Patterns::Asks asks;
    };
    static constexpr Row kRows[] = {{"eq?", Patterns::Asks::kOneOf},
                                    {"any-of?", Patterns::Asks::kOneOf},
                                    {"prefix?", Patterns::Asks::kPrefixOneOf},
                                    {"upper-case?", Patterns::Asks::kUpperCase}};
    const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                  [&](const Row& r) { return r.name == predicate.name; });
    if (row == std::end(kRows) ||
        predicate.words.empty() != (row->asks == Patterns::Asks::kUpperCase)) {
      return fail(Errc::kInvalidInput, "offset {}: cannot read #{}", predicate.offset,
                  predicate.name);
    }
    const std::size_t known = out_.capture_names_.size();
    const std::uint16_t capture = capture_id(predicate.capture);
    if (capture == known) {
      return fail(Errc::kInvalidInput, "offset {}: unknown capture @{}", predicate.offset,
                  predicate.capture);
    }
    out_.predicates_.back().push_back({row->asks, capture, predicate.words});
    return {};
  }

  // A wildcard at the root is entered under every symbol.
  void sort_roots() {
    const std::uint32_t symbol_count = ts_language_symbol_count(language_);
    std::vector<Patterns::Root> sorted;
    out_.root_of_.push_back(0);
    for (std::uint32_t symbol = 0; symbol < symbol_count; ++symbol) {
      const bool is_named =
          ts_language_symbol_type(language_, static_cast<TSSymbol>(symbol)) == TSSymbolTypeRegular;
      for (const Patterns::Root root : out_.roots_) {
        const Step& step = out_.steps_[root.step];
        const bool fits = step.wants == Step::Wants::kSymbol ? step.symbol == symbol
                          : step.wants == Step::Wants::kAny  ? true
                                                             : is_named;
        if (fits) sorted.push_back(root);
      }
      out_.root_of_.push_back(static_cast<std::uint32_t>(sorted.size()));
    }
    out_.roots_ = std::move(sorted);
  }

  const TSLanguage* language_;
  Patterns out_;
};

Expected<Patterns> Patterns::compile(const TSLanguage* language,
                                     const std::vector<QueryPattern>& query) {
  return PatternCompiler(language).run(query);
}

}  // namespace curlew::indexer
