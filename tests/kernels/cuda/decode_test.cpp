// The operations beside the products: norms, rotary embedding and the KV cache, attention, the
// embedding. Against the float64 twins, on caches whose blocks stand in no order.
#include <numeric>

#include "kernels/cpu/half.h"
#include "kernels/cuda/attention.h"
#include "kernels/cuda/embed.h"
#include "kernels/cuda/norm.h"
#include "kernels/cuda/quantize_rows.h"
#include "kernels/cuda/rope_kv.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/cuda/device_case.h"

namespace curlew::cuda::testing {
namespace {

using kernels::expect_near;
using kernels::kKvBlockTokens;
using kernels::random_floats;
using kernels::RopePairs;

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Ints = std::vector<std::int32_t>;

std::size_t size(int a, int b = 1, int c = 1) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c);
}

// int8 codes and scales on the device, as floats again.
Floats dequantised(DeviceCase& device, const Activations& a, int tokens, int cols) {
  const auto q = device.download(a.q, size(tokens, cols));
  const auto scale = device.download(a.scale, size(tokens, cols / kUnitCols));
  Floats x(size(tokens, cols));
  for (int t = 0; t < tokens; ++t)
    for (int c = 0; c < cols; ++c) {
      const auto at = static_cast<std::size_t>(quant_offset(t, cols, c));
      x[size(t, cols) + size(c)] = q[at] * scale[size(t, cols / 32) + size(c / 32)].d;
    }
  return x;
}

TEST(QuantizeRows, GivesTheCodesOfTheCpuEngine) {
  const int tokens = 3, cols = 1056;
  DeviceCase device;
  Floats x = random_floats(size(tokens, cols), 2.f, 1);
  std::fill_n(x.begin() + 64, 32, 0.f);  // a unit of nothing
  const Activations a = device.activations(tokens, cols);
  const float* in = device.upload(x);
  in_every_order([&] {
    EXPECT_CUDA_OK(
        quantize_rows({.x = in, .out = a, .tokens = tokens, .cols = cols}, device.stream()));
    EXPECT_EQ(dequantised(device, a, tokens, cols),
              kernels::quantize_activations_ref(x.data(), cols, tokens));
  });
  const auto q = device.download(a.q, size(tokens, cols));
  const auto scales = device.download(a.scale, size(tokens, cols / kUnitCols));
  for (int t = 0; t < tokens; ++t)
    for (int u = 0; u < cols / kUnitCols; ++u) {
      int sums[2] = {0, 0};
      for (int i = 0; i < kUnitCols; ++i)
        sums[i / 16] += q[static_cast<std::size_t>(quant_offset(t, cols, u * kUnitCols + i))];
      EXPECT_EQ(scales[size(t, cols / kUnitCols) + size(u)].sum_first, sums[0]);
      EXPECT_EQ(scales[size(t, cols / kUnitCols) + size(u)].sum_second, sums[1]);
    }
}

TEST(Norm, MatchesReference) {
  for (const NormFormula formula : {NormFormula::kRms, NormFormula::kLayer})
    for (const int cols : {1, 37, 96, 2304}) {
      const int rows = 3, stride = cols + 5;
      DeviceCase device;
      const Floats x = random_floats(size(rows, stride), 3.f, 1);
      const Floats weight = random_floats(size(cols), 1.f, 2),
                   bias = random_floats(size(cols), 1.f, 3);
      Floats packed;
      for (int r = 0; r < rows; ++r)
        packed.insert(packed.end(), x.begin() + r * stride, x.begin() + r * stride + cols);
      Doubles want(size(rows, cols));
      const bool is_layer = formula == NormFormula::kLayer;
      if (is_layer)
        kernels::layer_norm_ref(packed.data(), weight.data(), bias.data(), want.data(), rows, cols,
                                1e-5f);
      else
        kernels::rms_norm_ref(packed.data(), weight.data(), want.data(), rows, cols, 1e-5f);
      const Activations out = device.activations(rows, cols);
      const NormArgs args = {.x = device.upload(x),
                             .weight = device.upload(weight),
                             .bias = is_layer ? device.upload(bias) : nullptr,
                             .out = out,
                             .rows = rows,
                             .cols = cols,
                             .x_stride = stride,
                             .eps = 1e-5f,
                             .formula = formula};
      in_every_order([&] {
        EXPECT_CUDA_OK(norm(args, device.stream()));
        const Floats y = device.download(out.f32, size(rows, cols));
        expect_near(y, want, 1e-5, 1e-5, std::to_string(cols));
        if (out.q != nullptr) {
          EXPECT_EQ(dequantised(device, out, rows, cols),
                    kernels::quantize_activations_ref(y.data(), cols, rows));
        }
      });
    }
}

