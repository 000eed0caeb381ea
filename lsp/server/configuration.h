// Where the settings of a session come from, and keeping them current.
//
// Later wins: built-in, the user's config.toml, curlew.toml of the first workspace folder,
// initializationOptions, what the client answers or pushes for section `curlew`, the command line.
// LSP 3.17, "workspace/configuration" and "workspace/didChangeConfiguration". Reading thread only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lsp/server/binder.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

class Configuration {
 public:
  Configuration(SessionState& state, Settings command_line, std::vector<std::string> keys)
      : state_(state),
        command_line_(std::move(command_line)),
        command_line_keys_(std::move(keys)) {}

  void bind(Binder& bind);
  // `initialize`: the settings in force from now on. The first workspace folder may be none.
  void start(protocol::Json initialization_options, std::optional<std::filesystem::path> root);
  void ask_client();  // `initialized`: registers for changes and asks, where the client can

 private:
  void did_change(const protocol::DidChangeConfigurationParams& params);
  void take_section(const protocol::Json& section);
  void pull();
  void reload();  // computes the settings anew and puts them in force

  SessionState& state_;
  const Settings command_line_;
  const std::vector<std::string> command_line_keys_;
  std::optional<std::filesystem::path> root_;
  protocol::Json options_, section_;  // the client's
};

}  // namespace curlew::server
