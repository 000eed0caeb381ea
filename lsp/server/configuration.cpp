#include "lsp/server/configuration.h"

#include <spdlog/spdlog.h>

#include "lsp/server/settings.h"

namespace curlew::server {

using protocol::Json;

namespace {

// Some clients send the section itself, some the whole settings with the section in it.
Json without_section_name(const Json& json) {
  const Json& inner = protocol::at_path(json, {"curlew"});
  return inner.is_object() ? inner : json;
}

}  // namespace

void Configuration::bind(Binder& bind) {
  bind.notification("workspace/didChangeConfiguration", this, &Configuration::did_change);
}

void Configuration::start(Json initialization_options, std::optional<std::filesystem::path> root) {
  root_ = std::move(root);
  options_ = without_section_name(initialization_options);
  reload();
}

void Configuration::ask_client() {
  const ClientFeatures& features = state_.client.features();
  if (features.register_configuration)
    state_.client.request("client/registerCapability",
                          {{"registrations",
                            {{{"id", "curlew/configuration"},
                              {"method", "workspace/didChangeConfiguration"},
                              {"registerOptions", {{"section", "curlew"}}}}}}});
  if (features.configuration) pull();
}

void Configuration::pull() {
  state_.client.request("workspace/configuration", {{"items", {{{"section", "curlew"}}}}},
                        [this](std::optional<Json> answer) {
                          if (answer && answer->is_array() && !answer->empty())
                            take_section(answer->front());
                        });
}

// Null settings mean "something changed, ask".
void Configuration::did_change(const protocol::DidChangeConfigurationParams& params) {
  if (!params.settings.is_null())
    take_section(params.settings);
  else if (state_.client.features().configuration)
    pull();
  else
    reload();
}

void Configuration::take_section(const Json& section) {
  if (section.is_null()) return;
  section_ = without_section_name(section);
  reload();
}

void Configuration::reload() {
  LoadedSettings loaded = load_settings(root_);
  apply_settings(options_, "initializationOptions", loaded.settings, loaded.complaints);
  apply_settings(section_, "the editor's settings", loaded.settings, loaded.complaints);
  overlay_settings(loaded.settings, command_line_, command_line_keys_);
  for (const std::string& complaint : loaded.complaints) {
    spdlog::warn("{}", complaint);
    state_.client.show_once(protocol::MessageType::kWarning, complaint);
  }
  spdlog::set_level(spdlog::level::from_str(loaded.settings.log_level));
  state_.settings.set(loaded.settings);
  state_.services.want_model(loaded.settings);
}

}  // namespace curlew::server
