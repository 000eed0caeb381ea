#include "indexer/excerpt.h"

#include <algorithm>

#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

constexpr std::uint32_t kCommentLinesMax = 14;

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

struct Lines {
  std::string_view text;
  std::uint32_t comment_lines = 0;
};

// The lines of a definition with the comment above it.
Lines whole_lines(std::string_view text, const SymbolRow& row) {
  Lines lines;
  std::size_t start = line_start_at(text, row.start_byte);
  const std::size_t end = std::min(text.find('\n', row.end_byte), text.size());
  while (start > 0 && lines.comment_lines < std::min(kCommentLinesMax, row.start_line)) {
    const std::size_t above = line_start_at(text, start - 1);
    if (!introduces(text.substr(above, start - above))) break;
    start = above;
    ++lines.comment_lines;
  }
  lines.text = text.substr(start, end - start);
  return lines;
}

std::string_view first_lines(std::string_view text, std::uint32_t count) {
  std::size_t end = 0;
  while (count-- > 0 && end < text.size())
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(0, end);
}

std::string with_line_end(std::string_view text) {
  std::string lines(text);
  if (!lines.empty() && lines.back() != '\n') lines += '\n';
  return lines;
}

Expected<Excerpt> definition(View& view, const Candidate& candidate) {
  const SymbolRow& symbol = candidate.symbol;
  Expected<bool> current = view.is_current(symbol);
  if (!current) return std::move(current.error()).pass();
  const std::shared_ptr<const std::string> text = view.text(symbol.path);
  if (!*current || !text || symbol.end_byte > text->size()) return Excerpt();
  const Lines lines = whole_lines(*text, symbol);
  Excerpt excerpt{symbol.start_line - lines.comment_lines, symbol.end_line + 1, ""};
  if (symbol.end_line - symbol.start_line < rank::kDefinitionLinesMax) {
    excerpt.text = with_line_end(lines.text);
    return excerpt;
  }
  if (has_members(symbol.kind)) {
    Expected<std::string> outline = members_outline(
        view, symbol, with_line_end(first_lines(lines.text, lines.comment_lines + 1)));
    if (!outline) return std::move(outline.error()).pass();
    excerpt.text = std::move(*outline);
    return excerpt;
  }
  excerpt.end_line = symbol.start_line + rank::kSkeletonLinesMax;
  excerpt.text =
      with_line_end(first_lines(lines.text, lines.comment_lines + rank::kSkeletonLinesMax));
  return excerpt;
}

// The symbols of a file one after the other, each as detailed as the digest has it. A member whose
// container is not shown above it gets a line that names the container.
Expected<Excerpt> digest(View& view, const Candidate& candidate) {
  const std::shared_ptr<const std::string> text = view.text(candidate.path);
  if (!text) return Excerpt();
  const Language* language = language_of(candidate.path, std::string_view(*text).substr(0, 256));
  const std::string_view comment = language ? language->line_comment : "//";
  Excerpt excerpt{candidate.start_line, 0, ""};
  std::string_view container;
  for (const DigestSymbol& symbol : candidate.symbols) {
    const SymbolRow& row = symbol.row;
    Expected<bool> current = view.is_current(row);
    if (!current) return std::move(current.error()).pass();
    if (!*current || row.end_byte > text->size()) continue;
    if (row.container != container && !row.container.empty())
      excerpt.text += fmt::format("{} {}\n", comment, row.container);
    container = has_members(row.kind) ? std::string_view(row.name) : row.container;
    excerpt.end_line = std::max(excerpt.end_line, row.end_line + 1);
    if (symbol.detail == DigestSymbol::Detail::kSignature) {
      excerpt.text += (row.container.empty() ? "" : "  ") + view.signature(row) + "\n";
      continue;
    }
    const Lines lines = whole_lines(*text, row);
    excerpt.start_line = std::min(excerpt.start_line, row.start_line - lines.comment_lines);
    excerpt.text += with_line_end(lines.text);
  }
  return excerpt;
}

}  // namespace

Expected<Excerpt> excerpt(View& view, const Candidate& candidate) {
  switch (candidate.shape) {
    case Candidate::Shape::kDefinition:
      return definition(view, candidate);
    case Candidate::Shape::kDigest:
      return digest(view, candidate);
    case Candidate::Shape::kLines:
      return Excerpt{candidate.start_line, candidate.end_line, with_line_end(candidate.text)};
  }
  return Excerpt();
}

}  // namespace curlew::indexer