TEST(Embed, ExpandsRowsOfEveryType) {
  for (const kernels::WeightType type : kernels::all_weight_types()) {
    const int cols = is_float(device_format(type)) ? 47 : 256, rows = 9;
    DeviceCase device;
    const auto table = kernels::random_matrix(type, rows, cols, 5);
    const Ints ids = {8, 0, 3};
    Doubles want;
    Floats row(size(cols));
    for (const int id : ids) {
      kernels::dequantize(type, table.bytes.data() + size(id) * table.view.row_bytes(), row.data(),
                          cols);
      for (const float v : row) want.push_back(0.5 * v);
    }
    float* y = device.empty<float>(want.size());
    EXPECT_CUDA_OK(embed({.table = device.upload_matrix(table.view),
                          .ids = device.upload(ids),
                          .y = y,
                          .tokens = 3,
                          .scale = 0.5f},
                         device.stream()));
    expect_near(device.download(y, want.size()), want, 1e-7, 1e-6, weight_type_name(type));
  }
}

// A cache of one layer with a few sequences in scattered blocks, and a step of tokens in them.
struct CacheCase {
  CacheCase(DeviceCase& device, KvElement element, int n_kv_heads_, int key_dim_, int value_dim_,
            const Ints& positions)
      : n_kv_heads(n_kv_heads_), key_dim(key_dim_), value_dim(value_dim_), pos(positions) {
    int used = 0;
    for (const int p : pos) {  // each token in a sequence of its own
      first.push_back(static_cast<std::int32_t>(table.size()));
      for (int b = 0; b <= p / kKvBlockTokens; ++b) table.push_back(used++);
    }
    for (auto& block : table) block = used - 1 - block;
    const std::size_t rows = size(n_kv_heads, kKvBlockTokens);
    const std::size_t keys = rows * size(kv_row_bytes(element, key_dim));
    layer = {.block_bytes = keys + rows * size(kv_row_bytes(element, value_dim)),
             .values_at = value_dim > 0 ? keys : 0,
             .element = element};
    layer.base = device.empty<std::uint8_t>(layer.block_bytes * size(used));
    step = {.pos = device.upload(pos),
            .first_block = device.upload(first),
            .blocks = device.upload(table)};
  }

  // Writes the past of every token through rope_kv, a position at a time, with no rotation.
  void fill(DeviceCase& device, const std::vector<Floats>& k, const std::vector<Floats>& v) const {
    for (std::size_t t = 0; t < pos.size(); ++t) {
      const int count = pos[t] + 1;
      Ints positions(size(count)), firsts(size(count), first[t]);
      std::iota(positions.begin(), positions.end(), 0);
      const StepTokens all = {.pos = device.upload(positions),
                              .first_block = device.upload(firsts),
                              .blocks = step.blocks};
      EXPECT_CUDA_OK(rope_kv({.k = device.upload(k[t]),
                              .v = value_dim > 0 ? device.upload(v[t]) : nullptr,
                              .kv = layer,
                              .step = all,
                              .tokens = count,
                              .n_kv_heads = n_kv_heads,
                              .key_dim = key_dim,
                              .value_dim = value_dim},
                             device.stream()));
    }
  }

  int n_kv_heads, key_dim, value_dim;
  Ints pos;
  Ints first, table;  // what step points to, on the host
  KvLayer layer;
  StepTokens step;
};

Floats as_stored(Floats x, KvElement element) {
  if (element == KvElement::kF16)
    for (float& v : x) v = kernels::f16_to_f32(kernels::f32_to_f16(v));
  if (element == KvElement::kQ8) {  // as the CPU engine's cache
    std::vector<std::byte> blocks(x.size() / kKvQ8Cols * kKvQ8Bytes * kKvBlockTokens);
    void* block = blocks.data();
    kernels::kv_write(x.data(), &block, kernels::KvType::kQ8_0, 0, 1, 1,
                      static_cast<int>(x.size()));
    kernels::dequantize(kernels::WeightType::kQ8_0, blocks.data(), x.data(),
                        static_cast<std::int64_t>(x.size()));
  }
  return x;
}

struct HeadShape {
  int n_heads, n_kv_heads, head_dim;
  KvElement element;
  int window;
  bool has_sinks;
};

class Attention : public ::testing::TestWithParam<HeadShape> {};

