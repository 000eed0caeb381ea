// Products with one and a few activations, against float64 on the same weights and int8 codes.
#include "kernels/cuda/matvec.h"

#include "kernels/cuda/quantize_rows.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/cuda/device_case.h"

namespace curlew::cuda::testing {
namespace {

using kernels::all_weight_types;
using kernels::expect_near;
using kernels::MatrixView;
using kernels::random_floats;
using kernels::random_matrix;
using kernels::RandomMatrix;
using kernels::WeightType;

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

// What the products are of: x as it is for float weights, as int8 for quantised ones.
Doubles product_ref(const MatrixView& w, const Floats& x, const float* bias, int tokens) {
  Doubles y(static_cast<std::size_t>(w.rows) * static_cast<std::size_t>(tokens));
  const Floats seen = is_float(device_format(w.type))
                          ? x
                          : kernels::quantize_activations_ref(x.data(), w.cols, tokens);
  kernels::matmul_ref(w, seen.data(), bias, y.data(), tokens);
  return y;
}

// x on the device, in both forms where both exist.
Activations give(DeviceCase& device, const Floats& x, int tokens, int cols) {
  Activations a = device.activations(tokens, cols);
  a.f32 = device.upload(x);
  if (a.q != nullptr)
    EXPECT_CUDA_OK(
        quantize_rows({.x = a.f32, .out = a, .tokens = tokens, .cols = cols}, device.stream()));
  return a;
}

struct Shape {
  int rows, cols, tokens;
};

class MatvecOfType : public ::testing::TestWithParam<WeightType> {};

// Odd rows; fewer units than lanes; several strides; a short last one; rows shared by warps; every
// kernel that a number of tokens leads to, with and without empty columns.
TEST_P(MatvecOfType, MatchesReference) {
  const WeightType type = GetParam();
  const int block = kernels::block_shape(type).elements;
  for (const Shape shape :
       {Shape{1, 32, 1}, Shape{7, 96, 2}, Shape{5, 4352, 3}, Shape{9, 288, 4}, Shape{17, 1120, 5},
        Shape{3, 64, 8}, Shape{16, 288, 11}, Shape{9, 352, 27}, Shape{2, 96, 70}}) {
    const int cols = (shape.cols + block - 1) / block * block;
    DeviceCase device;
    const RandomMatrix w = random_matrix(type, shape.rows, cols, 3);
    const Floats x = random_floats(static_cast<std::size_t>(cols * shape.tokens), 1.f, 4);
    const Floats bias = random_floats(static_cast<std::size_t>(shape.rows), 0.5f, 5);
    const DeviceMatrix on_device = device.upload_matrix(w.view);
    const Activations a = give(device, x, shape.tokens, cols);
    const auto outputs = static_cast<std::size_t>(shape.rows * shape.tokens);
    float* y = device.empty<float>(outputs);
    MatvecArgs args = {.x = a, .tokens = shape.tokens};
    args.jobs[0] = {.w = on_device, .bias = device.upload(bias), .y = y, .y_stride = shape.rows};
    EXPECT_CUDA_OK(matvec(args, device.stream()));
    expect_near(device.download(y, outputs), product_ref(w.view, x, bias.data(), shape.tokens),
                2e-5 * std::sqrt(cols), 1e-5,
                std::string(kernels::weight_type_name(type)) + " " + std::to_string(cols));
  }
}
INSTANTIATE_TEST_SUITE_P(Types, MatvecOfType, ::testing::ValuesIn(all_weight_types()),
                         [](const ::testing::TestParamInfo<WeightType>& info) {
                           return std::string(kernels::weight_type_name(info.param));
                         });

TEST(Matvec, TakesColumnsThatAreNoMultipleOfAnything) {
  for (const WeightType type : {WeightType::kF32, WeightType::kF16, WeightType::kBF16})
    for (const int cols : {1, 47, 130}) {
      DeviceCase device;
      const RandomMatrix w = random_matrix(type, 6, cols, 7);
      const Floats x = random_floats(static_cast<std::size_t>(cols * 2), 1.f, 8);
      float* y = device.empty<float>(12);
      MatvecArgs args = {.x = {.f32 = device.upload(x)}, .tokens = 2};
      args.jobs[0] = {.w = device.upload_matrix(w.view), .y = y, .y_stride = 6};
      EXPECT_CUDA_OK(matvec(args, device.stream()));
      expect_near(device.download(y, 12), product_ref(w.view, x, nullptr, 2), 1e-5, 1e-5,
                  std::to_string(cols));
    }
}

// Q, K and V of a Q4_K_M file: V is of another type, and all have their own width.
TEST(Matvec, TakesSeveralJobsOfDifferentTypesAtOnce) {
  for (const WeightType third : {WeightType::kQ4_K, WeightType::kQ6_K, WeightType::kQ8_0})
    for (const int tokens : {1, 3, 6}) {
      DeviceCase device;
      const int cols = 512, rows[] = {33, 8, 6}, stride = 40;
      const Floats x = random_floats(static_cast<std::size_t>(cols * tokens), 1.f, 1);
      const RandomMatrix w[] = {random_matrix(WeightType::kQ4_K, rows[0], cols, 2),
                                random_matrix(WeightType::kQ4_K, rows[1], cols, 3),
                                random_matrix(third, rows[2], cols, 4)};
      MatvecArgs args = {.n_jobs = 3, .x = give(device, x, tokens, cols), .tokens = tokens};
      const auto room = static_cast<std::size_t>(stride * tokens);
      for (int j = 0; j < 3; ++j)
        args.jobs[j] = {.w = device.upload_matrix(w[j].view),
                        .y = device.upload(Floats(room, -7.f)),
                        .y_stride = stride};
      EXPECT_CUDA_OK(matvec(args, device.stream()));
      for (int j = 0; j < 3; ++j) {
        const Doubles product = product_ref(w[j].view, x, nullptr, tokens);
        Doubles want(room, -7.0);
        for (int t = 0; t < tokens; ++t)
          for (int r = 0; r < rows[j]; ++r)
            want[static_cast<std::size_t>(t * stride + r)] =
                product[static_cast<std::size_t>(t * rows[j] + r)];
        expect_near(device.download(args.jobs[j].y, room), want, 1e-3, 1e-5, std::to_string(j));
      }
    }
}

double gate_ref(Gate kind, float gate, float up) {
  double out = 0;
  if (kind == Gate::kSilu) kernels::silu_mul_ref(&gate, &up, &out, 1);
  if (kind == Gate::kGelu) kernels::gelu_mul_ref(&gate, &up, &out, 1);
  if (kind == Gate::kSwigluOai) kernels::swiglu_oai_ref(&gate, &up, &out, 1, 1.702f, 7.f);
  return out;
}

TEST(Matvec, GatesWhatComesOut) {
  for (const Gate kind : {Gate::kSilu, Gate::kGelu, Gate::kSwigluOai})
    for (const int tokens : {2, 9}) {
      DeviceCase device;
      const int cols = 256, rows = 37;
      const Floats x = random_floats(static_cast<std::size_t>(cols * tokens), 2.f, 1);
      const RandomMatrix up = random_matrix(WeightType::kQ5_K, rows, cols, 2);
      const RandomMatrix gate = random_matrix(WeightType::kQ5_K, rows, cols, 3);
      const Floats bias = random_floats(rows, 1.f, 4), gate_bias = random_floats(rows, 1.f, 5);
      float* y = device.empty<float>(rows * tokens);
      MatvecArgs args = {
          .x = give(device, x, tokens, cols), .tokens = tokens, .gate_function = kind};
      args.jobs[0] = {.w = device.upload_matrix(up.view),
                      .gate = device.upload_matrix(gate.view),
                      .bias = device.upload(bias),
                      .gate_bias = device.upload(gate_bias),
                      .y = y,
                      .y_stride = rows};
      EXPECT_CUDA_OK(matvec(args, device.stream()));
      const Doubles u = product_ref(up.view, x, bias.data(), tokens);
      const Doubles g = product_ref(gate.view, x, gate_bias.data(), tokens);
      Doubles want(u.size());
      for (std::size_t i = 0; i < u.size(); ++i)
        want[i] = gate_ref(kind, static_cast<float>(g[i]), static_cast<float>(u[i]));
      expect_near(device.download(y, u.size()), want, 2e-3, 1e-4, "gate");
    }
}

TEST(Matvec, AddsToTheResidualStreamAndAppliesGelu) {
  DeviceCase device;
  const int cols = 64, rows = 10;
  const Floats x = random_floats(cols, 1.f, 1), stream = random_floats(rows, 1.f, 2);
  const RandomMatrix w = random_matrix(WeightType::kQ8_0, rows, cols, 3);
  float* y = device.upload(stream);
  MatvecArgs args = {.x = give(device, x, 1, cols), .finish = Finish::kAdd, .scale = 0.25f};
  args.jobs[0] = {.w = device.upload_matrix(w.view), .y = y, .y_stride = rows};
  EXPECT_CUDA_OK(matvec(args, device.stream()));
  const Doubles product = product_ref(w.view, x, nullptr, 1);
  Doubles want(product.size());
  for (std::size_t i = 0; i < want.size(); ++i) want[i] = stream[i] + 0.25 * product[i];
  expect_near(device.download(y, rows), want, 1e-5, 1e-5, "add");

  args.finish = Finish::kGelu;
  args.scale = 1.f;
  EXPECT_CUDA_OK(matvec(args, device.stream()));
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto value = static_cast<float>(product[i]);
    kernels::gelu_ref(&value, &want[i], 1);
  }
  expect_near(device.download(y, rows), want, 1e-5, 1e-5, "gelu");
}

// What stands beside a token, and in which order the machine runs things, changes no bit, as long
// as the same kernel is taken: up to four tokens, or more.
TEST(Matvec, GivesATokenTheSameBitsInAnyCompany) {
  const int cols = 1024, rows = 11, tokens = 13;
  DeviceCase device;
  const Floats x = random_floats(static_cast<std::size_t>(cols * tokens), 1.f, 1);
  const RandomMatrix w = random_matrix(WeightType::kQ6_K, rows, cols, 2);
  float* y = device.empty<float>(rows * tokens);
  MatvecArgs args = {.x = give(device, x, tokens, cols)};
  args.jobs[0] = {.w = device.upload_matrix(w.view), .y = y, .y_stride = rows};
  const auto products = [&](int first, int count) {
    MatvecArgs some = args;
    some.tokens = count;
    some.x.q += first * cols, some.x.scale += first * cols / kUnitCols;
    EXPECT_CUDA_OK(matvec(some, device.stream()));
    return device.download(y, static_cast<std::size_t>(rows * count));
  };
  for (const int count : {4, 13}) {
    const Floats together = products(0, count);
    const int fewer = count == 4 ? 1 : 5;
    in_every_order([&] {
      for (int t = 0; t + fewer <= count; t += fewer + 1) {
        const Floats apart = products(t, fewer);
        for (std::size_t i = 0; i < apart.size(); ++i)
          EXPECT_EQ(apart[i], together[static_cast<std::size_t>(t * rows) + i]) << count;
      }
    });
  }
}

TEST(Matvec, RefusesWhatDoesNotFit) {
  DeviceCase device;
  const RandomMatrix w = random_matrix(WeightType::kQ8_0, 4, 64, 1);
  MatvecArgs args = {.tokens = 1};
  args.jobs[0] = {.w = device.upload_matrix(w.view), .y = device.empty<float>(4), .y_stride = 4};
  EXPECT_EQ(matvec(args, device.stream()), cudaErrorInvalidValue) << "no int8 activations";
  args.x = device.activations(1, 64);
  args.jobs[0].y_stride = 3;
  EXPECT_EQ(matvec(args, device.stream()), cudaErrorInvalidValue) << "rows overlap";
  args.jobs[0].y_stride = 4;
  args.gate_function = Gate::kSilu;
  EXPECT_EQ(matvec(args, device.stream()), cudaErrorInvalidValue) << "no gate";
  args.gate_function = Gate::kNone;
  args.tokens = 0;
  EXPECT_EQ(matvec(args, device.stream()), cudaSuccess);
}

}  // namespace
}  // namespace curlew::cuda::testing
