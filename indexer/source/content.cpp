#include "indexer/source/content.h"

#include <algorithm>
#include <iterator>

namespace curlew::indexer {
namespace {

constexpr std::size_t kLineBytesMeanMax = 500;
constexpr std::size_t kLineBytesMax = 20'000;

}  // namespace

bool is_binary(std::string_view text) {
  return text.substr(0, kBinaryLookBytes).find('\0') != std::string_view::npos;
}

bool is_minified(const Language& language, std::string_view text) {
  static constexpr std::string_view kLanguages[] = {"javascript", "typescript", "tsx",
                                                    "css",        "html",       "json"};
  if (std::find(std::begin(kLanguages), std::end(kLanguages), language.name) ==
      std::end(kLanguages)) {
    return false;
  }
  std::size_t line_count = 0, longest = 0;
  for (std::string_view rest = text; !rest.empty(); ++line_count) {
    const std::size_t line_bytes = std::min(rest.find('\n'), rest.size());
    longest = std::max(longest, line_bytes);
    rest.remove_prefix(std::min(rest.size(), line_bytes + 1));
  }
  return longest > kLineBytesMax || text.size() > line_count * kLineBytesMeanMax;
}

}  // namespace curlew::indexer
