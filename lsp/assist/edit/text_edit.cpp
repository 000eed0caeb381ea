#include "lsp/assist/edit/text_edit.h"

#include <algorithm>
#include <span>

namespace curlew::assist {
namespace {

constexpr int kContextLines = 3;

using Lines = std::vector<std::string_view>;  // each with its line end

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// Lines [a_begin, a_end) of the one text become [b_begin, b_end) of the other.
struct Hunk {
  int a_begin, a_end, b_begin, b_end;
};

// A shortest edit script (Myers, "An O(ND) difference algorithm and its variations", 1986), found
// forwards with all furthest points kept; the equal beginnings and ends are not its business.
class Diff {
 public:
  Diff(std::span<const std::string_view> a, std::span<const std::string_view> b)
      : a_(a), b_(b), n_(static_cast<int>(a.size())), m_(static_cast<int>(b.size())) {}

  std::vector<Hunk> hunks() {
    const int cost = search();
    if (cost < 0) return {{0, n_, 0, m_}};
    return walk_back(cost);
  }

 private:
  int& furthest(std::vector<int>& row, int k) {
    return row[static_cast<std::size_t>(k + static_cast<int>(row.size()) / 2)];
  }

  // The number of changed lines, or -1 when there are too many.
  int search() {
    for (int d = 0; d <= std::min(n_ + m_, kDiffCostMax); ++d) {
      std::vector<int> row(static_cast<std::size_t>(2 * d + 3), -1);  // diagonals -d-1 .. d+1
      for (int k = -d; k <= d; k += 2) {
        int x = d == 0 ? 0 : step(d, k);
        while (x < n_ && x - k < m_ && same(x, x - k)) ++x;
        furthest(row, k) = x;
        if (x >= n_ && x - k >= m_) {
          rows_.push_back(std::move(row));
          return d;
        }
      }
      rows_.push_back(std::move(row));
    }
    return -1;
  }
  // Where the d-th change on diagonal k leads to: a line of b inserted, or one of a deleted.
  int step(int d, int k) {
    std::vector<int>& before = rows_[static_cast<std::size_t>(d - 1)];
    return inserts(before, d, k) ? furthest(before, k + 1) : furthest(before, k - 1) + 1;
  }
  bool inserts(std::vector<int>& before, int d, int k) {
    return k == -d || (k != d && furthest(before, k - 1) < furthest(before, k + 1));
  }
  bool same(int x, int y) const {
    return x >= 0 && y >= 0 && a_[static_cast<std::size_t>(x)] == b_[static_cast<std::size_t>(y)];
  }

  std::vector<Hunk> walk_back(int cost) {
    std::vector<Hunk> hunks;  // last first
    int x = n_, y = m_;
    for (int d = cost; d > 0; --d) {
      const int k = x - y;
      std::vector<int>& before = rows_[static_cast<std::size_t>(d - 1)];
      const bool insert = inserts(before, d, k);
      const int from_x = furthest(before, insert ? k + 1 : k - 1);
      const int from_y = from_x - (insert ? k + 1 : k - 1);
      const int to_x = insert ? from_x : from_x + 1, to_y = insert ? from_y + 1 : from_y;
      if (!hunks.empty() && hunks.back().a_begin == to_x && hunks.back().b_begin == to_y) {
        hunks.back().a_begin = from_x;
        hunks.back().b_begin = from_y;
      } else {
        hunks.push_back({from_x, to_x, from_y, to_y});
      }
      x = from_x;
      y = from_y;
    }
    std::ranges::reverse(hunks);
    return hunks;
  }

