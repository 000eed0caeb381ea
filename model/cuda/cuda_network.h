// The forward pass on a card: what model/network/forward.h does on the CPU, of the same description,
// with the same keys and values left behind in the sequences.
//
// A step is one row of launches on one stream and one wait at its end. Steps of up to
// kGraphTokensMax tokens are captured at the second of their size (the first one loads the kernels,
// which a capture may not) and then replayed as one CUDA graph: which tokens, where they stand and
// in which blocks their past lies is read from device memory, so a graph serves every step of its
// size. Larger steps are launched kernel by kernel and look at the stop check between layers.
//
// A token's numbers depend on its own sequence only, bit for bit, as on the CPU; between the CPU and
// a card they differ by the order of float32 additions (kernels/cuda/matvec.h).
//
// All device memory is taken at creation; a step allocates nothing on the device. Not thread-safe.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "kernels/cuda/attention.h"
#include "kernels/cuda/likeliest.h"
#include "kernels/cuda/matvec.h"
#include "kernels/cuda/norm.h"
#include "kernels/cuda/rope_kv.h"
#include "kernels/cuda/sample.h"
#include "model/cuda/card.h"
#include "model/cuda/device_memory.h"
#include "model/cuda/device_weights.h"
#include "model/network/executor.h"
#include "model/network/kv_cache.h"

namespace curlew::model {

// Device memory a network will take, known before any of it is taken.
struct CudaNeed {
  std::size_t weight_bytes = 0, kv_bytes = 0, scratch_bytes = 0;
  std::size_t total() const { return weight_bytes + kv_bytes + scratch_bytes; }
};

class CudaNetwork final : public Executor {
 public:
  static constexpr int kStepTokensMax = 64;
  static constexpr int kGraphTokensMax = 8;
  static constexpr int kTablesMax = 16;  // sequences at full length in one step

  static CudaNeed need(const ModelFile& file, const ModelConfig& config,
                       const ExecutorOptions& options, const Card& card);

  // kNotFound without a card; kUnsupported for what the engine does not run; kOutOfMemory, with the
  // numbers, for what does not fit beside what others use now, even with the smallest cache that
  // the options allow. `config` must outlive it.
  static Expected<std::unique_ptr<CudaNetwork>> create(const ModelFile& file,
                                                       const ModelConfig& config,
                                                       const ExecutorOptions& options);
  ~CudaNetwork() override;

  KvPool& kv() override { return *kv_; }  // its blocks are device memory
  Expected<bool> forward(std::span<const Segment> segments, float* logits,
                         const StopCheck& should_stop) override;

  int chunk_tokens() const override { return kStepTokensMax; }
  bool can_pick() const override { return true; }
  // kUnsupported: no adapters on cards yet.
  Expected<std::unique_ptr<PlacedAdapter>> place(AdapterFile file) const override;
  void use(PlacedAdapter*) override {}
  Memory memory() const override;
  std::string name() const override;  // "cuda: NVIDIA H100 80GB HBM3 (sm_90)"

