// A case as a request to the assistant.
#pragma once

#include <string>

#include "lsp/assist/complete.h"
#include "tests/bench/completion/cases.h"

namespace curlew::bench {

class CaseRequest {
 public:
  CaseRequest(const nlohmann::json& value, const std::string& trees, assist::Lines lines,
              assist::CopyMix mix);
  CaseRequest(const CaseRequest&) = delete;  // the request views the text

  const assist::CompletionRequest& request() const { return request_; }

 private:
  std::string text_;
  assist::CompletionRequest request_;
};

}  // namespace curlew::bench
