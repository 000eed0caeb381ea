#include "lsp/server/documents.h"

#include "lsp/server/uri.h"

namespace curlew::server {

using protocol::LineIndex;
using protocol::Position;
using protocol::PositionEncoding;

const LineIndex& Snapshot::lines() const {
  std::call_once(lines_made_, [this] { lines_ = std::make_unique<LineIndex>(*text_); });
  return *lines_;
}

Expected<std::size_t> Snapshot::offset_at(Position position) const {
  if (const auto offset = lines().offset_at(*text_, position, encoding_)) return *offset;
  return fail(Errc::kInvalidInput,
              "line {} is outside the document, which has {} lines (version {})", position.line,
              lines().line_count(), version_);
}

Position Snapshot::position_at(std::size_t offset) const {
  return lines().position_at(*text_, offset, encoding_);
}

Expected<const Snapshot*> required(const std::shared_ptr<const Snapshot>& document) {
  if (document) return document.get();
  return fail(Errc::kInvalidInput,
              "the document is not open, or editor and server disagree about its text: open it "
              "(again)");
}

Expected<std::string> apply_change(const std::string& text,
                                   const protocol::TextDocumentContentChangeEvent& change,
                                   PositionEncoding encoding) {
  if (!change.range) return change.text;
  const LineIndex lines(text);
  const auto start = lines.offset_at(text, change.range->start, encoding);
  // An end behind the text means its end: what to delete is beyond doubt.
  const auto end = lines.offset_at(text, change.range->end, encoding).value_or(text.size());
  if (!start || *start > end)
    return fail(Errc::kInvalidInput,
                "a change of {}:{}-{}:{} does not fit the text, which has {} lines",
                change.range->start.line, change.range->start.character, change.range->end.line,
                change.range->end.character, lines.line_count());
  std::string out;
  out.reserve(text.size() - (end - *start) + change.text.size());
  out.append(text, 0, *start).append(change.text).append(text, end);
  return out;
}

Status Documents::open(const protocol::TextDocumentItem& item, DocumentPlace place) {
  auto snapshot = std::make_shared<const Snapshot>(item.uri, item.languageId, item.version,
                                                   std::make_shared<const std::string>(item.text),
                                                   std::move(place), encoding_);
  std::lock_guard lock(mutex_);
  const auto [found, is_new] = entries_.try_emplace(item.uri);
  if (is_new) found->second.recency = recency_.insert(recency_.begin(), item.uri);
  found->second.snapshot = std::move(snapshot);
  found->second.out_of_sync = false;
  to_front(found->second);
  if (!is_new) return fail(Errc::kInvalidInput, "{}: opened twice; the newer text holds", item.uri);
  return {};
}

Status Documents::change(const protocol::DidChangeTextDocumentParams& params) {
  const std::string& uri = params.textDocument.uri;
  std::shared_ptr<const Snapshot> old;
  bool out_of_sync = false;
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(uri);
    if (found == entries_.end())
      return fail(Errc::kInvalidInput, "{}: changed, but it is not open", uri);
    old = found->second.snapshot;
    out_of_sync = found->second.out_of_sync;
  }
  // Outside the lock: only this thread changes documents.
  Expected<std::string> text = old->text();
  for (const auto& change : params.contentChanges) {
    if (out_of_sync && change.range) continue;
    out_of_sync = false;
    text = apply_change(*text, change, encoding_);
    if (text && text->size() > kDocumentBytesMax)
      text = fail(Errc::kInvalidInput, "the text grew past {} bytes", kDocumentBytesMax);
    if (!text) break;
  }
  const int version = params.textDocument.version.value_or(old->version() + 1);
  std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(uri);
  entry.out_of_sync = out_of_sync || !text;
  if (!text) return std::move(text.error()).during(uri);
  entry.snapshot = std::make_shared<const Snapshot>(
      uri, old->language(), version, std::make_shared<const std::string>(std::move(*text)),
      old->place(), encoding_);
  to_front(entry);
  if (version < old->version())
    return fail(Errc::kInvalidInput, "{}: version {} after version {}; taken all the same", uri,
                version, old->version());
  return {};
}

Status Documents::close(const std::string& uri) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(uri);
  if (found == entries_.end())
    return fail(Errc::kInvalidInput, "{}: closed, but it is not open", uri);
  recency_.erase(found->second.recency);
  entries_.erase(found);
  return {};
}

void Documents::touch(const std::string& uri) {
  std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(uri); found != entries_.end()) to_front(found->second);
}

void Documents::to_front(Entry& entry) {
  recency_.splice(recency_.begin(), recency_, entry.recency);
}

std::shared_ptr<const Snapshot> Documents::find(const std::string& uri) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(uri);
  return found == entries_.end() || found->second.out_of_sync ? nullptr : found->second.snapshot;
}

std::string Documents::uri_of(const std::filesystem::path& file) const {
  std::string usual = uri_of_path(file);
  std::lock_guard lock(mutex_);
  if (entries_.contains(usual)) return usual;
  for (const auto& [uri, entry] : entries_)
    if (entry.snapshot && path_of_uri(uri) == file) return uri;
  return usual;
}

bool Documents::is_out_of_sync(const std::string& uri) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(uri);
  return found != entries_.end() && found->second.out_of_sync;
}

std::vector<std::shared_ptr<const Snapshot>> Documents::recent(std::size_t count_max) const {
  std::vector<std::shared_ptr<const Snapshot>> out;
  std::lock_guard lock(mutex_);
  for (const std::string& uri : recency_) {
    if (out.size() >= count_max) break;
    const Entry& entry = entries_.at(uri);
    if (!entry.out_of_sync) out.push_back(entry.snapshot);
  }
  return out;
}

}  // namespace curlew::server