 private:
  // What a step's tokens are. One run of ints, as the card reads it, and its pinned twin.
  struct StepArrays {
    std::int32_t *ids, *pos, *first_block;  // [kStepTokensMax]
    std::int32_t* output_rows;              // [kStepTokensMax] which rows become logits
    std::int32_t* blocks;                   // the sequences' tables, one after another
  };
  struct Scratch {
    StepArrays step;
    float* x;  // [tokens, hidden_dim] the residual stream
    float2* angles;
    cuda::Activations normed;  // [hidden_dim]
    float *q, *k, *v;          // [heads * dim] of each
    cuda::Activations mixed;   // [n_heads * value_dim]
    // Latent attention: queries before W_k meets them, and what attention mixed before W_v does.
    cuda::Activations q_low;   // [q_rank]
    float* q_heads;            // [n_heads, head_dim]
    cuda::Activations q_part;  // [n_heads, head_dim - rope_dim] as int8
    cuda::Activations latent;  // [n_heads, kv_rank]
    cuda::Activations inner;   // [ffn_dim, or shared_ffn_dim]
    float* gate;               // likewise, where gate and up are of different formats
    // Of experts; a slot is one token at one expert.
    float* router_logits;          // [experts]
    std::int32_t* chosen;          // [used]
    float* chosen_weight;          // [used]
    cuda::Activations slot_inner;  // [used, experts.ffn_dim]
    float* slot_gate;              // likewise
    float* slot_outputs;           // [used, hidden_dim]
    float* partial;                // of attention
    float* hidden;                 // [hidden_dim] after the last norm
    float* logits;                 // [n_vocab]
    cuda::PickRow* picks;          // [] of each row of logits
    std::uint32_t* masks;          // [mask_words(n_vocab)] of those that have one
    std::int32_t* best;            // [] the token of each row of logits
    cuda::Candidate* candidates;   // [kLikeliestBlocks]
    unsigned* arrived;             // [] zero between steps
  };
  struct StepSize {
    int tokens = 0, rows = 0;  // rows of logits
    bool wants_hidden = false;
    int masks = 0;
    bool has_picks = false;   // tokens come back, not rows
    bool has_logits = false;  // rows come back
  };
  struct StepGraph {
    bool is_warm = false;            // such a step was launched kernel by kernel
    cudaGraphExec_t exec = nullptr;  // captured at the second
  };
  class Launches;

  CudaNetwork(const ModelConfig& config, Card card, Stream stream)
      : config_(config), card_(std::move(card)), stream_(std::move(stream)) {}

  // Room for the tables of as many sequences as may be in a step, up to a limit.
  static int table_entries(int context_tokens) {
    return kTablesMax * (kv_blocks_for(context_tokens) + 1);
  }
  static std::size_t step_ints(int table_entries) {
    return 4 * kStepTokensMax + static_cast<std::size_t>(table_entries);
  }
  static StepArrays step_arrays(std::int32_t* first);
  static Scratch place_scratch(const ModelConfig& config, bool wants_f32, bool wants_q, int splits,
                               int table_entries, Pieces& pieces);
  Expected<int> choose_kv_blocks(const ModelFile& file, const ExecutorOptions& options);
  Status take_memory(const ModelFile& file, const ExecutorOptions& options, int kv_blocks);
  Status take_scratch(const ExecutorOptions& options);
  Status try_a_kernel();
  Expected<StepSize> write_step(std::span<const Segment> segments);
  void write_picks(const Segment& segment, int first_row, StepSize& size);
  Status send_step(const StepSize& size, int table_entries);
  Status fetch(std::span<const Segment> segments, const StepSize& size);
  void hand_out(std::span<const Segment> segments, float* logits) const;
  Status capture(const StepSize& size, cudaGraphExec_t& exec);
  Expected<bool> run_step(const StepSize& size, const StopCheck& should_stop);

  const ModelConfig& config_;
  const Card card_;
  Stream stream_;
  CudaNeed need_;
  DeviceWeights weights_;
  std::unique_ptr<KvPool> kv_;
  cuda::KvElement kv_element_ = cuda::KvElement::kF16;
  int splits_ = 1;         // of attention
  int table_entries_ = 0;  // room for block tables
  DeviceMemory scratch_memory_;
  Scratch scratch_ = {};
  PinnedMemory pinned_;  // of the step's arrays, then of logits
  StepArrays host_step_ = {};
  float* host_logits_ = nullptr;         // [kStepTokensMax, n_vocab]
  std::int32_t* host_best_ = nullptr;    // [kStepTokensMax]
  cuda::PickRow* host_picks_ = nullptr;  // [kStepTokensMax]
  std::uint32_t* host_masks_ = nullptr;  // [kStepTokensMax, mask_words(n_vocab)]
  std::vector<StepGraph> graphs_;        // [tokens, rows, with picks or without]
};

}  // namespace curlew::model
