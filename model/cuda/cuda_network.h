// The forward pass on a card: what model/network/forward.h does on the CPU, of the same description,
// with the same keys and values left behind in the sequences.
//
// A step is one row of launches on one stream and one wait at its end. Steps of up to
// kGraphTokensMax tokens are captured at the second of their size (the first one loads the kernels,
// which a capture may not) and then replayed as one CUDA graph: which tokens, where they stand and
// in which blocks their past lies is read from device memory, so a graph serves every step of its
// size. Larger steps are launched kernel by kernel and look at the stop check between layers.
//
// Steps of more than kSmallTokensMax tokens are prompts (prompt_launches.cpp): activations go as halves
// through products and attention on the matrix units. Such a step waits for the card every few layers,
// so that it stops soon when it is told to.
//
// A token's numbers depend on its own sequence only, bit for bit, as on the CPU, among steps of one
// kind: up to four tokens, up to kSmallTokensMax, up to cuda::kPartTokensMax, more. Between the kinds,
// and between the CPU and a card, they differ by rounding (kernels/cuda/matvec.h, matmul_tiled.h).
//
// All device memory is taken at creation; a step allocates nothing on the device. Not thread-safe.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernels/cuda/attention_prompt.h"
#include "kernels/cuda/expert_tiled.h"
#include "kernels/cuda/library_matmul.h"
#include "kernels/cuda/likeliest.h"
#include "kernels/cuda/matmul_tiled.h"
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
  static constexpr int kSmallTokensMax = 64;
  static constexpr int kPromptTokensMax = 2048;  // of a step; fewer where a card has little memory
  static constexpr int kRowsMax = 64;            // of logits; steps with more go in small ones
  static constexpr int kGraphTokensMax = 8;
  static constexpr int kTablesMax = 16;  // sequences at full length in one step

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

  int chunk_tokens() const override { return step_tokens_max_; }
  bool can_pick() const override { return true; }
  // kUnsupported: no adapters on cards yet.
  Expected<std::unique_ptr<PlacedAdapter>> place(AdapterFile file) const override;
  void use(PlacedAdapter*) override {}
  Memory memory() const override;
  std::string name() const override;  // "cuda: NVIDIA H100 80GB HBM3 (sm_90)"

 private:
  // What a step's tokens are. One run of ints, as the card reads it, and its pinned twin.
  struct StepArrays {
    std::int32_t *ids, *pos, *first_block;  // [tokens]
    std::int32_t* output_rows;              // [tokens] which rows become logits
    cuda::QueryTile* tiles;                 // [tokens] of prompts
    std::int32_t* blocks;                   // the sequences' tables, one after another
    static constexpr int kPerToken = 6;     // ints
  };
  struct Scratch {
    std::int32_t* ints;  // a step's arrays
    StepArrays step;     // within, of the step at hand
    float* x;            // [tokens, hidden_dim] the residual stream
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
    std::int32_t* slot_order;      // [used] of a prompt's, by expert
    std::int32_t* expert_counts;   // [experts]
    cuda::ExpertTile* expert_tiles;
    float* partial;               // of attention, small steps
    float* sums;                  // [kSumsFloats] of products whose columns are shared out
    float* hidden;                // [hidden_dim] after the last norm
    float* logits;                // [n_vocab]
    cuda::PickRow* picks;         // [] of each row of logits
    std::uint32_t* masks;         // [mask_words(n_vocab)] of those that have one
    std::int32_t* best;           // [] the token of each row of logits
    cuda::Candidate* candidates;  // [kLikeliestBlocks]
    unsigned* arrived;            // [] zero between steps
  };
  struct StepSize {
    int tokens = 0, rows = 0;  // rows of logits
    int tiles = 0;             // of a prompt
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

  // Of products whose columns are shared out: as many blocks of 128 outputs as a card runs at once.
  static constexpr std::size_t kSumsFloats = std::size_t{cuda::kPartTokensMax} * 132 * 128;

  CudaNetwork(const ModelConfig& config, Card card, Stream stream)
      : config_(config), card_(std::move(card)), stream_(std::move(stream)) {}

  // Room for the tables of as many sequences as may be in a step, up to a limit.
  static int table_entries(int context_tokens) {
    return kTablesMax * (kv_blocks_for(context_tokens) + 1);
  }
  static std::size_t step_ints(int tokens, int table_entries) {
    return static_cast<std::size_t>(StepArrays::kPerToken) * static_cast<std::size_t>(tokens) +
           static_cast<std::size_t>(table_entries);
  }
  static StepArrays step_arrays(std::int32_t* first, int tokens);
  // network_memory.cpp
  Scratch place_scratch(const WeightKinds& kinds, int step_tokens, Pieces& pieces) const;
  std::size_t scratch_bytes(const WeightKinds& kinds, int step_tokens) const;
  int choose_step_tokens(const WeightKinds& kinds) const;
  Expected<int> choose_memory(const ModelFile& file, const ExecutorOptions& options);
  Status take_memory(const ModelFile& file, const ExecutorOptions& options, int kv_blocks);
  Status take_scratch();
  // prompt_library.cpp
  void open_library();
  void keep_halves(std::size_t free_bytes);
  Status try_a_kernel();
  bool is_prompt(int tokens) const { return tokens > kSmallTokensMax; }
  Expected<bool> forward_in_pieces(std::span<const Segment> segments, float* logits,
                                   const StopCheck& should_stop);
  Expected<bool> step(std::span<const Segment> segments, float* logits,
                      const StopCheck& should_stop);
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
  int splits_ = 1;  // of attention
  int step_tokens_max_ = kSmallTokensMax;
  int table_entries_ = 0;  // room for block tables
  DeviceMemory scratch_memory_;
  Scratch scratch_ = {};
  // Long prompts' products by cuBLASLt, where there is one and memory to spare for it.
  struct PromptLibrary {
    std::unique_ptr<cuda::LibraryMatmul> matmul;  // null: never
    int tokens_min = 0;                           // of a step that uses it
    DeviceMemory memory, kept_memory;
    void* workspace = nullptr;
    cuda::Half* expanded = nullptr;  // [expanded_halves] rows of one matrix
    std::size_t expanded_halves = 0;
    std::unordered_map<const std::uint8_t*, const cuda::Half*>
        kept;  // whole matrices, by their codes
  };
  PromptLibrary library_;
  PinnedMemory pinned_;                  // of the step's arrays, then of logits
  std::int32_t* host_ints_ = nullptr;    // a step's arrays
  StepArrays host_step_ = {};            // within, of the step at hand
  float* host_logits_ = nullptr;         // [kRowsMax, n_vocab]
  std::int32_t* host_best_ = nullptr;    // [kRowsMax]
  cuda::PickRow* host_picks_ = nullptr;  // [kRowsMax]
  std::uint32_t* host_masks_ = nullptr;  // [kRowsMax, mask_words(n_vocab)]
  std::vector<StepGraph> graphs_;        // [tokens, rows, with picks or without]
};

}  // namespace curlew::model
