#include "model/cuda/cuda_network.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "model/cuda/launches.h"

namespace curlew::model {
namespace {

constexpr int kLayersInFlight = 4;  // of a prompt: how late it stops

int rows_of(const Segment& segment) {
  if (segment.rows == LogitRows::kAll) return static_cast<int>(segment.ids.size());
  return segment.rows == LogitRows::kLast ? 1 : 0;
}

}  // namespace

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
    Expected<int> kv_blocks = network->choose_memory(file, options);
    if (!kv_blocks) return std::move(kv_blocks.error()).pass();
    if (Status s = network->take_memory(file, options, *kv_blocks); !s) return s;
    if (Status s = network->take_scratch(); !s) return s;
    network->open_library();
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

// A build without code for this card is found here, not in somebody's first step.
Status CudaNetwork::try_a_kernel() {
  scratch_.step = step_arrays(scratch_.ints, kSmallTokensMax);
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
  int entries = 0, all = 0;
  for (const Segment& segment : segments) all += static_cast<int>(segment.ids.size());
  assert(all <= step_tokens_max_);
  const int room = is_prompt(all) ? step_tokens_max_ : kSmallTokensMax;  // small ones send less
  host_step_ = step_arrays(host_ints_, room);
  scratch_.step = step_arrays(scratch_.ints, room);
  for (const Segment& segment : segments) {
    const std::span<const int> blocks = segment.sequence->blocks();
    const int count = static_cast<int>(segment.ids.size());
    if (entries + static_cast<int>(blocks.size()) > table_entries_)
      return fail(Errc::kInvalidInput, "a step over more than {} KV blocks", table_entries_);
    for (int i = 0; i < count; ++i) {
      const int t = size.tokens + i;
      host_step_.ids[t] = segment.ids[static_cast<std::size_t>(i)];
      host_step_.pos[t] = segment.sequence->tokens() + i;
      host_step_.first_block[t] = entries;
    }
    for (int i = 0; is_prompt(all) && i < count; i += cuda::kQueryTile)
      host_step_.tiles[size.tiles++] = {size.tokens + i, std::min(cuda::kQueryTile, count - i)};
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
  const auto ints = static_cast<std::size_t>(host_step_.blocks - host_ints_ + table_entries);
  cudaError_t error = send(scratch_.ints, host_ints_, ints * sizeof(std::int32_t));
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
    if (is_prompt(size.tokens) && layer % kLayersInFlight == kLayersInFlight - 1)
      if (Status s = cuda_status(cudaStreamSynchronize(stream_), "a prompt"); !s)
        return std::move(s.error()).pass();
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
  int rows = 0;
  for (const Segment& segment : segments) rows += rows_of(segment);
  return rows > kRowsMax ? forward_in_pieces(segments, logits, should_stop)
                         : step(segments, logits, should_stop);
}

// More rows of logits than there is room for: a segment after the other, so many tokens at a time.
Expected<bool> CudaNetwork::forward_in_pieces(std::span<const Segment> segments, float* logits,
                                              const StopCheck& should_stop) {
  std::vector<int> before;
  for (const Segment& segment : segments) before.push_back(segment.sequence->tokens());
  for (const Segment& segment : segments) {
    const std::size_t count = segment.ids.size();
    for (std::size_t at = 0; at < count; at += kRowsMax) {
      const std::size_t some = std::min(count - at, static_cast<std::size_t>(kRowsMax));
      const bool has_rows = segment.rows == LogitRows::kAll ||
                            (segment.rows == LogitRows::kLast && at + some == count);
      Segment piece = segment;
      piece.ids = segment.ids.subspan(at, some);
      if (!has_rows) piece.rows = LogitRows::kNone, piece.picks = {};
      if (segment.hidden != nullptr)
        piece.hidden = segment.hidden + at * static_cast<std::size_t>(config_.hidden_dim);
      if (has_rows && segment.rows == LogitRows::kAll && !segment.picks.empty())
        piece.picks = segment.picks.subspan(at, some), piece.picked = segment.picked + at;
      Expected<bool> ran = step({&piece, 1}, logits, should_stop);
      if (!ran) return ran;
      if (!*ran) {
        for (std::size_t i = 0; i < segments.size(); ++i) segments[i].sequence->truncate(before[i]);
        return false;
      }
      if (piece.picks.empty())
        logits +=
            static_cast<std::size_t>(rows_of(piece)) * static_cast<std::size_t>(config_.n_vocab);
    }
  }
  return true;
}

Expected<bool> CudaNetwork::step(std::span<const Segment> segments, float* logits,
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
