#include "lsp/server/services.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "indexer/source/language.h"
#include "indexer/source/parse.h"

namespace curlew::server {
namespace fs = std::filesystem;

namespace {

// Everything that decides which generator is made: equal keys, equal generators.
std::string model_key(const Settings& settings) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", settings.model, settings.endpoint,
                     settings.endpoint_model, settings.device, settings.threads,
                     settings.context_tokens, settings.kv_cache, settings.adapter.string(),
                     settings.prefix_cache) +
         fmt::format("\n{}\n{}\n{}", settings.fim_format, settings.next_edit_format,
                     settings.chat_format);
}

// A language's queries are compiled when its first file is parsed, which takes some 50 ms: here,
// rather than in the first completion of a session whose index was up to date.
void prepare_languages(const indexer::IndexStats& stats) {
  indexer::Parser parser;
  for (const auto& [name, counts] : stats.by_language)
    if (const indexer::Language* language = indexer::language_by_name(name))
      parser.parse(*language, "");
}

}  // namespace

const char* phase_name(Phase phase) {
  switch (phase) {
    case Phase::kOff:
      return "off";
    case Phase::kWorking:
      return "working";
    case Phase::kReady:
      return "ready";
    case Phase::kFailed:
      return "failed";
  }
  return "off";
}

IndexState Workspace::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

Services::Services(ServiceFactories factories)
    : factories_(std::move(factories)),
      loader_("curlew load", 1, kModelLoadsQueuedMax),
      background_("curlew index", 1, kIndexUpdatesQueuedMax) {}

Services::~Services() {
  stop_.request_stop();
  ahead_.cancel();
  background_.stop();
  loader_.stop();
}

// --- The model ----------------------------------------------------------------------------------

void Services::want_model(const Settings& settings) {
  {
    std::lock_guard lock(mutex_);
    std::string key = model_key(settings);
    if (key == wanted_) return;
    wanted_ = std::move(key);
  }
  set_model_state({.phase = Phase::kWorking});
  loader_.push({.run = [this, settings] { load(settings); },
                .is_stale = [this, settings] { return !is_wanted(settings); }});
}

// False when the settings changed again meanwhile.
bool Services::is_wanted(const Settings& settings) const {
  std::lock_guard lock(mutex_);
  return model_key(settings) == wanted_;
}

void Services::load(const Settings& settings) {
  auto generator = factories_.generator(settings, [&](float fraction) {
    if (is_wanted(settings)) set_model_state({.phase = Phase::kWorking, .fraction = fraction});
  });
  if (!is_wanted(settings)) return;
  if (!generator) {
    spdlog::error("no model: {}", generator.error().message());
    set_model_state({.phase = Phase::kFailed, .message = generator.error().message()});
    return;
  }
  const bool is_none = *generator == nullptr;
  std::shared_ptr<model::Generator> old(std::move(*generator));
  {
    std::lock_guard lock(mutex_);
    generator_.swap(old);
  }  // the old one dies here, or with the last request that uses it
  set_model_state({.phase = is_none ? Phase::kOff : Phase::kReady, .fraction = 1});
}

std::shared_ptr<model::Generator> Services::generator() const {
  std::lock_guard lock(mutex_);
  return generator_;
}

ModelState Services::model_state() const {
  std::lock_guard lock(mutex_);
  return model_state_;
}

void Services::set_model_state(ModelState state) {
  {
    std::lock_guard lock(mutex_);
    model_state_ = state;
  }
  for (const auto& listener : listeners()) listener->on_model(state);
}

// --- Workspaces ---------------------------------------------------------------------------------

std::shared_ptr<Workspace> Services::workspace(const fs::path& root, const Settings& settings) {
  std::lock_guard lock(mutex_);
  std::weak_ptr<Workspace>& slot = workspaces_[root.string()];
  if (auto open = slot.lock()) return open;
  std::unique_ptr<indexer::Index> index;
  IndexState state;
  const auto damaged = std::make_shared<std::weak_ptr<Workspace>>();
  if (settings.index_enabled) {
    indexer::IndexOptions options;
    options.root = root;
    options.store = settings.index_store;
    options.on_damage = [this, damaged] {
      if (const auto known = damaged->lock()) update(known);
    };
    auto opened = factories_.index(options);
    if (opened)
      index = std::move(*opened);
    else
      state = {.phase = Phase::kFailed, .message = opened.error().message()};
  }
  auto workspace = std::make_shared<Workspace>(root, std::move(index));
  workspace->state_ = std::move(state);
  slot = *damaged = workspace;
  return workspace;
}

