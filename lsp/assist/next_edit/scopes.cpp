// How far names reach (names.h).
#include <algorithm>

#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/place.h"

namespace curlew::assist {
namespace {

bool is_blank_or_comment(std::string_view line) {
  const std::string_view head = trim(line);
  return head.empty() || head.starts_with('#');
}

// Python: the nearest line above with less indentation that begins a definition.
struct Block {
  int head = 0;  // 0: the file
  bool is_class = false;
  int last = 0;
};

int last_line_of(const CodeView& view, int head) {
  const std::size_t indent = view.indent_of(head);
  int last = head;
  for (int line = head + 1; line <= view.lines().count(); ++line) {
    const std::string_view text = view.line_text(line);
    if (is_blank_or_comment(text)) continue;
    // What closes the parameters stands as far left as the `def`.
    if (view.indent_of(line) <= indent && !trim(text).starts_with(')')) break;
    last = line;
  }
  return last;
}

Block python_block(const CodeView& view, int line) {
  std::size_t indent = view.indent_of(line);
  for (int above = line - 1; above >= 1 && indent > 0; --above) {
    const std::string_view text = view.line_text(above);
    if (is_blank_or_comment(text) || view.indent_of(above) >= indent) continue;
    indent = view.indent_of(above);
    const std::string_view head = trim(text);
    const bool is_class = head.starts_with("class ");
    if (is_class || head.starts_with("def ") || head.starts_with("async def "))
      return {above, is_class, last_line_of(view, above)};
  }
  return {0, false, view.lines().count()};
}

Scope python_scope(const CodeView& view, std::size_t idx) {
  const int line = view.line_of(idx);
  const std::size_t around = view.opener_of(idx);
  const bool is_parameter = around != kNone && around > 1 && view.spelling(around - 2) == "def";
  if (is_parameter) {
    const int head = view.line_of(around);
    return {Reach::kLocal, view.lines().start(head), view.lines().end(last_line_of(view, head))};
  }
  const bool of_self = idx > 1 && view.spelling(idx - 1) == "." && view.spelling(idx - 2) == "self";
  Block block = python_block(view, line);
  while (of_self && block.head != 0 && !block.is_class) block = python_block(view, block.head);
  if (block.head == 0) return {Reach::kFile, 0, view.text().size()};
  return {block.is_class ? Reach::kMember : Reach::kLocal, view.lines().start(block.head),
          view.lines().end(block.last)};
}

// The body behind a parameter list or the head of a loop, as far as there is one.
std::size_t end_of_body(const CodeView& view, std::size_t close) {
  for (std::size_t idx = close + 1; idx < view.size(); ++idx) {
    const std::string_view word = view.spelling(idx);
    if (word == "{")
      return view.partner(idx) == kNone ? view.text().size() : view.token(view.partner(idx)).end;
    if (word == ";" || word == "}" || word == ")") return view.token(idx).end;
    if (word == "(" && view.partner(idx) != kNone) idx = view.partner(idx);
  }
  return view.text().size();
}

}  // namespace

Scope scope_of(const CodeView& view, std::size_t idx) {
  if (view.family() == Family::kPython) return python_scope(view, idx);
  std::size_t around = view.opener_of(idx);
  while (around != kNone && view.spelling(around) != "{") {
    const std::size_t close = view.partner(around);
    const bool is_group =
        around > 0 && (view.spelling(around - 1) == "const" || view.spelling(around - 1) == "var" ||
                       view.spelling(around - 1) == "type");
    if (view.spelling(around) == "(" && close != kNone && !is_group)
      return {Reach::kLocal, view.token(idx).start, end_of_body(view, close)};
    around = view.opener_of(around);
  }
  while (around != kNone && block_kind(view, around) == BlockKind::kNamespace)
    around = view.opener_of(around);
  if (around == kNone) return {Reach::kFile, 0, view.text().size()};
  const std::size_t close = view.partner(around);
  const std::size_t end = close == kNone ? view.text().size() : view.token(close).end;
  // Destructuring and object literals are no blocks of their own.
  const std::string_view head = around > 0 ? view.spelling(around - 1) : "";
  if (view.family() == Family::kScript && (head == "const" || head == "let" || head == "var"))
    return scope_of(view, around - 1);
  if (view.family() == Family::kScript && (head == "(" || head == ","))
    return scope_of(view, around);
  const BlockKind kind = block_kind(view, around);
  const bool is_type = kind == BlockKind::kClass || kind == BlockKind::kEnum;
  return {is_type ? Reach::kMember : Reach::kLocal, view.token(around).start, end};
}

std::string class_around(const CodeView& view, std::size_t idx) {
  if (idx > 1 && view.spelling(idx - 1) == "::" && view.is_word(idx - 2))
    return std::string(view.spelling(idx - 2));
  if (view.family() == Family::kPython) {
    for (Block block = python_block(view, view.line_of(idx)); block.head != 0;
         block = python_block(view, block.head))
      if (block.is_class) {
        const std::size_t name = view.first_at(view.lines().start(block.head)) + 1;
        return std::string(view.spelling(name));
      }
    return {};
  }
  // func (r *Receiver) name
  if (view.family() == Family::kGo && idx > 1 && view.spelling(idx - 1) == ")")
    return std::string(view.spelling(idx - 2));
  for (std::size_t around = view.opener_of(idx); around != kNone; around = view.opener_of(around)) {
    if (view.spelling(around) != "{") continue;
    const BlockKind kind = block_kind(view, around);
    if (kind != BlockKind::kClass && kind != BlockKind::kEnum) continue;
    std::string name;
    for (std::size_t at = view.statement_start(around); at < around; ++at) {
      const std::string_view word = view.spelling(at);
      if (word == ":" || word == "extends" || word == "implements" || word == "(") break;
      if (word == "for") name.clear();  // impl Trait for Type
      if (view.is_word(at) && !is_keyword(word) && name.empty()) name = word;
    }
    return name;
  }
  return {};
}

std::size_t function_around(const CodeView& view, std::size_t idx) {
  if (view.family() == Family::kPython)
    return view.lines().start(python_block(view, view.line_of(idx)).head);
  std::size_t function = 0;
  for (std::size_t around = view.opener_of(idx); around != kNone; around = view.opener_of(around)) {
    if (view.spelling(around) != "{") continue;
    if (block_kind(view, around) != BlockKind::kCode) break;
    function = view.token(around).start;
  }
  return function;
}

std::size_t local_at(const CodeView& view, std::size_t idx, std::string_view name) {
  const std::size_t place = view.token(idx).start;
  for (const std::size_t at : view.words(name)) {
    if (at >= idx || role_of(view, at) != NameRole::kDeclaration) continue;
    const Scope scope = scope_of(view, at);
    if (scope.reach == Reach::kLocal && scope.start <= place && place < scope.end)
      return view.statement_start(at);
  }
  return kNone;
}

bool is_local_at(const CodeView& view, std::size_t idx, std::string_view name) {
  return local_at(view, idx, name) != kNone;
}

}  // namespace curlew::assist
