// Eight neighbouring lanes, four columns each, quantise one unit of activations together.
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/vector_access.h"

namespace curlew::cuda {

inline constexpr int kLanesPerUnit = 8;

// All lanes of the warp enter. v: columns c .. c + 3 of `token`, c = 4 * lane modulo 32 within its
// unit; lanes with c >= cols take part with anything and store nothing.
__device__ inline void quantize_unit(float4 v, const Activations& out, std::int64_t token, int cols,
                                     int c) {
  float top = fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w)));
  for (int step = 1; step < kLanesPerUnit; step *= 2)
    top = fmaxf(top, __shfl_xor_sync(kAllLanes, top, step));
  const float to_code = top > 0.f ? 127.f / top : 0.f;
  const int q[4] = {__float2int_rn(v.x * to_code), __float2int_rn(v.y * to_code),
                    __float2int_rn(v.z * to_code), __float2int_rn(v.w * to_code)};
  int sum = q[0] + q[1] + q[2] + q[3];
  sum += __shfl_xor_sync(kAllLanes, sum, 1);
  sum += __shfl_xor_sync(kAllLanes, sum, 2);
  const int other = __shfl_xor_sync(kAllLanes, sum, 4);
  if (c >= cols) return;
  const unsigned word =
      (static_cast<unsigned>(q[0]) & 255u) | (static_cast<unsigned>(q[1]) & 255u) << 8 |
      (static_cast<unsigned>(q[2]) & 255u) << 16 | (static_cast<unsigned>(q[3]) & 255u) << 24;
  store_vector(out.q + quant_offset(token, cols, c), word);
  if (c % kUnitCols == 0)
    out.scale[token * (cols / kUnitCols) + c / kUnitCols] = {
        top / 127.f, static_cast<std::int16_t>(sum), static_cast<std::int16_t>(other)};
}

}  // namespace curlew::cuda
