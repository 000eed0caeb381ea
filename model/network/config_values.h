// Numbers of a file's metadata, checked on the way in. Private to the readers of ModelConfig.
//
// Each returns an Error that names the file, the key, what stands there and what may.
#pragma once

#include <string>

#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

// Far above every published model, and small enough that no product of them overflows.
inline constexpr std::int64_t kLayersMax = 512;
inline constexpr std::int64_t kHiddenMax = 1 << 17;
inline constexpr std::int64_t kFfnMax = 1 << 20;
inline constexpr std::int64_t kHeadsMax = 1024;
inline constexpr std::int64_t kHeadDimMax = 1024;
inline constexpr std::int64_t kRankMax = 1 << 14;
inline constexpr std::int64_t kExpertsMax = 4096;
inline constexpr std::int64_t kVocabMax = 1 << 22;
inline constexpr std::int64_t kContextMax = 1 << 24;

Status in_range(const ModelFile& file, std::string_view key, std::int64_t value, std::int64_t min,
                std::int64_t max);

// 1 to max.
Expected<int> size(const ModelFile& file, const std::string& key, std::int64_t max);

// Some converters write one number for every layer. Networks whose layers differ are not run.
Expected<int> size_in_every_layer(const ModelFile& file, const std::string& key, int n_layers,
                                  std::int64_t max);

// min to max; the fallback where the key is absent.
Expected<int> count(const ModelFile& file, const std::string& key, int fallback, std::int64_t min,
                    std::int64_t max);

// Above 0, finite, and at most `max`; the fallback where the key is absent.
Expected<double> positive(const ModelFile& file, const std::string& key, double fallback,
                          double max);

// Assigns the value or passes the error on.
template <class From, class To>
Status store(Expected<From> value, To& to) {
  if (!value) return std::move(value.error()).pass();
  to = static_cast<To>(*value);
  return {};
}

}  // namespace curlew::model
