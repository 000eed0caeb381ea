// Low-rank adapters made up for a test, in both forms that files have, and the model that they make
// of another.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/files/model_file.h"
#include "tests/model/gguf_writer.h"

namespace curlew::model::testing {

struct Factors {
  std::string target;
  std::int64_t inputs = 0, outputs = 0, rank = 0;
  std::vector<float> a;  // [rank, inputs]
  std::vector<float> b;  // [outputs, rank]
};

// For every matrix of the model that a plain product reads, ranks by turns.
std::vector<Factors> random_factors(const ModelFile& base, std::vector<std::int64_t> ranks,
                                    unsigned seed);

// alpha 0 is left out of the file.
GgufWriter adapter_gguf(const ModelFile& base, const std::vector<Factors>& factors, float alpha,
                        kernels::WeightType type = kernels::WeightType::kF32);

// As PEFT writes it for a llama: `config` gets what it does not have. The rows of B stand as in the
// checkpoint, not as in the GGUF file.
void write_adapter_folder(const std::filesystem::path& folder, const ModelFile& base,
                          const std::vector<Factors>& factors, nlohmann::json config);

// The bytes of the base in float32, W + scale * B A in place of W.
using ScaleOf = std::function<double(const Factors&)>;
std::vector<std::byte> merged(const ModelFile& base, const std::vector<Factors>& factors,
                              const ScaleOf& scale_of);

}  // namespace curlew::model::testing
