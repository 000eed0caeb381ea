#include "indexer/source/scopes.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace curlew::indexer {
namespace {

using Role = ScopesQuery::Role;

// Hostile nesting must not make quadratic work: scopes further out are not asked for a name.
constexpr int kScopesLookedAtMax = 64;
constexpr std::uint32_t kNone = UINT32_MAX;

struct Scope {
  enum class Kind : std::uint8_t { kFile, kBlock, kFunction, kClass, kClosed };
  Kind kind = Kind::kBlock;
  ByteSpan span;
  std::uint32_t parent = kNone;
};

// A name that is introduced, and how.
struct Introduced {
  ByteSpan name;
  Role role = Role::kLocal;
  std::uint32_t around = kNone;  // of @definition: where the whole begins
};

// The query's captures, sorted into heaps.
struct Found {
  struct Opened {
    ByteSpan span;
    Scope::Kind kind;
  };
  std::vector<Opened> scopes;
  std::vector<ByteSpan> after, outside, assigned;
  std::vector<Introduced> introduced;
  std::vector<ByteSpan> uses;
  std::vector<std::uint32_t> skipped;  // where names begin
};

class Collector {
 public:
  Collector(const ScopesQuery& query, const FlatTree& tree, std::string_view text)
      : query_(query), tree_(tree), text_(text) {}

  Found run() {
    found_.scopes.push_back({{0, static_cast<std::uint32_t>(text_.size())}, Scope::Kind::kFile});
    for (const FlatNode& node : tree_.nodes) {
      if (node.symbol == kErrorSymbol && node.span.bytes() > 0 && &node != &tree_.nodes.front())
        found_.scopes.push_back({node.span, Scope::Kind::kFunction});
    }
    query_.patterns().match(
        tree_, text_, [&](std::uint16_t, std::span<const Capture> captures) { add(captures); },
        [] { return true; });
    return std::move(found_);
  }

 private:
  void add(std::span<const Capture> captures) {
    std::uint32_t definition = kNone, name = kNone;
    for (const Capture& capture : captures) {
      const Role role = query_.role(capture.id);
      if (role == Role::kDefinition) definition = capture.node;
      if (role == Role::kName) name = capture.node;
      add(role, capture.node);
    }
    if (definition != kNone && name != kNone)
      introduce(name, Role::kDefinition, tree_.nodes[definition].span.start);
  }

  void add(Role role, std::uint32_t node) {
    const ByteSpan span = tree_.nodes[node].span;
    switch (role) {
      case Role::kScope:
        found_.scopes.push_back({span, Scope::Kind::kBlock});
        break;
      case Role::kFunctionScope:
        found_.scopes.push_back({span, Scope::Kind::kFunction});
        break;
      case Role::kClassScope:
        found_.scopes.push_back({span, Scope::Kind::kClass});
        break;
      case Role::kClosedScope:
        found_.scopes.push_back({span, Scope::Kind::kClosed});
        break;
      case Role::kAfter:
        found_.after.push_back(span);
        break;
      case Role::kOutside:
        found_.outside.push_back(span);
        break;
      case Role::kAssigned:
        found_.assigned.push_back(span);
        break;
      case Role::kUse:
        found_.uses.push_back(span);
        break;
      case Role::kSkip:
        found_.skipped.push_back(span.start);
        break;
      case Role::kNothing:
      case Role::kDefinition:
      case Role::kName:
        break;
      default:
        introduce(node, role, kNone);
    }
  }

  // A prototype inside of a function introduces nothing of the function's own.
  void introduce(std::uint32_t node, Role role, std::uint32_t around) {
    const Declared declared = query_.declarators().declared_by(tree_, node, text_);
    const bool is_prototype = declared.is_function && around == kNone;
    if (declared.name.empty() || !declared.scope.empty() || is_prototype) return;
    found_.introduced.push_back({declared.name_span, role, around});
  }

  const ScopesQuery& query_;
  const FlatTree& tree_;
  std::string_view text_;
  Found found_;
};

bool by_place(ByteSpan a, ByteSpan b) {
  return a.start != b.start ? a.start < b.start : a.end > b.end;
}

// The innermost of nested spans around places that are asked in rising order.
class Innermost {
 public:
  explicit Innermost(std::vector<ByteSpan> spans) : spans_(std::move(spans)) {
    std::sort(spans_.begin(), spans_.end(), by_place);
  }
  std::optional<ByteSpan> around(std::uint32_t place) {
    for (; next_ < spans_.size() && spans_[next_].start <= place; ++next_) {
      leave(spans_[next_].start);
      open_.push_back(spans_[next_]);
    }
    leave(place);
    return open_.empty() ? std::nullopt : std::optional(open_.back());
  }

