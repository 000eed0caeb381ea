#include "model/constrain/expression.h"

#include <algorithm>
#include <cassert>

namespace curlew::model {

ExpressionPool::ExpressionPool() : known_(64, Hash{this}, Same{this}) {
  keep({.kind = Kind::kNone});
  keep({.kind = Kind::kEmpty, .nullable = true});
  keep({.kind = Kind::kNot, .nullable = true, .a = kNone, .first = ByteSet::all()});
}

std::size_t ExpressionPool::Hash::operator()(ExprId id) const {
  const Node& n = pool->node(id);
  std::size_t hash = static_cast<std::size_t>(n.kind);
  const auto mix = [&](std::size_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  };
  mix(static_cast<std::size_t>(n.a));
  mix(static_cast<std::size_t>(n.b));
  mix(static_cast<std::size_t>(n.times_min));
  mix(static_cast<std::size_t>(n.times_max));
  if (n.kind == Kind::kBytes) mix(n.first.hash());
  for (std::uint32_t i = n.parts_begin; i < n.parts_end; ++i) {
    mix(static_cast<std::size_t>(pool->parts_[i]));
  }
  return hash;
}

bool ExpressionPool::Same::operator()(ExprId x, ExprId y) const {
  const Node& a = pool->node(x);
  const Node& b = pool->node(y);
  const auto parts = pool->parts_.begin();
  return a.kind == b.kind && a.a == b.a && a.b == b.b && a.times_min == b.times_min &&
         a.times_max == b.times_max && (a.kind != Kind::kBytes || a.first == b.first) &&
         std::equal(parts + a.parts_begin, parts + a.parts_end, parts + b.parts_begin,
                    parts + b.parts_end);
}

// The id of this very node: the old one if there is one.
ExprId ExpressionPool::keep(Node node, const std::vector<ExprId>& parts) {
  node.parts_begin = static_cast<std::uint32_t>(parts_.size());
  parts_.insert(parts_.end(), parts.begin(), parts.end());
  node.parts_end = static_cast<std::uint32_t>(parts_.size());
  nodes_.push_back(node);
  const auto id = static_cast<ExprId>(nodes_.size() - 1);
  const auto [known, is_new] = known_.insert(id);
  if (!is_new) {
    parts_.resize(node.parts_begin);
    nodes_.pop_back();
  }
  return *known;
}

std::vector<ExprId> ExpressionPool::parts_of(ExprId id) const {
  const Node& n = node(id);
  return {parts_.begin() + n.parts_begin, parts_.begin() + n.parts_end};
}

ExprId ExpressionPool::bytes(const ByteSet& set) {
  if (set.empty()) return kNone;
  return keep({.kind = Kind::kBytes, .first = set});
}

ExprId ExpressionPool::literal(std::string_view text) {
  ExprId out = kEmpty;
  for (auto at = text.rbegin(); at != text.rend(); ++at) {
    out = sequence(bytes(ByteSet::of(static_cast<std::uint8_t>(*at))), out);
  }
  return out;
}

ExprId ExpressionPool::sequence(ExprId first, ExprId second) {
  if (first == kNone || second == kNone) return kNone;
  if (second == kEmpty) return first;
  std::vector<ExprId> heads;  // of the right-leaning chain that `first` is
  for (; node(first).kind == Kind::kSequence; first = node(first).b) heads.push_back(node(first).a);
  if (first != kEmpty) heads.push_back(first);
  work_ += static_cast<std::int64_t>(heads.size());
  ExprId out = second;
  for (auto head = heads.rbegin(); head != heads.rend(); ++head) {
    const Node& a = node(*head);
    Node joined{
        .kind = Kind::kSequence, .nullable = a.nullable && nullable(out), .a = *head, .b = out};
    joined.first = a.nullable ? a.first | first_bytes(out) : a.first;
    out = keep(joined);
  }
  return out;
}

ExprId ExpressionPool::sequence(std::initializer_list<ExprId> parts) {
  ExprId out = kEmpty;
  for (auto part = std::rbegin(parts); part != std::rend(parts); ++part) out = sequence(*part, out);
  return out;
}

// The parts, with those that are of the same kind replaced by their own parts; sorted, each once.
std::vector<ExprId> ExpressionPool::flatten(Kind kind, const std::vector<ExprId>& parts) const {
  std::vector<ExprId> flat;
  for (const ExprId part : parts) {
    if (node(part).kind == kind) {
      const std::vector<ExprId> inner = parts_of(part);
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(part);
    }
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  return flat;
}

// Union or intersection. Single bytes are joined at once, so that "a or b" is one set of bytes.
ExprId ExpressionPool::join(Kind kind, std::vector<ExprId> parts) {
  const bool is_union = kind == Kind::kEither;
  const ExprId neutral = is_union ? kNone : kAnything;
  const ExprId absorbing = is_union ? kAnything : kNone;
  parts = flatten(kind, parts);
  work_ += static_cast<std::int64_t>(parts.size());
  ByteSet set = is_union ? ByteSet() : ByteSet::all();
  bool has_set = false;
  std::erase_if(parts, [&](ExprId part) {
    if (node(part).kind != Kind::kBytes) return part == neutral;
    has_set = true;
    set = is_union ? set | first_bytes(part) : set & first_bytes(part);
    return true;
  });
  if (has_set) {
    parts.push_back(bytes(set));
    std::sort(parts.begin(), parts.end());
  }
  if (std::find(parts.begin(), parts.end(), absorbing) != parts.end()) return absorbing;
  if (parts.empty()) return neutral;
  if (parts.size() == 1) return parts.front();
  Node joined{.kind = kind, .nullable = !is_union};
  joined.first = is_union ? ByteSet() : ByteSet::all();
  for (const ExprId part : parts) {
    joined.nullable =
        is_union ? joined.nullable || nullable(part) : joined.nullable && nullable(part);
    joined.first = is_union ? joined.first | first_bytes(part) : joined.first & first_bytes(part);
  }
  return keep(joined, parts);
}

ExprId ExpressionPool::either(std::vector<ExprId> options) {
  return join(Kind::kEither, std::move(options));
}

ExprId ExpressionPool::both(ExprId a, ExprId b) {
  return join(Kind::kBoth, {a, b});
}

ExprId ExpressionPool::complement(ExprId part) {
  if (node(part).kind == Kind::kNot) return node(part).a;
  return keep(
      {.kind = Kind::kNot, .nullable = !nullable(part), .a = part, .first = ByteSet::all()});
}

ExprId ExpressionPool::repeat(ExprId part, int times_min, int times_max) {
  assert(times_min >= 0 && (times_max == kMany || times_max >= times_min));
  if (times_max == 0 || part == kEmpty) return kEmpty;
  if (part == kNone) return times_min == 0 ? kEmpty : kNone;
  if (times_min == 1 && times_max == 1) return part;
  if (nullable(part)) times_min = 0;
  const Node& n = node(part);
  const bool is_star = n.kind == Kind::kRepeat && n.times_min == 0 && n.times_max == kMany;
  if (is_star && times_max == kMany) return part;
  return keep({.kind = Kind::kRepeat,
               .nullable = times_min == 0,
               .a = part,
               .times_min = times_min,
               .times_max = times_max,
               .first = n.first});
}

ExprId ExpressionPool::call(RuleId rule) {
  return keep({.kind = Kind::kCall, .a = rule});
}

void ExpressionPool::first_calls(ExprId id, std::vector<RuleId>& out) const {
  const Node& n = node(id);
  switch (n.kind) {
    case Kind::kCall:
      out.push_back(n.a);
      break;
    case Kind::kSequence:
      first_calls(n.a, out);
      if (nullable(n.a)) first_calls(n.b, out);
      break;
    case Kind::kRepeat:
      first_calls(n.a, out);
      break;
    case Kind::kEither:
      for (std::uint32_t i = n.parts_begin; i < n.parts_end; ++i) first_calls(parts_[i], out);
      break;
    default:  // intersections and complements hold no calls
      break;
  }
}

ExprId ExpressionPool::after_byte(ExprId id, std::uint8_t byte) {
  return after(id, byte, -1);
}
ExprId ExpressionPool::after_call(ExprId id, RuleId rule) {
  return after(id, 0, rule);
}

ExprId ExpressionPool::after(ExprId id, std::uint8_t byte, RuleId rule) {
  if (++work_ > work_max_) return kNone;
  const Node n = node(id);  // a copy: nodes_ grows below
  if (rule < 0 && !n.first.has(byte)) return kNone;
  switch (n.kind) {
    case Kind::kNone:
    case Kind::kEmpty:
      return kNone;
    case Kind::kBytes:
      return rule < 0 ? kEmpty : kNone;
    case Kind::kCall:
      return rule == n.a ? kEmpty : kNone;
    case Kind::kNot:
      return rule < 0 ? complement(after(n.a, byte, rule)) : kNone;
    case Kind::kRepeat: {
      const int times_max = n.times_max == kMany ? kMany : n.times_max - 1;
      const ExprId rest = repeat(n.a, std::max(0, n.times_min - 1), times_max);
      return sequence(after(n.a, byte, rule), rest);
    }
    case Kind::kSequence: {
      const ExprId through = sequence(after(n.a, byte, rule), n.b);
      return nullable(n.a) ? either(through, after(n.b, byte, rule)) : through;
    }
    case Kind::kEither:
    case Kind::kBoth:
      return after_parts(id, byte, rule);
  }
  return kNone;
}

ExprId ExpressionPool::after_parts(ExprId id, std::uint8_t byte, RuleId rule) {
  std::vector<ExprId> parts = parts_of(id);
  for (ExprId& part : parts) part = after(part, byte, rule);
  return join(node(id).kind, std::move(parts));
}

std::array<std::uint8_t, 256> ExpressionPool::byte_classes() const {
  std::array<std::uint8_t, 256> classes{};
  for (const Node& n : nodes_) {
    if (n.kind != Kind::kBytes) continue;
    std::array<int, 512> renumbered;  // by class so far and membership
    renumbered.fill(-1);
    int count = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const bool member = n.first.has(static_cast<std::uint8_t>(byte));
      int& number = renumbered[static_cast<std::size_t>(classes[byte] * 2 + (member ? 1 : 0))];
      if (number < 0) number = count++;
      classes[byte] = static_cast<std::uint8_t>(number);
    }
  }
  return classes;
}

}  // namespace curlew::model
