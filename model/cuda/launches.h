// One step's row of launches. Private to CudaNetwork.
#pragma once

#include "kernels/cuda/half_rows.h"
#include "kernels/cuda/quantize_rows.h"
#include "model/cuda/cuda_network.h"

namespace curlew::model {

// Enqueues only. After the first error the rest is left out; status() tells it.
class CudaNetwork::Launches {
 public:
  Launches(CudaNetwork& network, const StepSize& size) : n_(network), size_(size) {}

  void begin();  // embeddings and angles
  void layer(int layer);
  void output();  // logits, and hidden states where they are wanted
  void everything() {
    begin();
    for (int i = 0; i < n_.config_.n_layers; ++i) layer(i);
    output();
  }
  const Status& status() const { return status_; }

 private:
  void attention(const DeviceLayer& w, int layer);
  void heads(const DeviceLayer& w, int layer);
  void attend(const cuda::AttentionArgs& part, const DeviceLayer& w, int layer);
  // prompt_launches.cpp
  bool is_prompt() const { return n_.is_prompt(size_.tokens); }
  void product(const cuda::MatvecArgs& args, const char* what);
  cuda::Activations normed() const;
  void attend_in_tiles(const cuda::AttentionArgs& args);
  void attend_in_slices(const cuda::AttentionArgs& args);
  bool expert_products_in_tiles(const DeviceFeedForward& w, cuda::Gate gate);
  void halve_inner(const cuda::HalfRowsArgs& args, const cuda::DeviceMatrix& down);
  // prompt_library.cpp
  bool by_library(const cuda::MatvecArgs& args);
  bool gate_and_up_by_library(const DeviceFeedForward& w, cuda::Gate gate);
  bool multiply_by_library(const cuda::DeviceMatrix& w, const cuda::LibraryMatmulArgs& args);
  // latent_launches.cpp
  void latent(const DeviceLayer& w, int layer);
  void latent_queries(const DeviceLayer& w);
  void latent_keys(const DeviceLatent& w, int layer);
  void absorb_keys(const DeviceLatent& w);
  void latent_values(const DeviceLatent& w);
  cuda::RopeKvArgs rope_args(int layer) const;
  void feed_forward(const DeviceLayer& w);
  void experts(const DeviceExperts& w);
  void expert_products(const DeviceFeedForward& w, int slots);
  void expert_gate_and_up(const DeviceFeedForward& w, int slots);
  void route(const DeviceExperts& w);
  void pick();
  void gate_and_up(const DeviceFeedForward& w);
  void finish_inner(const cuda::QuantizeArgs& args, const cuda::DeviceMatrix& down);
  void normalise(const DeviceNorm& norm, const cuda::Activations& out, int rows,
                 const std::int32_t* row_idx);
  void add_product(const DeviceLinear& map, const cuda::Activations& x);
  cuda::StepTokens step_tokens() const;
  cuda::KvLayer kv_layer(int layer) const;
  void run(cudaError_t error, const char* what) {
    if (status_) status_ = cuda_status(error, what);
  }

  static cuda::MatvecJob job(const DeviceLinear& map, float* y) {
    return {.w = map.matrix, .bias = map.bias, .y = y, .y_stride = map.matrix.rows};
  }

  CudaNetwork& n_;
  const StepSize size_;
  Status status_;
};

}  // namespace curlew::model
