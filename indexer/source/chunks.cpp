#include "indexer/source/chunks.h"

#include <algorithm>
#include <climits>
#include <string>

namespace curlew::indexer {
namespace {

struct Lines {
  int first = 0, end = 0;  // half-open
  int count() const { return end - first; }
};

struct Piece {
  Lines lines;
  std::string_view name;
};

// A definition that may become a chunk of its own.
struct Unit {
  Lines lines;  // with its doc comment
  std::string_view name;
  int next = 0;            // index of the first unit that is not inside of this one
  bool is_module = false;  // only holds others: is no chunk even where it would fit
};

constexpr int kNoCut = INT_MAX;

// The lines of the text, and which of them are blank.
class TextLines {
 public:
  explicit TextLines(const LineTable& lines) : lines_(lines), text_(lines.text()) {}

  int count() const { return lines_.count(); }
  bool blank(int line) const { return indent(line) < 0; }
  std::size_t bytes(Lines l) const { return lines_.start(l.end) - lines_.start(l.first); }

  // Bytes of white space in front of the line's first other byte; -1 for a blank line.
  int indent(int line) const {
    const std::uint32_t start = lines_.start(line), end = lines_.start(line + 1);
    for (std::uint32_t i = start; i < end; ++i) {
      const char c = text_[i];  // '\t', '\n', '\v', '\f', '\r' lie side by side
      if (c != ' ' && (c < '\t' || c > '\r')) return static_cast<int>(i - start);
    }
    return -1;
  }

  Lines without_blank_ends(Lines l) const {
    while (l.first < l.end && blank(l.first)) ++l.first;
    while (l.first < l.end && blank(l.end - 1)) --l.end;
    return l;
  }

  // Whole lines; the end is the start of the line after, or the end of a text without a last line
  // end.
  Range range(Lines l) const {
    Range r;
    r.start_byte = lines_.start(l.first);
    r.end_byte = lines_.start(l.end);
    r.start_line = static_cast<std::uint32_t>(l.first);
    const bool ends_in_newline = r.end_byte > 0 && text_[r.end_byte - 1] == '\n';
    r.end_line = static_cast<std::uint32_t>(ends_in_newline ? l.end : l.end - 1);
    r.end_col = ends_in_newline ? 0 : r.end_byte - lines_.start(l.end - 1);
    return r;
  }

 private:
  const LineTable& lines_;
  std::string_view text_;
};

class Chunker {
 public:
  Chunker(const TextLines& lines, const ChunkLimits& limits, std::vector<Unit> units,
          std::vector<int> cut_costs)
      : lines_(lines), limits_(limits), units_(std::move(units)), costs_(std::move(cut_costs)) {}

  std::vector<Chunk> run() {
    // A definition's inner ones wait on this stack, not on the call stack.
    struct Task {
      Lines lines;
      std::string_view name;
      int unit, unit_end;  // the units inside of `lines`
      bool may_be_chunk;
    };
    std::vector<Task> tasks{{{0, lines_.count()}, {}, 0, static_cast<int>(units_.size()), false}};
    while (!tasks.empty()) {
      const Task task = tasks.back();
      tasks.pop_back();
      if (task.unit == task.unit_end || (task.may_be_chunk && fits(task.lines))) {
        add_piece(task.lines, task.name);
        continue;
      }
      std::vector<Task> inner;
      int at = task.lines.first;
      for (int u = task.unit; u < task.unit_end; u = units_[u].next) {
        const Lines unit{std::max(at, units_[u].lines.first), units_[u].lines.end};
        if (unit.first >= unit.end) continue;  // shares its lines with the one before
        if (at < unit.first) inner.push_back({{at, unit.first}, task.name, 0, 0, true});
        const int inside = unit.first == units_[u].lines.first ? u + 1 : units_[u].next;
        inner.push_back({unit, units_[u].name, inside, units_[u].next, !units_[u].is_module});
        at = unit.end;
      }
      if (at < task.lines.end) inner.push_back({{at, task.lines.end}, task.name, 0, 0, true});
      tasks.insert(tasks.end(), inner.rbegin(), inner.rend());
    }
    return join();
  }

 private:
  bool fits(Lines l) const {
    return l.count() <= limits_.lines_max &&
           lines_.bytes(l) <= static_cast<std::size_t>(limits_.bytes_max);
  }

  // Adds the lines as one piece, or as several where they are too many.
  void add_piece(Lines l, std::string_view name) {
    l = lines_.without_blank_ends(l);
    while (l.first < l.end) {
      Lines head = l;
      if (!fits(l)) head.end = best_cut(l);
      pieces_.push_back({lines_.without_blank_ends(head), name});
      l = lines_.without_blank_ends({head.end, l.end});
    }
  }

  // The line before which to cut so that what stands before fits: the cheapest in the later half,
  // the last of equals.
  int best_cut(Lines l) const {
    int end = l.first + 1;
    while (end < l.end && fits({l.first, end + 1})) ++end;
    int best = end, cost = kNoCut;
    for (int line = end; line > l.first + (end - l.first) / 2; --line) {
      if (line < l.end && costs_[line] < cost) {
        cost = costs_[line];
        best = line;
      }
    }
    return best;
  }

