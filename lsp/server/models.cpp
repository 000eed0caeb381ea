// Which model answers: names and paths of weights, and the generator that the settings ask for.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "indexer/source/user_folders.h"
#include "lsp/server/server.h"
#include "model/cuda/cards.h"
#include "model/remote/openai_client.h"

namespace curlew::server {
namespace fs = std::filesystem;

using model::Errc;
using model::Expected;
using model::fail;

namespace {

// Long enough for a pause in typing, short enough for somebody who wants the card for something else.
constexpr std::chrono::minutes kCardIdleMax{10};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Where the bundled model may be, most specific first: told so, installed beside the program
// (PREFIX/bin/curlew, PREFIX/share/curlew/bundled), in the source tree the program was built from.
std::vector<fs::path> bundled_folders() {
  std::vector<fs::path> folders;
  if (const std::string told = environment("CURLEW_BUNDLED_DIR"); !told.empty())
    folders.emplace_back(told);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error)
    folders.push_back(program.parent_path().parent_path() / "share" / "curlew" / "bundled");
  folders.emplace_back(CURLEW_BUNDLED_MODEL_DIR);
  return folders;
}

std::optional<fs::path> newest_gguf(const fs::path& folder) {
  std::optional<fs::path> newest;
  fs::file_time_type newest_time{};
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (entry.path().extension() != ".gguf" || !entry.is_regular_file(ignored)) continue;
    const fs::file_time_type time = entry.last_write_time(ignored);
    if (newest && time < newest_time) continue;
    newest = entry.path();
    newest_time = time;
  }
  return newest;
}

Expected<fs::path> find_bundled() {
  std::vector<std::string> looked_at;
  for (const fs::path& folder : bundled_folders()) {
    if (auto found = newest_gguf(folder)) return *found;
    looked_at.push_back(folder.string());
  }
  return fail(Errc::kNotFound, "the bundled model: no .gguf file in {}",
              fmt::join(looked_at, ", nor in "));
}

Expected<std::unique_ptr<model::Generator>> make_remote(const Settings& settings) {
  model::RemoteOptions options;
  options.base_url = settings.endpoint;
  options.model = settings.endpoint_model;
  if (settings.context_tokens > 0) options.context_tokens = settings.context_tokens;
  auto client = model::OpenAiClient::create(std::move(options));
  if (!client) return std::move(client.error()).during("endpoint");
  return std::move(*client);
}

fs::path without_tilde(const std::string& path) {
  if (path.starts_with("~/")) return fs::path(environment("HOME")) / path.substr(2);
  return path;
}

model::Device device_named(const std::string& name) {
  if (name == "cpu") return model::Device::kCpu;
  return name == "cuda" ? model::Device::kCuda : model::Device::kAuto;
}

// One file for each model that was ever served; the engine keeps each within its limit.
fs::path prefix_file(const fs::path& model) {
  std::error_code error;
  const std::string whole = fs::weakly_canonical(model, error).string();
  return indexer::user_cache_folder() / "prefixes" /
         fmt::format("{}-{:016x}.kv", model.stem().string(), std::hash<std::string>()(whole));
}

}  // namespace

fs::path models_folder() {
  return indexer::user_data_folder() / "models";
}

Expected<fs::path> find_model(const std::string& name_or_path) {
  if (name_or_path == "bundled") return find_bundled();
  const std::vector<fs::path> candidates = {without_tilde(name_or_path),
                                            models_folder() / name_or_path,
                                            models_folder() / (name_or_path + ".gguf")};
  std::vector<std::string> looked_at;
  std::error_code error;
  for (const fs::path& candidate : candidates) {
    if (!name_or_path.empty() && fs::exists(candidate, error)) return candidate;
    looked_at.push_back(candidate.string());
  }
  return fail(Errc::kNotFound, "model '{}': there is no {}", name_or_path,
              fmt::join(looked_at, ", no "));
}

model::KvPrecision kv_precision(const std::string& name) {
  if (name == "f32") return model::KvPrecision::kF32;
  if (name == "f16") return model::KvPrecision::kF16;
  if (name == "q8_0") return model::KvPrecision::kQ8_0;
  return model::KvPrecision::kAuto;
}

Expected<std::unique_ptr<model::Generator>> make_generator(
    const Settings& settings, const std::function<void(float)>& on_progress) {
  if (!settings.endpoint.empty()) return make_remote(settings);
  if (settings.model == "none") return nullptr;
  Expected<fs::path> path = find_model(settings.model);
  if (!path) return std::move(path.error()).pass();
  auto engine = model::Engine::load({.model = *path,
                                     .threads = settings.threads,
                                     .device = device_named(settings.device),
                                     .cards = &model::cuda_cards(),
                                     .card_idle_max = kCardIdleMax,
                                     .context_tokens = settings.context_tokens,
                                     .kv = kv_precision(settings.kv_cache),
                                     .formats = {.fim = settings.fim_format,
                                                 .next_edit = settings.next_edit_format,
                                                 .chat = settings.chat_format},
                                     .adapter = settings.adapter,
                                     .prefix_file = settings.prefix_cache ? prefix_file(*path) : "",
                                     .on_progress = on_progress});
  if (!engine) return std::move(engine.error()).pass();
  if (const std::string why = (*engine)->info().why_no_card; !why.empty())
    spdlog::debug("no card is used: {}", why);
  if (const Expected<int>& restored = (*engine)->restored_tokens(); !restored)
    spdlog::warn("{}", restored.error().message());
  return std::move(*engine);
}

}  // namespace curlew::server
