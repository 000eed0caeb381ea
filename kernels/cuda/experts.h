// Which experts a token goes to, and what they make of it together.
//
// choose_experts: of each row of router logits the `used` experts with the best scores, best first,
// of two equal ones the earlier, and what the output of each counts for.
//
//   logits          [tokens, count] the router's
//   selection_bias  [count] added to the scores for choosing, not for weighing; or null
//   chosen, weight  [tokens, used]
//
//   score = softmax(logits), 1 / (1 + exp(-logits)), or the logits themselves, whose softmax over the
//   chosen ones is then the weight; weight *= scale (/ the sum of the weights, where renormalised)
//
// A warp a token; the logits stay in its lanes' registers. arXiv:2101.03961; twin: choose_experts in
// model/network/routing.h. A NaN ranks last, and never keeps `used` different experts from being
// chosen.
//
// add_experts: x[t, c] += scale * sum_i weight[t, i] * outputs[t * used + i, c], in the order of i.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace curlew::cuda {

inline constexpr int kExpertsMax = 512;
inline constexpr int kExpertsUsedMax = 32;

enum class ExpertScore : int { kSoftmax, kSigmoid, kSoftmaxOfChosen };

struct ChooseExpertsArgs {
  const float* logits;
  const float* selection_bias;
  std::int32_t* chosen;
  float* weight;
  int tokens, count, used;
  ExpertScore score;
  bool renormalise;
  float weight_scale;
};
cudaError_t choose_experts(const ChooseExpertsArgs& args, cudaStream_t stream);

struct AddExpertsArgs {
  const float* outputs;
  const float* weight;
  float* x;  // [tokens, cols]
  int tokens, used, cols;
  float scale;
};
cudaError_t add_experts(const AddExpertsArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
