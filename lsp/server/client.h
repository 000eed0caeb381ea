// The other end of the session: what we tell the client and ask of it. Thread-safe.
//
// Before `initialized` a server may hardly speak; what is sent until then waits.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lsp/protocol/rpc.h"
#include "lsp/protocol/types.h"

namespace curlew::server {

constexpr std::size_t kHeldMessagesMax = 256;    // before `initialized`
constexpr std::size_t kAskedRequestsMax = 1024;  // unanswered; a client that never answers

// The client's capabilities that we use; everything else is not looked at.
struct ClientFeatures {
  bool work_done_progress = false;
  bool configuration = false;           // workspace/configuration
  bool register_configuration = false;  // workspace/didChangeConfiguration
  bool register_watched_files = false;  // workspace/didChangeWatchedFiles
  bool inline_completion = false;
  bool hierarchical_symbols = false;
  bool apply_edit = false;          // workspace/applyEdit
  bool document_changes = false;    // versioned edits
  bool change_annotations = false;  // on edits
  bool code_action_literals = false;
  bool resolves_edits = false;        // codeAction/resolve brings the edit
  bool asks_for_instruction = false;  // has the command curlew.askAndEdit (docs/protocol.md)
  std::vector<std::string> position_encodings;
};
ClientFeatures read_client_features(const protocol::Json& capabilities);

class Client {
 public:
  using Send = std::function<void(std::string message)>;
  // Gets the result, or nothing when the client refused. Runs on the reading thread.
  using OnAnswer = std::function<void(std::optional<protocol::Json> result)>;

  explicit Client(Send send) : send_(std::move(send)) {}

  void set_features(ClientFeatures features) { features_ = std::move(features); }
  const ClientFeatures& features() const { return features_; }

  void open_gate();  // `initialized` came: lets out what was held, in order
  void notify(std::string_view method, protocol::Json params);
  void request(std::string_view method, protocol::Json params, OnAnswer on_answer = {});
  void take_answer(const protocol::Response& response);

  void log(protocol::MessageType type, std::string_view text);          // window/logMessage
  void show_once(protocol::MessageType type, const std::string& text);  // window/showMessage

 private:
  void send(std::string message);

  const Send send_;
  ClientFeatures features_;  // set before the gate opens, constant afterwards
  std::mutex mutex_;
  bool gate_open_ = false;                              // mutex_
  std::vector<std::string> held_;                       // mutex_
  std::int64_t next_id_ = 1;                            // mutex_
  std::map<protocol::RequestId, OnAnswer> unanswered_;  // mutex_
  std::set<std::string> shown_;                         // mutex_
};

}  // namespace curlew::server