TEST_P(Attention, MatchesReference) {
  const HeadShape h = GetParam();
  const Ints pos = {0, 33, 197};
  DeviceCase device;
  const CacheCase cache(device, h.element, h.n_kv_heads, h.head_dim, h.head_dim, pos);
  std::vector<Floats> k, v;
  for (const int p : pos) {
    k.push_back(
        as_stored(random_floats(size(p + 1, h.n_kv_heads, h.head_dim), 1.f, 10 + p), h.element));
    v.push_back(
        as_stored(random_floats(size(p + 1, h.n_kv_heads, h.head_dim), 1.f, 90 + p), h.element));
  }
  cache.fill(device, k, v);
  const int tokens = static_cast<int>(pos.size()), cols = h.n_heads * h.head_dim, splits = 3;
  const Floats q = random_floats(size(tokens, cols), 1.f, 7);
  const Floats sinks = random_floats(size(h.n_heads), 1.f, 8);
  const float scale = 1.f / std::sqrt(static_cast<float>(h.head_dim));
  Doubles want(size(tokens, cols));
  for (int t = 0; t < tokens; ++t)
    kernels::attention_ref({.q = q.data() + t * cols,
                            .tokens = 1,
                            .first_pos = pos[size(t)],
                            .n_heads = h.n_heads,
                            .n_kv_heads = h.n_kv_heads,
                            .head_dim = h.head_dim,
                            .window = h.window,
                            .scale = scale,
                            .sinks = h.has_sinks ? sinks.data() : nullptr},
                           k[size(t)].data(), v[size(t)].data(), want.data() + t * cols);
  const Activations out = device.activations(tokens, cols);
  const AttentionArgs args = {.q = device.upload(q),
                              .kv = cache.layer,
                              .step = cache.step,
                              .out = out,
                              .partial = device.empty<float>(
                                  attention_partial_floats(tokens, h.n_heads, h.head_dim, splits)),
                              .sinks = h.has_sinks ? device.upload(sinks) : nullptr,
                              .tokens = tokens,
                              .n_heads = h.n_heads,
                              .n_kv_heads = h.n_kv_heads,
                              .head_dim = h.head_dim,
                              .value_dim = h.head_dim,
                              .window = h.window,
                              .splits = splits,
                              .scale = scale};
  in_every_order([&] {
    EXPECT_CUDA_OK(attention(args, device.stream()));
    const Floats got = device.download(out.f32, want.size());
    expect_near(got, want, 2e-5, 1e-5, "attention");
    if (out.q != nullptr) {
      EXPECT_EQ(dequantised(device, out, tokens, cols),
                kernels::quantize_activations_ref(got.data(), cols, tokens));
    }
  });
}
INSTANTIATE_TEST_SUITE_P(Heads, Attention,
                         ::testing::Values(HeadShape{7, 1, 128, KvElement::kF16, 0, false},
                                           HeadShape{4, 2, 64, KvElement::kF16, 0, true},
                                           HeadShape{3, 3, 64, KvElement::kF16, 50, false},
                                           HeadShape{10, 1, 256, KvElement::kF16, 0, false},
                                           HeadShape{8, 2, 128, KvElement::kF16, 33, true},
                                           HeadShape{2, 1, 80, KvElement::kF16, 0, false},
                                           HeadShape{4, 2, 24, KvElement::kF32, 0, true},
                                           HeadShape{2, 1, 128, KvElement::kF32, 0, false},
                                           HeadShape{3, 1, 96, KvElement::kQ8, 40, true}));

// Latent attention: one row a position, whose beginning is the value.
TEST(Attention, ReadsValuesFromTheKeys) {
  const int heads = 3, key_dim = 72, value_dim = 64;
  const Ints pos = {70};
  DeviceCase device;
  CacheCase cache(device, KvElement::kF16, 1, key_dim, 0, pos);
  const Floats k = as_stored(random_floats(size(71, key_dim), 1.f, 1), KvElement::kF16);
  cache.fill(device, {k}, {{}});
  const Floats q = random_floats(size(heads, key_dim), 1.f, 2);
  Doubles want(size(heads, value_dim));
  kernels::attention_ref({.q = q.data(),
                          .tokens = 1,
                          .first_pos = 70,
                          .n_heads = heads,
                          .n_kv_heads = 1,
                          .head_dim = key_dim,
                          .value_dim = value_dim,
                          .value_row = key_dim,
                          .scale = 0.2f},
                         k.data(), k.data(), want.data());
  float* out = device.empty<float>(want.size());
  EXPECT_CUDA_OK(
      attention({.q = device.upload(q),
                 .kv = cache.layer,
                 .step = cache.step,
                 .out = {.f32 = out},
                 .partial = device.empty<float>(attention_partial_floats(1, heads, value_dim, 2)),
                 .tokens = 1,
                 .n_heads = heads,
                 .n_kv_heads = 1,
                 .head_dim = key_dim,
                 .value_dim = value_dim,
                 .value_row = key_dim,
                 .splits = 2,
                 .scale = 0.2f},
                device.stream()));
  expect_near(device.download(out, want.size()), want, 2e-5, 1e-5, "latent");
}

