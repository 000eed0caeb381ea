// What tests of prompts share: random halves on both sides, products of halves in float64, and a cache
// with several sequences.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "kernels/cpu/half.h"
#include "kernels/cuda/rope_kv.h"
#include "tests/kernels/cuda/device_case.h"

namespace curlew::cuda::testing {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

inline std::size_t size(int a, int b = 1, int c = 1) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
}

inline float as_half(float v) {
  return kernels::f16_to_f32(kernels::f32_to_f16(v));
}

struct Halves {
  Floats values;
  Activations on_device;  // f16
};

inline Halves give_halves(DeviceCase& device, int tokens, int cols, std::uint32_t seed) {
  Halves h = {.values = kernels::random_floats(size(tokens, cols), 1.f, seed)};
  std::vector<Half> bits;
  for (float& v : h.values) bits.push_back({kernels::f32_to_f16(v)}), v = as_half(v);
  h.on_device.f16 = device.upload(bits);
  return h;
}

// Of weights rounded to halves with such activations; `within` is what rounding may make of it: now and
// then a weight falls to the other side, and float32 sums.
struct HalfProduct {
  Doubles sum, within;
};

inline Floats weights_as_floats(const kernels::MatrixView& w) {
  Floats weights(static_cast<std::size_t>(w.rows * w.cols));
  for (std::int64_t r = 0; r < w.rows; ++r)
    kernels::dequantize(w.type,
                        static_cast<const std::byte*>(static_cast<const void*>(w.data)) +
                            static_cast<std::size_t>(r) * w.row_bytes(),
                        weights.data() + r * w.cols, w.cols);
  return weights;
}

inline HalfProduct half_product(const kernels::MatrixView& w, const Floats& x, int tokens) {
  HalfProduct out;
  Floats weights = weights_as_floats(w);
  for (float& v : weights) v = as_half(v);
  for (int t = 0; t < tokens; ++t)
    for (std::int64_t r = 0; r < w.rows; ++r) {
      double sum = 0, squares = 0, all = 0;
      for (std::int64_t c = 0; c < w.cols; ++c) {
        const double v = double{weights[static_cast<std::size_t>(r * w.cols + c)]} *
                         x[static_cast<std::size_t>(t * w.cols + c)];
        sum += v, squares += v * v, all += std::abs(v);
      }
      out.sum.push_back(sum);
      out.within.push_back(std::sqrt(squares) / 1024 + 2e-6 * all + 1e-6);
    }
  return out;
}

inline void expect_within(const Floats& got, const HalfProduct& want) {
  ASSERT_EQ(got.size(), want.sum.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], want.sum[i], want.within[i]) << "at " << i;
}

// A cache of halves, of one layer, whose blocks stand in no order; sequence s has lengths[s] positions,
// of which the step's tokens are those from firsts[s] on.
struct PromptCache {
  PromptCache(DeviceCase& device, int n_kv_heads, int dim, std::span<const int> lengths,
              std::span<const int> firsts) {
    using Ints = std::vector<std::int32_t>;
    using kernels::kKvBlockTokens;
    Ints table, pos, first_block, table_begin;
    for (std::size_t s = 0; s < lengths.size(); ++s) {
      table_begin.push_back(static_cast<std::int32_t>(table.size()));
      for (int b = 0; b * kKvBlockTokens < lengths[s]; ++b)
        table.push_back(static_cast<std::int32_t>(table.size()));
      for (int p = firsts[s]; p < lengths[s]; ++p)
        pos.push_back(p), first_block.push_back(table_begin.back());
    }
    std::ranges::reverse(table);
    tokens_ = static_cast<int>(pos.size());
    const std::size_t plane = 2 * size(n_kv_heads, kKvBlockTokens, dim);
    layer = {.block_bytes = 2 * plane, .values_at = plane, .element = KvElement::kF16};
    layer.base = device.empty<std::uint8_t>(2 * plane * table.size());
    const std::int32_t* blocks = device.upload(table);
    step = {.pos = device.upload(pos), .first_block = device.upload(first_block), .blocks = blocks};
    for (std::size_t s = 0; s < lengths.size(); ++s) {
      const auto seed = static_cast<std::uint32_t>(s);
      keys.push_back(kernels::random_floats(size(lengths[s], n_kv_heads, dim), 1.f, 20 + seed));
      values.push_back(kernels::random_floats(size(lengths[s], n_kv_heads, dim), 1.f, 30 + seed));
      for (float& v : keys.back()) v = as_half(v);
      for (float& v : values.back()) v = as_half(v);
      Ints all(size(lengths[s])), begin(size(lengths[s]), table_begin[s]);
      std::iota(all.begin(), all.end(), 0);
      EXPECT_CUDA_OK(rope_kv({.k = device.upload(keys.back()),
                              .v = device.upload(values.back()),
                              .kv = layer,
                              .step = {.pos = device.upload(all),
                                       .first_block = device.upload(begin),
                                       .blocks = blocks},
                              .tokens = lengths[s],
                              .n_kv_heads = n_kv_heads,
                              .key_dim = dim,
                              .value_dim = dim},
                             device.stream()));
    }
  }
  int tokens() const { return tokens_; }

  std::vector<Floats> keys, values;  // as stored
  KvLayer layer;
  StepTokens step;

 private:
  int tokens_ = 0;
};

}  // namespace curlew::cuda::testing
