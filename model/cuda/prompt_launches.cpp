// What prompts do otherwise than small steps: activations as halves, products and attention on the
// matrix units. What has no such path takes the small steps' kernels, on float32 or int8.
#include "kernels/cuda/attention_prompt.h"
#include "kernels/cuda/expert_tiled.h"
#include "kernels/cuda/half_rows.h"
#include "kernels/cuda/matmul_tiled.h"
#include "model/cuda/launches.h"

namespace curlew::model {

// The normed stream in the forms that this step's products read.
cuda::Activations CudaNetwork::Launches::normed() const {
  const WeightKinds& kinds = n_.weights_.kinds;
  cuda::Activations a = n_.scratch_.normed;
  if (!is_prompt()) {
    a.f16 = nullptr;
  } else {
    if (!kinds.has_plain && !kinds.has_plain_experts) a.f32 = nullptr;
    if (!kinds.has_plain_experts) a.q = nullptr, a.scale = nullptr;
  }
  return a;
}

// In a prompt every job on its own way: halves, by the library or our own, or float32 by matvec.
void CudaNetwork::Launches::product(const cuda::MatvecArgs& args, const char* what) {
  if (!is_prompt()) return run(cuda::matvec(args, n_.stream_), what);
  cuda::MatvecArgs tiled = args, plain = args;
  tiled.n_jobs = plain.n_jobs = 0;
  for (int j = 0; j < args.n_jobs; ++j) {
    cuda::MatvecArgs one = args;
    one.jobs[0] = args.jobs[j];
    one.n_jobs = 1;
    cuda::MatvecArgs& to = cuda::can_tile(one.jobs[0].w) ? tiled : plain;
    if (&to == &plain || !by_library(one)) to.jobs[to.n_jobs++] = one.jobs[0];
  }
  if (tiled.n_jobs > 0)
    run(cuda::matmul_tiled({.product = tiled, .sums = n_.scratch_.sums, .sums_floats = kSumsFloats},
                           n_.stream_),
        what);
  if (plain.n_jobs > 0) run(cuda::matvec(plain, n_.stream_), what);
}

void CudaNetwork::Launches::attend_in_tiles(const cuda::AttentionArgs& a) {
  const cuda::Activations& mixed = n_.scratch_.mixed;
  run(cuda::attention_prompt(
          {.q = a.q,
           .kv = a.kv,
           .step = a.step,
           .tiles = n_.scratch_.step.tiles,
           .out = {.f32 = n_.weights_.kinds.has_plain ? mixed.f32 : nullptr, .f16 = mixed.f16},
           .sinks = a.sinks,
           .n_tiles = size_.tiles,
           .n_heads = a.n_heads,
           .n_kv_heads = a.n_kv_heads,
           .head_dim = a.head_dim,
           .window = a.window,
           .scale = a.scale},
          n_.stream_),
      "attention of a prompt");
}

// Heads and caches without tiles: so many tokens at a time as small steps have.
void CudaNetwork::Launches::attend_in_slices(const cuda::AttentionArgs& args) {
  const cuda::Activations& mixed = n_.scratch_.mixed;
  for (int t = 0; t < size_.tokens; t += kSmallTokensMax) {
    cuda::AttentionArgs a = args;
    const auto heads = static_cast<std::size_t>(t) * static_cast<std::size_t>(a.n_heads);
    a.tokens = size_.tokens - t < kSmallTokensMax ? size_.tokens - t : kSmallTokensMax;
    a.q += heads * static_cast<std::size_t>(a.head_dim);
    a.step.pos += t, a.step.first_block += t;
    a.out = {.f32 = mixed.f32 + heads * static_cast<std::size_t>(a.value_dim)};
    run(cuda::attention(a, n_.stream_), "attention");
  }
  run(cuda::half_rows({.x = mixed.f32,
                       .out = {.f16 = mixed.f16},
                       .tokens = size_.tokens,
                       .cols = args.n_heads * args.value_dim},
                      n_.stream_),
      "what attention mixed, as halves");
}

// The inner activations for W_down: halves with a scale a token, or float32 with the gate applied.
void CudaNetwork::Launches::halve_inner(const cuda::HalfRowsArgs& args,
                                        const cuda::DeviceMatrix& down) {
  const cuda::Activations& inner = n_.scratch_.inner;
  cuda::HalfRowsArgs a = args;
  a.out = {.f16 = inner.f16, .f16_scale = inner.f16_scale};
  if (!cuda::can_tile(down)) a.out.f32 = inner.f32;
  run(cuda::half_rows(a, n_.stream_), "the inner activations as halves");
}

// The products of a prompt's experts, every expert's slots together. False where their weights have no
// tiles.
bool CudaNetwork::Launches::expert_products_in_tiles(const DeviceFeedForward& w, cuda::Gate gate) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const bool is_gated = gate != cuda::Gate::kNone;
  const bool is_fused = is_gated && w.gate.matrix.format == w.up.matrix.format;
  if (!cuda::can_tile(w.up.matrix) || !cuda::can_tile(w.down.matrix) ||
      (is_gated && !cuda::can_tile(w.gate.matrix)))
    return false;
  const int slots = size_.tokens * c.experts.used;
  const int tiles = cuda::expert_tiles_max(slots, c.experts.count);
  run(cuda::group_slots({.chosen = s.chosen,
                         .order = s.slot_order,
                         .tiles = s.expert_tiles,
                         .counts = s.expert_counts,
                         .slots = slots,
                         .count = c.experts.count},
                        n_.stream_),
      "slots by expert");
  const auto multiply = [&](const cuda::ExpertMatvecArgs& product, const char* what) {
    run(cuda::expert_tiled(
            {.product = product, .order = s.slot_order, .tiles = s.expert_tiles, .n_tiles = tiles},
            n_.stream_),
        what);
  };
  cuda::ExpertMatvecArgs up = {.w = w.up.matrix,
                               .bias = w.up.bias,
                               .x = s.normed,
                               .y = s.slot_inner.f32,
                               .rows = c.experts.ffn_dim,
                               .slots = slots,
                               .share = c.experts.used,
                               .is_gelu = !is_gated};
  if (is_fused) up.gate = w.gate.matrix, up.gate_bias = w.gate.bias, up.gate_function = gate;
  multiply(up, "the experts' gate and up");
  cuda::HalfRowsArgs inner = {.x = s.slot_inner.f32,
                              .out = {.f16 = s.slot_inner.f16, .f16_scale = s.slot_inner.f16_scale},
                              .tokens = slots,
                              .cols = c.experts.ffn_dim};
  if (is_gated && !is_fused) {
    up.w = w.gate.matrix, up.bias = w.gate.bias, up.y = s.slot_gate;
    multiply(up, "the experts' gate");
    inner.gate = s.slot_gate, inner.gate_function = gate;
  }
  run(cuda::half_rows(inner, n_.stream_), "the experts' inner activations as halves");
  multiply({.w = w.down.matrix,
            .bias = w.down.bias,
            .x = s.slot_inner,
            .y = s.slot_outputs,
            .rows = c.hidden_dim,
            .slots = slots},
           "the experts' outputs");
  return true;
}

}  // namespace curlew::model
