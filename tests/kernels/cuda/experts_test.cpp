// Choosing experts, their products and their sum, against float64.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/cuda/copy_columns.h"
#include "kernels/cuda/expert_matvec.h"
#include "kernels/cuda/experts.h"
#include "kernels/cuda/quantize_rows.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/cuda/device_case.h"

namespace curlew::cuda::testing {
namespace {

using kernels::expect_near;
using kernels::MatrixView;
using kernels::random_floats;
using kernels::random_matrix;
using kernels::RandomMatrix;
using kernels::WeightType;

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Ints = std::vector<std::int32_t>;

std::size_t size(int a, int b = 1) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

// Matrix `m` of a stack.
MatrixView one_of(const MatrixView& stack, int m, int rows) {
  MatrixView view = stack;
  view.data = static_cast<const std::uint8_t*>(stack.data) + size(m * rows) * stack.row_bytes();
  view.rows = rows;
  return view;
}

struct Shape {
  WeightType type;
  int matrices, rows, cols, slots, share;
};

// Odd rows, one row, every format's loads, slots that share an activation and slots that do not.
class ExpertMatvec : public ::testing::TestWithParam<Shape> {
 protected:
  // What a slot's activation is for the product: as it is, or as int8.
  Floats seen(const Floats& x) const {
    const Shape& s = GetParam();
    return is_float(device_format(s.type))
               ? x
               : kernels::quantize_activations_ref(x.data(), s.cols, s.slots / s.share);
  }
  Doubles products(const MatrixView& stack, const Floats& x, const Floats& bias,
                   const Ints& chosen) const {
    const Shape& s = GetParam();
    Doubles y(size(s.slots, s.rows));
    for (int slot = 0; slot < s.slots; ++slot)
      kernels::matmul_ref(
          one_of(stack, chosen[size(slot)], s.rows), x.data() + size(slot / s.share, s.cols),
          bias.data() + size(chosen[size(slot)], s.rows), y.data() + size(slot, s.rows), 1);
    return y;
  }
};

TEST_P(ExpertMatvec, MatchesReference) {
  const Shape s = GetParam();
  DeviceCase device;
  const RandomMatrix up = random_matrix(s.type, s.matrices * s.rows, s.cols, 1);
  const RandomMatrix gate = random_matrix(s.type, s.matrices * s.rows, s.cols, 2);
  const Floats bias = random_floats(size(s.matrices, s.rows), 0.5f, 3);
  const Floats gate_bias = random_floats(size(s.matrices, s.rows), 0.5f, 4);
  const Floats x = random_floats(size(s.slots / s.share, s.cols), 1.f, 5);
  Ints chosen(size(s.slots));
  for (int i = 0; i < s.slots; ++i) chosen[size(i)] = (i * 5 + i / 3) % s.matrices;
  Activations a = device.activations(s.slots / s.share, s.cols);
  a.f32 = device.upload(x);
  if (a.q != nullptr)
    EXPECT_CUDA_OK(quantize_rows(
        {.x = a.f32, .out = a, .tokens = s.slots / s.share, .cols = s.cols}, device.stream()));
  float* y = device.empty<float>(size(s.slots, s.rows));
  ExpertMatvecArgs args = {.w = device.upload_matrix(up.view),
                           .bias = device.upload(bias),
                           .x = a,
                           .chosen = device.upload(chosen),
                           .y = y,
                           .rows = s.rows,
                           .slots = s.slots,
                           .share = s.share};
  const Floats in = seen(x);
  const Doubles want = products(up.view, in, bias, chosen);
  const double tolerance = 2e-5 * std::sqrt(s.cols);
  in_every_order([&] {
    EXPECT_CUDA_OK(expert_matvec(args, device.stream()));
    expect_near(device.download(y, want.size()), want, tolerance, 1e-5, "plain");
  });

  const Doubles gates = products(gate.view, in, gate_bias, chosen);
  Doubles gated(want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto g = static_cast<float>(gates[i]), u = static_cast<float>(want[i]);
    kernels::silu_mul_ref(&g, &u, &gated[i], 1);
  }
  args.gate = device.upload_matrix(gate.view);
  args.gate_bias = device.upload(gate_bias);
  args.gate_function = Gate::kSilu;
  EXPECT_CUDA_OK(expert_matvec(args, device.stream()));
  expect_near(device.download(y, gated.size()), gated, 5 * tolerance, 1e-4, "gated");
}
INSTANTIATE_TEST_SUITE_P(Shapes, ExpertMatvec,
                         ::testing::Values(Shape{WeightType::kQ8_0, 3, 7, 96, 6, 2},
                                           Shape{WeightType::kQ4_0, 2, 1, 32, 1, 1},
                                           Shape{WeightType::kQ4_K, 5, 10, 512, 8, 4},
                                           Shape{WeightType::kQ5_K, 2, 3, 256, 3, 3},
                                           Shape{WeightType::kQ6_K, 4, 9, 256, 5, 1},
                                           Shape{WeightType::kMXFP4, 4, 17, 64, 4, 4},
                                           Shape{WeightType::kBF16, 3, 2, 47, 4, 1},
                                           Shape{WeightType::kF32, 6, 5, 33, 9, 3}),
                         [](const ::testing::TestParamInfo<Shape>& info) {
                           return std::string(kernels::weight_type_name(info.param.type));
                         });

// What is not in the stack is read from nowhere else.
TEST(ExpertMatvec, StaysWithinTheStack) {
  DeviceCase device;
  const RandomMatrix w = random_matrix(WeightType::kF32, 6, 8, 1);
  const Floats x = random_floats(8, 1.f, 2);
  float* y = device.empty<float>(6);
  EXPECT_CUDA_OK(expert_matvec({.w = device.upload_matrix(w.view),
                                .x = {.f32 = device.upload(x)},
                                .chosen = device.upload(Ints{-7, 1 << 30}),
                                .y = y,
                                .rows = 3,
                                .slots = 2,
                                .share = 2},
                               device.stream()));
  const Floats got = device.download(y, 6);
  EXPECT_TRUE(std::equal(got.begin(), got.begin() + 3, got.begin() + 3));
}

// As latent attention has it: heads in turn, rows of x and y that stand apart.
TEST(ExpertMatvec, GoesThroughTheStackInTurn) {
  const int heads = 3, rows = 5, cols = 12, tokens = 2, slots = heads * tokens;
  const int x_stride = 20, y_stride = 9;
  DeviceCase device;
  const RandomMatrix w = random_matrix(WeightType::kF16, heads * rows, cols, 1);
  const Floats x = random_floats(size(slots, x_stride), 1.f, 2);
  float* y = device.upload(Floats(size(slots, y_stride), -7.f));
  EXPECT_CUDA_OK(expert_matvec({.w = device.upload_matrix(w.view),
                                .x = {.f32 = device.upload(x)},
                                .y = y,
                                .rows = rows,
                                .slots = slots,
                                .x_stride = x_stride,
                                .y_stride = y_stride},
                               device.stream()));
  Doubles want(size(slots, y_stride), -7.);
  for (int s = 0; s < slots; ++s)
    kernels::matmul_ref(one_of(w.view, s % heads, rows), x.data() + size(s, x_stride), nullptr,
                        want.data() + size(s, y_stride), 1);
  expect_near(device.download(y, want.size()), want, 1e-5, 1e-5, "heads");
}

TEST(CopyColumns, LeavesWhatStandsBeside) {
  DeviceCase device;
  const Floats x = random_floats(size(3, 90), 1.f, 1);
  float* y = device.upload(Floats(size(3, 100), -7.f));
  EXPECT_CUDA_OK(copy_columns({.x = device.upload(x) + 5,
                               .y = y + 30,
                               .rows = 3,
                               .cols = 70,
                               .x_stride = 90,
                               .y_stride = 100},
                              device.stream()));
  Floats want(size(3, 100), -7.f);
  for (int r = 0; r < 3; ++r) std::copy_n(x.begin() + r * 90 + 5, 70, want.begin() + r * 100 + 30);
  EXPECT_EQ(device.download(y, want.size()), want);
}

// The definition, in doubles: scores, ranks, weights.
void choose_ref(const ChooseExpertsArgs& a, const Floats& logits, const Floats& bias, int token,
                Ints& chosen, Doubles& weight) {
  const auto row = std::span(logits).subspan(size(token, a.count), size(a.count));
  Doubles score(row.begin(), row.end());
  const double top = *std::ranges::max_element(score);
  double sum = 0;
  for (const double v : score) sum += std::exp(v - top);
  for (double& v : score) {
    if (a.score == ExpertScore::kSoftmax) v = std::exp(v - top) / sum;
    if (a.score == ExpertScore::kSigmoid) v = 1 / (1 + std::exp(-v));
  }
  chosen.resize(size(a.count));
  std::iota(chosen.begin(), chosen.end(), 0);
  std::ranges::stable_sort(chosen, std::greater<>(), [&](int e) {
    return score[size(e)] + (bias.empty() ? 0 : bias[size(e)]);
  });
  chosen.resize(size(a.used));
  weight.clear();
  for (const int e : chosen) weight.push_back(score[size(e)]);
  double total = 0;
  if (a.score == ExpertScore::kSoftmaxOfChosen) {
    const double most = *std::ranges::max_element(weight);
    double z = 0;
    for (double& v : weight) z += v = std::exp(v - most);
    for (double& v : weight) v /= z;
  }
  for (const double v : weight) total += v;
  for (double& v : weight) v *= a.weight_scale / (a.renormalise ? total : 1);
}

// Few and many experts, one used and all of them, equal scores, every gating.
TEST(ChooseExperts, TakesTheBestAndWeighsThem) {
  struct Case {
    int count, used;
    ExpertScore score;
    bool renormalise, biased;
  };
  for (const Case c : {Case{8, 2, ExpertScore::kSoftmax, true, false},
                       Case{1, 1, ExpertScore::kSigmoid, false, false},
                       Case{33, 5, ExpertScore::kSigmoid, true, true},
                       Case{32, 32, ExpertScore::kSoftmaxOfChosen, false, false},
                       Case{500, 8, ExpertScore::kSoftmax, false, true},
                       Case{64, 6, ExpertScore::kSoftmaxOfChosen, true, false}}) {
    const int tokens = 3;
    DeviceCase device;
    Floats logits = random_floats(size(tokens, c.count), 3.f, 6);
    for (int e = 0; e < c.count; ++e) logits[size(e)] = std::round(logits[size(e)]);  // ties
    const Floats bias = c.biased ? random_floats(size(c.count), 0.5f, 7) : Floats();
    std::int32_t* chosen = device.empty<std::int32_t>(size(tokens, c.used));
    float* weight = device.empty<float>(size(tokens, c.used));
    const ChooseExpertsArgs args = {.logits = device.upload(logits),
                                    .selection_bias = c.biased ? device.upload(bias) : nullptr,
                                    .chosen = chosen,
                                    .weight = weight,
                                    .tokens = tokens,
                                    .count = c.count,
                                    .used = c.used,
                                    .score = c.score,
                                    .renormalise = c.renormalise,
                                    .weight_scale = 1.5f};
    in_every_order([&] {
      EXPECT_CUDA_OK(choose_experts(args, device.stream()));
      const Ints got = device.download(chosen, size(tokens, c.used));
      const Floats weights = device.download(weight, size(tokens, c.used));
      for (int t = 0; t < tokens; ++t) {
        Ints want;
        Doubles want_weight;
        choose_ref(args, logits, bias, t, want, want_weight);
        EXPECT_EQ(Ints(got.begin() + t * c.used, got.begin() + (t + 1) * c.used), want) << c.count;
        expect_near(Floats(weights.begin() + t * c.used, weights.begin() + (t + 1) * c.used),
                    want_weight, 1e-6, 1e-5, std::to_string(c.count));
      }
    });
  }
}

TEST(ChooseExperts, ChoosesDifferentOnesOfWhatIsNoNumber) {
  DeviceCase device;
  Floats logits(40, std::nanf(""));
  logits[17] = -3.f;
  std::int32_t* chosen = device.empty<std::int32_t>(4);
  EXPECT_CUDA_OK(choose_experts({.logits = device.upload(logits),
                                 .selection_bias = nullptr,
                                 .chosen = chosen,
                                 .weight = device.empty<float>(4),
                                 .tokens = 1,
                                 .count = 40,
                                 .used = 4,
                                 .score = ExpertScore::kSoftmaxOfChosen,
                                 .renormalise = false,
                                 .weight_scale = 1.f},
                                device.stream()));
  EXPECT_EQ(device.download(chosen, 4), (Ints{17, 0, 1, 2}));
}

TEST(AddExperts, SumsByWeightOntoTheStream) {
  const int tokens = 3, used = 4, cols = 300;
  DeviceCase device;
  const Floats outputs = random_floats(size(tokens * used, cols), 1.f, 1);
  const Floats weight = random_floats(size(tokens, used), 1.f, 2);
  const Floats x = random_floats(size(tokens, cols), 1.f, 3);
  float* stream = device.upload(x);
  EXPECT_CUDA_OK(add_experts({.outputs = device.upload(outputs),
                              .weight = device.upload(weight),
                              .x = stream,
                              .tokens = tokens,
                              .used = used,
                              .cols = cols,
                              .scale = 0.5f},
                             device.stream()));
  Doubles want(x.begin(), x.end());
  for (int t = 0; t < tokens; ++t)
    for (int i = 0; i < used; ++i)
      for (int c = 0; c < cols; ++c)
        want[size(t, cols) + size(c)] +=
            0.5 * weight[size(t, used) + size(i)] * outputs[size(t * used + i, cols) + size(c)];
  expect_near(device.download(stream, want.size()), want, 1e-6, 1e-6, "sum");
}

TEST(Experts, RefuseArgumentsThatMakeNoSense) {
  EXPECT_EQ(choose_experts({.tokens = 1, .count = 4, .used = 5}, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(choose_experts({.tokens = 1, .count = 9999, .used = 5}, nullptr),
            cudaErrorInvalidValue);
  EXPECT_EQ(add_experts({.tokens = 1, .used = 0, .cols = 4}, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(expert_matvec({.rows = 0, .slots = 1}, nullptr), cudaErrorInvalidValue);
}

}  // namespace
}  // namespace curlew::cuda::testing
