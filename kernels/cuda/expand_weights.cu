#include "kernels/cuda/expand_weights.h"

#include "kernels/cuda/launch.h"
#include "kernels/cuda/unit_halves.h"

namespace curlew::cuda {
namespace {

constexpr int kThreads = 128;

template <class Format>
__global__ void __launch_bounds__(kThreads) expand_weights_kernel(ExpandWeightsArgs a) {
  using Units = UnitHalves<Format>;
  let_next_start();
  const int unit = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.y);
  if (unit >= a.w.cols / kUnitCols) return;
  const typename Units::Raw raw = Units::load(a.w, a.first_row + row, unit);
  wait_for_inputs();  // an earlier product may still read y
  Units::store(
      raw, unit,
      a.y + static_cast<std::size_t>(row) * static_cast<std::size_t>(a.w.cols) + unit * kUnitCols);
}

}  // namespace

cudaError_t expand_weights(const ExpandWeightsArgs& a, cudaStream_t stream) {
  if (a.w.format == DeviceFormat::kF32 || a.w.cols < 1 || a.w.cols % kUnitCols != 0)
    return cudaErrorInvalidValue;
  if (a.first_row < 0 || a.rows < 0 || a.first_row + a.rows > a.w.rows)
    return cudaErrorInvalidValue;
  constexpr int kRowsOfGrid = 65535;
  const auto blocks = static_cast<unsigned>((a.w.cols / kUnitCols + kThreads - 1) / kThreads);
  for (int done = 0; done < a.rows; done += kRowsOfGrid) {
    ExpandWeightsArgs some = a;
    some.first_row += done;
    some.y += static_cast<std::size_t>(done) * static_cast<std::size_t>(a.w.cols);
    some.rows = a.rows - done < kRowsOfGrid ? a.rows - done : kRowsOfGrid;
    const cudaError_t error = with_format(a.w.format, [&](auto format) {
      using Format = decltype(format);
      if constexpr (Format::kFormat == DeviceFormat::kF32)
        return cudaErrorInvalidValue;
      else
        return launch(expand_weights_kernel<Format>,
                      {.grid = dim3(blocks, static_cast<unsigned>(some.rows)), .block = kThreads},
                      some, stream, "expand_weights");
    });
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

}  // namespace curlew::cuda
