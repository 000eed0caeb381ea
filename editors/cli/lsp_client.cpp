#include "editors/cli/lsp_client.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "lsp/protocol/rpc.h"

extern char** environ;

namespace curlew::cli {
namespace {

using assist::Errc;
using assist::fail;

constexpr auto kExitWaitMax = std::chrono::seconds(5);

// The server's own requests get the dullest answer that is valid.
protocol::Json answer_to(const protocol::Request& request) {
  if (request.method == "workspace/configuration") {
    protocol::Json answers = protocol::Json::array();
    for (std::size_t i = 0; i < request.params.value("items", protocol::Json::array()).size(); ++i)
      answers.push_back(nullptr);
    return answers;
  }
  return nullptr;
}

}  // namespace

assist::Expected<std::unique_ptr<LspClient>> LspClient::start(
    const std::vector<std::string>& command) {
  std::array<int, 2> to_child{}, from_child{};
  if (::pipe2(to_child.data(), O_CLOEXEC) != 0 || ::pipe2(from_child.data(), O_CLOEXEC) != 0)
    return fail(Errc::kInternal, "cannot make a pipe to the server");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(to_child[0]);
  ::close(from_child[1]);
  if (error != 0) {
    ::close(to_child[1]);
    ::close(from_child[0]);
    return fail(Errc::kInternal, "{}: cannot be started", command.front());
  }
  return std::unique_ptr<LspClient>(new LspClient(child, from_child[0], to_child[1]));
}

assist::Expected<protocol::Json> LspClient::request(const std::string& method, Json params) {
  const protocol::RequestId id = next_id_++;
  transport_.send(protocol::encode_request(id, method, std::move(params)));
  while (true) {
    protocol::Incoming incoming = transport_.read();
    if (const auto* end = std::get_if<protocol::End>(&incoming))
      return fail(Errc::kInternal, "{}: the server ended ({})", method, end->why);
    const auto* frame = std::get_if<protocol::Frame>(&incoming);
    if (frame == nullptr) continue;
    auto message = protocol::parse_message(frame->body);
    if (!message) continue;
    if (const auto* notification = std::get_if<protocol::Notification>(&*message)) {
      if (on_notification_) on_notification_(notification->method, notification->params);
    } else if (const auto* asked = std::get_if<protocol::Request>(&*message)) {
      transport_.send(protocol::encode_result(asked->id, answer_to(*asked)));
    } else if (auto& response = std::get<protocol::Response>(*message); response.id == id) {
      if (response.error) return fail(Errc::kInternal, "{}: {}", method, response.error->message);
      return std::move(response.result);
    }
  }
}

void LspClient::notify(const std::string& method, Json params) {
  transport_.send(protocol::encode_notification(method, std::move(params)));
}

void LspClient::shutdown() {
  if (child_ < 0) return;
  (void)request("shutdown", nullptr);
  notify("exit", nullptr);
  const auto deadline = std::chrono::steady_clock::now() + kExitWaitMax;
  while (::waitpid(child_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  child_ = -1;
}

LspClient::~LspClient() {
  shutdown();
}

}  // namespace curlew::cli
