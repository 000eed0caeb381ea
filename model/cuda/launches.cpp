#include "model/cuda/launches.h"

#include "kernels/cuda/embed.h"
#include "kernels/cuda/expert_matvec.h"
#include "kernels/cuda/experts.h"

namespace curlew::model {
namespace {

cuda::Gate gate_of(Activation a) {
  switch (a) {
    case Activation::kSiluGate:
      return cuda::Gate::kSilu;
    case Activation::kGeluGate:
      return cuda::Gate::kGelu;
    case Activation::kSwigluOai:
      return cuda::Gate::kSwigluOai;
    case Activation::kGelu:
      return cuda::Gate::kNone;
  }
  return cuda::Gate::kNone;
}

cuda::ExpertScore score_of(Gating gating) {
  if (gating == Gating::kSoftmaxOfChosen) return cuda::ExpertScore::kSoftmaxOfChosen;
  return gating == Gating::kSigmoid ? cuda::ExpertScore::kSigmoid : cuda::ExpertScore::kSoftmax;
}

}  // namespace

cuda::StepTokens CudaNetwork::Launches::step_tokens() const {
  const StepArrays& s = n_.scratch_.step;
  return {.ids = s.ids, .pos = s.pos, .first_block = s.first_block, .blocks = s.blocks};
}

cuda::KvLayer CudaNetwork::Launches::kv_layer(int layer) const {
  const KvPool& kv = *n_.kv_;
  auto* keys = static_cast<std::uint8_t*>(kv.keys(0, layer));
  return {
      .base = keys,
      .block_bytes = kv.bytes() / static_cast<std::size_t>(kv.capacity()),
      .values_at = static_cast<std::size_t>(static_cast<std::uint8_t*>(kv.values(0, layer)) - keys),
      .element = n_.kv_element_};
}

// out = norm(x), of all of the step's rows or of those that row_idx names
void CudaNetwork::Launches::normalise(const DeviceNorm& norm, const cuda::Activations& out,
                                      int rows, const std::int32_t* row_idx) {
  const ModelConfig& c = n_.config_;
  run(cuda::norm({.x = n_.scratch_.x,
                  .weight = norm.weight,
                  .bias = norm.bias,
                  .out = out,
                  .rows = rows,
                  .cols = c.hidden_dim,
                  .x_stride = c.hidden_dim,
                  .eps = c.norm_eps,
                  .formula = c.norm == NormKind::kLayer ? cuda::NormFormula::kLayer
                                                        : cuda::NormFormula::kRms,
                  .row_idx = row_idx},
                 n_.stream_),
      "a norm");
}

// x += residual_scale * map(in)
void CudaNetwork::Launches::add_product(const DeviceLinear& map, const cuda::Activations& in) {
  product({.jobs = {job(map, n_.scratch_.x)},
           .x = in,
           .tokens = size_.tokens,
           .finish = cuda::Finish::kAdd,
           .scale = n_.config_.residual_scale},
          "a product");
}

void CudaNetwork::Launches::begin() {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  run(cuda::embed({.table = n_.weights_.embedding,
                   .ids = s.step.ids,
                   .y = s.x,
                   .tokens = size_.tokens,
                   .scale = c.embedding_scale},
                  n_.stream_),
      "the embedding");
  run(cuda::rope_angles({.pos = s.step.pos,
                         .inv_freq = n_.weights_.inv_freq,
                         .angles = s.angles,
                         .tokens = size_.tokens,
                         .n_freqs = c.rope_dim / 2,
                         .magnitude = c.rope_magnitude},
                        n_.stream_),
      "rotary angles");
}

void CudaNetwork::Launches::layer(int layer) {
  const DeviceLayer& w = n_.weights_.layers[static_cast<std::size_t>(layer)];
  attention(w, layer);
  feed_forward(w);
}

// x += W_o attention(q, k, v),  q, k, v of norm(x)
void CudaNetwork::Launches::attention(const DeviceLayer& w, int layer) {
  normalise(w.attention_norm, normed(), size_.tokens, nullptr);
  if (n_.config_.latent.kv_rank > 0)
    latent(w, layer);
  else
    heads(w, layer);
  add_product(w.attention_out, n_.scratch_.mixed);
}

// What is the same for every rotation of a step.
cuda::RopeKvArgs CudaNetwork::Launches::rope_args(int layer) const {
  const ModelConfig& c = n_.config_;
  return {.q = nullptr,
          .k = nullptr,
          .v = nullptr,
          .angles = n_.scratch_.angles,
          .kv = kv_layer(layer),
          .step = step_tokens(),
          .q_norm = {},
          .k_norm = {},
          .norm_formula =
              c.norm == NormKind::kLayer ? cuda::NormFormula::kLayer : cuda::NormFormula::kRms,
          .norm_eps = c.norm_eps,
          .pairs = c.rope_pairs,
          .tokens = size_.tokens,
          .n_heads = c.n_heads,
          .n_kv_heads = c.n_kv_heads,
          .key_dim = c.head_dim,
          .value_dim = c.value_dim,
          .n_freqs = c.rope_dim / 2,
          .rope_at = 0};
}

// mixed = attention(rope(W_q n), rope(W_k n), W_v n)
void CudaNetwork::Launches::heads(const DeviceLayer& w, int layer) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const auto head_norm = [&](const DeviceNorm& norm) {
    return cuda::HeadNorm{.weight = norm.weight, .by_head = norm.count > c.head_dim};
  };
  product({.jobs = {job(w.q, s.q), job(w.k, s.k), job(w.v, s.v)},
           .n_jobs = 3,
           .x = normed(),
           .tokens = size_.tokens},
          "queries, keys and values");
  cuda::RopeKvArgs rope = rope_args(layer);
  rope.q = s.q, rope.k = s.k, rope.v = s.v;
  rope.q_norm = head_norm(w.q_norm), rope.k_norm = head_norm(w.k_norm);
  run(cuda::rope_kv(rope, n_.stream_), "rotary embedding");
  cuda::Activations mixed = s.mixed;
  if (!n_.weights_.kinds.has_float) mixed.f32 = nullptr;
  attend({.q = s.q, .out = mixed, .head_dim = c.head_dim, .value_dim = c.value_dim}, w, layer);
}

