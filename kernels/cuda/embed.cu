#include "kernels/cuda/embed.h"

#include "kernels/cuda/launch.h"
#include "kernels/cuda/weight_formats.h"

namespace curlew::cuda {
namespace {

constexpr int kThreads = 64;

template <class Format>
__device__ void expand_unit(const EmbedArgs& a, int row, int unit, float* y) {
  if constexpr (is_float(Format::kFormat)) {
    float value[Format::kCols];
    Format::decode(Format::load(a.table, row, unit), value);
    for (int i = 0; i < Format::kCols; ++i) {
      const int c = unit * Format::kCols + i;
      if (c < a.table.cols) y[c] = a.scale * value[i];
    }
  } else {
    const UnitCodes w = Format::decode(Format::load(a.table, row, unit), unit);
    for (int i = 0; i < kUnitCols; ++i) {
      const int half = i / 16, side = Format::kHalves ? half : 0;
      const int word = half == 0 ? w.first[i % 16 / 4] : w.second[i % 16 / 4];
      const int code = static_cast<std::int8_t>(word >> i % 4 * 8) - Format::kZero;
      float value = w.scale[side] * static_cast<float>(code);
      if constexpr (Format::kHasMin) value -= w.min[side];
      y[unit * kUnitCols + i] = a.scale * value;
    }
  }
}

template <class Format>
__global__ void __launch_bounds__(kThreads) embed_kernel(EmbedArgs a) {
  let_next_start();
  wait_for_inputs();
  const int t = static_cast<int>(blockIdx.y), row = a.ids[t];
  int units = a.table.cols / kUnitCols;
  if constexpr (is_float(Format::kFormat)) units = Format::units(a.table);
  const int unit = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (unit < units)
    expand_unit<Format>(a, row, unit,
                        a.y + static_cast<std::size_t>(t) * static_cast<std::size_t>(a.table.cols));
}

template <class Format>
cudaError_t start(const EmbedArgs& a, cudaStream_t stream) {
  int units = a.table.cols / kUnitCols;
  if constexpr (is_float(Format::kFormat))
    units = (a.table.cols + kUnitCols - 1) / kUnitCols * (kUnitCols / Format::kCols);
  return launch(embed_kernel<Format>,
                {.grid = dim3(static_cast<unsigned>((units + kThreads - 1) / kThreads),
                              static_cast<unsigned>(a.tokens)),
                 .block = kThreads},
                a, stream, "embed");
}

}  // namespace

cudaError_t embed(const EmbedArgs& a, cudaStream_t stream) {
  if (a.tokens < 0 || a.table.rows < 1 || a.table.cols < 1) return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  return with_format(a.table.format,
                     [&](auto format) { return start<decltype(format)>(a, stream); });
}

}  // namespace curlew::cuda
