#include "lsp/server/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace curlew::server {

using protocol::Json;

void CancellableWork::add(const std::string& token, std::stop_source stop) {
  std::lock_guard lock(mutex_);
  work_.insert_or_assign(token, std::move(stop));
}

void CancellableWork::remove(const std::string& token) {
  std::lock_guard lock(mutex_);
  work_.erase(token);
}

void CancellableWork::cancel(const std::string& token) {
  std::stop_source stop(std::nostopstate);
  {
    std::lock_guard lock(mutex_);
    if (const auto found = work_.find(token); found != work_.end()) stop = found->second;
  }
  stop.request_stop();  // outside the lock: it runs callbacks
}

std::shared_ptr<WorkDoneProgress> WorkDoneProgress::begin(Client& client, std::string token,
                                                          std::string title, Button button) {
  std::shared_ptr<WorkDoneProgress> bar(
      new WorkDoneProgress(client, std::move(token), std::move(title), button));
  if (client.features().work_done_progress)
    client.request("window/workDoneProgress/create", {{"token", bar->token_}},
                   [bar](std::optional<Json> agreed) {
                     if (agreed) bar->on_created();
                   });
  return bar;
}

void WorkDoneProgress::on_created() {
  std::lock_guard lock(mutex_);
  if (ended_) return;  // over before it could be shown
  shown_ = true;
  send({{"kind", "begin"},
        {"title", title_},
        {"cancellable", button_ == Button::kCancel},
        {"percentage", percentage_},
        {"message", message_}});
}

void WorkDoneProgress::report(int percentage, std::string message) {
  std::lock_guard lock(mutex_);
  percentage_ = std::clamp(percentage, percentage_, 100);  // never backwards
  message_ = std::move(message);
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || ended_ || now - reported_ < kReportIntervalMin) return;
  reported_ = now;
  send({{"kind", "report"}, {"percentage", percentage_}, {"message", message_}});
}

void WorkDoneProgress::end(std::string message) {
  std::lock_guard lock(mutex_);
  if (shown_ && !ended_) send({{"kind", "end"}, {"message", std::move(message)}});
  ended_ = true;
}

void WorkDoneProgress::send(Json value) {
  client_.notify("$/progress", {{"token", token_}, {"value", std::move(value)}});
}

void ProgressReporter::on_model(const ModelState& state) {
  const int percentage = static_cast<int>(state.fraction * 100);
  std::string message = state.message;
  if (const auto generator = services_.generator(); generator && state.phase == Phase::kReady) {
    const model::GeneratorInfo info = generator->info();
    message = fmt::format("{} on {}", info.model, info.device);
    if (const std::string warning = assist::no_fim_warning(info); !warning.empty())
      client_.show_once(protocol::MessageType::kWarning, warning);
  }
  show("model", "Loading model", state.phase, percentage, message);
}

void ProgressReporter::on_index(const std::filesystem::path& root, const IndexState& state) {
  const int total = std::max(state.files_total, 1);
  const int percentage = static_cast<int>(100.0 * state.files_done / total);
  std::string message = state.message;
  if (state.phase == Phase::kWorking && state.files_total > 0)
    message = fmt::format("{}/{} files", state.files_done, state.files_total);
  show(root.string(), "Indexing " + root.filename().string(), state.phase, percentage, message);
}

void ProgressReporter::start(const std::vector<std::shared_ptr<Workspace>>& workspaces) {
  {
    std::lock_guard lock(mutex_);
    started_ = true;
  }
  on_model(services_.model_state());
  for (const auto& workspace : workspaces) on_index(workspace->root(), workspace->state());
}

void ProgressReporter::show(const std::string& key, const std::string& title, Phase phase,
                            int percentage, const std::string& message) {
  std::lock_guard lock(mutex_);
  if (!started_ || detached_) return;
  auto& bar = bars_[key];
  if (phase == Phase::kWorking) {
    failures_.erase(key);
    if (!bar)
      bar = WorkDoneProgress::begin(client_, fmt::format("curlew/{}", next_token_++), title);
    bar->report(percentage, message);
  } else {
    if (bar) bar->end(message);
    bars_.erase(key);
    failures_.erase(key);
  }
  if (phase == Phase::kFailed) {
    failures_[key] = message;
    client_.show_once(protocol::MessageType::kWarning, message);
  }
  tell_status();
}

void ProgressReporter::set_paused(bool paused) {
  std::lock_guard lock(mutex_);
  paused_ = paused;
  if (!detached_) tell_status();
}

bool ProgressReporter::is_paused() const {
  std::lock_guard lock(mutex_);
  return paused_;
}

void ProgressReporter::detach() {
  std::lock_guard lock(mutex_);
  detached_ = true;
}

// The shape that Copilot's clients know: kind, busy, message.
void ProgressReporter::tell_status() {
  const char* kind = paused_ ? "Inactive" : failures_.empty() ? "Normal" : "Warning";
  std::string message = paused_ ? "paused" : failures_.empty() ? "" : failures_.begin()->second;
  if (message.empty() && bars_.contains("model"))
    message = "loading the model";
  else if (message.empty() && !bars_.empty())
    message = "indexing";
  Json status{{"kind", kind}, {"busy", !bars_.empty()}, {"message", std::move(message)}};
  if (status == told_) return;
  told_ = status;
  client_.notify("didChangeStatus", std::move(status));
}

}  // namespace curlew::server
