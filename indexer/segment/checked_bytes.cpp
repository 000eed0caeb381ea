#include "indexer/segment/checked_bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace curlew::indexer {

CheckedBytes::CheckedBytes(std::string_view body, std::string_view checksums)
    : body_(body),
      checksums_(checksums),
      states_((body.size() + kCheckedBlockBytes - 1) / kCheckedBlockBytes) {}

bool CheckedBytes::check(std::uint64_t block) const {
  const std::string_view bytes =
      body_.substr(static_cast<std::size_t>(block * kCheckedBlockBytes), kCheckedBlockBytes);
  const auto wanted = load<std::uint64_t>(checksums_, block * sizeof(std::uint64_t));
  const bool good = XXH3_64bits(bytes.data(), bytes.size()) == wanted;
  if (good)
    states_[block].store(true, std::memory_order_relaxed);
  else
    damaged_.store(true, std::memory_order_relaxed);
  return good;
}

void CheckedBytes::check_rest(const std::function<bool(std::string_view)>& checked) const {
  for (std::uint64_t i = 0; i < states_.size(); ++i) {
    if (states_[i].load(std::memory_order_relaxed)) continue;
    if (!check(i)) return;
    if (!checked(body_.substr(i * kCheckedBlockBytes, kCheckedBlockBytes))) return;
  }
}

}  // namespace curlew::indexer
