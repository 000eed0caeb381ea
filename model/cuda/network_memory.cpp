// The card's memory that a network takes: how much, for how long a step, and where everything stands.
#include <algorithm>
#include <utility>

#include "kernels/cuda/half_rows.h"
#include "kernels/cuda/matmul_tiled.h"
#include "model/cuda/cuda_network.h"
#include "model/network/forward.h"

namespace curlew::model {
namespace {

constexpr int kBlocksPerProcessor = 2;  // of attention: enough to keep a card busy
constexpr int kSplitsMax = 64;
constexpr int kQueriesPerBlock = 8;  // heads that one block of attention takes together
constexpr std::size_t kMarginBytes = std::size_t{64} << 20;  // left free beside a shrunken cache

// So that a step on a small card does not take so long that a request waits for its end.
constexpr int kStepTokensPerProcessor = 16;
constexpr int kLongStepTokensMin = 256;
constexpr std::size_t kScratchShare = 16;  // at most one such part of a card is for long steps

// The pool's slab on the card. Copies wait for nobody: the stream keeps their order.
class DeviceKvMemory final : public KvMemory {
 public:
  DeviceKvMemory(DeviceMemory memory, cudaStream_t stream)
      : memory_(std::move(memory)), stream_(stream) {}
  std::byte* data() const override { return memory_.data(); }
  void copy(std::size_t to, std::size_t from, std::size_t bytes) override {
    // An error shows at the next step's wait, like every fault of the device.
    cudaMemcpyAsync(data() + to, data() + from, bytes, cudaMemcpyDeviceToDevice, stream_);
  }
  Status read(std::size_t from, std::span<std::byte> to) const override {
    return transfer(to.data(), data() + from, to.size(), cudaMemcpyDeviceToHost, "reading keys");
  }
  Status write(std::size_t to, std::span<const std::byte> from) override {
    return transfer(data() + to, from.data(), from.size(), cudaMemcpyHostToDevice, "writing keys");
  }

 private:
  Status transfer(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                  const char* what) const {
    cudaError_t error = cudaMemcpyAsync(to, from, bytes, kind, stream_);
    if (error == cudaSuccess) error = cudaStreamSynchronize(stream_);
    return cuda_status(error, what);
  }