 private:
  void leave(std::uint32_t place) {
    while (!open_.empty() && open_.back().end <= place) open_.pop_back();
  }
  std::vector<ByteSpan> spans_, open_;
  std::size_t next_ = 0;
};

// Scopes by place, an outer one before its inner ones; the file's is the first.
class ScopeTree {
 public:
  explicit ScopeTree(std::vector<Found::Opened> opened) {
    std::stable_sort(opened.begin(), opened.end(),
                     [](const auto& a, const auto& b) { return by_place(a.span, b.span); });
    std::vector<std::uint32_t> open;
    for (const Found::Opened& each : opened) {
      while (!open.empty() && scopes_[open.back()].span.end <= each.span.start) open.pop_back();
      const std::uint32_t parent = open.empty() ? kNone : open.back();
      open.push_back(static_cast<std::uint32_t>(scopes_.size()));
      scopes_.push_back({each.kind, each.span, parent});
    }
  }

  const Scope& operator[](std::uint32_t scope) const { return scopes_[scope]; }
  std::size_t size() const { return scopes_.size(); }

  // The innermost one that holds the place, of those that begin before `before`.
  std::uint32_t around(std::uint32_t place, std::uint32_t before = kNone) const {
    auto behind = std::upper_bound(
        scopes_.begin(), scopes_.end(), place,
        [](std::uint32_t at, const Scope& scope) { return at < scope.span.start; });
    if (behind == scopes_.begin()) return 0;
    auto scope = static_cast<std::uint32_t>(behind - scopes_.begin() - 1);
    while (scopes_[scope].parent != kNone &&
           (scopes_[scope].span.end <= place || scopes_[scope].span.start >= before))
      scope = scopes_[scope].parent;
    return scope;
  }

  std::uint32_t function_around(std::uint32_t scope) const {
    while (scopes_[scope].kind == Scope::Kind::kBlock && scopes_[scope].parent != kNone)
      scope = scopes_[scope].parent;
    return scope;
  }

 private:
  std::vector<Scope> scopes_;
};

// Binds names to what introduces them.
class Binder {
 public:
  Binder(Found found, std::string_view text)
      : text_(text), found_(std::move(found)), scopes_(std::move(found_.scopes)) {}

  FileScopes run() {
    std::stable_sort(
        found_.introduced.begin(), found_.introduced.end(),
        [](const Introduced& a, const Introduced& b) { return a.name.start < b.name.start; });
    std::sort(found_.skipped.begin(), found_.skipped.end());
    for (const Introduced& each : found_.introduced) {
      if (each.role == Role::kOuter || each.role == Role::kOuterFile) note_outer(each);
    }
    introduce_all();
    bind_uses();
    std::stable_sort(
        out_.names.begin(), out_.names.end(),
        [](const BoundName& a, const BoundName& b) { return a.start_byte < b.start_byte; });
    const auto same = [](const BoundName& a, const BoundName& b) {
      return a.start_byte == b.start_byte;
    };
    out_.names.erase(std::unique(out_.names.begin(), out_.names.end(), same), out_.names.end());
    return std::move(out_);
  }

