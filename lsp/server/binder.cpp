#include "lsp/server/binder.h"

#include <algorithm>

namespace curlew::server {

bool Binder::dispatch(const std::string& method, std::shared_ptr<PendingRequest> request,
                      const protocol::Json& params) const {
  const auto found = methods_.find(method);
  if (found == methods_.end()) return false;
  found->second(std::move(request), params);
  return true;
}

Status Binder::dispatch(const std::string& method, const protocol::Json& params) const {
  const auto found = notifications_.find(method);
  return found == notifications_.end() ? Status() : found->second(params);
}

std::vector<std::string> Binder::names() const {
  std::vector<std::string> names;
  for (const auto& [name, handler] : methods_) names.push_back(name);
  for (const auto& [name, handler] : notifications_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace curlew::server
