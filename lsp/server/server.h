// The language server: sessions over byte streams, and what they share.
//
//   Services services(settings);            // index per workspace, model, copy predictor: shared
//   by all sessions Session session(services, transport);   // one client session.run(); // until
//   `exit`, end of input, or the parent is gone
//
// Several sessions can run in one process, each on its own transport and reader thread; they share
// the services. docs/architecture.md draws the threads; scheduler.h promises the order.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lsp/assist/check/check_command.h"
#include "lsp/assist/complete.h"
#include "lsp/protocol/transport.h"
#include "model/decode/engine.h"
#include "model/generator.h"

namespace curlew::server {

// What configuration decides; later sources win: built-in, ~/.config/curlew/config.toml,
// <root>/curlew.toml, the client's settings, the command line. Unknown keys are reported, never
// ignored silently.
struct Settings {
  std::string model = "bundled";  // a path, the name of an installed model, "bundled" or "none"
  std::string endpoint;           // OpenAI-compatible server instead of the local engine; "" = none
  std::string endpoint_model;     // model name to ask it for
  std::string device = "auto";    // auto, cpu, cuda
  int threads = 0;
  int context_tokens = 0;
  std::string kv_cache = "auto";  // precision of keys and values: auto, f32, f16, q8_0
  std::filesystem::path adapter;  // a LoRA adapter for the model; "" for none
  bool prefix_cache = true;       // evaluated prompts are kept over a restart of the server
  // Prompt formats by family (docs/prompt-formats.md); "auto": as the model file says, "none": off.
  std::string fim_format = "auto", next_edit_format = "auto", chat_format = "auto";
  int completion_budget_ms = 1500;  // automatic requests; explicit ones get twice that
  int debounce_ms = 0;              // the client's business by default
  std::string lines = "auto";       // auto, one, many
  std::string copy_mix = "auto";    // the text at hand in the model's tokens: auto, on, off
  double temperature = 0;
  std::uint64_t seed = 0;
  bool index_enabled = true;
  bool completion_enabled = true;
  bool next_edit_enabled = true;
  bool navigation =
      false;  // definitions and the like, for languages that have no server of their own
  std::vector<std::string> disabled_languages;  // LSP language ids
  // Repairs: may the workspace's commands be run? From the client or its user only, never from the
  // workspace's own file (trust.h). How files are checked: globs of paths -> command lines
  // (assist/check/check_command.h).
  bool trusted = false;
  bool repair_ahead = true;  // complaints are worked at before anybody asks
  int repair_budget_ms = 30'000;
  assist::CheckRules check;
  std::string log_level = "info";     // to stderr: error, warn, info, debug
  std::filesystem::path index_store;  // "": the default place
};

// Makes the generator that the settings ask for. Null generator (and no error) for "none".
// `on_progress` gets a fraction while the model loads.
model::Expected<std::unique_ptr<model::Generator>> make_generator(
    const Settings& settings, const std::function<void(float)>& on_progress);

model::KvPrecision kv_precision(const std::string& name);  // of the setting kv_cache

// "bundled", an installed model's name, or a path -> the file to load. kNotFound names every place
// looked at.
model::Expected<std::filesystem::path> find_model(const std::string& name_or_path);
std::filesystem::path models_folder();  // $XDG_DATA_HOME/curlew/models

std::filesystem::path
user_config_file();  // $XDG_CONFIG_HOME/curlew/config.toml, else ~/.config/...

// Reads TOML files and the client's JSON into settings. Unknown or ill-typed keys become lines in
// `complaints` that name the source and the key.
struct LoadedSettings {
  Settings settings;
  std::vector<std::string> complaints;
};
LoadedSettings load_settings(const std::optional<std::filesystem::path>& workspace_root);

// Copies the fields that `keys` names (as the struct spells them) from `from` over `settings`.
void overlay_settings(Settings& settings, const Settings& from,
                      const std::vector<std::string>& keys);

class Services;  // services.h
class Session;   // session.h

struct ServeOptions {
  Settings command_line;                       // what the command line set explicitly
  std::vector<std::string> command_line_keys;  // names of the fields above that it set
  int parent_pid = 0;                          // 0: taken from initialize.processId
};

// One session on stdin/stdout; returns the exit code (0 after shutdown+exit, 1 after exit without
// shutdown).
int serve_stdio(const ServeOptions& options);

}  // namespace curlew::server
