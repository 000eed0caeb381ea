// What becomes of the two products of a feed-forward part. The formulas of kernels/ops.h.
#pragma once

#include <cuda_runtime.h>

#include <cmath>

namespace curlew::cuda {

enum class Gate : int { kNone, kSilu, kGelu, kSwigluOai };

__device__ inline float gelu(float v) {
  constexpr float kSqrtTwoOverPi = 0.7978845608028654f;
  return 0.5f * v * (1.f + tanhf(kSqrtTwoOverPi * fmaf(0.044715f * v * v, v, v)));
}

__device__ inline float gated(Gate kind, float gate, float up) {
  switch (kind) {
    case Gate::kSilu:
      return gate / (1.f + expf(-gate)) * up;
    case Gate::kGelu:
      return gelu(gate) * up;
    case Gate::kSwigluOai: {
      constexpr float kAlpha = 1.702f, kLimit = 7.f;  // gpt-oss, arXiv:2508.10925
      const float g = fminf(gate, kLimit), u = fminf(fmaxf(up, -kLimit), kLimit);
      return g / (1.f + expf(-kAlpha * g)) * (u + 1.f);
    }
    case Gate::kNone:
      return up;
  }
  return up;
}

}  // namespace curlew::cuda