void CudaNetwork::Launches::attend(const cuda::AttentionArgs& part, const DeviceLayer& w,
                                   int layer) {
  const ModelConfig& c = n_.config_;
  cuda::AttentionArgs args = part;
  args.kv = kv_layer(layer);
  args.step = step_tokens();
  args.partial = n_.scratch_.partial;
  args.sinks = w.sinks;
  args.tokens = size_.tokens;
  args.n_heads = c.n_heads;
  args.n_kv_heads = c.n_kv_heads;
  args.window = c.windows[static_cast<std::size_t>(layer)];
  args.splits = n_.splits_;
  args.scale = c.attention_scale;
  if (!is_prompt())
    run(cuda::attention(args, n_.stream_), "attention");
  else if (cuda::can_attend_in_tiles(args.kv, args.head_dim, args.value_dim))
    attend_in_tiles(args);
  else
    attend_in_slices(args);
}

// x += W_down a(W_gate n, W_up n),  n = norm(x); with experts, the weighted sum of the chosen ones',
// and of the shared ones' too
void CudaNetwork::Launches::feed_forward(const DeviceLayer& w) {
  Scratch& s = n_.scratch_;
  if (!n_.config_.parallel_residual) normalise(w.ffn_norm, normed(), size_.tokens, nullptr);
  if (w.ffn.up) {
    gate_and_up(w.ffn);
    add_product(w.ffn.down, s.inner);
  }
  if (w.experts.router) experts(w.experts);
}

// inner = a(W_gate n, W_up n), as int8 too where W_down wants it
void CudaNetwork::Launches::gate_and_up(const DeviceFeedForward& w) {
  Scratch& s = n_.scratch_;
  const cuda::Gate gate = gate_of(n_.config_.activation);
  const bool is_gated = gate != cuda::Gate::kNone;
  const bool is_fused = is_gated && w.gate.matrix.format == w.up.matrix.format;
  if (is_prompt() && is_fused && gate_and_up_by_library(w, gate)) return;
  cuda::MatvecArgs up = {.jobs = {job(w.up, s.inner.f32)}, .x = normed(), .tokens = size_.tokens};
  if (!is_gated) up.finish = cuda::Finish::kGelu;
  if (is_fused) {
    up.gate_function = gate;
    up.jobs[0].gate = w.gate.matrix;
    up.jobs[0].gate_bias = w.gate.bias;
  } else if (is_gated) {
    up.jobs[1] = job(w.gate, s.gate);
    up.n_jobs = 2;
  }
  product(up, "gate and up");
  const bool is_left = is_gated && !is_fused;  // the gate, to be applied
  if (is_prompt()) {
    halve_inner({.x = s.inner.f32,
                 .gate = is_left ? s.gate : nullptr,
                 .out = {},
                 .tokens = size_.tokens,
                 .cols = w.down.matrix.cols,
                 .gate_function = is_left ? gate : cuda::Gate::kNone},
                w.down.matrix);
    return;
  }
  cuda::QuantizeArgs inner = {
      .x = s.inner.f32, .out = s.inner, .tokens = size_.tokens, .cols = w.down.matrix.cols};
  if (is_left) inner.gate = s.gate, inner.gate_function = gate;
  finish_inner(inner, w.down.matrix);
}

// What a fused product has not done: the gate, and int8 for a quantised W_down.
void CudaNetwork::Launches::finish_inner(const cuda::QuantizeArgs& args,
                                         const cuda::DeviceMatrix& down) {
  cuda::QuantizeArgs inner = args;
  if (cuda::is_float(down.format)) inner.out.q = nullptr;
  if (inner.out.q != nullptr || inner.gate != nullptr)
    run(cuda::quantize_rows(inner, n_.stream_), "the inner activations");
}

