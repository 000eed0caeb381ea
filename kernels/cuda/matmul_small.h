// Products of quantised weights with 5 to 64 activations, on the matrix units: drafts to be
// verified and short prompts; matmul_tiled.h has long ones.
//
// The contract is matvec's (matvec.h), which hands over what it is given of such sizes; the weights,
// the activations and their layouts are the same.
//
// A block owns 16 rows (with a gate: 8 of it and the same 8 beside), the rows of one int8
// m16n8k32 product; its four warps share the columns, each with every fourth super-block of 256, and
// add up through shared memory in a fixed order. A lane loads whole units as matvec does, decodes each
// once into int8 words and puts them where the warp can pick them up as fragments; rows lie 68 words
// apart, so that the 32 lanes' words lie in 32 banks. Sums of a unit are exact; then float32 scales,
// as in matvec.
//
// Cost: the weights once. A unit of 16 rows costs 4 shared loads, and per 8 tokens one product, two
// 4-byte loads of activations and some 16 float32 instructions: at 3 TB/s 0.9 of 4 issue slots for 8
// tokens, 3.5 for 32, and for 64 about twice as long as the bytes take.
//
// The order of additions is not matvec's, so a token's last bits depend on whether up to four or more
// stand beside it, and on nothing else.
#pragma once

#include "kernels/cuda/matvec.h"

namespace curlew::cuda {

inline constexpr int kSmallTokensMin = 5;
inline constexpr int kSmallTokensMax = 64;

// One job of `args` whose weights are quantised, of at most kSmallTokensMax tokens; args was checked
// by matvec().
cudaError_t matmul_small(const MatvecArgs& args, const MatvecJob& job, cudaStream_t stream);

}  // namespace curlew::cuda
