#include "model/text/next_edit_parts.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::string_view kZetaMarkers[] = {kZetaCursor, kZetaFileStart, kZetaRegionStart,
                                             kZetaRegionEnd};
constexpr std::string_view kZeta2Markers[] = {"<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>",
                                              "<filename>",     kZeta2Cursor,     kZeta2Current,
                                              kZeta2Divider,    kZeta2Updated};
constexpr std::string_view kZeta21Markers[] = {"<[fim-suffix]>", "<[fim-prefix]>",
                                               "<[fim-middle]>", "<filename>",
                                               kZeta2Cursor,     kZeta21MarkerStart};
constexpr std::string_view kSweepMarkers[] = {kFileSep};
constexpr std::string_view kSweepV2Markers[] = {kFileSep, kSweepCursor};

constexpr std::size_t kBlockLinesMin = 6, kBlockLinesMax = 16;
constexpr std::size_t kNudgeLinesMax = 5;

struct Line {
  std::size_t begin = 0;
  std::string_view words;  // without the blanks around them
};

std::vector<Line> lines_of(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  std::vector<Line> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view words = text.substr(begin, end - begin);
    words.remove_prefix(std::min(words.find_first_not_of(kBlank), words.size()));
    words = words.substr(0, words.find_last_not_of(kBlank) + 1);
    lines.push_back({begin, words});
    begin = end + 1;
  }
  return lines;
}

// A line that ends something rather than beginning it.
bool closes(std::string_view words) {
  constexpr std::string_view kEndings[] = {"break", "continue", "return", "throw", "end"};
  if (words.find_first_of("}])") == 0) return true;
  while (words.ends_with(';')) words.remove_suffix(1);
  return std::find(std::begin(kEndings), std::end(kEndings), words) != std::end(kEndings);
}

// The first line from `at` on, among the next few, that a block may well begin with; else `at`.
std::size_t good_start(const std::vector<Line>& lines, std::size_t at) {
  const std::size_t end = std::min(lines.size(), at + kNudgeLinesMax);
  for (std::size_t i = at; i < end; ++i)
    if (!lines[i].words.empty() && !closes(lines[i].words)) return i;
  return at;
}

}  // namespace

std::span<const std::string_view> next_edit_markers(NextEditLayout layout) {
  switch (layout) {
    case NextEditLayout::kZeta:
      return kZetaMarkers;
    case NextEditLayout::kZeta2:
      return kZeta2Markers;
    case NextEditLayout::kZeta21:
      return kZeta21Markers;
    case NextEditLayout::kSweep:
      return kSweepMarkers;
    case NextEditLayout::kSweepV2:
      return kSweepV2Markers;
  }
  return {};
}

std::string with_line_feeds(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out.push_back(text[i]);
  return out;
}

std::string_view without_last_feed(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::string_view shown_region(const PromptText& text) {
  const std::string_view region = text.region();
  return text.cursor_in_region() == region.size() ? region : without_last_feed(region);
}

int count_lines(std::string_view text) {
  const auto feeds = std::count(text.begin(), text.end(), '\n');
  return static_cast<int>(feeds) + (!text.empty() && text.back() != '\n' ? 1 : 0);
}

Expected<PromptText> prompt_text(const NextEditText& text) {
  const auto [begin, end] = text.editable;
  const std::string_view all = text.text;
  if (begin > end || end > all.size())
    return fail(Errc::kInvalidInput, "the editable region is bytes {} to {} of a text of {}", begin,
                end, all.size());
  if (text.cursor < begin || text.cursor > end)
    return fail(Errc::kInvalidInput, "the cursor, byte {}, is outside the editable region {} to {}",
                text.cursor, begin, end);
  const bool starts = begin == 0 || all[begin - 1] == '\n';
  const bool ends = end == all.size() || end == begin || all[end - 1] == '\n';
  if (!starts || !ends)
    return fail(Errc::kInvalidInput,
                "the editable region, bytes {} to {}, does not consist of whole lines", begin, end);
  PromptText out;
  out.first_line = text.first_line;
  out.text = with_line_feeds(all.substr(0, begin));
  out.editable.begin = out.text.size();
  const std::string_view region = all.substr(begin, end - begin);
  const bool inside_crlf = text.cursor > begin && all.substr(text.cursor - 1, 2) == "\r\n";
  out.cursor =
      out.text.size() +
      with_line_feeds(region.substr(0, text.cursor - begin - (inside_crlf ? 1 : 0))).size();
  out.text += with_line_feeds(region);
  out.editable.end = out.text.size();
  out.text += with_line_feeds(all.substr(end));
  out.crlf = region.find("\r\n") != std::string_view::npos;
  return out;
}

std::vector<std::size_t> marker_offsets(std::string_view region) {
  const std::vector<Line> lines = lines_of(region);
  std::vector<std::size_t> offsets = {0};
  std::size_t block = 0;  // the line it begins with
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const bool after_blank = lines[i - 1].words.empty() && !lines[i].words.empty();
    const bool may = i - block >= kBlockLinesMin && after_blank;
    const bool must = i - block >= kBlockLinesMax;
    if (!may && !must) continue;
    const std::size_t start = good_start(lines, i);
    if (!must && lines.size() - start < kBlockLinesMin) continue;
    offsets.push_back(lines[start].begin);
    block = i = start;
  }
  offsets.push_back(region.size());
  return offsets;
}

std::string_view forced_beginning(const NextEditFormat& format, const PromptText& text) {
  if (format.layout != NextEditLayout::kSweepV2) return {};
  const std::string_view above = text.region().substr(0, text.cursor_in_region());
  return above.substr(0, above.rfind('\n') + 1);  // npos + 1 is 0
}

}  // namespace curlew::model
