// Texts of files for one request: the open document, else the disk. The columns of what an index finds
// are bytes, and an editor that counts UTF-16 cannot be told without the line itself.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "indexer/source/read_file.h"
#include "lsp/server/session_state.h"

namespace curlew::server {

constexpr std::uintmax_t kSourceBytesMax = 16u << 20;  // of a file read to convert its columns

// Not thread-safe.
class FileTexts {
 public:
  explicit FileTexts(const SessionState& state) : state_(state) {}

  // Null when the file cannot be read any more.
  const Snapshot* find(const Workspace& workspace, const std::string& path) {
    const std::filesystem::path file = workspace.root() / path;
    const std::string uri = state_.documents.uri_of(file);
    const auto [known, is_new] = texts_.try_emplace(uri);
    if (!is_new) return known->second.get();
    known->second = state_.documents.find(uri);
    if (!known->second) known->second = read(uri, file);
    return known->second.get();
  }

 private:
  std::shared_ptr<const Snapshot> read(const std::string& uri,
                                       const std::filesystem::path& file) const {
    auto text = indexer::read_file(file, kSourceBytesMax);
    if (!text) return nullptr;
    return std::make_shared<const Snapshot>(uri, "", 0,
                                            std::make_shared<const std::string>(std::move(*text)),
                                            DocumentPlace{}, state_.documents.encoding());
  }

  const SessionState& state_;
  std::map<std::string, std::shared_ptr<const Snapshot>> texts_;  // by URI
};

inline protocol::Range to_lsp(const indexer::Range& range, const Snapshot& document) {
  return {document.position_at(range.start_byte), document.position_at(range.end_byte)};
}

}  // namespace curlew::server
