#include "model/text/recent_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "model/text/next_edit_parts.h"

namespace curlew::model {
namespace {

using Lines = std::span<const std::string_view>;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string joined(Lines lines) {
  std::string out;
  for (const std::string_view line : lines) out.append(line).push_back('\n');
  return out;
}

void mark(std::string& out, char sign, const std::string& lines) {
  for (const std::string_view line : split(lines)) out += fmt::format("{}{}\n", sign, line);
}

std::size_t count(const std::string& lines) {
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

EditHunk hunk_of(const RecentEdit& edit) {
  const std::string old_text = with_line_feeds(edit.before);
  const std::string new_text = with_line_feeds(edit.after);
  const std::vector<std::string_view> old_lines = split(old_text), new_lines = split(new_text);
  const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
  std::size_t same = 0, same_end = 0;
  while (same < shorter && old_lines[same] == new_lines[same]) ++same;
  while (same_end < shorter - same &&
         old_lines[old_lines.size() - 1 - same_end] == new_lines[new_lines.size() - 1 - same_end])
    ++same_end;
  const std::size_t lead = std::min(same, kEditContextLines);
  const std::size_t trail = std::min(same_end, kEditContextLines);
  const Lines from(old_lines), to(new_lines);
  EditHunk hunk;
  hunk.line = edit.line + static_cast<int>(same - lead);
  hunk.lead = joined(from.subspan(same - lead, lead));
  hunk.removed = joined(from.subspan(same, old_lines.size() - same - same_end));
  hunk.added = joined(to.subspan(same, new_lines.size() - same - same_end));
  hunk.trail = joined(from.subspan(old_lines.size() - same_end, trail));
  return hunk;
}

std::string unified(const EditHunk& hunk) {
  const std::size_t around = count(hunk.lead) + count(hunk.trail);
  std::string out = fmt::format("@@ -{},{} +{},{} @@\n", hunk.line, around + count(hunk.removed),
                                hunk.line, around + count(hunk.added));
  mark(out, ' ', hunk.lead);
  mark(out, '-', hunk.removed);
  mark(out, '+', hunk.added);
  mark(out, ' ', hunk.trail);
  return out;
}

}  // namespace curlew::model
