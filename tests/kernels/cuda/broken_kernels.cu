#include "tests/kernels/cuda/broken_kernels.h"

#include "kernels/cuda/launch.h"
#include "kernels/cuda/vector_access.h"

namespace curlew::cuda::testing {
namespace {

constexpr int kThreads = 64;
constexpr int kBlocks = 2;

struct Shared {
  SharedArray<float, kThreads> row;
  SharedArray<float, kThreads / kWarpLanes> sums;
  SharedArray<unsigned, 1> rank;
};

__device__ float warp_total(float value, bool skip_a_lane) {
  for (int step = 16; step > 0; step /= 2) {
    if (skip_a_lane && threadIdx.x == 5) continue;
    value += __shfl_xor_sync(kAllLanes, value, step);
  }
  return value;
}

// Faults of addresses. Returns what was read, so that the load is not thrown away.
__device__ float bad_access(const BrokenArgs& a, Shared& s, int i) {
  switch (a.fault) {
    case Fault::kLoadPastEnd:
      return a.in[kThreads * kBlocks + i];
    case Fault::kLoadBeforeBegin:
      return a.in[i - kThreads * kBlocks];
    case Fault::kHostMemory:
      return a.on_host[i];
    case Fault::kStorePastEnd:
      a.out[kThreads * kBlocks] = 1.f;
      return 0.f;
    case Fault::kSharedPastEnd:
      return reinterpret_cast<const float*>(&s)[sizeof s / sizeof(float) + i];
    case Fault::kSharedIndex:
      return s.row[kThreads + i];
    case Fault::kSharedUnwritten:
      return s.sums[i % 2];
    case Fault::kDeviceUnwritten:
      return a.partial[i % 2];
    case Fault::kMisaligned:
      return load16<float4>(a.in + 1 + i % 4).x;
    case Fault::kSealedStore:
      const_cast<float*>(a.weights)[i] = 1.f;
      return 0.f;
    default:
      return 0.f;
  }
}

__device__ void barrier(Fault fault, int i) {
  if (fault == Fault::kDivergentBarrier && i == 40) return;
  if (fault == Fault::kBarrierAtTwoPlaces && i < kWarpLanes) {
    __syncthreads();
    return;
  }
  if (fault != Fault::kMissingBlockBarrier) __syncthreads();
}

__global__ void __launch_bounds__(kThreads) broken_kernel(BrokenArgs a) {
  Shared& s = shared_memory<Shared>();
  const int i = static_cast<int>(threadIdx.x), block = static_cast<int>(blockIdx.x);
  let_next_start();
  const float weight = a.weights[i];
  if (a.fault != Fault::kBeforeInputs) wait_for_inputs();

  const float extra = bad_access(a, s, i);
  s.row[i] = a.in[block * kThreads + i] + extra;
  barrier(a.fault, i);
  const float value = s.row[kThreads - 1 - i] + weight;
  a.out[block * kThreads + i] = value;
  if (a.fault == Fault::kBlocksRace)
    a.out[(block * kThreads + i + kThreads) % (2 * kThreads)] = 0.f;
  if (a.fault != Fault::kMissingSecondBarrier) __syncthreads();
  s.row[i] = value;
  if (a.fault != Fault::kMissingWarpBarrier) __syncwarp();
  const float neighbour = s.row[i ^ 1];
  if (a.fault == Fault::kSameStore) s.rank[0] = 7;

  if (a.fault == Fault::kLaneGone && i == 3) return;
  const float sum = warp_total(value + 0.f * neighbour, a.fault == Fault::kDivergentShuffle);
  if (i % kWarpLanes == 0) s.sums[i / kWarpLanes] = sum;
  __syncthreads();
  if (i == 0) {
    a.partial[block] = s.sums[0] + s.sums[1];
    if (a.fault != Fault::kNoFence) __threadfence();
    s.rank[0] = atomicAdd(a.arrived, 1u);
    if (a.fault == Fault::kAtomicThenPlain) *a.arrived = 0;
  }
  __syncthreads();
  if (s.rank[0] == kBlocks - 1 && i == 0) *a.total = a.partial[0] + a.partial[1];
}

}  // namespace

cudaError_t run_broken(const BrokenArgs& args, cudaStream_t stream) {
  return launch(broken_kernel, {.grid = kBlocks, .block = kThreads, .shared_bytes = sizeof(Shared)},
                args, stream, "broken");
}

}  // namespace curlew::cuda::testing
