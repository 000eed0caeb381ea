// A token drawn from each row of logits, by the rules and the bits of kernels/sampling.h, which has
// the twin of this: temperature, top-p and min-p, of the tokens that a mask allows.
//
//   best[r]  the likeliest of the row as likeliest.h left it; becomes the one that is drawn. Stays
//            where it is -1, and where picks[r] has no temperature.
//
//   logits   [rows, n_vocab]  float32
//   picks    [rows]
//   masks    [masks, mask_words(n_vocab)], or null where no pick names one
//
// One block a row, which reads it from the L2: three times; six times where there is a top-p, whose
// threshold is found by a radix search over the bits of p. Some 20 us a row of 152,000, all rows at
// once; a sort is not needed.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/pick.h"

namespace curlew::cuda {

struct SampleArgs {
  const float* logits;
  const PickRow* picks;
  const std::uint32_t* masks;
  std::int32_t* best;
  int rows, n_vocab;
};

cudaError_t sample(const SampleArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