// Every token's experts and their weights.
void CudaNetwork::Launches::route(const DeviceExperts& w) {
  const ExpertConfig& e = n_.config_.experts;
  Scratch& s = n_.scratch_;
  run(cuda::matvec(
          {.jobs = {job(w.router, s.router_logits)}, .x = s.normed, .tokens = size_.tokens},
          n_.stream_),
      "the router");
  run(cuda::choose_experts({.logits = s.router_logits,
                            .selection_bias = w.selection_bias,
                            .chosen = s.chosen,
                            .weight = s.chosen_weight,
                            .tokens = size_.tokens,
                            .count = e.count,
                            .used = e.used,
                            .score = score_of(e.gating),
                            .renormalise = e.renormalise,
                            .weight_scale = e.weight_scale},
                           n_.stream_),
      "choosing experts");
}

// x += residual_scale * sum of the chosen experts
void CudaNetwork::Launches::experts(const DeviceExperts& w) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const int slots = size_.tokens * c.experts.used;
  route(w);
  if (!is_prompt() || !expert_products_in_tiles(w.stacks, gate_of(c.activation)))
    expert_products(w.stacks, slots);
  run(cuda::add_experts({.outputs = s.slot_outputs,
                         .weight = s.chosen_weight,
                         .x = s.x,
                         .tokens = size_.tokens,
                         .used = c.experts.used,
                         .cols = c.hidden_dim,
                         .scale = c.residual_scale},
                        n_.stream_),
      "the experts' sum");
}

// Of every slot by itself.
void CudaNetwork::Launches::expert_products(const DeviceFeedForward& w, int slots) {
  Scratch& s = n_.scratch_;
  expert_gate_and_up(w, slots);
  run(cuda::expert_matvec({.w = w.down.matrix,
                           .bias = w.down.bias,
                           .x = s.slot_inner,
                           .chosen = s.chosen,
                           .y = s.slot_outputs,
                           .rows = n_.config_.hidden_dim,
                           .slots = slots},
                          n_.stream_),
      "the experts' outputs");
}

// As gate_and_up(), of every slot's expert.
void CudaNetwork::Launches::expert_gate_and_up(const DeviceFeedForward& w, int slots) {
  const ModelConfig& c = n_.config_;
  Scratch& s = n_.scratch_;
  const cuda::Gate gate = gate_of(c.activation);
  const bool is_gated = gate != cuda::Gate::kNone;
  const bool is_fused = is_gated && w.gate.matrix.format == w.up.matrix.format;
  cuda::ExpertMatvecArgs up = {.w = w.up.matrix,
                               .bias = w.up.bias,
                               .x = s.normed,
                               .chosen = s.chosen,
                               .y = s.slot_inner.f32,
                               .rows = c.experts.ffn_dim,
                               .slots = slots,
                               .share = c.experts.used,
                               .is_gelu = !is_gated};
  if (is_fused) {
    up.gate = w.gate.matrix;
    up.gate_bias = w.gate.bias;
    up.gate_function = gate;
  }
  run(cuda::expert_matvec(up, n_.stream_), "the experts' gate and up");
  cuda::QuantizeArgs inner = {
      .x = s.slot_inner.f32, .out = s.slot_inner, .tokens = slots, .cols = c.experts.ffn_dim};
  if (is_gated && !is_fused) {
    up.w = w.gate.matrix, up.bias = w.gate.bias, up.y = s.slot_gate;
    run(cuda::expert_matvec(up, n_.stream_), "the experts' gate");
    inner.gate = s.slot_gate, inner.gate_function = gate;
  }
  finish_inner(inner, w.down.matrix);
}

// logits = scale * W_out norm(x), of the rows that are asked for
void CudaNetwork::Launches::output() {
  Scratch& s = n_.scratch_;
  const DeviceWeights& w = n_.weights_;
  const cuda::Activations last = {
      .f32 = s.normed.f32, .q = s.normed.q, .scale = s.normed.scale};  // few rows
  if (size_.wants_hidden) normalise(w.output_norm, {.f32 = s.hidden}, size_.tokens, nullptr);
  if (size_.rows == 0) return;
  normalise(w.output_norm, last, size_.rows, s.step.output_rows);
  run(cuda::matvec({.jobs = {job(w.output, s.logits)},
                    .x = last,
                    .tokens = size_.rows,
                    .finish = cuda::Finish::kStore,
                    .scale = n_.config_.logit_scale},
                   n_.stream_),
      "logits");
  if (size_.has_picks) pick();
}

// The token of each row: the likeliest, then what a draw makes of it.
void CudaNetwork::Launches::pick() {
  Scratch& s = n_.scratch_;
  run(cuda::likeliest({.logits = s.logits,
                       .picks = s.picks,
                       .masks = s.masks,
                       .best = s.best,
                       .partial = s.candidates,
                       .arrived = s.arrived,
                       .rows = size_.rows,
                       .n_vocab = n_.config_.n_vocab},
                      n_.stream_),
      "the likeliest tokens");
  run(cuda::sample({.logits = s.logits,
                    .picks = s.picks,
                    .masks = s.masks,
                    .best = s.best,
                    .rows = size_.rows,
                    .n_vocab = n_.config_.n_vocab},
                   n_.stream_),
      "drawing tokens");
}

}  // namespace curlew::model
