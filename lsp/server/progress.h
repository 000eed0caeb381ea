// How the work of the services shows at the client: work-done progress for loading and indexing
// (LSP 3.17, "Work Done Progress"), and the `didChangeStatus` notification that status bars use.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "lsp/server/client.h"
#include "lsp/server/services.h"

namespace curlew::server {

constexpr auto kReportIntervalMin = std::chrono::milliseconds(100);

// Work whose bar has a button that ends it: what is to be stopped, by the bar's token. Thread-safe.
class CancellableWork {
 public:
  void add(const std::string& token, std::stop_source stop);
  void remove(const std::string& token);
  void cancel(
      const std::string& token);  // window/workDoneProgress/cancel; work that is over is ignored

 private:
  std::mutex mutex_;
  std::map<std::string, std::stop_source> work_;  // mutex_
};

// One bar. The client must agree to it before it is shown, so it is made of what it should show
// and what the client has been told. Thread-safe.
class WorkDoneProgress : public std::enable_shared_from_this<WorkDoneProgress> {
 public:
  enum class Button : std::uint8_t { kNone, kCancel };
  static std::shared_ptr<WorkDoneProgress> begin(Client& client, std::string token,
                                                 std::string title, Button button = Button::kNone);
  void report(int percentage, std::string message);
  void end(std::string message);

 private:
  WorkDoneProgress(Client& client, std::string token, std::string title, Button button)
      : client_(client), token_(std::move(token)), title_(std::move(title)), button_(button) {}
  void on_created();
  void send(protocol::Json value);

  Client& client_;
  const std::string token_, title_;
  const Button button_;
  std::mutex mutex_;
  bool shown_ = false, ended_ = false;              // mutex_
  int percentage_ = 0;                              // mutex_
  std::string message_;                             // mutex_
  std::chrono::steady_clock::time_point reported_;  // mutex_
};

// One, shown from its making to its end, where the client has any. The user may end the work by it.
class ProgressBar {
 public:
  // `outer`: stops the work as well.
  ProgressBar(Client& client, CancellableWork& work, std::string token, std::string title,
              std::stop_token outer)
      : work_(work),
        token_(std::move(token)),
        outer_(std::move(outer), [this] { stop_.request_stop(); }) {
    work_.add(token_, stop_);
    if (client.features().work_done_progress)
      bar_ = WorkDoneProgress::begin(client, token_, std::move(title),
                                     WorkDoneProgress::Button::kCancel);
  }
  ~ProgressBar() {
    work_.remove(token_);
    if (bar_) bar_->end("");
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  std::stop_token stop() const { return stop_.get_token(); }
  void report(int percentage, std::string message) {
    if (bar_) bar_->report(percentage, std::move(message));
  }

 private:
  CancellableWork& work_;
  const std::string token_;
  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> outer_;  // behind stop_, which it uses
  std::shared_ptr<WorkDoneProgress> bar_;
};

class ProgressReporter final : public ServiceListener {
 public:
  ProgressReporter(Client& client, Services& services) : client_(client), services_(services) {}

  void on_model(const ModelState& state) override;
  void on_index(const std::filesystem::path& root, const IndexState& state) override;

  // Shows what is going on already: a session may join services at work.
  void start(const std::vector<std::shared_ptr<Workspace>>& workspaces);
  void set_paused(bool paused);
  bool is_paused() const;
  void detach();  // the session ends: say nothing more

 private:
  void show(const std::string& key, const std::string& title, Phase phase, int percentage,
            const std::string& message);
  void tell_status();

  Client& client_;
  Services& services_;
  mutable std::mutex
      mutex_;  // recursive calls do not happen: Client never calls back while sending
  bool started_ = false, detached_ = false, paused_ = false;       // mutex_
  std::map<std::string, std::shared_ptr<WorkDoneProgress>> bars_;  // mutex_; at work now
  int next_token_ = 1;                                             // mutex_
  std::map<std::string, std::string> failures_;                    // mutex_; key -> why
  protocol::Json told_;                                            // mutex_; the last status
};

}  // namespace curlew::server
