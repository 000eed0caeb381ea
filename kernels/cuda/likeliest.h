// The likeliest token of each row of logits: greedy sampling, of which one number a row crosses to the
// host.
//
//   best[r] = the id with the largest logits[r, id] that the row's mask admits, the lowest among
//             equals; -1 where there is none, or it is infinite
//
//   logits   [rows, n_vocab]  float32
//   picks    [rows] which mask a row has; the rest of them is sample.h's affair
//   masks    [masks, mask_words(n_vocab)], or null where no pick names one
//   partial  [rows, kLikeliestBlocks] working memory
//   arrived  [rows] zero before the first call; zero again after each
//
// A row is read once, by kLikeliestBlocks blocks; the last of them to arrive compares what they
// found. 0.6 MB a row of 152,000, still in the L2.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/pick.h"

namespace curlew::cuda {

inline constexpr int kLikeliestBlocks = 32;

struct Candidate {
  float logit;
  std::int32_t id;
};

struct LikeliestArgs {
  const float* logits;
  const PickRow* picks;
  const std::uint32_t* masks;
  std::int32_t* best;
  Candidate* partial;
  unsigned* arrived;
  int rows, n_vocab;
};

cudaError_t likeliest(const LikeliestArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
