#include "lsp/server/session.h"

#include <spdlog/spdlog.h>

#include "lsp/server/uri.h"

namespace curlew::server {
namespace fs = std::filesystem;

using protocol::Json;
using protocol::RpcCode;

namespace {

// The folders of the workspace, as URIs, whichever of three generations of fields names them.
std::vector<std::string> root_uris(const protocol::InitializeParams& params) {
  std::vector<std::string> uris;
  if (params.workspaceFolders)
    for (const protocol::WorkspaceFolder& folder : *params.workspaceFolders)
      uris.push_back(folder.uri);
  if (uris.empty() && params.rootUri) uris.push_back(*params.rootUri);
  if (uris.empty() && params.rootPath && params.rootPath->starts_with('/'))
    uris.push_back(uri_of_path(*params.rootPath));
  return uris;
}

// No slash at the end: one folder, one name.
std::optional<fs::path> root_path(const std::string& uri) {
  std::optional<fs::path> path = path_of_uri(uri);
  if (path && !path->has_filename() && path->has_relative_path()) path = path->parent_path();
  return path;
}

}  // namespace

Session::Session(Services& services, protocol::Transport& transport, SessionOptions options)
    : transport_(transport),
      options_(std::move(options)),
      state_(
          services, [this](std::string body) { transport_.send(std::move(body)); },
          options_.threads),
      binder_(state_.documents, state_.scheduler),
      configuration_(state_, options_.command_line, options_.command_line_keys),
      completer_(state_),
      repairer_(state_),
      document_sync_(state_, completer_, repairer_),
      inline_completion_(state_, completer_),
      next_edit_(state_),
      completion_(completer_),
      symbols_(state_),
      navigation_(state_),
      status_(state_, document_sync_, completer_, next_edit_),
      tools_(completer_),
      code_actions_(state_, repairer_),
      commands_(state_, completer_, next_edit_, status_, code_actions_) {
  ++services.session_count;
  services.add_listener(state_.progress);
  bind();
}

Session::~Session() {
  state_.progress->detach();
  state_.scheduler.stop();  // before the features that its jobs use
  --state_.services.session_count;
}

void Session::bind() {
  binder_.method("initialize", Lane::kMain, this, &Session::initialize);
  binder_.method("shutdown", Lane::kMain, this, &Session::shutdown);
  binder_.notification("initialized", this, &Session::initialized);
  binder_.notification("exit", this, &Session::exit);
  binder_.notification("$/cancelRequest", this, &Session::cancel_request);
  binder_.notification("window/workDoneProgress/cancel", this, &Session::cancel_work);
  binder_.notification("$/setTrace", this, &Session::set_trace);
  binder_.notification("workspace/didChangeWorkspaceFolders", this,
                       &Session::change_workspace_folders);
  configuration_.bind(binder_);
  document_sync_.bind(binder_, capabilities_);
  inline_completion_.bind(binder_, capabilities_);
  next_edit_.bind(binder_);
  completion_.bind(binder_);
  symbols_.bind(binder_, capabilities_);
  navigation_.bind(binder_);
  status_.bind(binder_);
  tools_.bind(binder_);
  code_actions_.bind(binder_, capabilities_);
  commands_.bind(binder_, capabilities_);
}

std::vector<std::string> Session::method_names() const {
  return binder_.names();
}

// --- Messages -----------------------------------------------------------------------------------

int Session::run() {
  if (options_.parent_pid != 0) watch_parent(options_.parent_pid);
  bool was_shut_down = false;
  while (life_ != Life::kOver) {
    protocol::Incoming incoming = transport_.read();
    was_shut_down = was_shut_down || life_ == Life::kShutDown;
    if (const auto* end = std::get_if<protocol::End>(&incoming)) {
      spdlog::info("the session ends: {}", end->why);
      break;
    }
    if (const auto* bad = std::get_if<protocol::BadFrame>(&incoming)) {
      spdlog::warn("malformed frame: {}", bad->why);
      transport_.send(protocol::encode_error(protocol::NullId(), RpcCode::kParseError,
                                             "malformed frame: " + bad->why));
      continue;
    }
    take(std::get<protocol::Frame>(incoming).body);
  }
  return was_shut_down ? 0 : 1;
}

void Session::take(const std::string& body) {
  auto message = protocol::parse_message(body);
  if (!message) {
    const protocol::BadMessage& bad = message.error();
    spdlog::warn("malformed message: {}", bad.why);
    transport_.send(protocol::encode_error(bad.id, bad.code, bad.why));
    return;
  }
  if (auto* request = std::get_if<protocol::Request>(&*message))
    take_request(std::move(*request));
  else if (const auto* notification = std::get_if<protocol::Notification>(&*message))
    take_notification(*notification);
  else
    state_.client.take_answer(std::get<protocol::Response>(*message));
}

void Session::take_request(protocol::Request request) {
  auto pending = std::make_shared<PendingRequest>(
      std::move(request.id), request.method,
      [this](std::string body) { transport_.send(std::move(body)); });
  const bool is_initialize = request.method == "initialize";
  if (life_ == Life::kNew && !is_initialize)
    return pending->refuse(RpcCode::kServerNotInitialized, "the first request is `initialize`");
  if (life_ == Life::kRunning && is_initialize)
    return pending->refuse(RpcCode::kInvalidRequest, "the session is initialized already");
  if (life_ == Life::kShutDown)
    return pending->refuse(RpcCode::kInvalidRequest, "the session is shut down");
  if (!binder_.dispatch(request.method, pending, request.params))
    pending->refuse(RpcCode::kMethodNotFound, "unknown method " + request.method);
}

void Session::take_notification(const protocol::Notification& notification) {
  const bool is_exit = notification.method == "exit";
  if (life_ != Life::kRunning && !is_exit) {
    spdlog::warn("{}: ignored outside the running session", notification.method);
    return;
  }
  if (Status done = binder_.dispatch(notification.method, notification.params); !done)
    spdlog::warn("{}: {}", notification.method, done.error().message());
}

// --- Life cycle ---------------------------------------------------------------------------------

void Session::initialize(const protocol::InitializeParams& params, const Call&, Reply<Json> reply) {
  spdlog::info("client: {} {}", params.clientName, params.clientVersion);
  if (options_.parent_pid == 0 && params.processId) watch_parent(*params.processId);
  const ClientFeatures features = read_client_features(params.capabilities);
  state_.client.set_features(features);
  negotiate_encoding(features.position_encodings);

  const std::vector<std::string> roots = root_uris(params);
  configuration_.start(params.initializationOptions,
                       roots.empty() ? std::nullopt : root_path(roots.front()));
  for (const std::string& uri : roots) add_workspace(uri);

  CompletionFeature::announce(features, capabilities_);
  NavigationFeature::announce(state_.settings.get(), capabilities_);
  capabilities_["positionEncoding"] = encoding_name(state_.documents.encoding());
  capabilities_["workspace"]["workspaceFolders"] = {{"supported", true},
                                                    {"changeNotifications", true}};
  life_ = Life::kRunning;
  reply(Json{{"capabilities", capabilities_},
             {"serverInfo", {{"name", "curlew"}, {"version", CURLEW_VERSION}}}});
}

void Session::initialized(const protocol::NoParams&) {
  state_.client.open_gate();
  state_.progress->start(state_.workspaces.all());
  configuration_.ask_client();
  document_sync_.watch_files();
}

void Session::shutdown(const protocol::NoParams&, const Call&, Reply<Json> reply) {
  life_ = Life::kShutDown;
  reply(Json());
}

void Session::exit(const protocol::NoParams&) {
  life_ = Life::kOver;
}

void Session::cancel_request(const Json& params) {
  const Json& id = protocol::at_path(params, {"id"});
  if (id.is_string())
    state_.scheduler.cancel(id.get<std::string>());
  else if (id.is_number_integer())
    state_.scheduler.cancel(id.get<std::int64_t>());
}

void Session::cancel_work(const Json& params) {
  const Json& token = protocol::at_path(params, {"token"});
  if (token.is_string()) state_.cancellable.cancel(token.get<std::string>());
}

// Traces are the log's business (log_level).
void Session::set_trace(const protocol::NoParams&) {}

void Session::change_workspace_folders(const protocol::DidChangeWorkspaceFoldersParams& params) {
  for (const protocol::WorkspaceFolder& folder : params.removed)
    if (const auto root = root_path(folder.uri)) {
      state_.workspaces.remove(*root);
      document_sync_.unwatch(*root);
    }
  for (const protocol::WorkspaceFolder& folder : params.added)
    if (const auto workspace = add_workspace(folder.uri)) document_sync_.watch(workspace);
}

// UTF-8 where the client can: nothing to count then. UTF-16 is what every client must speak.
void Session::negotiate_encoding(const std::vector<std::string>& offered) {
  using protocol::PositionEncoding;
  for (auto wanted : {PositionEncoding::kUtf8, PositionEncoding::kUtf16, PositionEncoding::kUtf32})
    for (const std::string& name : offered)
      if (name == encoding_name(wanted)) return state_.documents.set_encoding(wanted);
  state_.documents.set_encoding(PositionEncoding::kUtf16);
}

std::shared_ptr<Workspace> Session::add_workspace(const std::string& uri) {
  const std::optional<fs::path> root = root_path(uri);
  if (!root) {
    spdlog::warn("workspace folder {}: not a folder of this machine", uri);
    return nullptr;
  }
  auto workspace = state_.services.workspace(*root, state_.settings.get());
  state_.workspaces.add(workspace);
  state_.services.update(workspace);
  return workspace;
}

void Session::watch_parent(int process_id) {
  parent_ = ParentWatch::start(process_id);
  if (parent_)
    transport_.end_when_readable(parent_->fd(), "the parent process is gone");
  else
    spdlog::warn("process {}, the client's, cannot be watched", process_id);
}

}  // namespace curlew::server
