// What prompts do otherwise than small steps: activations as halves, products and attention on the
// matrix units. What has no such path takes the small steps' kernels, on float32 or int8.
#include "kernels/cuda/attention_prompt.h"
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
    if (!kinds.has_plain && !kinds.has_float_experts) a.f32 = nullptr;
    if (!kinds.has_quantised_experts) a.q = nullptr, a.scale = nullptr;
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

}  // namespace curlew::model
