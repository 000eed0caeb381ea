// A model file in, the same model in another weight type out.
//
//   Expected<QuantizeReport> report = quantize_model({.in = "f16.gguf", .out = "q4.gguf",
//                                                     .type = "Q4_K_M"}, stop);
//
// The output is a GGUF file with the input's metadata, general.file_type and
// general.quantization_version set; llama.cpp loads it as well. It appears whole or not at all, and
// needs memory for some megabytes beside the mapped input, however large the model is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "kernels/block_format.h"
#include "model/error.h"

namespace curlew::model {

struct QuantizeRequest {
  std::filesystem::path in;  // whatever ModelFile::open takes
  std::filesystem::path out;
  std::string type;               // a name find_mix() knows
  int threads = 0;                // 0: kernels::default_thread_count()
  bool replace = false;           // an existing `out`; never `in`
  bool allow_requantize = false;  // weights that are quantised already, again, in another type
  std::function<void(double fraction, std::string_view tensor)> on_progress;  // may be empty
};

// Of all tensors that were written in one type.
struct TypeReport {
  int tensors = 0;
  std::int64_t elements = 0;
  std::uint64_t bytes = 0;
  double squared_error = 0, squared_sum = 0;  // against, and of, the input's values

  double rmse() const;           // 0 for tensors that were only copied
  double relative_rmse() const;  // as a share of the weights' own root mean square
};

struct QuantizeReport {
  std::uint64_t bytes_in = 0, bytes_out = 0;
  double bits_per_weight = 0, seconds = 0;
  std::map<kernels::WeightType, TypeReport> by_type;
};

// Errors: an unknown type; an `out` that exists, or is `in`; an input that is quantised already; a
// weight that is NaN, infinite or beyond what the type holds (the tensor and the element are
// named); files that cannot be read or written; kCancelled, within some milliseconds of `stop`.
Expected<QuantizeReport> quantize_model(const QuantizeRequest& request, std::stop_token stop);

}  // namespace curlew::model
