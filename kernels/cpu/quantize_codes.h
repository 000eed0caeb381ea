// The inverse of split_block() in block_codes.h: codes and scales to the bits of a block.
#pragma once

#include "kernels/cpu/block_codes.h"

namespace curlew::kernels {

// Writes one block of `type`, a quantised type, at `block`; unaligned is fine. Codes and scales are
// in the ranges that split_block() gives; dmin has the sign it has there.
void join_block(WeightType type, const BlockCodes& codes, void* block);

}  // namespace curlew::kernels
