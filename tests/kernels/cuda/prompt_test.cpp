// Products of many tokens, and what makes halves for them, against float64 on the same halves.
#include "kernels/cpu/half.h"
#include "kernels/cuda/expand_weights.h"
#include "kernels/cuda/expert_tiled.h"
#include "kernels/cuda/half_rows.h"
#include "kernels/cuda/library_matmul.h"
#include "kernels/cuda/matmul_tiled.h"
#include "kernels/cuda/norm.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/cuda/device_case.h"
#include "tests/kernels/cuda/prompt_case.h"

namespace curlew::cuda::testing {
namespace {

using kernels::all_weight_types;
using kernels::expect_near;
using kernels::random_matrix;
using kernels::RandomMatrix;
using kernels::WeightType;
using Ints = std::vector<std::int32_t>;

struct Shape {
  int rows, cols, tokens;
};

class MatmulTiledOf : public ::testing::TestWithParam<WeightType> {};

// Less than a tile of anything; more than one of everything; steps of an odd number.
TEST_P(MatmulTiledOf, MatchesReference) {
  const WeightType type = GetParam();
  const int block = kernels::block_shape(type).elements;
  for (const Shape shape : {Shape{5, 32, 3}, Shape{130, 96, 70}, Shape{40, 160, 131}}) {
    const int cols = (shape.cols + block - 1) / block * block;
    DeviceCase device;
    const RandomMatrix w = random_matrix(type, shape.rows, cols, 3);
    const Halves x = give_halves(device, shape.tokens, cols, 4);
    const Floats bias = kernels::random_floats(size(shape.rows), 0.5f, 5);
    float* y = device.empty<float>(size(shape.rows, shape.tokens));
    MatvecArgs args = {.x = x.on_device, .tokens = shape.tokens};
    args.jobs[0] = {.w = device.upload_matrix(w.view),
                    .bias = device.upload(bias),
                    .y = y,
                    .y_stride = shape.rows};
    EXPECT_CUDA_OK(matmul_tiled({.product = args}, device.stream()));
    HalfProduct want = half_product(w.view, x.values, shape.tokens);
    for (std::size_t i = 0; i < want.sum.size(); ++i) want.sum[i] += bias[i % bias.size()];
    expect_within(device.download(y, want.sum.size()), want);
  }
}
std::vector<WeightType> tiled_types() {
  std::vector<WeightType> types;
  for (const WeightType type : all_weight_types())
    if (type != WeightType::kF32) types.push_back(type);
  return types;
}
INSTANTIATE_TEST_SUITE_P(Types, MatmulTiledOf, ::testing::ValuesIn(tiled_types()),
                         [](const ::testing::TestParamInfo<WeightType>& info) {
                           return std::string(kernels::weight_type_name(info.param));
                         });

// Q, K and V of a Q4_K_M file, which are of two types and three widths, in one call.
TEST(MatmulTiled, TakesSeveralJobs) {
  DeviceCase device;
  const int cols = 256, rows[] = {133, 8, 6}, stride = 140, tokens = 7;
  const Halves x = give_halves(device, tokens, cols, 1);
  const RandomMatrix w[] = {random_matrix(WeightType::kQ4_K, rows[0], cols, 2),
                            random_matrix(WeightType::kQ4_K, rows[1], cols, 3),
                            random_matrix(WeightType::kQ6_K, rows[2], cols, 4)};
  MatvecArgs args = {.n_jobs = 3, .x = x.on_device, .tokens = tokens};
  for (int j = 0; j < 3; ++j)
    args.jobs[j] = {.w = device.upload_matrix(w[j].view),
                    .y = device.upload(Floats(size(stride, tokens), -7.f)),
                    .y_stride = stride};
  EXPECT_CUDA_OK(matmul_tiled({.product = args}, device.stream()));
  for (int j = 0; j < 3; ++j) {
    const HalfProduct want = half_product(w[j].view, x.values, tokens);
    const Floats got = device.download(args.jobs[j].y, size(stride, tokens));
    Floats inside;
    for (int t = 0; t < tokens; ++t)
      for (int r = 0; r < stride; ++r) {
        const float v = got[size(t, stride) + size(r)];
        if (r < rows[j])
          inside.push_back(v);
        else
          EXPECT_EQ(v, -7.f);
      }
    expect_within(inside, want);
  }
}

// With a gate, scales of the tokens and columns shared out between blocks; every order gives the same
// bits.
TEST(MatmulTiled, GatesAndSharesColumnsOut) {
  for (const bool is_shared_out : {false, true}) {
    DeviceCase device;
    const int cols = 3072, rows = 21, tokens = 5;
    Halves x = give_halves(device, tokens, cols, 1);
    const Floats token_scale = {1.f, 0.5f, 4.f, 0.25f, 2.f};
    x.on_device.f16_scale = device.upload(token_scale);
    const RandomMatrix up = random_matrix(WeightType::kQ8_0, rows, cols, 2);
    const RandomMatrix gate = random_matrix(WeightType::kQ8_0, rows, cols, 3);
    const Floats bias = kernels::random_floats(size(rows), 1.f, 4);
    const Floats gate_bias = kernels::random_floats(size(rows), 1.f, 5);
    float* y = device.empty<float>(size(rows, tokens));
    const std::size_t sums = kPartsMax * size(2 * rows, tokens);
    MatvecArgs args = {.x = x.on_device, .tokens = tokens, .gate_function = Gate::kSilu};
    args.jobs[0] = {.w = device.upload_matrix(up.view),
                    .gate = device.upload_matrix(gate.view),
                    .bias = device.upload(bias),
                    .gate_bias = device.upload(gate_bias),
                    .y = y,
                    .y_stride = rows};
    const TiledArgs tiled = {.product = args,
                             .sums = is_shared_out ? device.empty<float>(sums) : nullptr,
                             .sums_floats = is_shared_out ? sums : 0};
    const HalfProduct u = half_product(up.view, x.values, tokens);
    const HalfProduct g = half_product(gate.view, x.values, tokens);
    Doubles want(u.sum.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double by = token_scale[i / size(rows)];
      const auto a = static_cast<float>(by * g.sum[i] + gate_bias[i % size(rows)]);
      const auto b = static_cast<float>(by * u.sum[i] + bias[i % size(rows)]);
      kernels::silu_mul_ref(&a, &b, &want[i], 1);
    }
    Floats before;
    in_every_order([&] {
      EXPECT_CUDA_OK(matmul_tiled(tiled, device.stream()));
      const Floats got = device.download(y, want.size());
      expect_near(got, want, 2e-2, 2e-3, "gated");
      if (!before.empty()) {
        EXPECT_EQ(got, before);
      }
      before = got;
    });
  }
}

// A token has the same bits alone, in a crowd, and in the tiles of 256 rows that big products have.
TEST(MatmulTiled, GivesATokenTheSameBitsInAnyCompany) {
  DeviceCase device;
  const int cols = 64, rows = 19, many = 132 * 128 - 5;
  const Halves x = give_halves(device, many, cols, 1);
  const RandomMatrix w = random_matrix(WeightType::kQ4_0, rows, cols, 2);
  float* y = device.upload(Floats(size(rows, many), 0.f));
  MatvecArgs args = {.x = x.on_device, .tokens = many, .finish = Finish::kAdd, .scale = 0.5f};
  args.jobs[0] = {.w = device.upload_matrix(w.view), .y = y, .y_stride = rows};
  EXPECT_CUDA_OK(matmul_tiled({.product = args}, device.stream()));
  const Floats all = device.download(y, size(rows, many));
  for (const int first : {0, 77, many - 1}) {
    float* alone = device.upload(Floats(size(rows), 0.f));
    args.tokens = 1;
    args.x.f16 = x.on_device.f16 + size(first, cols);
    args.jobs[0].y = alone;
    EXPECT_CUDA_OK(matmul_tiled({.product = args}, device.stream()));
    const auto at = all.begin() + first * rows;
    EXPECT_EQ(device.download(alone, size(rows)), Floats(at, at + rows)) << first;
  }
}

// Experts that nobody, some and many slots go to; one that is not there.
TEST(ExpertTiled, MatchesReference) {
  for (const WeightType type : {WeightType::kQ8_0, WeightType::kQ4_0, WeightType::kBF16})
    for (const bool has_gate : {false, true}) {
      DeviceCase device;
      const int experts = 5, used = 2, tokens = 91, rows = 37, cols = 96;
      const int slots = used * tokens, tiles = expert_tiles_max(slots, experts);
      Ints chosen;
      for (int t = 0; t < tokens; ++t) chosen.push_back(1), chosen.push_back(t < 3 ? 0 : 3);
      chosen[9] = 7;  // taken for the last
      const Halves x = give_halves(device, tokens, cols, 4);
      const RandomMatrix up = random_matrix(type, experts * rows, cols, 1);
      const RandomMatrix gate = random_matrix(type, experts * rows, cols, 2);
      const Floats bias = kernels::random_floats(size(experts, rows), 0.5f, 3);
      auto* order = device.empty<std::int32_t>(size(slots));
      auto* on_device = device.empty<ExpertTile>(size(tiles));
      EXPECT_CUDA_OK(group_slots({.chosen = device.upload(chosen),
                                  .order = order,
                                  .tiles = on_device,
                                  .counts = device.empty<std::int32_t>(experts),
                                  .slots = slots,
                                  .count = experts},
                                 device.stream()));
      int covered = 0;
      for (const ExpertTile& tile : device.download(on_device, size(tiles))) covered += tile.count;
      EXPECT_EQ(covered, slots);
      float* y = device.empty<float>(size(slots, rows));
      ExpertMatvecArgs product = {.w = device.upload_matrix(up.view),
                                  .bias = device.upload(bias),
                                  .x = x.on_device,
                                  .y = y,
                                  .rows = rows,
                                  .slots = slots,
                                  .share = used};
      if (has_gate) {
        product.gate = device.upload_matrix(gate.view);
        product.gate_function = Gate::kSilu;
      }
      EXPECT_CUDA_OK(
          expert_tiled({.product = product, .order = order, .tiles = on_device, .n_tiles = tiles},
                       device.stream()));
      const HalfProduct all_up = half_product(up.view, x.values, tokens);
      const HalfProduct all_gate = half_product(gate.view, x.values, tokens);
      HalfProduct want;
      for (int slot = 0; slot < slots; ++slot)
        for (int r = 0; r < rows; ++r) {
          const int expert = std::min(chosen[size(slot)], experts - 1), row = expert * rows + r;
          const std::size_t at = size(slot / used, experts * rows) + size(row);
          double value = all_up.sum[at] + bias[size(row)], within = all_up.within[at];
          if (has_gate) {
            const auto g = static_cast<float>(all_gate.sum[at]), v = static_cast<float>(value);
            within = 2 * within + 2 * all_gate.within[at] * (1 + std::abs(value)) +
                     within * std::abs(all_gate.sum[at]) + 1e-5;
            kernels::silu_mul_ref(&g, &v, &value, 1);
          }
          want.sum.push_back(value), want.within.push_back(within);
        }
      expect_within(device.download(y, want.sum.size()), want);
    }
}

TEST(HalfRows, ScalesATokenSoThatAllOfItFits) {
  DeviceCase device;
  const int tokens = 3, cols = 4160, stride = 4164;
  Floats x = kernels::random_floats(size(tokens, stride), 1e6f, 1);
  std::fill_n(x.begin() + stride, cols, 0.f);
  for (int c = 0; c < cols; ++c) x[size(2, stride) + size(c)] *= 1e-9f;
  const Halves out = give_halves(device, tokens, cols, 1);
  Activations to = {.f16 = out.on_device.f16, .f16_scale = device.empty<float>(3)};
  EXPECT_CUDA_OK(half_rows(
      {.x = device.upload(x), .out = to, .tokens = tokens, .cols = cols, .x_stride = stride},
      device.stream()));
  const auto halves = device.download(to.f16, size(tokens, cols));
  const Floats scale = device.download(to.f16_scale, 3);
  EXPECT_EQ(scale[1], 1.f);
  for (int t = 0; t < tokens; ++t)
    for (int c = 0; c < cols; ++c) {
      const float v = x[size(t, stride) + size(c)];
      const float got = kernels::f16_to_f32(halves[size(t, cols) + size(c)].bits);
      EXPECT_LE(std::abs(got), 1.f);
      EXPECT_NEAR(scale[size(t)] * got, v, std::abs(v) / 2048 + scale[size(t)] * 6e-8f);
    }
}

TEST(HalfRows, AppliesTheGateToWhatIsHalvesAlready) {
  DeviceCase device;
  const int tokens = 2, cols = 96, stride = 2 * cols;
  const Halves both =
      give_halves(device, tokens, stride, 3);  // of a token the gate's, then the rest
  const Halves out = give_halves(device, tokens, cols, 1);
  float* f32 = device.empty<float>(size(tokens, cols));
  EXPECT_CUDA_OK(half_rows({.x16 = both.on_device.f16 + cols,
                            .gate16 = both.on_device.f16,
                            .out = {.f32 = f32, .f16 = out.on_device.f16},
                            .tokens = tokens,
                            .cols = cols,
                            .x_stride = stride,
                            .gate_function = Gate::kSilu},
                           device.stream()));
  Doubles want;
  for (int t = 0; t < tokens; ++t)
    for (int c = 0; c < cols; ++c) {
      const float g = both.values[size(t, stride) + size(c)];
      const float v = both.values[size(t, stride) + size(cols + c)];
      kernels::silu_mul_ref(&g, &v, &want.emplace_back(), 1);
    }
  expect_near(device.download(f32, want.size()), want, 1e-6, 1e-5, "float32");
  const auto halves = device.download(out.on_device.f16, want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(kernels::f16_to_f32(halves[i].bits), want[i], std::abs(want[i]) / 1024 + 1e-7);
}

TEST(Norm, WritesHalves) {
  DeviceCase device;
  const int rows = 2, cols = 96;
  const Floats x = kernels::random_floats(size(rows, cols), 3.f, 1);
  const Floats weight = kernels::random_floats(size(cols), 1.f, 2);
  Doubles want(size(rows, cols));
  kernels::rms_norm_ref(x.data(), weight.data(), want.data(), rows, cols, 1e-5f);
  Half* y = device.empty<Half>(want.size());
  EXPECT_CUDA_OK(norm({.x = device.upload(x),
                       .weight = device.upload(weight),
                       .out = {.f16 = y},
                       .rows = rows,
                       .cols = cols,
                       .x_stride = cols,
                       .eps = 1e-5f,
                       .formula = NormFormula::kRms},
                      device.stream()));
  const auto halves = device.download(y, want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(kernels::f16_to_f32(halves[i].bits), want[i], std::abs(want[i]) / 1024 + 1e-7);
}

TEST(ExpandWeights, GivesEveryTypesHalves) {
  for (const WeightType type : tiled_types()) {
    DeviceCase device;
    const int rows = 7, cols = 512, first = 2, count = 4;
    const RandomMatrix w = random_matrix(type, rows, cols, 3);
    Half* y = device.empty<Half>(size(count, cols));
    EXPECT_CUDA_OK(expand_weights(
        {.w = device.upload_matrix(w.view), .y = y, .first_row = first, .rows = count},
        device.stream()));
    const auto got = device.download(y, size(count, cols));
    const Floats want = weights_as_floats(w.view);
    for (int i = 0; i < count * cols; ++i) {
      const float v = want[size(first, cols) + size(i)];
      ASSERT_NEAR(kernels::f16_to_f32(got[size(i)].bits), v, std::abs(v) / 2040 + 6e-8f);
    }
  }
}

// The library on a card; on the host what stands in for it, which shows that we mean the same.
TEST(LibraryMatmul, MatchesReference) {
  const std::unique_ptr<LibraryMatmul> library = LibraryMatmul::open();
  if (library == nullptr) GTEST_SKIP() << "this machine has no cuBLASLt";
  DeviceCase device;
  const int rows = 72, cols = 96, tokens = 67, stride = 80;
  const Halves w = give_halves(device, rows, cols, 1), x = give_halves(device, tokens, cols, 2);
  const Floats bias = kernels::random_floats(size(rows), 1.f, 3);
  const Floats before = kernels::random_floats(size(tokens, stride), 1.f, 4);
  float* y = device.upload(before);
  Half* y16 = device.empty<Half>(size(tokens, rows));
  void* workspace = device.empty<std::uint8_t>(LibraryMatmul::kWorkspaceBytes);
  const LibraryMatmulArgs args = {.w = w.on_device.f16,
                                  .x = x.on_device.f16,
                                  .y = y,
                                  .bias = device.upload(bias),
                                  .rows = rows,
                                  .cols = cols,
                                  .tokens = tokens,
                                  .y_stride = stride,
                                  .beta = 1.f};
  ASSERT_TRUE(library->can_multiply(args));
  EXPECT_CUDA_OK(library->multiply(args, workspace, device.stream()));
  LibraryMatmulArgs halves = args;
  halves.y = nullptr, halves.y16 = y16, halves.bias = nullptr, halves.y_stride = rows;
  halves.alpha = 0.5f, halves.beta = 0.f;
  EXPECT_CUDA_OK(library->multiply(halves, workspace, device.stream()));
  const Floats got = device.download(y, before.size());
  const auto got16 = device.download(y16, size(tokens, rows));
  for (int t = 0; t < tokens; ++t)
    for (int r = 0; r < rows; ++r) {
      double sum = 0;
      for (int c = 0; c < cols; ++c)
        sum += double{w.values[size(r, cols) + size(c)]} * x.values[size(t, cols) + size(c)];
      const std::size_t at = size(t, stride) + size(r);
      ASSERT_NEAR(got[at], sum + before[at] + bias[size(r)], 1e-4);
      ASSERT_NEAR(kernels::f16_to_f32(got16[size(t, rows) + size(r)].bits), 0.5 * sum,
                  1e-3 * std::abs(sum) + 1e-3);
    }
  EXPECT_EQ(got[size(rows)], before[size(rows)]);  // beyond the rows
}

}  // namespace
}  // namespace curlew::cuda::testing
