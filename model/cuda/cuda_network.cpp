#include "model/cuda/cuda_network.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "kernels/cuda/embed.h"
#include "kernels/cuda/quantize_rows.h"
#include "model/cuda/launches.h"
#include "model/network/forward.h"

namespace curlew::model {
namespace {

constexpr int kBlocksPerProcessor = 2;  // of attention: enough to keep a card busy
constexpr int kSplitsMax = 64;
constexpr int kQueriesPerBlock = 8;  // heads that one block of attention takes together
constexpr std::size_t kMarginBytes = std::size_t{64} << 20;  // left free beside a shrunken cache

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

int rows_of(const Segment& segment) {
  if (segment.rows == LogitRows::kAll) return static_cast<int>(segment.ids.size());
  return segment.rows == LogitRows::kLast ? 1 : 0;
}

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

CudaNetwork::Scratch CudaNetwork::place_scratch(const ModelConfig& c, bool wants_f32, bool wants_q,
                                                int splits, int table_entries, Pieces& pieces) {
  constexpr std::size_t kTokens = kStepTokensMax;
  const auto rows = [&](int width) { return kTokens * static_cast<std::size_t>(width); };
  const auto activations = [&](int width, bool keeps_f32) {
    cuda::Activations a;
    if (keeps_f32) a.f32 = pieces.take<float>(rows(width));
    if (wants_q && width % cuda::kUnitCols == 0) {
      a.q = pieces.take<std::int8_t>(rows(width));
      a.scale = pieces.take<cuda::UnitScale>(rows(width) / cuda::kUnitCols);
    }
    return a;
  };
  Scratch s = {};
  s.step.ids = pieces.take<std::int32_t>(step_ints(table_entries));
  s.x = pieces.take<float>(rows(c.hidden_dim));
  s.angles = pieces.take<float2>(rows(c.rope_dim / 2));
  s.normed = activations(c.hidden_dim, wants_f32);
  const bool is_latent = c.latent.kv_rank > 0;
  const int row_dim = is_latent ? c.latent_row_dim() : c.head_dim;
  s.q = pieces.take<float>(rows(c.n_heads * row_dim));
  s.k = pieces.take<float>(rows(c.n_kv_heads * row_dim));
  s.v = pieces.take<float>(rows(c.n_kv_heads * c.value_dim));
  s.mixed = activations(c.n_heads * c.value_dim, wants_f32 || is_latent);
  if (is_latent) {
    s.q_low = activations(c.latent.q_rank, true);
    s.q_heads = pieces.take<float>(rows(c.n_heads * c.head_dim));
    s.q_part = activations(c.n_heads * (c.head_dim - c.rope_dim), false);
    s.latent = activations(c.n_heads * c.latent.kv_rank, true);
  }
  const int ffn_dim = std::max(c.ffn_dim, c.experts.shared_ffn_dim);
  s.inner = activations(ffn_dim, true);
  s.gate = pieces.take<float>(rows(ffn_dim));
  if (const ExpertConfig& e = c.experts; e.count > 0) {
    s.router_logits = pieces.take<float>(rows(e.count));
    s.chosen = pieces.take<std::int32_t>(rows(e.used));
    s.chosen_weight = pieces.take<float>(rows(e.used));
    s.slot_inner = activations(e.used * e.ffn_dim, true);
    s.slot_gate = pieces.take<float>(rows(e.used * e.ffn_dim));
    s.slot_outputs = pieces.take<float>(rows(e.used * c.hidden_dim));
  }
  s.partial = pieces.take<float>(cuda::attention_partial_floats(
      kStepTokensMax, c.n_heads, is_latent ? c.latent.kv_rank : c.value_dim, splits));
  s.hidden = pieces.take<float>(rows(c.hidden_dim));
  s.logits = pieces.take<float>(rows(c.n_vocab));
  s.picks = pieces.take<cuda::PickRow>(kTokens);
  s.masks = pieces.take<std::uint32_t>(rows(cuda::mask_words(c.n_vocab)));
  s.best = pieces.take<std::int32_t>(kTokens);
  s.candidates = pieces.take<cuda::Candidate>(rows(cuda::kLikeliestBlocks));
  s.arrived = pieces.take<unsigned>(kTokens);
  return s;
}

CudaNetwork::StepArrays CudaNetwork::step_arrays(std::int32_t* first) {
  return {.ids = first,
          .pos = first + kStepTokensMax,
          .first_block = first + 2 * kStepTokensMax,
          .output_rows = first + 3 * kStepTokensMax,
          .blocks = first + 4 * kStepTokensMax};
}

CudaNeed CudaNetwork::need(const ModelFile& file, const ModelConfig& c, const ExecutorOptions& o,
                           const Card& card) {
  Pieces counting(nullptr);
  place_scratch(c, true, true, choose_splits(c, card.processors), table_entries(o.context_tokens),
                counting);
  return {.weight_bytes = device_weight_bytes(file, c),
          .kv_bytes = kv_shape(c, o.kv_type).block_bytes() * static_cast<std::size_t>(o.kv_blocks),
          .scratch_bytes = counting.bytes()};
}

Expected<std::unique_ptr<CudaNetwork>> CudaNetwork::create(const ModelFile& file,
                                                           const ModelConfig& config,
                                                           const ExecutorOptions& options) {
  Expected<Card> card = find_card();
  if (!card) return std::move(card.error()).pass();
  if (Status s = check_cuda_supports(config); !s) return std::move(s.error()).pass();
  Expected<Stream> stream = Stream::make();
  if (!stream) return std::move(stream.error()).pass();

  std::unique_ptr<CudaNetwork> network(
      new CudaNetwork(config, std::move(*card), std::move(*stream)));
  const auto load = [&]() -> Status {
    Expected<int> kv_blocks = network->choose_kv_blocks(file, options);
    if (!kv_blocks) return std::move(kv_blocks.error()).pass();
    if (Status s = network->take_memory(file, options, *kv_blocks); !s) return s;
    if (Status s = network->take_scratch(options); !s) return s;
    return network->try_a_kernel();
  };
  if (Status s = load(); !s) return std::move(s.error()).during("CUDA engine");
  return network;
}

CudaNetwork::~CudaNetwork() {
  cudaStreamSynchronize(stream_);
  for (const StepGraph& graph : graphs_)
    if (graph.exec != nullptr) cudaGraphExecDestroy(graph.exec);
}

// As many as are wanted, or as fit; never less than the options say.
Expected<int> CudaNetwork::choose_kv_blocks(const ModelFile& file, const ExecutorOptions& options) {
  splits_ = choose_splits(config_, card_.processors);
  need_ = need(file, config_, options, card_);
  int blocks = options.kv_blocks;
  const std::size_t block_bytes = kv_shape(config_, options.kv_type).block_bytes();
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

Status CudaNetwork::take_scratch(const ExecutorOptions& options) {
  Expected<DeviceMemory> scratch = take_device_memory(need_.scratch_bytes, "working memory");
  if (!scratch) return std::move(scratch.error()).pass();
  scratch_memory_ = std::move(*scratch);
  table_entries_ = table_entries(options.context_tokens);
  Pieces pieces(scratch_memory_.data());
  scratch_ = place_scratch(config_, weights_.has_float, weights_.has_quantised, splits_,
                           table_entries_, pieces);
  scratch_.step = step_arrays(scratch_.step.ids);

  const auto place_pinned = [&](Pieces& from) {
    host_step_ = step_arrays(from.take<std::int32_t>(step_ints(table_entries_)));
    host_logits_ = from.take<float>(static_cast<std::size_t>(kStepTokensMax) *
                                    static_cast<std::size_t>(config_.n_vocab));
    host_best_ = from.take<std::int32_t>(kStepTokensMax);
    host_picks_ = from.take<cuda::PickRow>(kStepTokensMax);
    host_masks_ = from.take<std::uint32_t>(
        kStepTokensMax * static_cast<std::size_t>(cuda::mask_words(config_.n_vocab)));
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
  return cuda_status(
      cudaMemsetAsync(scratch_.arrived, 0, kStepTokensMax * sizeof(unsigned), stream_),
      "clearing working memory");
}

// A build without code for this card is found here, not in somebody's first step.
Status CudaNetwork::try_a_kernel() {
  cudaError_t error = cudaMemsetAsync(scratch_.step.pos, 0, sizeof(std::int32_t), stream_);
  if (error == cudaSuccess)
    error = cuda::rope_angles({.pos = scratch_.step.pos,
                               .inv_freq = weights_.inv_freq,
                               .angles = scratch_.angles,
                               .tokens = 1,
                               .n_freqs = config_.rope_dim / 2,
                               .magnitude = config_.rope_magnitude},
                              stream_);
  if (error == cudaSuccess) error = cudaStreamSynchronize(stream_);
  return cuda_status(error, "a first kernel");
}

Expected<std::unique_ptr<PlacedAdapter>> CudaNetwork::place(AdapterFile file) const {
  return fail(Errc::kUnsupported, "{}: the CUDA engine takes no adapters yet", file.name());
}

Executor::Memory CudaNetwork::memory() const {
  return {.weight_bytes = need_.weight_bytes,
          .kv_bytes = need_.kv_bytes,
          .scratch_bytes = need_.scratch_bytes};
}

std::string CudaNetwork::name() const {
  return fmt::format("cuda: {} (sm_{}{})", card_.name, card_.major, card_.minor);
}

// Tells the card which tokens there are, where they stand, and which rows become logits.
Expected<CudaNetwork::StepSize> CudaNetwork::write_step(std::span<const Segment> segments) {
  StepSize size;
  int entries = 0;
  for (const Segment& segment : segments) {
    const std::span<const int> blocks = segment.sequence->blocks();
    const int count = static_cast<int>(segment.ids.size());
    assert(size.tokens + count <= kStepTokensMax);
    if (entries + static_cast<int>(blocks.size()) > table_entries_)
      return fail(Errc::kInvalidInput, "a step over more than {} KV blocks", table_entries_);
    for (int i = 0; i < count; ++i) {
      const int t = size.tokens + i;
      host_step_.ids[t] = segment.ids[static_cast<std::size_t>(i)];
      host_step_.pos[t] = segment.sequence->tokens() + i;
      host_step_.first_block[t] = entries;
    }
    const int wanted = rows_of(segment);
    if (wanted > 0) write_picks(segment, size.rows, size);
    for (int i = count - wanted; i < count; ++i)
      host_step_.output_rows[size.rows++] = size.tokens + i;
    std::ranges::copy(blocks, host_step_.blocks + entries);
    entries += static_cast<int>(blocks.size());
    size.tokens += count;
    size.wants_hidden = size.wants_hidden || segment.hidden != nullptr;
  }
  if (Status s = send_step(size, entries); !s) return std::move(s.error()).pass();
  return size;
}

void CudaNetwork::write_picks(const Segment& segment, int first_row, StepSize& size) {
  const auto words = static_cast<std::size_t>(cuda::mask_words(config_.n_vocab));
  (segment.picks.empty() ? size.has_logits : size.has_picks) = true;
  for (int i = 0; i < rows_of(segment); ++i) {
    // Of a row whose logits are wanted its likeliest token is found too, which costs less than to
    // have graphs for steps of both kinds.
    const Pick pick = segment.picks.empty() ? Pick{} : segment.picks[static_cast<std::size_t>(i)];
    int mask = -1;
    if (!pick.allowed.empty()) {
      mask = size.masks++;
      std::memcpy(host_masks_ + static_cast<std::size_t>(mask) * words, pick.allowed.data(),
                  words * sizeof(std::uint32_t));
    }
    host_picks_[first_row + i] = {.random = pick.random,
                                  .temperature = pick.temperature,
                                  .top_p = pick.top_p,
                                  .min_p = pick.min_p,
                                  .mask = mask};
  }
}

// Tables and masks beyond the step's own are left as they are.
Status CudaNetwork::send_step(const StepSize& size, int table_entries) {
  const auto send = [&](void* to, const void* from, std::size_t bytes) {
    return bytes == 0 ? cudaSuccess
                      : cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_);
  };
  const std::size_t ints = 4 * kStepTokensMax + static_cast<std::size_t>(table_entries);
  cudaError_t error = send(scratch_.step.ids, host_step_.ids, ints * sizeof(std::int32_t));
  if (error == cudaSuccess && size.has_picks)
    error = send(scratch_.picks, host_picks_,
                 static_cast<std::size_t>(size.rows) * sizeof(cuda::PickRow));
  if (error == cudaSuccess)
    error = send(scratch_.masks, host_masks_,
                 static_cast<std::size_t>(size.masks) *
                     static_cast<std::size_t>(cuda::mask_words(config_.n_vocab)) *
                     sizeof(std::uint32_t));
  return cuda_status(error, "sending a step's tokens");
}

Status CudaNetwork::capture(const StepSize& size, cudaGraphExec_t& exec) {
  cudaGraph_t graph = nullptr;
  cudaError_t error = cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  if (Status s = cuda_status(error, "capturing a step"); !s) return s;
  Launches launches(*this, size);
  launches.everything();
  error = cudaStreamEndCapture(stream_, &graph);
  if (error == cudaSuccess && launches.status()) error = cudaGraphInstantiate(&exec, graph, 0);
  if (graph != nullptr) cudaGraphDestroy(graph);
  if (!launches.status()) return launches.status();
  return cuda_status(error, "making a step's graph");
}

Expected<bool> CudaNetwork::run_step(const StepSize& size, const StopCheck& should_stop) {
  StepGraph* graph = nullptr;
  if (size.tokens <= kGraphTokensMax && !size.wants_hidden)
    graph = &graphs_[static_cast<std::size_t>(
        2 * ((size.tokens - 1) * (kGraphTokensMax + 1) + size.rows) + size.has_picks)];
  if (graph != nullptr && graph->is_warm) {
    if (should_stop()) return false;
    if (graph->exec == nullptr)
      if (Status s = capture(size, graph->exec); !s) return std::move(s.error()).pass();
    Status launched = cuda_status(cudaGraphLaunch(graph->exec, stream_), "launching a step");
    if (!launched) return std::move(launched.error()).pass();
    return true;
  }
  Launches launches(*this, size);
  launches.begin();
  for (int layer = 0; layer < config_.n_layers; ++layer) {
    if (should_stop()) return false;
    launches.layer(layer);
  }
  launches.output();
  if (!launches.status()) return Error(launches.status().error()).pass();
  if (graph != nullptr) graph->is_warm = true;
  return true;
}

// What the step made, on its way to the host.
Status CudaNetwork::fetch(std::span<const Segment> segments, const StepSize& size) {
  const auto rows = static_cast<std::size_t>(size.rows);
  const auto send = [&](void* to, const void* from, std::size_t bytes) {
    return bytes == 0 ? cudaSuccess
                      : cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_);
  };
  cudaError_t error = cudaSuccess;
  if (size.has_picks) error = send(host_best_, scratch_.best, rows * sizeof(std::int32_t));
  if (size.has_logits && error == cudaSuccess)
    error = send(host_logits_, scratch_.logits,
                 rows * static_cast<std::size_t>(config_.n_vocab) * sizeof(float));
  const float* hidden = scratch_.hidden;
  for (const Segment& segment : segments) {
    const std::size_t floats = segment.ids.size() * static_cast<std::size_t>(config_.hidden_dim);
    if (segment.hidden != nullptr && error == cudaSuccess)
      error = send(segment.hidden, hidden, floats * sizeof(float));
    hidden += floats;
  }
  return cuda_status(error, "fetching a step's results");
}

void CudaNetwork::hand_out(std::span<const Segment> segments, float* logits) const {
  const auto n_vocab = static_cast<std::size_t>(config_.n_vocab);
  std::size_t row = 0;
  for (const Segment& segment : segments) {
    const auto rows = static_cast<std::size_t>(rows_of(segment));
    if (!segment.picks.empty())
      std::copy_n(host_best_ + row, rows, segment.picked);
    else if (rows > 0)
      logits = std::copy_n(host_logits_ + row * n_vocab, rows * n_vocab, logits);
    row += rows;
    segment.sequence->advance(static_cast<int>(segment.ids.size()));
  }
}

Expected<bool> CudaNetwork::forward(std::span<const Segment> segments, float* logits,
                                    const StopCheck& should_stop) {
  Expected<StepSize> size = write_step(segments);
  if (!size) return std::move(size.error()).pass();
  Expected<bool> ran = run_step(*size, should_stop);
  if (!ran) return ran;
  Status fetched = *ran ? fetch(segments, *size) : Status{};
  // The step's one wait; a fault of the device shows here.
  if (Status s = cuda_status(cudaStreamSynchronize(stream_), "a step"); !s)
    return std::move(s.error()).pass();
  if (!fetched) return std::move(fetched.error()).pass();
  if (*ran) hand_out(segments, logits);
  return *ran;
}

}  // namespace curlew::model
