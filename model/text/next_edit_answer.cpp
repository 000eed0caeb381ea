// What a model wrote -> the region's new text.

#include <algorithm>
#include <charconv>

#include "model/text/next_edit.h"
#include "model/text/next_edit_parts.h"

namespace curlew::model {
namespace {

constexpr std::string_view kSeedEnd = "<[end▁of▁sentence]>";

// Takes the cursor's marker out of text; nothing where it has none. More than one: the first
// counts.
std::optional<std::size_t> take_cursor(std::string& text, std::string_view marker) {
  const std::size_t first = text.find(marker);
  for (std::size_t at = first; at != std::string::npos; at = text.find(marker, at))
    text.erase(at, marker.size());
  return first == std::string::npos ? std::nullopt : std::optional(first);
}

void drop_from(std::string& text, std::string_view marker) {
  text.resize(std::min(text.find(marker), text.size()));
}

// As many line feeds at the end as the region has: none or one of the markers' own was added.
void end_like(std::string& text, std::string_view region) {
  const bool wanted = region.ends_with('\n');
  if (wanted && !text.empty() && !text.ends_with('\n')) text.push_back('\n');
  if (!wanted && text.ends_with('\n')) text.pop_back();
}

Expected<NextEditAnswer> read_zeta(const PromptText& text, std::string answer) {
  const std::size_t start = answer.find(kZetaRegionStart);
  if (start == std::string::npos)
    return fail(Errc::kInvalidInput, "the answer has no {}", kZetaRegionStart);
  answer.erase(0, start + kZetaRegionStart.size());
  if (answer.starts_with('\n')) answer.erase(0, 1);
  if (const std::size_t end = answer.find(kZetaRegionEnd); end != std::string::npos)
    answer.resize(end);
  if (answer.ends_with('\n')) answer.pop_back();  // the end marker's
  NextEditAnswer out;
  out.cursor = take_cursor(answer, kZetaCursor);
  if (answer.find(kZetaRegionStart) != std::string::npos)
    return fail(Errc::kInvalidInput, "the answer has {} twice", kZetaRegionStart);
  if (shown_region(text).size() < text.region().size()) answer.push_back('\n');
  out.text = std::move(answer);
  return out;
}

Expected<NextEditAnswer> read_zeta2(const PromptText& text, std::string answer) {
  drop_from(answer, kZeta2Updated);
  if (answer.starts_with(kZeta2NoEdits)) return NextEditAnswer{.text = std::string(text.region())};
  NextEditAnswer out;
  out.cursor = take_cursor(answer, kZeta2Cursor);
  for (const std::string_view marker : {kZeta2Current, kZeta2Divider})
    if (answer.starts_with(marker) || answer.find(fmt::format("\n{}", marker)) != std::string::npos)
      return fail(Errc::kInvalidInput, "the answer has a line {}", without_last_feed(marker));
  end_like(answer, text.region());
  out.text = std::move(answer);
  return out;
}

struct NumberedMarker {
  std::size_t begin = 0, end = 0;  // bytes of the answer
  std::size_t number = 0;          // from 1
};

std::vector<NumberedMarker> numbered_markers(std::string_view answer) {
  std::vector<NumberedMarker> markers;
  for (std::size_t at = answer.find(kZeta21MarkerStart); at != std::string_view::npos;
       at = answer.find(kZeta21MarkerStart, at + 1)) {
    const char* digits = answer.data() + at + kZeta21MarkerStart.size();
    NumberedMarker marker = {at, 0, 0};
    const auto [stop, error] =
        std::from_chars(digits, answer.data() + answer.size(), marker.number);
    const auto after = static_cast<std::size_t>(stop - answer.data());
    if (error != std::errc() || answer.substr(after, kMarkerEnd.size()) != kMarkerEnd) continue;
    marker.end = after + kMarkerEnd.size();
    markers.push_back(marker);
  }
  return markers;
}

// "<|marker_2|> new text of blocks 2 to 3 <|marker_4|>"; the same marker twice: nothing to edit.
Expected<NextEditAnswer> read_zeta21(const PromptText& text, std::string answer) {
  drop_from(answer, kSeedEnd);
  const std::string_view region = text.region();
  const std::vector<std::size_t> offsets = marker_offsets(region);
  const std::vector<NumberedMarker> markers = numbered_markers(answer);
  if (markers.size() < 2)
    return fail(Errc::kInvalidInput, "the answer has {} numbered markers, expected two or more",
                markers.size());
  const std::size_t first = markers.front().number, last = markers.back().number;
  if (first < 1 || last > offsets.size() || first > last)
    return fail(Errc::kInvalidInput, "the answer goes from marker {} to {}; the prompt has 1 to {}",
                first, last, offsets.size());
  if (first == last) return NextEditAnswer{.text = std::string(region)};
  std::string span;
  for (std::size_t i = 0; i + 1 < markers.size(); ++i)
    span += answer.substr(markers[i].end, markers[i + 1].begin - markers[i].end);
  NextEditAnswer out;
  out.cursor = take_cursor(span, kZeta2Cursor);
  const std::size_t begin = offsets[first - 1];
  if (out.cursor) *out.cursor += begin;
  out.text = fmt::format("{}{}{}", region.substr(0, begin), span, region.substr(offsets[last - 1]));
  return out;
}

Expected<NextEditAnswer> read_sweep(const NextEditFormat& format, const PromptText& text,
                                    std::string answer) {
  drop_from(answer, kFileSep);
  if (format.layout == NextEditLayout::kSweep && answer.starts_with('\n')) answer.erase(0, 1);
  answer.insert(0, forced_beginning(format, text));
  NextEditAnswer out;
  out.cursor = take_cursor(answer, kSweepCursor);
  // Line feeds at the end cannot be told from those of the layout: the region keeps its own.
  const std::string_view region = text.region();
  const auto content_end = [](std::string_view all) { return all.find_last_not_of('\n') + 1; };
  answer.resize(content_end(answer));
  answer += region.substr(content_end(region));
  out.text = std::move(answer);
  return out;
}

Expected<NextEditAnswer> read(const NextEditFormat& format, const PromptText& text,
                              std::string answer) {
  switch (format.layout) {
    case NextEditLayout::kZeta:
      return read_zeta(text, std::move(answer));
    case NextEditLayout::kZeta2:
      return read_zeta2(text, std::move(answer));
    case NextEditLayout::kZeta21:
      return read_zeta21(text, std::move(answer));
    case NextEditLayout::kSweep:
    case NextEditLayout::kSweepV2:
      return read_sweep(format, text, std::move(answer));
  }
  return fail(Errc::kInternal, "unknown next-edit layout");
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// "\n" -> "\r\n", the cursor moved along.
void restore_crlf(NextEditAnswer& answer) {
  std::string out;
  for (std::size_t i = 0; i < answer.text.size(); ++i) {
    if (answer.text[i] == '\n') out.push_back('\r');
    out.push_back(answer.text[i]);
  }
  if (answer.cursor) {
    const auto end = answer.text.begin() + static_cast<std::ptrdiff_t>(*answer.cursor);
    *answer.cursor += static_cast<std::size_t>(std::count(answer.text.begin(), end, '\n'));
  }
  answer.text = std::move(out);
}

}  // namespace

Expected<NextEditAnswer> read_next_edit_answer(const NextEditFormat& format,
                                               const NextEditText& text,
                                               const NextEditOutput& output) {
  const std::string doing = fmt::format("answer of {} for {}", format.family, text.path);
  if (!output.ended)
    return Error(Errc::kInvalidInput, "it was cut off before its end").during(doing);
  const Expected<PromptText> prompt = prompt_text(text);
  if (!prompt) return Error(prompt.error()).during(doing);
  Expected<NextEditAnswer> answer = read(format, *prompt, with_line_feeds(output.text));
  if (!answer) return std::move(answer.error()).during(doing);
  if (is_blank(answer->text) && !is_blank(prompt->region()))
    return Error(Errc::kInvalidInput, "it is empty, and the region is not").during(doing);
  answer->region = text.editable;
  if (answer->cursor) *answer->cursor = std::min(*answer->cursor, answer->text.size());
  if (prompt->crlf) restore_crlf(*answer);
  return answer;
}

}  // namespace curlew::model
