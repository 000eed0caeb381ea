#include "model/copy/continuation.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::size_t kTabColumns = 4;
constexpr std::size_t kLinesMax = 40;

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Where the first bracket in `text` closes one that `text` does not open; npos if none does.
std::size_t first_unopened_closer(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("([{").find(text[i]) != std::string_view::npos) ++depth;
    if (std::string_view(")]}").find(text[i]) != std::string_view::npos && --depth < 0) return i;
  }
  return std::string_view::npos;
}

// Cuts `text` where what stands behind the cursor on its line takes over.
std::optional<std::string_view> fit_before(std::string_view text, std::string_view rest) {
  if (rest.empty()) return text;
  if (text.size() > rest.size() && text.ends_with(rest))
    return trim_right(text.substr(0, text.size() - rest.size()));
  const std::size_t closer = first_unopened_closer(text);
  if (closer != text.npos && text[closer] == rest.front())
    return trim_right(text.substr(0, closer));
  return std::nullopt;
}

std::size_t columns(std::string_view indent) {
  std::size_t n = 0;
  for (const char c : indent) n += c == '\t' ? kTabColumns : 1;
  return n;
}

std::string blanks(std::size_t n_columns, bool tabs) {
  if (!tabs) return std::string(n_columns, ' ');
  return std::string(n_columns / kTabColumns, '\t') + std::string(n_columns % kTabColumns, ' ');
}

// Indentation `depth` columns further in than `base`, in the characters that `base` is made of,
// or, where it has none, in those of the source.
std::string deeper_indent(std::string_view base, std::size_t depth,
                          std::string_view source_indent) {
  const std::string_view model = base.empty() ? source_indent : base;
  return std::string(base) + blanks(depth, model.find('\t') != model.npos);
}

}  // namespace

std::size_t line_begin_of(std::string_view text, std::size_t at) {
  const std::size_t newline = at == 0 ? text.npos : text.rfind('\n', at - 1);
  return newline == text.npos ? 0 : newline + 1;
}

std::size_t line_end_of(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

std::optional<std::string_view> line_continuation(std::string_view source, std::size_t at,
                                                  const CursorContext& context) {
  std::string_view text = trim_right(source.substr(at, line_end_of(source, at) - at));
  if (context.blank_before) text.remove_prefix(indent_of(text).size());
  if (text.empty()) return std::nullopt;
  const auto fitted = fit_before(text, context.rest);
  if (!fitted || trim(*fitted).empty()) return std::nullopt;
  return fitted;
}

std::string expected_indent(std::string_view source, std::size_t line_begin,
                            const CursorContext& context) {
  const std::string_view own = indent_of(source.substr(line_begin));
  std::size_t above_begin = line_begin;
  std::string_view above;
  while (above_begin > 0 && trim(above).empty()) {
    const std::size_t end = above_begin - 1;
    above_begin = line_begin_of(source, end);
    above = source.substr(above_begin, end - above_begin);
  }
  const std::size_t from = columns(indent_of(above)), to = columns(own);
  if (to >= from) return deeper_indent(context.previous_indent, to - from, own);
  const std::size_t less = from - to, have = columns(context.previous_indent);
  return blanks(have > less ? have - less : 0,
                context.previous_indent.find('\t') != context.previous_indent.npos);
}

std::string following_lines(std::string_view source, std::size_t at, std::string_view cursor_indent,
                            std::size_t bytes_max) {
  const std::string_view first = source.substr(line_begin_of(source, at));
  const std::size_t base = columns(indent_of(first));
  std::string lines;
  bool in_block = false;
  std::size_t begin = line_end_of(source, at);
  for (std::size_t n = 0; n < kLinesMax && begin < source.size(); ++n) {
    ++begin;  // the line break
    const std::size_t end = line_end_of(source, begin);
    const std::string_view line = trim_right(source.substr(begin, end - begin));
    begin = end;
    const std::string_view indent = indent_of(line);
    const std::size_t depth = columns(indent);
    if (line.empty() || depth < base) break;
    const bool closes = std::string_view(")]}").find(line[indent.size()]) != line.npos ||
                        line.substr(indent.size()).starts_with("end");
    if (n == 0) in_block = depth > base;
    if (in_block && depth == base && !closes) break;
    if (!in_block && closes && depth == base) break;
    std::string moved = "\n";
    moved += deeper_indent(cursor_indent, depth - base, indent);
    moved += line.substr(indent.size());
    if (lines.size() + moved.size() > bytes_max) break;
    lines += moved;
    if (in_block && depth == base) break;  // the block is closed
  }
  return lines;
}

}  // namespace curlew::model
