#include "lsp/server/status.h"

namespace curlew::server {

using protocol::Json;

namespace {

Json index_of(const Workspace& workspace) {
  const IndexState state = workspace.state();
  Json out{{"root", workspace.root().string()},
           {"state", phase_name(state.phase)},
           {"files_done", state.files_done},
           {"files_total", state.files_total},
           {"message", state.message}};
  if (workspace.index() == nullptr) return out;
  const indexer::IndexStats stats = workspace.index()->stats();
  out["files"] = stats.files;
  out["symbols"] = stats.symbols;
  out["references"] = stats.references;
  out["chunks"] = stats.chunks;
  out["bytes"] = stats.bytes;
  out["index_bytes"] = stats.index_bytes;
  return out;
}

}  // namespace

void StatusFeature::bind(Binder& bind) {
  bind.method("curlew/status", Lane::kQuery, this, &StatusFeature::answer);
}

void StatusFeature::answer(const protocol::NoParams&, const Call&, Reply<Json> reply) {
  reply(status());
}

Json StatusFeature::status() const {
  Json indexes = Json::array();
  bool is_ready = state_.services.model_state().phase != Phase::kWorking;
  for (const auto& workspace : state_.workspaces.all()) {
    indexes.push_back(index_of(*workspace));
    indexes.back()["watched"] = document_sync_.watched_how(workspace->root());
    is_ready = is_ready && workspace->state().phase != Phase::kWorking;
  }
  return {{"ready", is_ready},
          {"paused", state_.progress->is_paused()},
          {"model", model()},
          {"index", std::move(indexes)},
          {"completion", completion()},
          {"next_edit", next_edits()},
          {"position_encoding", encoding_name(state_.documents.encoding())},
          {"sessions", state_.services.session_count.load()}};
}

Json StatusFeature::model() const {
  const ModelState state = state_.services.model_state();
  Json out{{"state", phase_name(state.phase)},
           {"loaded", state.fraction},
           {"message", state.message},
           {"name", state_.settings.get().model},
           {"device", ""}};
  if (const auto generator = state_.services.generator()) {
    const model::GeneratorInfo info = generator->info();
    out["name"] = info.model;
    out["architecture"] = info.architecture;
    out["weights"] = info.weights;
    out["device"] = info.device;
    out["context_tokens"] = info.context_tokens;
    out["fim"] = info.fim;
    out["fim_family"] = info.fim_family;
  }
  return out;
}

Json StatusFeature::completion() const {
  const CompletionCounts counts = completer_.counts();
  const std::optional<Suggestion> last = completer_.last();
  return {{"requests", counts.requests},
          {"shown", counts.shown},
          {"typed_through", counts.typed_through},
          {"accepted", counts.accepted},
          {"partly_accepted", counts.partly_accepted},
          {"last", last ? suggestion_data(*last) : Json()}};
}

Json StatusFeature::next_edits() const {
  const NextEditCounts counts = next_edit_.counts();
  return {{"requests", counts.requests},
          {"found", counts.found},
          {"accepted", counts.accepted},
          {"refused", counts.refused}};
}

}  // namespace curlew::server
