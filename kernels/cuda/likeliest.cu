#include "kernels/cuda/likeliest.h"

#include "kernels/cuda/launch.h"

namespace curlew::cuda {
namespace {

constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarpLanes;

struct Shared {
  SharedArray<Candidate, kWarps> of_warp;
  SharedArray<unsigned, 1> rank;
};

__device__ Candidate better(Candidate a, Candidate b) {
  if (b.id < 0) return a;
  if (a.id < 0 || b.logit > a.logit) return b;
  return b.logit == a.logit && b.id < a.id ? b : a;
}

// Of the block; thread 0 gets it.
__device__ Candidate block_best(Candidate mine, Shared& s) {
  for (int step = kWarpLanes / 2; step > 0; step /= 2)
    mine = better(mine, {__shfl_xor_sync(kAllLanes, mine.logit, step),
                         __shfl_xor_sync(kAllLanes, mine.id, step)});
  __syncthreads();
  if (threadIdx.x % kWarpLanes == 0) s.of_warp[static_cast<int>(threadIdx.x) / kWarpLanes] = mine;
  __syncthreads();
  if (threadIdx.x == 0)
    for (int w = 1; w < kWarps; ++w) mine = better(mine, s.of_warp[w]);
  return mine;
}

__global__ void __launch_bounds__(kThreads) likeliest_kernel(LikeliestArgs a) {
  Shared& s = shared_memory<Shared>();
  let_next_start();
  wait_for_inputs();
  const int row = static_cast<int>(blockIdx.y), thread = static_cast<int>(threadIdx.x);
  const float* logits =
      a.logits + static_cast<std::size_t>(row) * static_cast<std::size_t>(a.n_vocab);
  const int named = a.picks[row].mask;
  const std::uint32_t* mask = named < 0
                                  ? nullptr
                                  : a.masks + static_cast<std::size_t>(named) *
                                                  static_cast<std::size_t>(mask_words(a.n_vocab));
  Candidate mine = {0.f, -1};
  for (int id = static_cast<int>(blockIdx.x) * kThreads + thread; id < a.n_vocab;
       id += kLikeliestBlocks * kThreads) {
    const float logit = logits[id];
    if (is_allowed(mask, id) && logit > -INFINITY) mine = better(mine, {logit, id});  // NaN is not
  }
  mine = block_best(mine, s);
  Candidate* partial = a.partial + row * kLikeliestBlocks;
  if (thread == 0) {
    partial[blockIdx.x] = mine;
    __threadfence();
    s.rank[0] = atomicAdd(a.arrived + row, 1u);
  }
  __syncthreads();
  if (s.rank[0] != kLikeliestBlocks - 1) return;
  __threadfence();
  mine = block_best(thread < kLikeliestBlocks ? partial[thread] : Candidate{0.f, -1}, s);
  if (thread != 0) return;
  a.best[row] = mine.logit < INFINITY ? mine.id : -1;
  atomicExch(a.arrived + row, 0u);
}

}  // namespace

cudaError_t likeliest(const LikeliestArgs& a, cudaStream_t stream) {
  if (a.rows < 0 || a.n_vocab < 1) return cudaErrorInvalidValue;
  if (a.rows == 0) return cudaSuccess;
  return launch(likeliest_kernel,
                {.grid = dim3(kLikeliestBlocks, static_cast<unsigned>(a.rows)),
                 .block = kThreads,
                 .shared_bytes = sizeof(Shared)},
                a, stream, "likeliest");
}

}  // namespace curlew::cuda
