// What a converter does to weights on their way from a Hugging Face checkpoint to GGUF: reorder,
// split, stack. Every function here writes into memory of the image and leaves its source alone.
//
// dims are as GGUF has them, dims[0] contiguous; HF's shapes are the same read backwards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/files/gguf_image.h"
#include "model/files/safetensors.h"

namespace curlew::model {

struct HfWeight {
  kernels::WeightType type = kernels::WeightType::kF32;
  std::vector<std::int64_t> dims;
  std::span<const std::byte> bytes;

  std::int64_t rows() const;  // the product of all dims but the first
};

// The tensor where it lies, or a copy where that is no multiple of its element's size, which is
// what the kernels ask of F32, F16 and BF16. Other dtypes, no dims, more than four or empty ones
// are refused.
Expected<HfWeight> as_weight(const SafeTensor& tensor, GgufImage& image);

// The same numbers in F32, each plus `offset`.
Expected<HfWeight> to_f32(const HfWeight& weight, float offset, GgufImage& image);

// F16 of the numbers given.
Expected<HfWeight> to_f16(std::span<const float> values, std::vector<std::int64_t> dims,
                          GgufImage& image);

// Rows of heads whose rotated pairs stand apart (element i beside i + head_dim / 2) -> side by side
// (2i beside 2i + 1). A vector counts as rows of one element.
Expected<HfWeight> interleave_heads(const HfWeight& weight, std::int64_t heads, GgufImage& image);

// Equal matrices {in, out} -> {in, out, count}; likewise vectors.
Expected<HfWeight> stack(std::span<const HfWeight> parts, GgufImage& image);

// A pair of tensors made of one.
struct HfWeightPair {
  HfWeight first, second;
};

// Multi-head latent attention (arXiv:2405.04434): kv_b_proj, {rank, heads * (key_dim + value_dim)}
// -> the key part transposed, {key_dim, rank, heads}, so that it maps queries into the latent
// space, and the value part, {rank, value_dim, heads}.
Expected<HfWeightPair> split_key_value_up(const HfWeight& weight, std::int64_t heads,
                                          std::int64_t key_dim, std::int64_t value_dim,
                                          GgufImage& image);

// gpt-oss. Rows of gate and up projections alternate; GGUF has two tensors.
Expected<HfWeightPair> split_alternating_rows(const HfWeight& weight, GgufImage& image);
// HF [experts, in, out] -> {in, out, experts}: each expert's matrix transposed.
Expected<HfWeight> transpose_experts(const HfWeight& weight, GgufImage& image);
// blocks U8 [experts, out, in / 32, 16] and scales U8 [experts, out, in / 32] -> MXFP4 {in, out,
// experts}. There, byte j holds elements 2j and 2j + 1; here, j and j + 16.
Expected<HfWeight> mxfp4_blocks(const SafeTensor& blocks, const SafeTensor& scales,
                                GgufImage& image);

}  // namespace curlew::model
