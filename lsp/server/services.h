// What all sessions of a process share: one model, one copy predictor, one index per workspace.
//
// Three threads belong here: one loads models, one updates indexes (the background lane), one
// evaluates prompts while nobody asks (ahead.h), each doing one thing at a time. Sessions learn of
// their progress as ServiceListeners. Until a model is loaded, and where none is wanted or it
// failed, completions come from the copy predictor alone. Thread-safe.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/complete.h"
#include "lsp/server/ahead.h"
#include "lsp/server/server.h"
#include "lsp/server/task_queue.h"
#include "model/copy/copy_predictor.h"

namespace curlew::server {

constexpr std::size_t kModelLoadsQueuedMax = 4;
constexpr std::size_t kIndexUpdatesQueuedMax = 1024;

enum class Phase { kOff, kWorking, kReady, kFailed };
const char* phase_name(Phase phase);  // "off", "working", "ready", "failed"

struct ModelState {
  Phase phase = Phase::kOff;
  float fraction = 0;   // of the loading
  std::string message;  // why it failed
};

struct IndexState {
  Phase phase = Phase::kOff;
  int files_done = 0, files_total = 0;  // of the update that is under way
  std::string message;                  // why it failed
};

// Called from the threads of the services, never under their locks.
class ServiceListener {
 public:
  virtual ~ServiceListener() = default;
  virtual void on_model(const ModelState& state) = 0;
  virtual void on_index(const std::filesystem::path& root, const IndexState& state) = 0;
};

// One workspace folder and its index.
class Workspace {
 public:
  Workspace(std::filesystem::path root, std::unique_ptr<indexer::Index> index)
      : root_(std::move(root)), index_(std::move(index)) {}

  const std::filesystem::path& root() const { return root_; }
  std::string name() const { return root_.filename().string(); }
  indexer::Index* index() const { return index_.get(); }  // null: switched off, or cannot be opened
  IndexState state() const;

 private:
  friend class Services;
  const std::filesystem::path root_;
  const std::unique_ptr<indexer::Index> index_;
  mutable std::mutex mutex_;
  IndexState state_;                  // mutex_
  std::atomic<bool> queued_ = false;  // an update waits: another one would see the same files
};

// Where the parts come from; tests put in their own.
struct ServiceFactories {
  std::function<model::Expected<std::unique_ptr<model::Generator>>(
      const Settings&, const std::function<void(float)>&)>
      generator = make_generator;
  std::function<indexer::Expected<std::unique_ptr<indexer::Index>>(const indexer::IndexOptions&)>
      index = indexer::Index::open;
  std::function<assist::Expected<assist::Completion>(
      const assist::Sources&, const assist::CompletionRequest&, std::stop_token)>
      complete = assist::complete;
  std::function<assist::Status(const assist::Sources&, const assist::CompletionRequest&,
                               std::stop_token)>
      evaluate_ahead = assist::evaluate_ahead;
};

class Services {
 public:
  explicit Services(ServiceFactories factories = {});
  ~Services();  // stops updates; waits for a model that is being loaded

  // Loads what the settings name unless it is loaded already; the model in use stays until the new
  // one is there.
  void want_model(const Settings& settings);
  std::shared_ptr<model::Generator> generator() const;
  ModelState model_state() const;

  // The workspace at a root, opened when it is new; nothing is read yet. An index that cannot be
  // opened leaves a workspace without one, in phase kFailed.
  std::shared_ptr<Workspace> workspace(const std::filesystem::path& root, const Settings& settings);
  // Brings the whole index, or the named files of it, up to date in the background.
  void update(const std::shared_ptr<Workspace>& workspace);
  void update_files(const std::shared_ptr<Workspace>& workspace, std::vector<std::string> paths);

  assist::Expected<assist::Completion> complete(const Workspace* workspace,
                                                const assist::CompletionRequest& request,
                                                std::stop_token stop);
  // Once nobody asks for anything, the model gets to see the place of a request that was answered
  // without it; the next request ends that. `owner` keeps the text that the request views.
  void evaluate_ahead(std::shared_ptr<Workspace> workspace, assist::CompletionRequest request,
                      std::shared_ptr<const void> owner);

  void add_listener(std::weak_ptr<ServiceListener> listener);
  std::atomic<int> session_count = 0;

  bool wait_until_idle(std::chrono::steady_clock::time_point deadline);

 private:
  bool is_wanted(const Settings& settings) const;
  void load(const Settings& settings);
  void run_update(Workspace& workspace);
  void set_model_state(ModelState state);
  void set_index_state(Workspace& workspace, IndexState state);
  std::vector<std::shared_ptr<ServiceListener>> listeners() const;

  const ServiceFactories factories_;
  model::CopyPredictor copy_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::shared_ptr<model::Generator> generator_;  // mutex_
  ModelState model_state_;                       // mutex_
  std::string wanted_;                           // mutex_: what want_model was last told
  std::map<std::string, std::weak_ptr<Workspace>> workspaces_;  // mutex_; by root
  std::vector<std::weak_ptr<ServiceListener>> listeners_;       // mutex_
  TaskQueue loader_, background_;  // last: their threads use everything above
  Ahead ahead_;
};

}  // namespace curlew::server
