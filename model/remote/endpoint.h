// The address of an OpenAI-compatible server, taken apart and checked.
#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace curlew::model {

struct Endpoint {
  std::string origin;            // "http://127.0.0.1:8012"
  std::string completions_path;  // "/v1/completions"
  std::string chat_path;         // "/v1/chat/completions"

  std::string text() const { return origin + completions_path; }
};

// "http://host:port", "https://host/v1", "http://host/some/prefix/v1/". The path of the API version
// may be left out. Error kInvalidInput: another scheme, no host, user names, blanks, a query.
Expected<Endpoint> parse_endpoint(std::string_view base_url);

}  // namespace curlew::model
