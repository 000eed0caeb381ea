// The forward pass: token ids in, logits out, keys and values left behind in the sequences.
//
// One step evaluates tokens of one or several sequences side by side: the matrices are read once
// for all of them, attention goes sequence by sequence. A token's numbers depend on its own
// sequence only, bit for bit (kernels/ops.h), so how tokens are grouped into steps is a question of
// speed alone.
//
// All scratch is taken at construction; a step allocates nothing. A step holds at most
// chunk_tokens() tokens, chosen from the size of a layer so that the stop check, which runs between
// layers, is never far away.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernels/ops.h"
#include "model/network/architecture.h"
#include "model/network/kv_cache.h"
#include "model/network/weights.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// True: give up now. Asked between layers, so it must be cheap.
using StopCheck = std::function<bool()>;

enum class LogitRows { kNone, kLast, kAll };

// Tokens of one sequence within a step.
struct Segment {
  std::span<const TokenId> ids;    // 1 or more, each within the vocabulary
  KvSequence* sequence = nullptr;  // the past; room for ids is reserved
  LogitRows rows = LogitRows::kNone;
  float* hidden = nullptr;  // [ids.size(), hidden_dim] the state after the last norm; or null
};

class Network {
 public:
  // What it refers to must outlive it. context_tokens: the longest sequence it will see.
  Network(const ModelConfig& config, const Weights& weights, kernels::ThreadPool& pool,
          kernels::KvType kv_type, int context_tokens);

  // Appends every segment's ids to its sequence; no two segments share a sequence, and all ids
  // together are at most chunk_tokens().
  //   logits  [rows, n_vocab], the rows that the segments ask for, in their order
  // False when the check said so: the sequences are then as they were.
  bool forward(std::span<const Segment> segments, float* logits, const StopCheck& should_stop);

  int chunk_tokens() const { return chunk_tokens_; }
  std::size_t scratch_bytes() const;
  kernels::KvType kv_type() const { return kv_type_; }

 private:
  void embed(std::span<const TokenId> ids, int first);
  void attention(const LayerWeights& w, int layer, std::span<const Segment> segments, int tokens);
  void attend(int layer, const Segment& segment, int first);
  void feed_forward(const LayerWeights& w, int tokens);
  void output(std::span<const Segment> segments, float* logits);
  void norm(const float* x, const std::vector<float>& weight, float* y, int tokens);
  void point_at_blocks(const KvSequence& sequence, int layer);

  const ModelConfig& config_;
  const Weights& weights_;
  kernels::ThreadPool& pool_;
  kernels::KvType kv_type_;
  int chunk_tokens_;

  // Activations of one chunk.
  std::vector<std::int32_t> pos_;                 // [chunk]
  std::vector<float> x_;                          // [chunk, hidden_dim]   the residual stream
  std::vector<float> normed_, delta_;             // [chunk, hidden_dim]
  std::vector<float> q_, mixed_;                  // [chunk, n_heads, head_dim]
  std::vector<float> k_, v_;                      // [chunk, n_kv_heads, head_dim]
  std::vector<float> gate_, up_;                  // [chunk, ffn_dim]
  std::vector<void*> key_blocks_, value_blocks_;  // [blocks of the context], of the layer at work
};

}  // namespace curlew::model
