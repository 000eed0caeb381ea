// The one place that knows the bits of every quantised block: splits a block into codes and scales,
// in the scheme of panel_format.h. Dequantising and packing both start from here.
#pragma once

#include <cstdint>

#include "kernels/block_format.h"
#include "kernels/cpu/panel_format.h"

namespace curlew::kernels {

struct BlockCodes {
  std::uint8_t code[kSuperBlock];  // the first block_shape(type).elements are set
  std::uint16_t d;                 // f16 bits, or bf16 bits for MXFP4
  std::uint16_t dmin;     // f16 bits; subtracted (so the sign of Q4_1's and Q5_1's m is flipped)
  std::int8_t scale[16];  // of each group; super-block types only
  std::uint8_t min[16];   // of each group; super-block types with minima only
};

// block points at one block of `type`, a quantised type; unaligned is fine.
void split_block(WeightType type, const void* block, BlockCodes& out);

// Writes the elements of one split block as float32.
void expand_codes(WeightType type, const BlockCodes& codes, float* out);

}  // namespace curlew::kernels
