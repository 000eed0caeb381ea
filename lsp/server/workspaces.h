// The workspace folders of one session, and which of them a document belongs to. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lsp/server/documents.h"
#include "lsp/server/services.h"

namespace curlew::server {

class Workspaces {
 public:
  void add(std::shared_ptr<Workspace> workspace);  // again: no change
  void remove(const std::filesystem::path& root);

  // The innermost folder that holds the document.
  DocumentPlace place_of(const std::string& uri) const;
  std::vector<std::shared_ptr<Workspace>> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Workspace>> workspaces_;  // mutex_; in the client's order
};

}  // namespace curlew::server
