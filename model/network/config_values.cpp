#include "model/network/config_values.h"

#include <algorithm>

namespace curlew::model {

Status in_range(const ModelFile& file, std::string_view key, std::int64_t value, std::int64_t min,
                std::int64_t max) {
  if (value >= min && value <= max) return {};
  return fail(Errc::kCorrupt, "{}: {} is {}, expected {} to {}", file.name(), key, value, min, max);
}

Expected<int> size(const ModelFile& file, const std::string& key, std::int64_t max) {
  Expected<std::int64_t> value = file.integer(key);
  if (!value) return std::move(value.error()).pass();
  if (Status s = in_range(file, key, *value, 1, max); !s) return std::move(s.error()).pass();
  return static_cast<int>(*value);
}

Expected<int> size_in_every_layer(const ModelFile& file, const std::string& key, int n_layers,
                                  std::int64_t max) {
  const std::vector<std::int64_t>* layers = file.integers(key);
  if (layers == nullptr) return size(file, key, max);
  if (layers->size() != static_cast<std::size_t>(n_layers))
    return fail(Errc::kCorrupt, "{}: {} has {} entries, expected one for each of {} layers",
                file.name(), key, layers->size(), n_layers);
  if (std::ranges::adjacent_find(*layers, std::ranges::not_equal_to{}) != layers->end())
    return fail(Errc::kUnsupported, "{}: {} differs between layers", file.name(), key);
  if (Status s = in_range(file, key, layers->front(), 1, max); !s)
    return std::move(s.error()).pass();
  return static_cast<int>(layers->front());
}

Expected<int> count(const ModelFile& file, const std::string& key, int fallback, std::int64_t min,
                    std::int64_t max) {
  Expected<std::int64_t> value = file.integer(key, fallback);
  if (!value) return std::move(value.error()).pass();
  if (Status s = in_range(file, key, *value, min, max); !s) return std::move(s.error()).pass();
  return static_cast<int>(*value);
}

Expected<double> positive(const ModelFile& file, const std::string& key, double fallback,
                          double max) {
  Expected<double> value = file.number(key, fallback);
  // As a float, which is what it will be: 1e-300 would be zero.
  if (value && !(static_cast<float>(*value) > 0 && *value <= max))
    return fail(Errc::kCorrupt, "{}: {} is {}, expected a number in (0, {}]", file.name(), key,
                *value, max);
  return value;
}

}  // namespace curlew::model
