#include "lsp/assist/next_edit/rewrite_example.h"

namespace curlew::assist {
namespace {

std::size_t blanks_before(std::string_view text) {
  return std::min(text.find_first_not_of(" \t\r\n"), text.size());
}
std::size_t blanks_behind(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == text.npos ? text.size() : text.size() - last - 1;
}
bool has_line_break(std::string_view text) {
  return text.find('\n') != text.npos;
}

TextEdit edit_for(const Example& example, const Hunk& hunk, const CodeView& view,
                  const Replacement& r) {
  TextEdit edit{r.begin > 0 ? view.token(r.begin - 1).end : 0,
                r.end < view.size() ? view.token(r.end).start : view.text().size(),
                example.text_between(hunk)};
  const std::string_view gap = view.text().substr(edit.start, edit.end - edit.start);
  const std::size_t before = blanks_before(gap), behind = blanks_behind(gap);
  if (before == gap.size() && has_line_break(gap)) {  // put in between two lines
    const std::size_t lead = blanks_before(edit.text);
    const bool begins_line = has_line_break(std::string_view(edit.text).substr(0, lead));
    if (begins_line)
      edit.text.erase(0, lead);
    else
      edit.text.resize(edit.text.size() - blanks_behind(edit.text));
    edit.start = edit.end = begins_line ? edit.end : edit.start;
    return edit;
  }
  if (has_line_break(gap.substr(0, before)) || r.begin == 0 || hunk.begin == 0) {
    edit.start += before;
    edit.text.erase(0, blanks_before(edit.text));
  }
  if (has_line_break(gap.substr(gap.size() - behind))) {
    edit.end -= behind;
    edit.text.resize(edit.text.size() - blanks_behind(edit.text));
  }
  return edit;
}

}  // namespace

std::optional<std::vector<TextEdit>> edits_for(const Example& example, const CodeView& view,
                                               const std::vector<Replacement>& replacements) {
  std::vector<TextEdit> edits;
  for (std::size_t i = 0; i < replacements.size(); ++i) {
    edits.push_back(edit_for(example, example.hunks()[i], view, replacements[i]));
    if (has_line_break(edits.back().text)) return std::nullopt;
  }
  return check_edits(view.text(), edits) ? std::optional(std::move(edits)) : std::nullopt;
}

}  // namespace curlew::assist
