// Base64 (RFC 4648, with padding): how token texts that are no UTF-8 travel in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace curlew::cli {

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // nothing when it is not base64

}  // namespace curlew::cli
