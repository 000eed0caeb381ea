#include "lsp/server/client.h"

#include <fmt/format.h>

namespace curlew::server {

using protocol::at_path;
using protocol::Json;
using protocol::RequestId;

ClientFeatures read_client_features(const Json& capabilities) {
  const auto has = [&](std::initializer_list<const char*> names) {
    return at_path(capabilities, names) == true;
  };
  ClientFeatures out;
  out.work_done_progress = has({"window", "workDoneProgress"});
  out.configuration = has({"workspace", "configuration"});
  out.register_configuration = has({"workspace", "didChangeConfiguration", "dynamicRegistration"});
  out.register_watched_files = has({"workspace", "didChangeWatchedFiles", "dynamicRegistration"});
  out.inline_completion = at_path(capabilities, {"textDocument", "inlineCompletion"}).is_object();
  out.hierarchical_symbols =
      has({"textDocument", "documentSymbol", "hierarchicalDocumentSymbolSupport"});
  out.apply_edit = has({"workspace", "applyEdit"});
  out.document_changes = has({"workspace", "workspaceEdit", "documentChanges"});
  out.change_annotations =
      at_path(capabilities, {"workspace", "workspaceEdit", "changeAnnotationSupport"}).is_object();
  const Json& actions = at_path(capabilities, {"textDocument", "codeAction"});
  out.code_action_literals = at_path(actions, {"codeActionLiteralSupport"}).is_object();
  for (const Json& name : at_path(actions, {"resolveSupport", "properties"}))
    out.resolves_edits = out.resolves_edits || name == "edit";
  out.asks_for_instruction = has({"experimental", "curlewAskAndEdit"});
  for (const Json& name : at_path(capabilities, {"general", "positionEncodings"}))
    if (name.is_string()) out.position_encodings.push_back(name.get<std::string>());
  return out;
}

void Client::open_gate() {
  std::lock_guard lock(mutex_);
  gate_open_ = true;
  for (std::string& message : held_) send_(std::move(message));
  held_.clear();
}

// Sending under the lock keeps the order; it never blocks (transport.h).
void Client::send(std::string message) {
  std::lock_guard lock(mutex_);
  if (gate_open_)
    send_(std::move(message));
  else if (held_.size() < kHeldMessagesMax)
    held_.push_back(std::move(message));
}

void Client::notify(std::string_view method, Json params) {
  send(protocol::encode_notification(method, std::move(params)));
}

void Client::request(std::string_view method, Json params, OnAnswer on_answer) {
  RequestId id;
  {
    std::lock_guard lock(mutex_);
    if (unanswered_.size() >= kAskedRequestsMax) return;
    id = fmt::format("curlew:{}", next_id_++);
    unanswered_.emplace(id, std::move(on_answer));
  }
  send(protocol::encode_request(id, method, std::move(params)));
}

void Client::take_answer(const protocol::Response& response) {
  OnAnswer on_answer;
  {
    std::lock_guard lock(mutex_);
    const auto found = unanswered_.find(response.id);
    if (found == unanswered_.end()) return;
    on_answer = std::move(found->second);
    unanswered_.erase(found);
  }
  if (!on_answer) return;
  on_answer(response.error ? std::nullopt : std::optional<Json>(response.result));
}

void Client::log(protocol::MessageType type, std::string_view text) {
  notify("window/logMessage", {{"type", static_cast<int>(type)}, {"message", text}});
}

void Client::show_once(protocol::MessageType type, const std::string& text) {
  {
    std::lock_guard lock(mutex_);
    if (!shown_.insert(text).second) return;
  }
  notify("window/showMessage", {{"type", static_cast<int>(type)}, {"message", "Curlew: " + text}});
}

}  // namespace curlew::server
