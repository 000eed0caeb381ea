// Latent attention in a step's row of launches; see LatentConfig and Network::project_latent, which
// this follows.
#include "kernels/cuda/copy_columns.h"
#include "kernels/cuda/expert_matvec.h"
#include "model/cuda/launches.h"

namespace curlew::model {

// mixed[h] = W_v[h] attention(q[h], rows),  q[h] = (W_k[h]^T u, rope(r)), (u, r) the head's query
void CudaNetwork::Launches::latent(const DeviceLayer& w, int layer) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  latent_queries(w);
  latent_keys(w.latent, layer);
  absorb_keys(w.latent);
  attend({.q = s.q,
          .out = {.f32 = s.latent.f32},
          .head_dim = c.latent_row_dim(),
          .value_dim = c.latent.kv_rank,
          .value_row = c.latent_row_dim()},
         w, layer);
  latent_values(w.latent);
}

// q_heads = W_q n, straight or by way of q_rank; their ends rotated
void CudaNetwork::Launches::latent_queries(const DeviceLayer& w) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const bool is_low = c.latent.q_rank > 0;
  cuda::MatvecArgs down = {
      .jobs = {job(w.latent.kv_down, s.k)}, .n_jobs = 2, .x = s.normed, .tokens = size_.tokens};
  down.jobs[1] = is_low ? job(w.latent.q_down, s.q_low.f32) : job(w.q, s.q_heads);
  run(cuda::matvec(down, n_.stream_), "queries and latent rows");
  if (is_low) {
    run(cuda::norm({.x = s.q_low.f32,
                    .weight = w.latent.q_norm.weight,
                    .bias = w.latent.q_norm.bias,
                    .out = s.q_low,
                    .rows = size_.tokens,
                    .cols = c.latent.q_rank,
                    .x_stride = c.latent.q_rank,
                    .eps = c.norm_eps,
                    .formula = cuda::NormFormula::kRms},
                   n_.stream_),
        "the norm of low queries");
    run(cuda::matvec(
            {.jobs = {job(w.latent.q_up, s.q_heads)}, .x = s.q_low, .tokens = size_.tokens},
            n_.stream_),
        "queries");
  }
  cuda::RopeKvArgs rope = rope_args(0);
  rope.q = s.q_heads;
  rope.rope_at = c.head_dim - c.rope_dim;
  run(cuda::rope_kv(rope, n_.stream_), "rotary embedding of queries");
}

// The cached row: (norm(c), rope(r)) of W_kv n = (c, r)
void CudaNetwork::Launches::latent_keys(const DeviceLatent& w, int layer) {
  const ModelConfig& c = n_.config_;
  cuda::RopeKvArgs rope = rope_args(layer);
  rope.k = n_.scratch_.k;
  rope.k_norm = {.weight = w.kv_norm.weight};
  rope.norm_formula = cuda::NormFormula::kRms;
  rope.key_dim = c.latent_row_dim();
  rope.rope_at = c.latent.kv_rank;
  run(cuda::rope_kv(rope, n_.stream_), "latent rows");
}

// q[h] = (W_k[h]^T u, r) of q_heads[h] = (u, r)
void CudaNetwork::Launches::absorb_keys(const DeviceLatent& w) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const int slots = size_.tokens * c.n_heads, part = c.head_dim - c.rope_dim;
  cuda::Activations in = {.f32 = s.q_heads};
  if (!cuda::is_float(w.k.format)) {
    in = s.q_part;
    run(cuda::quantize_rows({.x = s.q_heads,
                             .out = s.q_part,
                             .tokens = slots,
                             .cols = part,
                             .x_stride = c.head_dim},
                            n_.stream_),
        "queries as int8");
  }
  run(cuda::expert_matvec({.w = w.k,
                           .x = in,
                           .y = s.q,
                           .rows = c.latent.kv_rank,
                           .slots = slots,
                           .x_stride = c.head_dim,
                           .y_stride = c.latent_row_dim()},
                          n_.stream_),
      "keys into queries");
  run(cuda::copy_columns({.x = s.q_heads + part,
                          .y = s.q + c.latent.kv_rank,
                          .rows = slots,
                          .cols = c.rope_dim,
                          .x_stride = c.head_dim,
                          .y_stride = c.latent_row_dim()},
                         n_.stream_),
      "the queries' rotated ends");
}

// mixed = W_v latent by head, as int8 too where W_o wants it
void CudaNetwork::Launches::latent_values(const DeviceLatent& w) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const int slots = size_.tokens * c.n_heads;
  if (!cuda::is_float(w.v.format))
    run(cuda::quantize_rows(
            {.x = s.latent.f32, .out = s.latent, .tokens = slots, .cols = c.latent.kv_rank},
            n_.stream_),
        "latent vectors as int8");
  run(cuda::expert_matvec(
          {.w = w.v, .x = s.latent, .y = s.mixed.f32, .rows = c.value_dim, .slots = slots},
          n_.stream_),
      "values of latent vectors");
  if (s.mixed.q != nullptr)
    run(cuda::quantize_rows({.x = s.mixed.f32,
                             .out = s.mixed,
                             .tokens = size_.tokens,
                             .cols = c.n_heads * c.value_dim},
                            n_.stream_),
        "values as int8");
}

}  // namespace curlew::model