  DeviceMemory memory_;
  cudaStream_t stream_;
};

cuda::KvElement kv_element(kernels::KvType type) {
  if (type == kernels::KvType::kQ8_0) return cuda::KvElement::kQ8;
  return type == kernels::KvType::kF16 ? cuda::KvElement::kF16 : cuda::KvElement::kF32;
}

int choose_splits(const ModelConfig& c, int processors) {
  const int group = c.n_heads / c.n_kv_heads;
  const int blocks = c.n_kv_heads * ((group + kQueriesPerBlock - 1) / kQueriesPerBlock);
  return std::clamp((kBlocksPerProcessor * processors + blocks - 1) / blocks, 1, kSplitsMax);
}

}  // namespace

// What a step of up to `step_tokens` tokens needs; where only small ones have a use for it, it has room
// for those.
CudaNetwork::Scratch CudaNetwork::place_scratch(const WeightKinds& kinds, int step_tokens,
                                                Pieces& pieces) const {
  const ModelConfig& c = config_;
  const bool has_prompts = is_prompt(step_tokens);
  const bool is_latent = c.latent.kv_rank > 0;
  const auto rows = [](int tokens, int width) {
    return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(width);
  };
  const auto all = [&](int width) { return rows(step_tokens, width); };
  const auto few = [&](int width) { return rows(kRowsMax, width); };
  // q_tokens, f32_tokens: 0 for none of the kind.
  const auto activations = [&](int width, int f32_tokens, int q_tokens, bool has_halves) {
    cuda::Activations a;
    if (f32_tokens > 0) a.f32 = pieces.take<float>(rows(f32_tokens, width));
    if (kinds.has_quantised && q_tokens > 0 && width % cuda::kUnitCols == 0) {
      a.q = pieces.take<std::int8_t>(rows(q_tokens, width));
      a.scale = pieces.take<cuda::UnitScale>(rows(q_tokens, width) / cuda::kUnitCols);
    }
    if (has_prompts && has_halves) {
      a.f16 = pieces.take<cuda::Half>(all(width));
      a.f16_scale = pieces.take<float>(static_cast<std::size_t>(step_tokens));
    }
    return a;
  };
  const int small = kSmallTokensMax;
  const bool wants_f32 = kinds.has_float;
  Scratch s = {};
  s.ints = pieces.take<std::int32_t>(step_ints(step_tokens, table_entries_));
  s.x = pieces.take<float>(all(c.hidden_dim));
  s.angles = pieces.take<float2>(all(c.rope_dim / 2));
  s.normed = activations(c.hidden_dim,
                         kinds.has_plain || kinds.has_plain_experts ? step_tokens
                         : wants_f32                                ? small
                                                                    : 0,
                         kinds.has_plain_experts ? step_tokens : small, true);
  const int row_dim = is_latent ? c.latent_row_dim() : c.head_dim;
  s.q = pieces.take<float>(all(c.n_heads * row_dim));
  s.k = pieces.take<float>(all(c.n_kv_heads * row_dim));
  s.v = pieces.take<float>(all(c.n_kv_heads * c.value_dim));
  s.mixed = activations(c.n_heads * c.value_dim,
                        has_prompts              ? step_tokens
                        : wants_f32 || is_latent ? small
                                                 : 0,
                        small, true);
  if (is_latent) {
    s.q_low = activations(c.latent.q_rank, small, small, false);
    s.q_heads = pieces.take<float>(few(c.n_heads * c.head_dim));
    s.q_part = activations(c.n_heads * (c.head_dim - c.rope_dim), 0, small, false);
    s.latent = activations(c.n_heads * c.latent.kv_rank, small, small, false);
  }
  const int ffn_dim = std::max(c.ffn_dim, c.experts.shared_ffn_dim);
  s.inner = activations(ffn_dim, step_tokens, small, true);
  s.gate = pieces.take<float>(all(ffn_dim));
  if (const ExpertConfig& e = c.experts; e.count > 0) {
    s.router_logits = pieces.take<float>(all(e.count));
    s.chosen = pieces.take<std::int32_t>(all(e.used));
    s.chosen_weight = pieces.take<float>(all(e.used));
    s.slot_inner = activations(e.used * e.ffn_dim, step_tokens,
                               kinds.has_plain_experts ? step_tokens : small, true);
    if (has_prompts) {
      s.slot_inner.f16_scale = pieces.take<float>(all(e.used));
      s.slot_order = pieces.take<std::int32_t>(all(e.used));
      s.expert_counts = pieces.take<std::int32_t>(static_cast<std::size_t>(e.count));
      s.expert_tiles = pieces.take<cuda::ExpertTile>(
          static_cast<std::size_t>(cuda::expert_tiles_max(step_tokens * e.used, e.count)));
    }
    s.slot_gate = pieces.take<float>(all(e.used * e.ffn_dim));
    s.slot_outputs = pieces.take<float>(all(e.used * c.hidden_dim));
  }
  s.partial = pieces.take<float>(cuda::attention_partial_floats(
      small, c.n_heads, is_latent ? c.latent.kv_rank : c.value_dim, splits_));
  if (has_prompts) s.sums = pieces.take<float>(kSumsFloats);
  s.normed.f16_scale = s.mixed.f16_scale = nullptr;  // neither leaves large values
  s.hidden = pieces.take<float>(all(c.hidden_dim));
  s.logits = pieces.take<float>(few(c.n_vocab));
  s.picks = pieces.take<cuda::PickRow>(kRowsMax);
  s.masks = pieces.take<std::uint32_t>(few(cuda::mask_words(c.n_vocab)));
  s.best = pieces.take<std::int32_t>(kRowsMax);
  s.candidates = pieces.take<cuda::Candidate>(few(cuda::kLikeliestBlocks));
  s.arrived = pieces.take<unsigned>(kRowsMax);
  return s;
}

CudaNetwork::StepArrays CudaNetwork::step_arrays(std::int32_t* first, int tokens) {
  return {.ids = first,
          .pos = first + tokens,
          .first_block = first + 2 * tokens,
          .output_rows = first + 3 * tokens,
          .tiles = reinterpret_cast<cuda::QueryTile*>(first + 4 * tokens),
          .blocks = first + StepArrays::kPerToken * tokens};
}

std::size_t CudaNetwork::scratch_bytes(const WeightKinds& kinds, int step_tokens) const {
  Pieces counting(nullptr);
  place_scratch(kinds, step_tokens, counting);
  return counting.bytes();
}

// The longest steps that the card does soon and whose working memory is a small part of it. Latent
// attention, and networks none of whose products can go in halves, have small ones only.
int CudaNetwork::choose_step_tokens(const WeightKinds& kinds) const {
  const ModelConfig& c = config_;
  const int mixed_dim = c.n_heads * c.value_dim;
  const bool fits_units = c.hidden_dim % cuda::kUnitCols == 0 && mixed_dim % cuda::kUnitCols == 0 &&
                          std::max(c.ffn_dim, c.experts.shared_ffn_dim) % cuda::kUnitCols == 0 &&
                          c.ffn_dim <= cuda::kHalfRowsColsMax;
  if (c.latent.kv_rank > 0 || !kinds.has_tiled || !fits_units) return kSmallTokensMax;
  int tokens = kPromptTokensMax;
  while (tokens > kLongStepTokensMin && tokens > kStepTokensPerProcessor * card_.processors)
    tokens /= 2;
  while (tokens > kSmallTokensMax &&
         scratch_bytes(kinds, tokens) > card_.total_bytes / kScratchShare)
    tokens /= 2;
  return tokens;
}

// How long steps and how large a cache may be: as is wanted, or as fits; the steps give way first.
Expected<int> CudaNetwork::choose_memory(const ModelFile& file, const ExecutorOptions& options) {
  const std::size_t block_bytes = kv_shape(config_, options.kv_type).block_bytes();
  const WeightsNeed weights = device_weights_need(file, config_);
  splits_ = choose_splits(config_, card_.processors);
  table_entries_ = table_entries(options.context_tokens);
  step_tokens_max_ = choose_step_tokens(weights.kinds);
  need_ = {.weight_bytes = weights.bytes,
           .kv_bytes = block_bytes * static_cast<std::size_t>(options.kv_blocks),
           .scratch_bytes = scratch_bytes(weights.kinds, step_tokens_max_)};
  while (need_.total() > card_.free_bytes && step_tokens_max_ > kSmallTokensMax) {
    step_tokens_max_ /= 2;
    need_.scratch_bytes = scratch_bytes(weights.kinds, step_tokens_max_);
  }
  int blocks = options.kv_blocks;
  const std::size_t fixed_bytes = need_.weight_bytes + need_.scratch_bytes;
  if (need_.total() > card_.free_bytes && options.kv_blocks_min > 0) {
    const std::size_t left = card_.free_bytes - std::min(fixed_bytes, card_.free_bytes);
    const std::size_t fit = left > kMarginBytes ? (left - kMarginBytes) / block_bytes : 0;
    blocks = std::max(options.kv_blocks_min,
                      static_cast<int>(std::min(fit, static_cast<std::size_t>(blocks))));
    need_.kv_bytes = block_bytes * static_cast<std::size_t>(blocks);
  }
  if (need_.total() > card_.free_bytes)
    return fail(Errc::kOutOfMemory,
                "{} needs {} MiB of device memory ({} weights, {} KV cache, {} working), {} MiB of "
                "{} are free",
                file.name(), need_.total() >> 20, need_.weight_bytes >> 20, need_.kv_bytes >> 20,
                need_.scratch_bytes >> 20, card_.free_bytes >> 20, card_.total_bytes >> 20);
  return blocks;
}

Status CudaNetwork::take_memory(const ModelFile& file, const ExecutorOptions& options,
                                int kv_blocks) {
  Expected<DeviceWeights> weights =
      load_device_weights(file, config_, stream_, options.on_progress);
  if (!weights) return std::move(weights.error()).pass();
  weights_ = std::move(*weights);

  Expected<DeviceMemory> slab = take_device_memory(need_.kv_bytes, "the KV cache");
  if (!slab) return std::move(slab.error()).pass();
  kv_ = KvPool::create_in(std::make_unique<DeviceKvMemory>(std::move(*slab), stream_),
                          kv_shape(config_, options.kv_type), kv_blocks);
  kv_element_ = kv_element(options.kv_type);
  return {};
}

Status CudaNetwork::take_scratch() {
  Expected<DeviceMemory> scratch = take_device_memory(need_.scratch_bytes, "working memory");
  if (!scratch) return std::move(scratch.error()).pass();
  scratch_memory_ = std::move(*scratch);
  Pieces pieces(scratch_memory_.data());
  scratch_ = place_scratch(weights_.kinds, step_tokens_max_, pieces);

  const auto place_pinned = [&](Pieces& from) {
    constexpr std::size_t kRows = kRowsMax;
    host_ints_ = from.take<std::int32_t>(step_ints(step_tokens_max_, table_entries_));
    host_logits_ = from.take<float>(kRows * static_cast<std::size_t>(config_.n_vocab));
    host_best_ = from.take<std::int32_t>(kRows);
    host_picks_ = from.take<cuda::PickRow>(kRows);
    host_masks_ = from.take<std::uint32_t>(
        kRows * static_cast<std::size_t>(cuda::mask_words(config_.n_vocab)));
    return from.bytes();
  };
  Pieces counting(nullptr);
  const std::size_t pinned_bytes = place_pinned(counting);
  Expected<PinnedMemory> pinned = take_pinned_memory(pinned_bytes, "tokens and logits");
  if (!pinned) return std::move(pinned.error()).pass();
  pinned_ = std::move(*pinned);
  Pieces from(pinned_.data());
  place_pinned(from);
  graphs_.resize(2 * kGraphTokensMax * (kGraphTokensMax + 1));
  return cuda_status(cudaMemsetAsync(scratch_.arrived, 0, kRowsMax * sizeof(unsigned), stream_),
                     "clearing working memory");
}

}  // namespace curlew::model
