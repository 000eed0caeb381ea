#include "lsp/server/next_edit.h"

#include <algorithm>

#include "lsp/server/uri.h"
#include "lsp/server/workspace_edit.h"

namespace curlew::server {
namespace fs = std::filesystem;

using protocol::Json;

namespace {

// All edits of a place as one, for clients that take one.
assist::TextEdit joined(const assist::FileEdit& place) {
  assist::TextEdit all{place.edits.front().start, place.edits.back().end, ""};
  std::size_t at = all.start;
  for (const assist::TextEdit& edit : place.edits) {
    all.text += place.text->substr(at, edit.start - at) + edit.text;
    at = edit.end;
  }
  return all;
}

protocol::Range range_of(const Snapshot& document, std::size_t start, std::size_t end) {
  return {document.position_at(start), document.position_at(end)};
}

}  // namespace

bool from_json(const Json& json, NextEditParams& out, const protocol::Path& path) {
  protocol::Fields fields(json, path);
  return fields.required("textDocument", out.textDocument) &&
         fields.required("position", out.position);
}

bool from_json(const Json& json, NextEditRefusedParams& out, const protocol::Path& path) {
  return protocol::Fields(json, path).required("id", out.id);
}

bool is_current(const Documents& documents, const fs::path& root, const assist::FileEdit& edit) {
  const auto text = text_now(documents, root, edit.path);
  return text != nullptr && edit.text != nullptr && *text == *edit.text;
}

void NextEditFeature::bind(Binder& bind) {
  bind.method("textDocument/copilotInlineEdit", Lane::kQuery, this,
              &NextEditFeature::copilot_inline_edit, Freshness::kLatestOnly);
  bind.method("curlew/nextEdit", Lane::kQuery, this, &NextEditFeature::next_edit,
              Freshness::kLatestOnly);
  bind.notification("curlew/nextEditRefused", this, &NextEditFeature::refused);
  bind.notification("textDocument/didShowInlineEdit", this, &NextEditFeature::did_show);
}

// Bound so that clients which report it are understood.
void NextEditFeature::did_show(const protocol::NoParams&) {}

void NextEditFeature::refused(const NextEditRefusedParams& params) {
  std::lock_guard lock(mutex_);
  for (const auto& [id, change] : shown_) {
    if (id != params.id) continue;
    refused_.push_back(change);
    ++counts_.refused;
  }
  while (refused_.size() > kRefusalsRemembered) refused_.pop_front();
}

bool NextEditFeature::note_accepted(const std::string& id) {
  std::lock_guard lock(mutex_);
  const bool is_ours =
      std::ranges::any_of(shown_, [&](const auto& shown) { return shown.first == id; });
  if (is_ours) ++counts_.accepted;
  return is_ours;
}

NextEditCounts NextEditFeature::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

// --- Finding it -----------------------------------------------------------------------------------

std::string NextEditFeature::why_off(const Snapshot& document) const {
  const Settings settings = state_.settings.get();
  if (state_.progress->is_paused()) return "paused";
  if (!settings.next_edit_enabled) return "next edits are switched off";
  const auto& off = settings.disabled_languages;
  const bool is_off = std::ranges::find(off, document.language()) != off.end();
  return is_off ? "switched off for " + document.language() : "";
}

// The history speaks of URIs, the engines of paths: those of the document's workspace are kept.
assist::NextEditRequest NextEditFeature::request_for(const Snapshot& document,
                                                     std::size_t cursor) const {
  const auto path_of = [&](const std::string& uri) -> std::optional<std::string> {
    if (uri == document.uri()) return document.place().path;
    DocumentPlace place = state_.workspaces.place_of(uri);
    if (place.workspace == nullptr || place.workspace != document.place().workspace)
      return std::nullopt;
    return std::move(place.path);
  };
  assist::NextEditRequest request{.path = document.place().path,
                                  .language = document.language(),
                                  .text = document.shared_text(),
                                  .cursor = cursor};
  for (assist::PastEdit& edit : state_.edits.edits())
    if (auto path = path_of(edit.path)) {
      edit.path = std::move(*path);
      request.edits.push_back(std::move(edit));
    }
  const auto add_unwanted = [&](assist::LineChange change) {
    if (auto path = path_of(change.path)) {
      change.path = std::move(*path);
      request.unwanted.push_back(std::move(change));
    }
  };
  for (assist::LineChange& change : state_.edits.undone()) add_unwanted(std::move(change));
  std::lock_guard lock(mutex_);
  for (const assist::LineChange& change : refused_) add_unwanted(change);
  return request;
}

Expected<NextEditFeature::Found> NextEditFeature::find(const NextEditParams& params,
                                                       const Call& call) {
  if (const auto here = required(call.document); !here) return tl::unexpected<Error>(here.error());
  const Snapshot& document = *call.document;
  const Expected<std::size_t> cursor = document.offset_at(params.position);
  if (!cursor) return tl::unexpected<Error>(cursor.error());
  Found found{.document = call.document};
  found.answer.why_not = why_off(document);
  const int version = params.textDocument.version.value_or(document.version());
  if (version != document.version()) found.answer.why_not = "the document is at another version";
  if (!found.answer.why_not.empty()) return found;

  const auto& workspace = document.place().workspace;
  const fs::path root = workspace ? workspace->root() : fs::path();
  assist::NextEditSources sources{.index = workspace ? workspace->index() : nullptr};
  if (workspace)
    sources.read = [&](const std::string& path) { return text_now(state_.documents, root, path); };
  const std::shared_ptr<model::Generator> generator = state_.services.generator();
  sources.generator = generator.get();
  auto answer = assist::next_edit(sources, request_for(document, *cursor), call.stop);
  if (!answer) return std::move(answer.error()).pass();
  found.answer = std::move(*answer);
  keep_current(found);
  remember(found);
  return found;
}

// What other programs or the user changed meanwhile is not edited by its old text.
void NextEditFeature::keep_current(Found& found) const {
  std::optional<assist::NextEdit>& edit = found.answer.edit;
  if (!edit) return;
  const DocumentPlace& place = found.document->place();
  const fs::path root = place.workspace ? place.workspace->root() : fs::path();
  const auto is_stale = [&](const assist::FileEdit& file) {
    return file.path != place.path && !is_current(state_.documents, root, file);
  };
  std::erase_if(edit->more, is_stale);
  if (!is_stale(edit->edit)) return;
  found.answer.why_not = edit->edit.path + " was changed meanwhile";
  edit.reset();
}

void NextEditFeature::remember(Found& found) {
  {
    std::lock_guard lock(mutex_);
    ++counts_.requests;
  }
  if (!found.answer.edit) return;
  assist::LineChange change = found.answer.edit->change;
  const DocumentPlace& place = found.document->place();
  change.path = change.path == place.path || !place.workspace
                    ? found.document->uri()
                    : state_.documents.uri_of(place.workspace->root() / change.path);
  std::lock_guard lock(mutex_);
  ++counts_.found;
  found.id = fmt::format("n{}", next_id_++);
  shown_.emplace_back(found.id, std::move(change));
  if (shown_.size() > kNextEditsRemembered) shown_.pop_front();
}

// --- Answers --------------------------------------------------------------------------------------

// One TextDocumentEdit; the version is null for a file that is not open.
Json NextEditFeature::text_document_edit(const Found& found, const assist::FileEdit& edit) const {
  const Snapshot& here = *found.document;
  const bool is_here = edit.path == here.place().path;
  const std::string uri =
      is_here ? here.uri() : state_.documents.uri_of(here.place().workspace->root() / edit.path);
  const auto open = is_here ? found.document : state_.documents.find(uri);
  const Snapshot text(uri, "", open ? open->version() : 0, edit.text, {}, here.encoding());
  Json edits = Json::array();
  for (const assist::TextEdit& change : edit.edits)
    edits.push_back(protocol::TextEdit{range_of(text, change.start, change.end), change.text});
  return {{"textDocument", {{"uri", uri}, {"version", open ? Json(open->version()) : Json()}}},
          {"edits", std::move(edits)}};
}

void NextEditFeature::next_edit(const NextEditParams& params, const Call& call, Reply<Json> reply) {
  Expected<Found> found = find(params, call);
  if (!found) return reply(std::move(found.error()).during("nextEdit"));
  if (!found->answer.edit) return reply(Json{{"edit", nullptr}, {"reason", found->answer.why_not}});
  const assist::NextEdit& next = *found->answer.edit;
  Json more = Json::array();
  for (const assist::FileEdit& edit : next.more) more.push_back(text_document_edit(*found, edit));
  Json edit = text_document_edit(*found, next.edit);
  const Snapshot text("", "", 0, next.edit.text, {}, found->document->encoding());
  const Json jump{{"uri", edit["textDocument"]["uri"]},
                  {"range", range_of(text, next.jump_start, next.jump_end)}};
  reply(Json{{"id", found->id},
             {"edit", std::move(edit)},
             {"jump", jump},
             {"more", std::move(more)},
             {"kind", assist::next_edit_kind_name(next.kind)},
             {"why", next.why},
             {"confidence", next.confidence}});
}

// Clients of this method know open documents only, and drop edits of another version.
void NextEditFeature::copilot_inline_edit(const NextEditParams& params, const Call& call,
                                          Reply<Json> reply) {
  Expected<Found> found = find(params, call);
  if (!found) return reply(std::move(found.error()).during("copilotInlineEdit"));
  Json edits = Json::array();
  if (found->answer.edit) {
    assist::FileEdit place = found->answer.edit->edit;
    place.edits = {joined(place)};
    Json edit = text_document_edit(*found, place);
    if (!edit["textDocument"]["version"].is_null())
      edits.push_back({{"text", edit["edits"][0]["newText"]},
                       {"range", edit["edits"][0]["range"]},
                       {"textDocument", edit["textDocument"]},
                       {"command", protocol::Command{"Accepted", "curlew.accepted",
                                                     Json::array({found->id})}}});
  }
  reply(Json{{"edits", std::move(edits)}});
}

}  // namespace curlew::server
