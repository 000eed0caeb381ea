#include "lsp/server/workspace_edit.h"

#include "indexer/source/read_file.h"
#include "lsp/assist/edit/text_edit.h"
#include "lsp/assist/next_edit/next_edit.h"
#include "lsp/server/uri.h"

namespace curlew::server {

using protocol::Json;

namespace {

constexpr const char* kAnnotation = "curlew";
constexpr std::size_t kDocumentsMax = 100'000;
constexpr std::size_t kTitleBytesMax = 80;

Json edits_of(const Snapshot& document, const std::string& after, bool is_annotated) {
  Json edits = Json::array();
  for (const assist::TextEdit& edit : assist::edits_between(document.text(), after)) {
    Json json = protocol::TextEdit{
        {document.position_at(edit.start), document.position_at(edit.end)}, edit.text};
    if (is_annotated) json["annotationId"] = kAnnotation;
    edits.push_back(std::move(json));
  }
  return edits;
}

}  // namespace

std::map<std::string, std::shared_ptr<const Snapshot>> open_documents(const SessionState& state,
                                                                      const Workspace& workspace) {
  std::map<std::string, std::shared_ptr<const Snapshot>> open;
  for (auto& document : state.documents.recent(kDocumentsMax))
    if (document->place().workspace.get() == &workspace && !document->place().path.empty())
      open.emplace(document->place().path, std::move(document));
  return open;
}

std::string shortened(const std::string& text) {
  if (text.size() <= kTitleBytesMax) return text;
  std::size_t end = kTitleBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::shared_ptr<const std::string> text_now(const Documents& documents,
                                            const std::filesystem::path& root,
                                            const std::string& path) {
  const std::string uri = documents.uri_of(root / path);
  if (documents.is_out_of_sync(uri)) return nullptr;
  if (const auto open = documents.find(uri)) return open->shared_text();
  if (root.empty()) return nullptr;
  std::error_code error;  // what a link leads to is edited under its own name, or not at all
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(root / path, error)))
    return nullptr;
  auto text = indexer::read_file(root / path, assist::kNextEditBytesMax);
  return text ? std::make_shared<const std::string>(std::move(*text)) : nullptr;
}

Expected<Json> workspace_edit(const SessionState& state, const Workspace& workspace,
                              const assist::Changes& before, const assist::Changes& after,
                              const EditLabel& label) {
  const ClientFeatures& client = state.client.features();
  const bool is_annotated = client.document_changes && client.change_annotations;
  const auto open = open_documents(state, workspace);
  Json versioned = Json::array(), plain = Json::object();
  for (const auto& [path, text] : after) {
    const std::string& old = before.at(path);
    std::shared_ptr<const Snapshot> document;
    if (const auto found = open.find(path); found != open.end()) {
      if (found->second->text() != old)
        return fail(Errc::kCancelled, "{}: changed while it was worked on", path);
      document = found->second;
    } else {
      // Nobody else would notice: an edit of a file that is not open has no version.
      const auto now = indexer::read_file(workspace.root() / path, old.size() + 1);
      if (!now || *now != old)
        return fail(Errc::kCancelled, "{}: changed on the disk while it was worked on", path);
      document = std::make_shared<const Snapshot>(uri_of_path(workspace.root() / path), "", 0,
                                                  std::make_shared<const std::string>(old),
                                                  DocumentPlace{}, state.documents.encoding());
    }
    Json edits = edits_of(*document, text, is_annotated);
    const Json version = open.contains(path) ? Json(document->version()) : Json();
    versioned.push_back(
        {{"textDocument", {{"uri", document->uri()}, {"version", version}}}, {"edits", edits}});
    plain[document->uri()] = std::move(edits);
  }
  if (!client.document_changes) return Json{{"changes", std::move(plain)}};
  Json edit{{"documentChanges", std::move(versioned)}};
  if (is_annotated)
    edit["changeAnnotations"][kAnnotation] = {{"label", label.label},
                                              {"description", label.description},
                                              {"needsConfirmation", label.needs_confirmation}};
  return edit;
}

}  // namespace curlew::server
