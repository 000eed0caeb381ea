#include "model/cuda/cuda_network.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kernels/cuda/embed.h"
#include "kernels/cuda/quantize_rows.h"
#include "model/cuda/launches.h"

namespace curlew::model {
namespace {

constexpr int kBlocksPerProcessor = 2;  // of attention: enough to keep a card busy
constexpr int kSplitsMax = 64;
constexpr int kQueriesPerBlock = 8;  // heads that one block of attention takes together

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

 private:
  DeviceMemory memory_;
  cudaStream_t stream_;
};

int choose_splits(const ModelConfig& c, int processors) {
  const int group = c.n_heads / c.n_kv_heads;
  const int blocks = c.n_kv_heads * ((group + kQueriesPerBlock - 1) / kQueriesPerBlock);
  return std::clamp((kBlocksPerProcessor * processors + blocks - 1) / blocks, 1, kSplitsMax);
}

Expected<int> processor_count() {
  int count = 0;
  cudaDeviceProp properties = {};
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0)
    return fail(Errc::kNotFound, "CUDA: no device, or no driver for it");
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess)
    return fail(Errc::kInternal, "CUDA: the device does not answer");
  return properties.multiProcessorCount;
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
  s.q = pieces.take<float>(rows(c.n_heads * c.head_dim));
  s.k = pieces.take<float>(rows(c.n_kv_heads * c.head_dim));
  s.v = pieces.take<float>(rows(c.n_kv_heads * c.value_dim));
  s.mixed = activations(c.n_heads * c.value_dim, wants_f32);
  s.inner = activations(c.ffn_dim, true);
  s.gate = pieces.take<float>(rows(c.ffn_dim));
  s.partial = pieces.take<float>(
      cuda::attention_partial_floats(kStepTokensMax, c.n_heads, c.value_dim, splits));
  s.hidden = pieces.take<float>(rows(c.hidden_dim));
  s.logits = pieces.take<float>(rows(c.n_vocab));
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

CudaNeed CudaNetwork::need(const ModelFile& file, const ModelConfig& c, const CudaOptions& o) {
  const Expected<int> processors = processor_count();
  Pieces counting(nullptr);
  place_scratch(c, true, true, choose_splits(c, processors.value_or(1)),
                table_entries(o.context_tokens), counting);
  return {.weight_bytes = device_weight_bytes(file, c),
          .kv_bytes = kv_shape(c, o.kv_type).block_bytes() * static_cast<std::size_t>(o.kv_blocks),
          .scratch_bytes = counting.bytes()};
}

Expected<std::unique_ptr<CudaNetwork>> CudaNetwork::create(const ModelFile& file,
                                                           const ModelConfig& config,
                                                           const CudaOptions& options) {
  if (Status s = check_cuda_supports(config); !s) return std::move(s.error()).pass();
  if (options.kv_type == kernels::KvType::kQ8_0)
    return fail(Errc::kUnsupported, "the CUDA engine keeps keys and values as F16 or F32");
  Expected<int> processors = processor_count();
  if (!processors) return std::move(processors.error()).pass();
  Expected<Stream> stream = Stream::make();
  if (!stream) return std::move(stream.error()).pass();

  std::unique_ptr<CudaNetwork> network(new CudaNetwork(config, std::move(*stream)));
  network->splits_ = choose_splits(config, *processors);
  network->need_ = need(file, config, options);
  if (Status s = network->take_memory(file, options); !s)
    return std::move(s.error()).during("CUDA engine");
  return network;
}

CudaNetwork::~CudaNetwork() {
  cudaStreamSynchronize(stream_);
  for (const StepGraph& graph : graphs_)
    if (graph.exec != nullptr) cudaGraphExecDestroy(graph.exec);
}