TEST(RopeKv, RotatesNormalisesAndStores) {
  for (const RopePairs pairs : {RopePairs::kAdjacent, RopePairs::kHalves})
    for (const bool by_head : {false, true}) {
      const int heads = 5, kv_heads = 2, dim = 40, freqs = 16;
      const Ints pos = {70, 3, 100000 % 640};
      const int tokens = static_cast<int>(pos.size());
      DeviceCase device;
      const CacheCase cache(device, KvElement::kF32, kv_heads, dim, dim, pos);
      const Floats q = random_floats(size(tokens, heads, dim), 1.f, 1);
      const Floats k = random_floats(size(tokens, kv_heads, dim), 1.f, 2);
      const Floats v = random_floats(size(tokens, kv_heads, dim), 1.f, 3);
      const Floats inv_freq = random_floats(size(freqs), 0.5f, 4);
      const Floats q_weight = random_floats(size(by_head ? heads : 1, dim), 1.f, 5);
      const Floats k_weight = random_floats(size(by_head ? kv_heads : 1, dim), 1.f, 6);
      const float magnitude = 1.1f;
      const auto prepared = [&](const Floats& x, const Floats& weight, int n) {
        Doubles normed(x.size()), out(x.size());
        for (int i = 0; i < tokens * n; ++i)
          kernels::rms_norm_ref(x.data() + i * dim, weight.data() + (by_head ? i % n * dim : 0),
                                normed.data() + i * dim, 1, dim, 1e-6f);
        const Floats single(normed.begin(), normed.end());
        kernels::rope_ref(single.data(), pos.data(), inv_freq.data(), freqs, tokens, n, dim, pairs,
                          magnitude, out.data());
        return out;
      };
      float2* angles = device.empty<float2>(size(tokens, freqs));
      EXPECT_CUDA_OK(rope_angles({.pos = cache.step.pos,
                                  .inv_freq = device.upload(inv_freq),
                                  .angles = angles,
                                  .tokens = tokens,
                                  .n_freqs = freqs,
                                  .magnitude = magnitude},
                                 device.stream()));
      float* q_device = device.upload(q);
      EXPECT_CUDA_OK(rope_kv({.q = q_device,
                              .k = device.upload(k),
                              .v = device.upload(v),
                              .angles = angles,
                              .kv = cache.layer,
                              .step = cache.step,
                              .q_norm = {device.upload(q_weight), by_head},
                              .k_norm = {device.upload(k_weight), by_head},
                              .norm_formula = NormFormula::kRms,
                              .norm_eps = 1e-6f,
                              .pairs = pairs,
                              .tokens = tokens,
                              .n_heads = heads,
                              .n_kv_heads = kv_heads,
                              .key_dim = dim,
                              .value_dim = dim,
                              .n_freqs = freqs},
                             device.stream()));
      expect_near(device.download(q_device, q.size()), prepared(q, q_weight, heads), 1e-5, 1e-5,
                  "q");
      const Doubles want_k = prepared(k, k_weight, kv_heads);
      for (int t = 0; t < tokens; ++t)
        for (int head = 0; head < kv_heads; ++head) {
          const int p = pos[size(t)];
          const auto block = size(cache.table[size(cache.first[size(t)] + p / kKvBlockTokens)]);
          const std::uint8_t* row = cache.layer.base + block * cache.layer.block_bytes +
                                    size(head * kKvBlockTokens + p % kKvBlockTokens, dim, 4);
          const Floats got_k = device.download(reinterpret_cast<const float*>(row), size(dim));
          const Floats got_v = device.download(
              reinterpret_cast<const float*>(row + cache.layer.values_at), size(dim));
          for (int i = 0; i < dim; ++i) {
            const std::size_t at = size(t * kv_heads + head, dim) + size(i);
            EXPECT_NEAR(got_k[size(i)], want_k[at], 1e-5 + 1e-5 * std::fabs(want_k[at]));
            EXPECT_EQ(got_v[size(i)], v[at]);
          }
        }
    }
}

}  // namespace
}  // namespace curlew::cuda::testing
