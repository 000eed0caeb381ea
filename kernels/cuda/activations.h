// Activations as the products read them.
//
// Quantised weights meet int8 activations: per unit of 32 columns one float32 scale d, x ~ d * q with
// |q| <= 127, rounded to nearest even: the very numbers that the CPU engine uses, so that both
// devices compute the same integer products and differ in the order of float32 additions only.
//
//   q      [tokens, 2, cols / 2]  int8; of a token first columns 0-15 of every unit, then columns
//                                 16-31 of every unit, so that neighbouring lanes, which handle
//                                 neighbouring units, load neighbouring 16 bytes twice
//   scale  [tokens, cols / 32]    what formats with a minimum or a zero need beside d: the sums
//
// Prompts go another way (matmul_tiled.h): halves, which the matrix units multiply with weights made
// halves, too; cols is then a multiple of 32. Where values may leave a half's range every token has
// a power of two of its own:
//
//   f16        [tokens, cols]  x ~ f16_scale[token] * f16
//   f16_scale  [tokens], or null for 1
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/device_matrix.h"
#include "kernels/cuda/half_bits.h"

namespace curlew::cuda {

struct alignas(8) UnitScale {
  float d;
  std::int16_t sum_first, sum_second;  // of q over columns 0-15 and 16-31
};

// Each may be null; float weights read f32, quantised weights q and scale, prompts the last two.
struct Activations {
  float* f32 = nullptr;  // [tokens, cols]
  std::int8_t* q = nullptr;
  UnitScale* scale = nullptr;
  Half* f16 = nullptr;
  float* f16_scale = nullptr;
};

// Where four neighbouring columns of a token stand in q; c is a multiple of 4.
__host__ __device__ constexpr std::int64_t quant_offset(std::int64_t token, int cols, int c) {
  return token * cols + (c % kUnitCols / 16) * (cols / 2) + c / kUnitCols * 16 + c % 16;
}

}  // namespace curlew::cuda
