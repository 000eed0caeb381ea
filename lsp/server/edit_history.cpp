#include "lsp/server/edit_history.h"

namespace curlew::server {

using assist::TextEdit;

namespace {

// In order from the end, so that each holds in the text that the ones before it leave.
std::vector<TextEdit> edits_of(const protocol::TextDocumentContentChangeEvent& change,
                               const std::string& text, protocol::PositionEncoding encoding) {
  if (!change.range) {
    std::vector<TextEdit> edits = assist::edits_between(text, change.text);
    return {edits.rbegin(), edits.rend()};
  }
  const protocol::LineIndex lines(text);
  const auto start = lines.offset_at(text, change.range->start, encoding);
  const auto end = lines.offset_at(text, change.range->end, encoding).value_or(text.size());
  if (!start || *start > end) return {};
  return {{*start, end, change.text}};
}

}  // namespace

void note_changes(assist::EditHistory& history, const Snapshot& before,
                  const protocol::DidChangeTextDocumentParams& params,
                  assist::EditClock::time_point now) {
  const int version = params.textDocument.version.value_or(before.version() + 1);
  std::string text = before.text();
  for (const auto& change : params.contentChanges)
    for (const TextEdit& edit : edits_of(change, text, before.encoding())) {
      history.note(before.uri(), text, edit, version, now);
      text.replace(edit.start, edit.end - edit.start, edit.text);
    }
}

}  // namespace curlew::server
