#include "kernels/cuda/expert_matvec.h"

#include "kernels/cuda/reduce.h"
#include "kernels/cuda/row_dots.h"

namespace curlew::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;

// The activation of a slot, alone.
__device__ Activations one_activation(const ExpertMatvecArgs& a, int slot) {
  const auto token = static_cast<std::size_t>(slot / a.share);
  const std::size_t at = token * static_cast<std::size_t>(a.w.cols);
  Activations one;
  if (a.x.f32 != nullptr) one.f32 = a.x.f32 + token * static_cast<std::size_t>(a.x_stride);
  if (a.x.q != nullptr) {
    one.q = a.x.q + at;
    one.scale = a.x.scale + at / kUnitCols;
  }
  return one;
}

__device__ int matrix_of(const ExpertMatvecArgs& a, int slot) {
  const int matrices = a.w.rows / a.rows;
  if (a.chosen == nullptr) return slot % matrices;
  const int chosen = a.chosen[slot];
  return chosen < 0 || chosen >= matrices ? matrices - 1 : chosen;
}

__device__ float finished(const ExpertMatvecArgs& a, std::size_t at, float value,
                          float gate_value) {
  if (a.bias != nullptr) value += a.bias[at];
  if (a.gate_function != Gate::kNone) {
    if (a.gate_bias != nullptr) gate_value += a.gate_bias[at];
    return gated(a.gate_function, gate_value, value);
  }
  return a.is_gelu ? gelu(value) : value;
}

template <class Format>
__global__ void __launch_bounds__(kThreads, 4) expert_matvec_kernel(ExpertMatvecArgs a) {
  let_next_start();
  wait_for_inputs();  // which weights to ask for is not known earlier
  const bool has_gate = a.gate_function != Gate::kNone;
  const int slot = static_cast<int>(blockIdx.y), lane = threadIdx.x % kWarpLanes;
  const int warp =
      static_cast<int>(blockIdx.x) * kWarps + static_cast<int>(threadIdx.x) / kWarpLanes;
  const int row = warp * (has_gate ? 1 : kRows);
  if (row >= a.rows) return;  // whole warps, and nobody waits for them
  const int other = has_gate ? row : min(row + 1, a.rows - 1);
  const int first = matrix_of(a, slot) * a.rows;
  const RowPair pair = {has_gate ? a.gate : a.w, a.w, first + row, first + other};
  float acc[kRows][1] = {};
  row_dots<Format, 1>(pair, one_activation(a, slot), 1, 0, 1, acc);
  const float sums[kRows] = {warp_sum(acc[0][0]), warp_sum(acc[1][0])};
  float* y = a.y + static_cast<std::size_t>(slot) * static_cast<std::size_t>(a.y_stride);
  const auto biases = static_cast<std::size_t>(first);
  if (lane != 0) return;
  if (has_gate) {
    y[row] = finished(a, biases + static_cast<std::size_t>(row), sums[1], sums[0]);
    return;
  }
  y[row] = finished(a, biases + static_cast<std::size_t>(row), sums[0], 0.f);
  if (other != row) y[other] = finished(a, biases + static_cast<std::size_t>(other), sums[1], 0.f);
}

template <class Format>
cudaError_t start(const ExpertMatvecArgs& a, cudaStream_t stream) {
  const int rows_per_block = kWarps * (a.gate_function != Gate::kNone ? 1 : kRows);
  return launch(expert_matvec_kernel<Format>,
                {.grid = dim3(static_cast<unsigned>((a.rows + rows_per_block - 1) / rows_per_block),
                              static_cast<unsigned>(a.slots)),
                 .block = kThreads},
                a, stream, "expert_matvec");
}

bool is_valid(const ExpertMatvecArgs& a) {
  if (a.rows < 1 || a.slots < 0 || a.share < 1 || a.slots % a.share != 0) return false;
  if (a.w.codes == nullptr || a.y == nullptr || a.w.cols < 1) return false;
  if (a.x_stride < a.w.cols || a.y_stride < a.rows) return false;
  if (a.w.rows < a.rows || a.w.rows % a.rows != 0) return false;
  if ((a.gate.codes != nullptr) != (a.gate_function != Gate::kNone)) return false;
  if (a.gate.codes != nullptr && (a.gate.format != a.w.format || a.gate.rows != a.w.rows ||
                                  a.gate.cols != a.w.cols || a.is_gelu))
    return false;
  if (is_float(a.w.format)) return a.x.f32 != nullptr;
  return a.x.q != nullptr && a.w.cols % kUnitCols == 0;
}

}  // namespace

cudaError_t expert_matvec(const ExpertMatvecArgs& args, cudaStream_t stream) {
  ExpertMatvecArgs a = args;
  if (a.x_stride == 0) a.x_stride = a.w.cols;
  if (a.y_stride == 0) a.y_stride = a.rows;
  if (!is_valid(a)) return cudaErrorInvalidValue;
  if (a.slots == 0) return cudaSuccess;
  return with_format(a.w.format,
                     [&](auto format) { return start<decltype(format)>(a, stream); });
}

}  // namespace curlew::cuda