  std::vector<Chunk> join() const {
    std::vector<Chunk> out;
    Piece open;
    const auto close = [&] {
      if (open.lines.count() > 0) out.push_back({lines_.range(open.lines), std::string(open.name)});
    };
    for (const Piece& piece : pieces_) {
      const Lines both{open.lines.first, piece.lines.end};
      const bool is_short =
          open.lines.count() < limits_.lines_min || piece.lines.count() < limits_.lines_min;
      if (open.lines.count() > 0 && is_short && fits(both)) {
        open.lines = both;
        if (open.name.empty()) open.name = piece.name;
        continue;
      }
      close();
      open = piece;
    }
    close();
    return out;
  }

  const TextLines& lines_;
  const ChunkLimits& limits_;
  std::vector<Unit> units_;
  std::vector<int> costs_;
  std::vector<Piece> pieces_;
};

// What is worth a chunk of its own; a field or a variable on one line is not.
bool is_unit(const Symbol& symbol, std::uint32_t first_line) {
  switch (symbol.kind) {
    case SymbolKind::kField:
    case SymbolKind::kEnumMember:
    case SymbolKind::kVariable:
    case SymbolKind::kConstant:
    case SymbolKind::kProperty:
      return symbol.range.end_line > first_line;
    case SymbolKind::kModule:
      return symbol.range.end_line > symbol.range.start_line;
    default:
      return true;
  }
}

std::vector<Unit> units_of(const Extracted& extracted, int line_count) {
  std::vector<Unit> units;
  std::vector<int> open;
  for (std::size_t i = 0; i < extracted.symbols.size(); ++i) {
    const Symbol& symbol = extracted.symbols[i];
    if (!is_unit(symbol, extracted.first_lines[i])) continue;
    Lines lines{static_cast<int>(extracted.first_lines[i]),
                std::min(static_cast<int>(symbol.range.end_line) + 1, line_count)};
    while (!open.empty() && units[open.back()].lines.end <= lines.first) {
      units[open.back()].next = static_cast<int>(units.size());
      open.pop_back();
    }
    // Stays within what encloses it, even where both end on one line.
    if (!open.empty()) lines.end = std::min(lines.end, units[open.back()].lines.end);
    if (lines.first >= lines.end) continue;
    open.push_back(static_cast<int>(units.size()));
    units.push_back({lines, symbol.name, 0, symbol.kind == SymbolKind::kModule});
  }
  for (const int u : open) units[u].next = static_cast<int>(units.size());
  return units;
}

// What it costs to cut before a line: the depth of the shallowest node that starts it. Nodes that
// fit into a chunk are not entered.
std::vector<int> costs_by_tree(const TextLines& lines, const LineTable& table, const FlatTree& tree,
                               const ChunkLimits& limits) {
  std::vector<int> costs(static_cast<std::size_t>(lines.count()), kNoCut);
  const auto size = static_cast<std::uint32_t>(tree.nodes.size());
  std::vector<std::uint32_t> open;  // where the nodes around the place end
  std::uint32_t near = 0;
  for (std::uint32_t n = 0; n < size;) {
    while (!open.empty() && open.back() <= n) open.pop_back();
    const FlatNode& node = tree.nodes[n];
    near = table.line_of(node.span.start, near);
    const auto line = static_cast<int>(near);
    if (line < lines.count() && node.named &&
        static_cast<int>(node.span.start - table.start(line)) == lines.indent(line)) {
      costs[line] = std::min(costs[line], static_cast<int>(open.size()));
    }
    const int line_count = static_cast<int>(table.line_of(node.span.end, near)) - line + 1;
    const bool is_long = line_count > limits.lines_max / 2 ||
                         node.span.bytes() > static_cast<std::uint32_t>(limits.bytes_max) / 2;
    if (is_long && line_count > 1) {
      open.push_back(node.next);
      ++n;
    } else {
      n = node.next;
    }
  }
  return costs;
}

std::vector<int> costs_by_blank_lines(const TextLines& lines) {
  std::vector<int> costs(lines.count(), kNoCut);
  for (int line = 1; line < lines.count(); ++line) {
    const int indent = lines.indent(line);
    if (indent >= 0) costs[line] = 2 * indent + (lines.blank(line - 1) ? 0 : 3);
  }
  return costs;
}

}  // namespace

std::vector<Chunk> cut_chunks(const LineTable& table, const Extracted& extracted,
                              const FlatTree* tree, const ChunkLimits& limits) {
  if (table.text().empty()) return {};
  const TextLines lines(table);
  std::vector<int> costs =
      tree ? costs_by_tree(lines, table, *tree, limits) : costs_by_blank_lines(lines);
  return Chunker(lines, limits, units_of(extracted, lines.count()), std::move(costs)).run();
}

}  // namespace curlew::indexer
