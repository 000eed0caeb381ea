// Kernels that are wrong, each in one way, and their right twins: what the machine on the host must
// find, and must not.
#pragma once

#include <cuda_runtime.h>

namespace curlew::cuda::testing {

enum class Fault {
  kNone,
  kLoadPastEnd,
  kStorePastEnd,
  kLoadBeforeBegin,
  kHostMemory,
  kSharedPastEnd,
  kSharedIndex,
  kSharedUnwritten,
  kDeviceUnwritten,
  kMissingBlockBarrier,
  kMissingWarpBarrier,
  kMissingSecondBarrier,
  kSameStore,
  kDivergentBarrier,
  kDivergentShuffle,
  kLaneGone,
  kBarrierAtTwoPlaces,
  kMisaligned,
  kBlocksRace,
  kNoFence,
  kSealedStore,
  kBeforeInputs,
  kAtomicThenPlain,
};

// All kernels: threads 64, blocks 2. in and out: 128 floats each; weights: 128 floats, sealed.
//   out[block * 64 + i] = in[block * 64 + 63 - i] + weights[i], through shared memory
// and block sums of it through a warp reduction, handed from block to block by an atomic.
struct BrokenArgs {
  const float* in;
  float* out;
  const float* weights;
  float* partial;     // [2]
  float* total;       // [1]
  unsigned* arrived;  // [1], zero before
  const float* on_host;
  Fault fault;
};

cudaError_t run_broken(const BrokenArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda::testing
