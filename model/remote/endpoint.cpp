#include "model/remote/endpoint.h"

#include <algorithm>

namespace curlew::model {
namespace {

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '@' && c != '\\';
}

}  // namespace

Expected<Endpoint> parse_endpoint(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::kInvalidInput,
                "endpoint \"{}\": {}; expected http://HOST:PORT or https://HOST/v1", url, why);
  };
  std::size_t scheme_bytes = 0;
  for (std::string_view scheme : {"http://", "https://"})
    if (url.starts_with(scheme)) scheme_bytes = scheme.size();
  if (scheme_bytes == 0) return refuse("not an http address");
  if (!std::ranges::all_of(url, is_plain)) return refuse("a character that does not belong there");

  const std::size_t slash = std::min(url.find('/', scheme_bytes), url.size());
  if (slash == scheme_bytes) return refuse("no host");
  std::string path(url.substr(slash));
  while (path.ends_with('/')) path.pop_back();
  if (!path.ends_with("/v1")) path += "/v1";
  return Endpoint{std::string(url.substr(0, slash)), path + "/completions",
                  path + "/chat/completions"};
}

}  // namespace curlew::model
