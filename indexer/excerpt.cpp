#include "indexer/excerpt.h"

#include <algorithm>

#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

constexpr std::uint32_t kCommentLinesMax = 14;

std::string_view line_of(std::string_view text, const std::vector<std::uint32_t>& starts,
                         std::uint32_t line) {
  const std::size_t end = line + 1 < starts.size() ? starts[line + 1] : text.size();
  return text.substr(starts[line], end - starts[line]);
}

std::string lines_between(std::string_view text, const std::vector<std::uint32_t>& starts,
                          std::uint32_t first, std::uint32_t last) {
  const std::size_t end = last < starts.size() ? starts[last] : text.size();
  std::string lines(text.substr(starts[first], end - starts[first]));
  if (!lines.empty() && lines.back() != '\n') lines += '\n';
  return lines;
}

// A line that belongs to the definition below it: comment, decorator, attribute, template head.
bool introduces(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == line.npos) return false;
  const std::string_view body = line.substr(first);
  for (std::string_view mark : {"//", "/*", "*", "# ", "##", "#[", "@", "template", "--"}) {
    if (body.starts_with(mark)) return true;
  }
  return false;
}

bool has_members(SymbolKind kind) {
  return kind == SymbolKind::kClass || kind == SymbolKind::kStruct ||
         kind == SymbolKind::kInterface || kind == SymbolKind::kEnum || kind == SymbolKind::kModule;
}

// The head of a class and a line for every member that has a signature, nested types' members left
// out.
Expected<std::string> members_outline(View& view, const SymbolRow& outer, std::string head) {
  Expected<std::vector<SymbolRow>> symbols = view.symbols_of(outer.path);
  if (!symbols) return std::move(symbols.error()).pass();
  std::string text = std::move(head);
  int lines = 0;
  std::uint32_t done_until = 0;
  for (const SymbolRow& symbol : *symbols) {
    if (symbol.start_byte <= outer.start_byte || symbol.end_byte > outer.end_byte) continue;
    if (symbol.start_byte < done_until) continue;
    done_until = symbol.end_byte;
    const std::string signature = view.signature(symbol);
    if (signature.empty()) continue;
    text += "  " + signature + "\n";
    if (++lines == rank::kOutlineLinesMax) break;
  }
  return text;
}

Expected<Excerpt> definition(View& view, const Candidate& candidate) {
  const SymbolRow& symbol = candidate.symbol;
  Expected<bool> current = view.is_current(symbol);
  if (!current) return std::move(current.error()).pass();
  const std::shared_ptr<const std::string> text = view.text(symbol.path);
  if (!*current || !text) return Excerpt();
  const std::vector<std::uint32_t> starts = line_starts(*text);
  const auto line_count = static_cast<std::uint32_t>(starts.size());
  if (candidate.start_line >= line_count) return Excerpt();

  Excerpt excerpt{candidate.start_line, std::min(candidate.end_line, line_count), ""};
  while (excerpt.start_line > 0 && candidate.start_line - excerpt.start_line < kCommentLinesMax &&
         introduces(line_of(*text, starts, excerpt.start_line - 1)))
    --excerpt.start_line;
  if (excerpt.end_line - candidate.start_line <= rank::kDefinitionLinesMax) {
    excerpt.text = lines_between(*text, starts, excerpt.start_line, excerpt.end_line);
    return excerpt;
  }
  if (has_members(symbol.kind)) {
    Expected<std::string> outline = members_outline(
        view, symbol, lines_between(*text, starts, excerpt.start_line, candidate.start_line + 1));
    if (!outline) return std::move(outline.error()).pass();
    excerpt.text = std::move(*outline);
    return excerpt;
  }
  excerpt.end_line = candidate.start_line + rank::kSkeletonLinesMax;
  excerpt.text = lines_between(*text, starts, excerpt.start_line, excerpt.end_line);
  return excerpt;
}

Expected<Excerpt> outline(View& view, const std::string& path) {
  Expected<std::vector<SymbolRow>> symbols = view.symbols_of(path);
  if (!symbols) return std::move(symbols.error()).pass();
  Excerpt excerpt;
  int lines = 0;
  std::uint32_t done_until = 0;
  for (const SymbolRow& symbol : *symbols) {
    const bool is_local = symbol.start_byte < done_until && !symbol.container.empty() &&
                          symbol.kind != SymbolKind::kMethod;
    if (is_local || symbol.kind == SymbolKind::kField || symbol.kind == SymbolKind::kVariable)
      continue;
    if (!has_members(symbol.kind)) done_until = std::max(done_until, symbol.end_byte);
    Expected<bool> current = view.is_current(symbol);
    if (!current) return std::move(current.error()).pass();
    const std::string signature = *current ? view.signature(symbol) : "";
    if (signature.empty()) continue;
    excerpt.text += signature + "\n";
    excerpt.end_line = std::max(excerpt.end_line, symbol.end_line + 1);
    if (++lines == rank::kOutlineLinesMax) break;
  }
  return excerpt;
}

Expected<Excerpt> plain_lines(View& view, const Candidate& candidate) {
  const std::shared_ptr<const std::string> text = view.text(candidate.path);
  if (!text) return Excerpt();
  const std::vector<std::uint32_t> starts = line_starts(*text);
  const auto line_count = static_cast<std::uint32_t>(starts.size());
  if (candidate.start_line >= line_count) return Excerpt();
  Excerpt excerpt{candidate.start_line, std::min(candidate.end_line, line_count), ""};
  excerpt.text = lines_between(*text, starts, excerpt.start_line, excerpt.end_line);
  return excerpt;
}

}  // namespace

Expected<Excerpt> excerpt(View& view, const Candidate& candidate) {
  switch (candidate.shape) {
    case Candidate::Shape::kDefinition:
      return definition(view, candidate);
    case Candidate::Shape::kOutline:
      return outline(view, candidate.path);
    case Candidate::Shape::kLines:
      return plain_lines(view, candidate);
  }
  return Excerpt();
}

}  // namespace curlew::indexer
