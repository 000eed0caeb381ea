// Random matrices in any weight type: blocks with random codes and scales of a sensible size.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cpu/half.h"
#include "kernels/ops.h"
#include "tests/kernels/kernel_case.h"

namespace curlew::kernels {

struct RandomMatrix {
  std::vector<std::uint8_t> bytes;
  MatrixView view;
};

// Where the half-precision fields of a block are: the rest may be any bits.
inline std::vector<int> half_fields(WeightType type) {
  switch (type) {
    case WeightType::kQ4_1:
    case WeightType::kQ5_1:
      return {0, 2};
    case WeightType::kQ2_K:
      return {80, 82};
    case WeightType::kQ3_K:
      return {108};
    case WeightType::kQ4_K:
    case WeightType::kQ5_K:
      return {0, 2};
    case WeightType::kQ6_K:
      return {208};
    case WeightType::kMXFP4:
      return {};
    default:
      return {0};
  }
}

inline RandomMatrix random_matrix(WeightType type, std::int64_t rows, std::int64_t cols,
                                  std::uint32_t seed) {
  RandomMatrix out;
  out.view = {type, nullptr, rows, cols};
  const std::size_t total = out.view.row_bytes() * static_cast<std::size_t>(rows);
  out.bytes.resize(total);
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> scale(-0.02f, 0.02f);
  const BlockShape shape = block_shape(type);
  for (std::size_t at = 0; at < total; at += static_cast<std::size_t>(shape.bytes)) {
    std::uint8_t* block = out.bytes.data() + at;
    if (type == WeightType::kF32) {
      const float value = scale(rng);
      std::memcpy(block, &value, 4);
    } else if (type == WeightType::kBF16) {
      const auto bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(scale(rng)) >> 16);
      std::memcpy(block, &bits, 2);
    } else {
      for (int i = 0; i < shape.bytes; ++i) block[i] = static_cast<std::uint8_t>(rng());
      for (const int field : half_fields(type)) {
        const std::uint16_t bits = f32_to_f16(scale(rng));
        std::memcpy(block + field, &bits, 2);
      }
      if (type == WeightType::kMXFP4) block[0] = static_cast<std::uint8_t>(118 + rng() % 6);
    }
  }
  out.view.data = out.bytes.data();
  return out;
}

inline const std::vector<WeightType>& all_weight_types() {
  static const std::vector<WeightType> types = {
      WeightType::kF32,  WeightType::kF16,    WeightType::kBF16,   WeightType::kQ4_0,
      WeightType::kQ4_1, WeightType::kQ5_0,   WeightType::kQ5_1,   WeightType::kQ8_0,
      WeightType::kQ2_K, WeightType::kQ3_K,   WeightType::kQ4_K,   WeightType::kQ5_K,
      WeightType::kQ6_K, WeightType::kIQ4_NL, WeightType::kIQ4_XS, WeightType::kMXFP4,
  };
  return types;
}

// Whether the path in use rounds activations to bfloat16 before they meet weights of the type.
inline bool rounds_to_bf16(WeightType type) {
  return type == WeightType::kBF16 && std::string_view(cpu_path_name()) == "avx512-bf16";
}

inline bool is_float(WeightType type) {
  return block_shape(type).elements == 1;
}

}  // namespace curlew::kernels
