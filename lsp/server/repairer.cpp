#include "lsp/server/repairer.h"

#include <spdlog/spdlog.h>

#include <condition_variable>

#include "lsp/assist/repair/trials.h"
#include "lsp/server/trust.h"
#include "lsp/server/workspace_edit.h"

namespace curlew::server {

using assist::DocumentRepair;
using protocol::Json;

namespace {

constexpr const char* kAllow = "Allow";
constexpr const char* kNotNow = "Not now";

assist::SourcePlace place_of(const Snapshot& document, const protocol::Range& range) {
  assist::SourcePlace place{document.place().path, 0, 0, 0, 0};
  const auto column = [&](const protocol::Position& at) {
    const Expected<std::size_t> offset = document.offset_at(at);
    const Expected<std::size_t> line = document.offset_at({at.line, 0});
    return offset && line ? static_cast<int>(*offset - *line) + 1 : 0;
  };
  place.line = static_cast<int>(range.start.line) + 1;
  place.column = column(range.start);
  place.end_line = static_cast<int>(range.end.line) + 1;
  place.end_column = column(range.end);
  return place;
}

// One line, whatever the other server wrote.
std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

assist::Diagnostic to_assist(const Snapshot& document, const protocol::Diagnostic& diagnostic) {
  assist::Diagnostic out;
  out.place = place_of(document, diagnostic.range);
  out.severity = diagnostic.severity == 1 ? assist::Severity::kError : assist::Severity::kWarning;
  out.code = diagnostic.code;
  out.message = one_line(diagnostic.message);
  out.source = diagnostic.source;
  for (const auto& related : diagnostic.relatedInformation) {
    assist::SourcePlace place;
    if (related.uri == document.uri()) place = place_of(document, related.range);
    out.notes.push_back({place, one_line(related.message)});
  }
  return out;
}

Expected<std::shared_ptr<Workspace>> workspace_of(const DocumentPtr& document) {
  const Expected<const Snapshot*> open = required(document);
  if (!open) return tl::unexpected<Error>(open.error());
  if (!document->place().workspace || document->place().path.empty())
    return fail(Errc::kInvalidInput, "{}: expected a file in a workspace folder", document->uri());
  return document->place().workspace;
}

}  // namespace

Expected<DocumentRepair> Repairer::repair(const DocumentPtr& document, const Complaints& complaints,
                                          Consent consent, std::stop_token stop) {
  const Expected<std::shared_ptr<Workspace>> workspace = workspace_of(document);
  if (!workspace) return tl::unexpected<Error>(workspace.error());
  const Settings settings = state_.settings.get();
  assist::DocumentRepairRequest request{.root = (*workspace)->root(),
                                        .path = document->place().path};
  request.budget = consent == Consent::kAsk ? std::chrono::milliseconds(settings.repair_budget_ms)
                                            : kAheadBudget;
  request.jobs = consent == Consent::kAsk ? assist::repair_jobs() : 1;
  request.buffers = buffers_around(document);
  const std::shared_ptr<model::Generator> generator = state_.services.generator();
  request.generator = generator.get();
  request.lane = consent == Consent::kAsk ? model::Lane::kMain : model::Lane::kBackground;
  for (const protocol::Diagnostic& complaint : complaints)
    request.complaints.push_back(to_assist(*document, complaint));

  Expected<AllowedCheck> check = allowed_check(document, consent, stop);
  if (!check) return std::move(check.error()).pass();
  request.check = std::move(check->command);
  request.why_no_check = std::move(check->why_not);
  std::optional<ProgressBar> bar;
  if (consent == Consent::kAsk && request.check)
    bar.emplace(state_.client, state_.cancellable, fmt::format("curlew/repair/{}", next_bar_++),
                "Repairing", stop);
  return assist::repair_document(
      (*workspace)->index(), request,
      [&](const assist::RepairProgress& progress) {
        if (bar)
          bar->report(progress.tried * 100 / std::max(1, progress.candidates),
                      fmt::format("{} of {} changes tried", progress.tried, progress.candidates));
      },
      bar ? bar->stop() : std::move(stop));
}

Expected<Repairer::AllowedCheck> Repairer::allowed_check(const DocumentPtr& document,
                                                         Consent consent, std::stop_token stop) {
  const Expected<std::shared_ptr<Workspace>> workspace = workspace_of(document);
  if (!workspace) return tl::unexpected<Error>(workspace.error());
  auto check =
      assist::find_check((*workspace)->root(), document->place().path, state_.settings.get().check);
  if (!check) return std::move(check.error()).pass();
  if (!*check) return AllowedCheck{.why_not = "there is no check for such files"};
  const Expected<bool> allowed = may_run(**workspace, (*check)->title, consent, std::move(stop));
  if (!allowed) return tl::unexpected<Error>(allowed.error());
  if (!*allowed) return AllowedCheck{.why_not = "this workspace's commands may not be run"};
  return AllowedCheck{.command = std::move(**check)};
}

assist::Changes Repairer::buffers_around(const DocumentPtr& document) const {
  assist::Changes buffers;
  for (const auto& [path, open] : open_documents(state_, *document->place().workspace))
    buffers[path] = open->text();
  buffers[document->place().path] = document->text();
  return buffers;
}

// Light bulbs ask for the same line again and again.
bool Repairer::is_promising(const Snapshot& document, const protocol::Diagnostic& complaint) {
  const DocumentPlace& place = document.place();
  if (!place.workspace || place.path.empty()) return false;
  if (const auto model = state_.services.generator(); model && model->info().chat) return true;
  const std::string key = protocol::to_text(complaint.json);
  {
    std::lock_guard lock(mutex_);
    if (const Known* known = known_of(document.uri(), document.version()))
      if (const auto found = known->promising.find(key); found != known->promising.end())
        return found->second;
  }
  const assist::Diagnostic diagnostic = to_assist(document, complaint);
  const bool is_promising =
      !assist::propose(
           assist::repair_place(diagnostic, place.path, document.text(), place.workspace->index()))
           .empty();
  std::lock_guard lock(mutex_);
  if (Known* known = known_of(document.uri(), document.version()))
    known->promising[key] = is_promising;
  return is_promising;
}

// --- While nobody asks --------------------------------------------------------------------------

std::optional<DocumentRepair> Repairer::known(const Snapshot& document,
                                              const protocol::Diagnostic& complaint) const {
  std::lock_guard lock(mutex_);
  const auto of_document = known_.find(document.uri());
  if (of_document == known_.end() || of_document->second.version != document.version())
    return std::nullopt;
  const auto found = of_document->second.repairs.find(protocol::to_text(complaint.json));
  if (found == of_document->second.repairs.end()) return std::nullopt;
  return found->second;
}

void Repairer::remember(const Snapshot& document, const protocol::Diagnostic& complaint,
                        DocumentRepair repair) {
  std::lock_guard lock(mutex_);
  if (Known* known = known_of(document.uri(), document.version()))
    known->repairs[protocol::to_text(complaint.json)] = std::move(repair);
}

Repairer::Known* Repairer::known_of(const std::string& uri, int version) {
  Known& known = known_[uri];
  if (known.version > version) return nullptr;
  if (known.version < version) known = {.version = version};
  return &known;
}

Complaints Repairer::reported(const Snapshot& document, const protocol::Range& range) const {
  std::lock_guard lock(mutex_);
  const auto found = known_.find(document.uri());
  Complaints out;
  if (found == known_.end() || found->second.version != document.version()) return out;
  for (const protocol::Diagnostic& complaint : found->second.reported)
    if (complaint.range.start.line <= range.end.line &&
        range.start.line <= complaint.range.end.line)
      out.push_back(complaint);
  return out;
}

void Repairer::forget(const std::string& uri) {
  std::lock_guard lock(mutex_);
  known_.erase(uri);
}

void Repairer::diagnostics_changed(const protocol::DidChangeDiagnosticsParams& params) {
  const DocumentPtr document = state_.documents.find(params.textDocument.uri);
  if (!document || !document->place().workspace) return;
  const int version = params.textDocument.version.value_or(document->version());
  if (version < document->version()) return;
  {
    std::lock_guard lock(mutex_);
    Known* known = known_of(document->uri(), version);
    if (known == nullptr) return;  // of a version that is over
    known->reported = params.diagnostics;
  }
  ahead_.cancel();
  if (version == document->version()) plan_repairs(document);
}

void Repairer::document_changed(const std::string& uri) {
  ahead_.cancel();
  if (const DocumentPtr document = state_.documents.find(uri)) plan_repairs(document);
}

void Repairer::plan_repairs(const DocumentPtr& document) {
  if (!state_.settings.get().repair_ahead) return;
  Complaints errors;
  {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(document->uri());
    if (found == known_.end() || found->second.version != document->version()) return;
    for (const protocol::Diagnostic& complaint : found->second.reported)
      if (complaint.severity == 1 && errors.size() < kRepairedAheadMax) errors.push_back(complaint);
  }
  if (errors.empty()) return;
  ahead_.plan([this, document, errors = std::move(errors)](std::stop_token stop) {
    repair_ahead(document, errors, std::move(stop));
  });
}

void Repairer::repair_ahead(const DocumentPtr& document, const Complaints& complaints,
                            std::stop_token stop) {
  for (const protocol::Diagnostic& complaint : complaints) {
    if (stop.stop_requested()) return;
    if (known(*document, complaint) || !is_promising(*document, complaint)) continue;
    Expected<DocumentRepair> repair = this->repair(document, {complaint}, Consent::kDoNotAsk, stop);
    if (repair && !repair->check.empty()) remember(*document, complaint, std::move(*repair));
    if (!repair && repair.error().kind() != Errc::kCancelled)
      spdlog::warn("{}: {}", document->uri(), repair.error().message());
  }
}

// --- Consent ------------------------------------------------------------------------------------

Expected<bool> Repairer::may_run(const Workspace& workspace, const std::string& check,
                                 Consent consent, std::stop_token stop) {
  if (state_.settings.get().trusted || is_trusted(workspace.root())) return true;
  {
    std::lock_guard lock(mutex_);
    if (consent == Consent::kDoNotAsk || refused_.contains(workspace.root())) return false;
  }
  const Expected<bool> allowed = ask(workspace, check, std::move(stop));
  if (!allowed) return allowed;
  if (!*allowed) {
    std::lock_guard lock(mutex_);
    refused_.insert(workspace.root());
    return false;
  }
  if (const Status kept = trust(workspace.root()); !kept)
    spdlog::warn("the workspace is trusted for now only: {}", kept.error().message());
  return true;
}

Expected<bool> Repairer::ask(const Workspace& workspace, const std::string& check,
                             std::stop_token stop) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable_any came;
    std::optional<bool> allowed;
  };
  const auto answer = std::make_shared<Answer>();  // the client may answer after we stopped waiting
  state_.client.request(
      "window/showMessageRequest",
      {{"type", static_cast<int>(protocol::MessageType::kInfo)},
       {"message", fmt::format("Curlew checks repairs before it shows them. For that it runs the "
                               "commands of {} ({}) in a sandbox without network. Allow it?",
                               workspace.root().string(), check)},
       {"actions", {{{"title", kAllow}}, {{"title", kNotNow}}}}},
      [answer](std::optional<Json> result) {
        {
          std::lock_guard lock(answer->mutex);
          answer->allowed = result && protocol::at_path(*result, {"title"}) == kAllow;
        }
        answer->came.notify_all();
      });
  std::unique_lock lock(answer->mutex);
  answer->came.wait(lock, stop, [&] { return answer->allowed.has_value(); });
  if (!answer->allowed) return fail(Errc::kCancelled, "cancelled before the question was answered");
  return *answer->allowed;
}

}  // namespace curlew::server
