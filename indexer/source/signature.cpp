#include <algorithm>

#include "indexer/source/nesting.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kSignatureBytesMax = 240;

// Where the body starts: the field "body" of the definition, or of the value it names (`const f =
// () => {...}`); 0 when there is none.
std::uint32_t body_start(const FlatTree& tree, std::uint32_t node, BodyFields fields) {
  std::uint32_t body = child_with_field(tree, node, fields.body);
  if (body == kNoNode) {
    const std::uint32_t value = child_with_field(tree, node, fields.value);
    if (value != kNoNode) body = child_with_field(tree, value, fields.body);
  }
  return body == kNoNode ? 0 : tree.nodes[body].span.start;
}

// Without a body: from `from` up to a brace, a semicolon or a line end that stands outside of
// parentheses. Lines before the name's (annotations, C's return types) are part of it.
std::size_t plain_end(std::string_view text, std::size_t from, std::size_t name) {
  int depth = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == '{' || (depth <= 0 && (c == ';' || (c == '\n' && i > name)))) return i;
  }
  return text.size();
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string signature_of(const NestingSource& source, const FoundSymbol& found) {
  const std::string_view text = source.lines.text();
  const std::uint32_t node_start = source.tree.nodes[found.node].span.start;
  const std::uint32_t start = text[found.span.start] == '@' ? node_start : found.span.start;
  std::string_view head = text_at({start, found.span.end}, text);
  const std::uint32_t body = body_start(source.tree, found.node, source.body_fields);
  const std::uint32_t name = std::max(start, found.name_span.start) - start;
  head = head.substr(0, body > start ? body - start : plain_end(head, node_start - start, name));
  std::string out;
  std::size_t at = 0;
  for (; at < head.size() && out.size() < kSignatureBytesMax; ++at) {
    if (!is_blank(head[at])) {
      out += head[at];
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (at < head.size() && is_continuation(head[at])) {  // never ends inside a UTF-8 character
    while (!out.empty() && is_continuation(out.back())) out.pop_back();
    if (!out.empty()) out.pop_back();
  }
  const auto drop = [&](std::string_view tail) {
    if (out.ends_with(tail)) out.resize(out.size() - tail.size());
  };
  drop(" ");
  for (const std::string_view tail : {"{", "=>", ":", ";"}) drop(tail);
  drop(" ");
  drop(" =");
  return out;
}

}  // namespace curlew::indexer