Status CudaNetwork::take_memory(const ModelFile& file, const CudaOptions& options) {
  std::size_t free_bytes = 0, total_bytes = 0;
  cudaMemGetInfo(&free_bytes, &total_bytes);
  if (need_.total() > free_bytes)
    return fail(Errc::kOutOfMemory,
                "{} needs {} MiB of device memory ({} weights, {} KV cache, {} working), {} MiB of "
                "{} are free",
                file.name(), need_.total() >> 20, need_.weight_bytes >> 20, need_.kv_bytes >> 20,
                need_.scratch_bytes >> 20, free_bytes >> 20, total_bytes >> 20);

  Expected<DeviceWeights> weights =
      load_device_weights(file, config_, stream_, options.on_progress);
  if (!weights) return std::move(weights.error()).pass();
  weights_ = std::move(*weights);

  Expected<DeviceMemory> slab = take_device_memory(need_.kv_bytes, "the KV cache");
  if (!slab) return std::move(slab.error()).pass();
  kv_ = KvPool::create_in(std::make_unique<DeviceKvMemory>(std::move(*slab), stream_),
                          kv_shape(config_, options.kv_type), options.kv_blocks);
  kv_element_ =
      options.kv_type == kernels::KvType::kF16 ? cuda::KvElement::kF16 : cuda::KvElement::kF32;

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
    const int wanted = segment.rows == LogitRows::kAll ? count : segment.rows == LogitRows::kLast;
    for (int i = count - wanted; i < count; ++i)
      host_step_.output_rows[size.rows++] = size.tokens + i;
    std::ranges::copy(blocks, host_step_.blocks + entries);
    entries += static_cast<int>(blocks.size());
    size.tokens += count;
    size.wants_hidden = size.wants_hidden || segment.hidden != nullptr;
  }
  // Tables beyond the step's own are left as they are.
  const std::size_t bytes = (4 * kStepTokensMax + static_cast<std::size_t>(entries)) * sizeof(int);
  Status sent = cuda_status(
      cudaMemcpyAsync(scratch_.step.ids, host_step_.ids, bytes, cudaMemcpyHostToDevice, stream_),
      "sending a step's tokens");
  if (!sent) return std::move(sent.error()).pass();
  return size;
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
        2 * ((size.tokens - 1) * (kGraphTokensMax + 1) + size.rows) + size.is_greedy)];
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
  cudaError_t error = size.is_greedy
                          ? send(host_best_, scratch_.best, rows * sizeof(std::int32_t))
                          : send(host_logits_, scratch_.logits,
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

Expected<bool> CudaNetwork::evaluate(std::span<const Segment> segments, float* logits,
                                     TokenId* best, const StopCheck& should_stop) {
  Expected<StepSize> size = write_step(segments);
  if (!size) return std::move(size.error()).pass();
  size->is_greedy = best != nullptr;
  Expected<bool> ran = run_step(*size, should_stop);
  if (!ran) return ran;
  Status fetched = *ran ? fetch(segments, *size) : Status{};
  // The step's one wait; a fault of the device shows here.
  if (Status s = cuda_status(cudaStreamSynchronize(stream_), "a step"); !s)
    return std::move(s.error()).pass();
  if (!fetched) return std::move(fetched.error()).pass();
  if (!*ran) return false;
  const auto rows = static_cast<std::size_t>(size->rows);
  if (best != nullptr)
    std::copy_n(host_best_, rows, best);
  else if (rows > 0)
    std::copy_n(host_logits_, rows * static_cast<std::size_t>(config_.n_vocab), logits);
  for (const Segment& segment : segments)
    segment.sequence->advance(static_cast<int>(segment.ids.size()));
  return true;
}

Expected<bool> CudaNetwork::forward(std::span<const Segment> segments, float* logits,
                                    const StopCheck& should_stop) {
  return evaluate(segments, logits, nullptr, should_stop);
}

Expected<bool> CudaNetwork::forward_greedy(std::span<const Segment> segments, TokenId* best,
                                           const StopCheck& should_stop) {
  return evaluate(segments, nullptr, best, should_stop);
}

}  // namespace curlew::model