  std::span<const std::string_view> a_, b_;
  const int n_, m_;
  std::vector<std::vector<int>> rows_;  // by number of changes
};

std::vector<Hunk> hunks_of(const Lines& a, const Lines& b) {
  const auto [end_a, end_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto before = static_cast<std::size_t>(end_a - a.begin());
  std::size_t after = 0;
  while (after < a.size() - before && after < b.size() - before &&
         a[a.size() - 1 - after] == b[b.size() - 1 - after])
    ++after;
  if (before == a.size() && before == b.size()) return {};
  std::vector<Hunk> hunks = Diff(std::span(a).subspan(before, a.size() - before - after),
                                 std::span(b).subspan(before, b.size() - before - after))
                                .hunks();
  const int shift = static_cast<int>(before);
  for (Hunk& h : hunks)
    h = {h.a_begin + shift, h.a_end + shift, h.b_begin + shift, h.b_end + shift};
  return hunks;
}

bool is_inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Without what both have at their beginning and end; characters stay whole.
TextEdit cut_to_change(std::string_view before, TextEdit edit) {
  const std::string_view old = before.substr(edit.start, edit.end - edit.start);
  const std::string_view made = edit.text;
  const std::size_t most = std::min(old.size(), made.size());
  std::size_t head = 0;
  while (head < most && old[head] == made[head]) ++head;
  while (head > 0 && (is_inside_character(old, head) || is_inside_character(made, head))) --head;
  std::size_t tail = 0;
  while (tail < most - head && old[old.size() - 1 - tail] == made[made.size() - 1 - tail]) ++tail;
  while (tail > 0 && is_inside_character(old, old.size() - tail)) --tail;
  edit.text = std::string(made.substr(head, made.size() - head - tail));
  edit.start += head;
  edit.end -= tail;
  return edit;
}

void append_line(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

std::string range_of(int begin, int end) {
  const int count = end - begin;
  const int first = count == 0 ? begin : begin + 1;  // an empty range names the line before it
  return count == 1 ? fmt::format("{}", first) : fmt::format("{},{}", first, count);
}

// One "@@" part: hunks that lie within twice the context of one another.
void append_part(std::string& out, const Lines& a, const Lines& b, std::span<const Hunk> hunks) {
  const Hunk& first = hunks.front();
  const Hunk& last = hunks.back();
  const int before = std::min(kContextLines, first.a_begin);
  const int after = std::min(kContextLines, static_cast<int>(a.size()) - last.a_end);
  out += fmt::format("@@ -{} +{} @@\n", range_of(first.a_begin - before, last.a_end + after),
                     range_of(first.b_begin - before, last.b_end + after));
  int at = first.a_begin - before;
  const auto context = [&](int end) {
    for (; at < end; ++at) append_line(out, ' ', a[static_cast<std::size_t>(at)]);
  };
  for (const Hunk& hunk : hunks) {
    context(hunk.a_begin);
    for (; at < hunk.a_end; ++at) append_line(out, '-', a[static_cast<std::size_t>(at)]);
    for (int i = hunk.b_begin; i < hunk.b_end; ++i)
      append_line(out, '+', b[static_cast<std::size_t>(i)]);
  }
  context(last.a_end + after);
}

}  // namespace

Status check_edits(std::string_view text, const std::vector<TextEdit>& edits) {
  std::size_t free_from = 0;
  bool is_first = true;
  for (const TextEdit& edit : edits) {
    const bool in_order =
        is_first || edit.start > free_from || (edit.start == free_from && edit.end > edit.start);
    if (edit.start > edit.end || edit.end > text.size() || !in_order)
      return fail(Errc::kInvalidInput,
                  "edit of bytes {} to {}: expected edits in order, apart, within {} bytes",
                  edit.start, edit.end, text.size());
    free_from = edit.end;
    is_first = false;
  }
  return {};
}

Expected<std::string> apply_edits(std::string_view text, const std::vector<TextEdit>& edits) {
  if (Status checked = check_edits(text, edits); !checked) return std::move(checked.error()).pass();
  std::string out;
  std::size_t at = 0;
  for (const TextEdit& edit : edits) {
    out += text.substr(at, edit.start - at);
    out += edit.text;
    at = edit.end;
  }
  return out += text.substr(at);
}

void fit_line_ends(std::string_view text, std::vector<TextEdit>& edits) {
  const std::size_t first = text.find('\n');
  if (first == text.npos) return;
  const bool is_crlf = first > 0 && text[first - 1] == '\r';
  for (TextEdit& edit : edits) {
    if (edit.text.find('\n') == std::string::npos) continue;
    std::string fitted;
    for (const char c : edit.text) {
      if (c == '\n') {
        if (fitted.ends_with('\r')) fitted.pop_back();
        if (is_crlf) fitted += '\r';
      }
      fitted += c;
    }
    edit.text = std::move(fitted);
  }
}

std::vector<TextEdit> edits_between(std::string_view before, std::string_view after) {
  const Lines a = split_lines(before), b = split_lines(after);
  const auto offset = [](const Lines& lines, std::string_view text, int line) {
    return static_cast<std::size_t>(line) == lines.size()
               ? text.size()
               : static_cast<std::size_t>(lines[static_cast<std::size_t>(line)].data() -
                                          text.data());
  };
  std::vector<TextEdit> edits;
  for (const Hunk& hunk : hunks_of(a, b)) {
    const std::size_t from = offset(b, after, hunk.b_begin), to = offset(b, after, hunk.b_end);
    edits.push_back(
        cut_to_change(before, {offset(a, before, hunk.a_begin), offset(a, before, hunk.a_end),
                               std::string(after.substr(from, to - from))}));
  }
  return edits;
}

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  const Lines a = split_lines(before), b = split_lines(after);
  const std::vector<Hunk> hunks = hunks_of(a, b);
  if (hunks.empty()) return "";
  std::string out = fmt::format("--- a/{}\n+++ b/{}\n", path, path);
  for (std::size_t first = 0; first < hunks.size();) {
    std::size_t end = first + 1;
    while (end < hunks.size() && hunks[end].a_begin - hunks[end - 1].a_end <= 2 * kContextLines)
      ++end;
    append_part(out, a, b, std::span(hunks).subspan(first, end - first));
    first = end;
  }
  return out;
}

}  // namespace curlew::assist
