// The numbers of a network in the card's memory. Immutable after load.
//
// What the description (ModelConfig) asks for is fetched by the same tensor names as the CPU's
// weights (model/network/weights.h), repacked by kernels/cuda/device_matrix.h and uploaded; the
// mapped file is not needed afterwards.
#pragma once

#include <functional>
#include <vector>

#include "kernels/cuda/device_matrix.h"
#include "model/cuda/device_memory.h"
#include "model/files/model_file.h"
#include "model/network/architecture.h"

namespace curlew::model {

struct DeviceLinear {
  cuda::DeviceMatrix matrix;    // codes null where the network has no such map
  const float* bias = nullptr;  // [rows], or null
  explicit operator bool() const { return matrix.codes != nullptr; }
};

struct DeviceNorm {
  const float* weight = nullptr;
  const float* bias = nullptr;
  int count = 0;  // of weights; 0 where the network has no such norm
};

struct DeviceFeedForward {
  DeviceLinear gate, up, down;  // no gate where the activation has none
};

struct DeviceExperts {
  DeviceLinear router;  // [count, hidden_dim]; empty in a dense layer
  const float* selection_bias = nullptr;
  DeviceFeedForward stacks;  // of all experts, one under another: rows count * rows of one
};

// Keys and values from one vector a position, as LatentWeights; the maps of all heads stand one under
// another.
struct DeviceLatent {
  DeviceLinear q_down, q_up, kv_down;  // no q_down where queries come straight from the layer's q
  DeviceNorm q_norm, kv_norm;
  cuda::DeviceMatrix k;  // [n_heads * kv_rank, head_dim - rope_dim]; transposed, as queries meet it
  cuda::DeviceMatrix v;  // [n_heads * value_dim, kv_rank]
};

struct DeviceLayer {
  DeviceNorm attention_norm, ffn_norm, q_norm, k_norm;
  DeviceLinear q, k, v, attention_out;
  const float* sinks = nullptr;
  DeviceLatent latent;
  DeviceFeedForward ffn;  // what every token passes: the dense part, or the shared experts
  DeviceExperts experts;
};

// What kinds of matrices there are.
struct WeightKinds {
  bool has_float = false, has_quantised = false;
  // Of the layers: those that prompts multiply in halves, and the others.
  bool has_tiled = false, has_plain = false, has_plain_experts = false;
};

struct DeviceWeights {
  DeviceMemory memory;
  cuda::DeviceMatrix embedding;
  std::vector<DeviceLayer> layers;
  DeviceNorm output_norm;
  DeviceLinear output;
  const float* inv_freq = nullptr;  // [rope_dim / 2]
  WeightKinds kinds;
};

// kUnsupported, naming the part: what this engine does not run yet.
Status check_cuda_supports(const ModelConfig& config);

// Device memory that load_device_weights() will take, and what it will hold.
struct WeightsNeed {
  std::size_t bytes = 0;
  WeightKinds kinds;
};
WeightsNeed device_weights_need(const ModelFile& file, const ModelConfig& config);

// `config` comes from read_config(file), which has checked every tensor, and is supported.
Expected<DeviceWeights> load_device_weights(const ModelFile& file, const ModelConfig& config,
                                            cudaStream_t stream,
                                            const std::function<void(float fraction)>& on_progress);

}  // namespace curlew::model