 private:
  // A name of a scope. Of several the last one that is visible counts.
  struct Known {
    std::uint32_t visible_from = 0;
    std::uint32_t binding = 0;
  };
  struct Key {
    std::uint32_t scope;
    std::string_view name;
    bool operator==(const Key&) const = default;
  };
  struct HashKey {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.name) ^ (key.scope * 0x9e3779b97f4a7c15ull);
    }
  };

  void note_outer(const Introduced& each) {
    const std::uint32_t scope = scopes_.function_around(scopes_.around(each.name.start));
    outer_[{scope, text_at(each.name, text_)}] = each.role;
    found_.uses.push_back(each.name);
  }

  void introduce_all() {
    Innermost after(std::move(found_.after)), assigned(std::move(found_.assigned));
    for (const Introduced& each : found_.introduced) {
      const std::optional<ByteSpan> statement = after.around(each.name.start);
      const bool is_use = assigned.around(each.name.start).has_value();
      if (is_use) found_.uses.push_back(each.name);
      const bool is_outer = each.role == Role::kOuter || each.role == Role::kOuterFile;
      if (is_use || is_outer || is_skipped(each.name.start)) continue;
      const std::uint32_t scope = owner_of(each);
      std::uint32_t visible_from = scopes_[scope].span.start;
      const bool from_here = each.role == Role::kLocal || each.role == Role::kLocalNew ||
                             each.role == Role::kLocalAssigned;
      if (from_here) {
        visible_from = each.name.start;
        if (statement && statement->start >= scopes_[scope].span.start)
          visible_from = statement->end;
      }
      introduce(each, scope, visible_from);
    }
  }

  std::uint32_t owner_of(const Introduced& each) const {
    std::uint32_t scope = scopes_.around(each.name.start, each.around);
    if (each.role == Role::kLocalFunction) scope = scopes_.function_around(scope);
    const auto outer = outer_.find({scope, text_at(each.name, text_)});
    if (outer == outer_.end()) return scope;
    if (outer->second == Role::kOuterFile) return 0;
    for (std::uint32_t up = scopes_[scope].parent; up != kNone; up = scopes_[up].parent) {
      if (scopes_[up].kind == Scope::Kind::kFunction) return up;
    }
    return scope;
  }

  void introduce(const Introduced& each, std::uint32_t scope, std::uint32_t visible_from) {
    const std::string_view name = text_at(each.name, text_);
    std::vector<Known>& known = known_[{scope, name}];
    std::uint32_t binding = kNone;
    if (each.role == Role::kLocalAssigned) binding = look_up(name, scope, each.name.start);
    if (binding == kNone && !known.empty() && each.role != Role::kLocalNew)
      binding = known.back().binding;
    if (binding == kNone) {
      binding = static_cast<std::uint32_t>(out_.bindings.size());
      out_.bindings.push_back({name, kind_of(each.role, scope), each.name, scopes_[scope].span});
      known.push_back({visible_from, binding});
    }
    out_.names.push_back({each.name.start, binding});
  }

  BindingKind kind_of(Role role, std::uint32_t scope) const {
    switch (scopes_[scope].kind) {
      case Scope::Kind::kFile:
        return BindingKind::kFile;
      case Scope::Kind::kClass:
      case Scope::Kind::kClosed:
        return role == Role::kParameter ? BindingKind::kParameter : BindingKind::kMember;
      default:
        return role == Role::kParameter ? BindingKind::kParameter : BindingKind::kLocal;
    }
  }

  void bind_uses() {
    std::sort(found_.uses.begin(), found_.uses.end(), by_place);
    Innermost outside(std::move(found_.outside));
    for (const ByteSpan use : found_.uses) {
      const std::optional<ByteSpan> part = outside.around(use.start);
      if (is_skipped(use.start)) continue;
      std::uint32_t scope = scopes_.around(use.start);
      // The scope whose node holds the part is not open there; scopes inside of the part are.
      std::uint32_t closed = kNone;
      if (part) closed = scope_holding(scope, *part);
      const std::uint32_t binding = look_up(text_at(use, text_), scope, use.start, closed);
      if (binding != kNone) out_.names.push_back({use.start, binding});
    }
  }

  std::uint32_t scope_holding(std::uint32_t scope, ByteSpan part) const {
    while (scopes_[scope].parent != kNone &&
           (scopes_[scope].span.start >= part.start && scopes_[scope].span.end <= part.end))
      scope = scopes_[scope].parent;
    return scope;
  }

  bool is_skipped(std::uint32_t start) const {
    return std::binary_search(found_.skipped.begin(), found_.skipped.end(), start);
  }

  std::uint32_t look_up(std::string_view name, std::uint32_t scope, std::uint32_t place,
                        std::uint32_t closed = kNone) const {
    bool is_direct = true;  // no scope was left yet
    int looked_at = 0;
    bool to_file = false;
    for (; scope != kNone; scope = scopes_[scope].parent) {
      if (scope == closed) continue;
      if (++looked_at > kScopesLookedAtMax && scope != 0) continue;
      const bool is_hidden =
          (scopes_[scope].kind == Scope::Kind::kClosed && !is_direct) || (to_file && scope != 0);
      if (!is_hidden) {
        if (const std::uint32_t found = in_scope(name, scope, place); found != kNone) return found;
      }
      is_direct = false;
      const auto outer = outer_.find({scope, name});
      to_file |= outer != outer_.end() && outer->second == Role::kOuterFile;
    }
    return kNone;
  }

  std::uint32_t in_scope(std::string_view name, std::uint32_t scope, std::uint32_t place) const {
    const auto known = known_.find({scope, name});
    if (known == known_.end()) return kNone;
    std::uint32_t found = kNone;
    for (const Known& each : known->second) {
      if (each.visible_from <= place) found = each.binding;
    }
    return found;
  }

  std::string_view text_;
  Found found_;
  ScopeTree scopes_;
  std::unordered_map<Key, std::vector<Known>, HashKey> known_;
  std::unordered_map<Key, Role, HashKey> outer_;
  FileScopes out_;
};

}  // namespace

FileScopes read_scopes(const ScopesQuery& query, const FlatTree& tree, std::string_view text) {
  if (tree.nodes.empty()) return {};
  return Binder(Collector(query, tree, text).run(), text).run();
}

bool is_local(const Binding& binding) {
  return binding.kind == BindingKind::kLocal || binding.kind == BindingKind::kParameter;
}

const Binding* FileScopes::at(std::uint32_t start_byte) const {
  const auto found = std::lower_bound(
      names.begin(), names.end(), start_byte,
      [](const BoundName& name, std::uint32_t at) { return name.start_byte < at; });
  if (found == names.end() || found->start_byte != start_byte) return nullptr;
  return &bindings[found->binding];
}

std::vector<ByteSpan> FileScopes::places_of(const Binding& binding) const {
  const auto wanted = static_cast<std::uint32_t>(&binding - bindings.data());
  std::vector<ByteSpan> places;
  for (const BoundName& name : names) {
    if (name.binding != wanted) continue;
    places.push_back({name.start_byte, name.start_byte + binding.definition.bytes()});
  }
  return places;
}

}  // namespace curlew::indexer
