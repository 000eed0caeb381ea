#include "kernels/cuda/experts.h"

#include <cfloat>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/reduce.h"

namespace curlew::cuda {
namespace {

constexpr int kPerLane = kExpertsMax / kWarpLanes;
constexpr int kThreads = 256;  // of add_experts
constexpr float kWeightSumMin = 1e-20f;

struct Ranked {
  float rank;
  int expert;
};

// Over the warp: the larger rank, of equal ones the earlier expert.
__device__ Ranked warp_best(Ranked mine) {
  for (int step = kWarpLanes / 2; step > 0; step /= 2) {
    const Ranked other = {__shfl_xor_sync(kAllLanes, mine.rank, step),
                          __shfl_xor_sync(kAllLanes, mine.expert, step)};
    const bool wins =
        other.rank > mine.rank || (other.rank == mine.rank && other.expert < mine.expert);
    if (wins) mine = other;
  }
  return mine;
}

// score[i] is of expert i * kWarpLanes + lane.
__device__ void find_scores(const ChooseExpertsArgs& a, int token, int lane,
                            float (&score)[kPerLane]) {
  const float* logits =
      a.logits + static_cast<std::size_t>(token) * static_cast<std::size_t>(a.count);
  float top = -INFINITY;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const int e = i * kWarpLanes + lane;
    score[i] = e < a.count ? logits[e] : -INFINITY;
    top = fmaxf(top, score[i]);
  }
  if (a.score == ExpertScore::kSoftmax) {
    top = warp_max(top);
    float sum = 0.f;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      const bool is_one = i * kWarpLanes + lane < a.count;
      score[i] = is_one ? expf(score[i] - top) : 0.f;
      sum += score[i];
    }
    sum = warp_sum(sum);
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) score[i] /= sum;
  }
  if (a.score == ExpertScore::kSigmoid) {
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) score[i] = 1.f / (1.f + expf(-score[i]));
  }
}

// Lane r holds the weight of the expert of rank r, and lanes beyond `used` nothing.
__device__ float final_weight(const ChooseExpertsArgs& a, float weight, int lane) {
  const bool is_used = lane < a.used;
  if (a.score == ExpertScore::kSoftmaxOfChosen) {
    const float top = warp_max(is_used ? weight : -INFINITY);
    weight = is_used ? expf(weight - top) : 0.f;
    weight /= warp_sum(weight);
  }
  const float sum = warp_sum(is_used ? weight : 0.f);
  return weight * (a.weight_scale / (a.renormalise ? fmaxf(sum, kWeightSumMin) : 1.f));
}

__global__ void __launch_bounds__(kWarpLanes) choose_experts_kernel(ChooseExpertsArgs a) {
  let_next_start();
  wait_for_inputs();
  const int token = static_cast<int>(blockIdx.x), lane = static_cast<int>(threadIdx.x);
  float score[kPerLane], rank[kPerLane];
  find_scores(a, token, lane, score);
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const int e = i * kWarpLanes + lane;
    const float r =
        score[i] + (a.selection_bias != nullptr && e < a.count ? a.selection_bias[e] : 0.f);
    rank[i] = e >= a.count ? -INFINITY : r > -FLT_MAX ? r : -FLT_MAX;
  }
  const auto at = static_cast<std::size_t>(token) * static_cast<std::size_t>(a.used);
  float my_weight = 0.f;
  for (int r = 0; r < a.used; ++r) {
    Ranked best = {-INFINITY, kExpertsMax};
#pragma unroll
    for (int i = 0; i < kPerLane; ++i)
      if (rank[i] > best.rank) best = {rank[i], i * kWarpLanes + lane};
    best = warp_best(best);
    float weight = 0.f;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i)
      if (i * kWarpLanes + lane == best.expert) weight = score[i], rank[i] = -INFINITY;
    weight = __shfl_sync(kAllLanes, weight, best.expert % kWarpLanes);
    if (lane == r) my_weight = weight;
    if (lane == 0) a.chosen[at + static_cast<std::size_t>(r)] = best.expert;
  }
  my_weight = final_weight(a, my_weight, lane);
  if (lane < a.used) a.weight[at + static_cast<std::size_t>(lane)] = my_weight;
}

__global__ void __launch_bounds__(kThreads) add_experts_kernel(AddExpertsArgs a) {
  let_next_start();
  wait_for_inputs();
  const int c = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (c >= a.cols) return;
  const auto t = static_cast<std::size_t>(blockIdx.y), cols = static_cast<std::size_t>(a.cols);
  const auto used = static_cast<std::size_t>(a.used);
  float sum = 0.f;
  for (std::size_t i = 0; i < used; ++i)
    sum = fmaf(a.weight[t * used + i],
               a.outputs[(t * used + i) * cols + static_cast<std::size_t>(c)], sum);
  float* x = a.x + t * cols + static_cast<std::size_t>(c);
  *x = fmaf(a.scale, sum, *x);
}

}  // namespace

cudaError_t choose_experts(const ChooseExpertsArgs& a, cudaStream_t stream) {
  if (a.tokens < 0 || a.count < 1 || a.count > kExpertsMax || a.used < 1 || a.used > a.count ||
      a.used > kExpertsUsedMax)
    return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  return launch(choose_experts_kernel,
                {.grid = static_cast<unsigned>(a.tokens), .block = kWarpLanes}, a, stream,
                "choose_experts");
}

cudaError_t add_experts(const AddExpertsArgs& a, cudaStream_t stream) {
  if (a.tokens < 0 || a.used < 1 || a.cols < 1) return cudaErrorInvalidValue;
  if (a.tokens == 0) return cudaSuccess;
  return launch(add_experts_kernel,
                {.grid = dim3(static_cast<unsigned>((a.cols + kThreads - 1) / kThreads),
                              static_cast<unsigned>(a.tokens)),
                 .block = kThreads},
                a, stream, "add_experts");
}

}  // namespace curlew::cuda