void Services::update(const std::shared_ptr<Workspace>& workspace) {
  if (workspace->index() == nullptr || workspace->queued_.exchange(true)) return;
  set_index_state(*workspace, {.phase = Phase::kWorking});
  background_.push({.run = [this, workspace] { run_update(*workspace); }});
}

void Services::run_update(Workspace& workspace) {
  workspace.queued_ = false;  // files that change from now on need another one
  auto stats = workspace.index()->update(
      [&](const indexer::IndexProgress& progress) {
        set_index_state(workspace, {.phase = Phase::kWorking,
                                    .files_done = progress.files_done,
                                    .files_total = progress.files_total});
      },
      stop_.get_token());
  if (stats) {
    for (const std::string& note : stats->notes) spdlog::warn("index: {}", note);
    prepare_languages(*stats);
    set_index_state(workspace, {.phase = Phase::kReady});
    // What no query reads today may be damaged all the same.
    if (indexer::Status checked = workspace.index()->check(stop_.get_token()); !checked)
      spdlog::warn("index: {}", checked.error().message());
  } else if (stats.error().kind() != indexer::Errc::kCancelled) {
    spdlog::error("index of {}: {}", workspace.root().string(), stats.error().message());
    set_index_state(workspace, {.phase = Phase::kFailed, .message = stats.error().message()});
  }
}

void Services::update_files(const std::shared_ptr<Workspace>& workspace,
                            std::vector<std::string> paths) {
  if (workspace->index() == nullptr || paths.empty()) return;
  background_.push({.run = [this, workspace, paths = std::move(paths)] {
    if (workspace->index()->needs_update()) return update(workspace);
    if (indexer::Status done = workspace->index()->update_files(paths); !done)
      spdlog::warn("index: {}", done.error().message());
  }});
}

void Services::set_index_state(Workspace& workspace, IndexState state) {
  {
    std::lock_guard lock(workspace.mutex_);
    workspace.state_ = state;
  }
  for (const auto& listener : listeners()) listener->on_index(workspace.root(), state);
}

// --- All of it ----------------------------------------------------------------------------------

assist::Expected<assist::Completion> Services::complete(const Workspace* workspace,
                                                        const assist::CompletionRequest& request,
                                                        std::stop_token stop) {
  ahead_.cancel();
  const std::shared_ptr<model::Generator> generator = this->generator();
  const assist::Sources sources{.index = workspace != nullptr ? workspace->index() : nullptr,
                                .generator = generator.get(),
                                .copy = &copy_};
  return factories_.complete(sources, request, stop);
}

void Services::evaluate_ahead(std::shared_ptr<Workspace> workspace,
                              assist::CompletionRequest request,
                              std::shared_ptr<const void> owner) {
  std::shared_ptr<model::Generator> generator = this->generator();
  if (generator == nullptr) return;
  ahead_.plan([this, workspace = std::move(workspace), request = std::move(request),
               owner = std::move(owner), generator = std::move(generator)](std::stop_token stop) {
    const assist::Sources sources{.index = workspace != nullptr ? workspace->index() : nullptr,
                                  .generator = generator.get()};
    const assist::Status done = factories_.evaluate_ahead(sources, request, stop);
    if (!done && done.error().kind() != assist::Errc::kCancelled)
      spdlog::warn("{}", done.error().message());
  });
}

void Services::add_listener(std::weak_ptr<ServiceListener> listener) {
  std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [](const auto& gone) { return gone.expired(); });
  listeners_.push_back(std::move(listener));
}

std::vector<std::shared_ptr<ServiceListener>> Services::listeners() const {
  std::vector<std::shared_ptr<ServiceListener>> out;
  std::lock_guard lock(mutex_);
  for (const auto& listener : listeners_)
    if (auto alive = listener.lock()) out.push_back(std::move(alive));
  return out;
}

bool Services::wait_until_idle(std::chrono::steady_clock::time_point deadline) {
  return loader_.wait_until_idle(deadline) && background_.wait_until_idle(deadline) &&
         ahead_.wait_until_idle(deadline);
}

}  // namespace curlew::server
