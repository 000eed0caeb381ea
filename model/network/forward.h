// The forward pass: token ids in, logits out, keys and values left behind in a sequence.
//
// All scratch is taken at construction; a step allocates nothing. A long prompt goes through in
// chunks of at most chunk_tokens(), chosen from the size of a layer so that the stop check, which
// runs between layers, is never far away. The choice depends on the model alone: the same prompt
// gives the same numbers on every run.
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

struct ForwardInput {
  std::span<const TokenId> ids;    // 1 to chunk_tokens() of them, each within the vocabulary
  KvSequence* sequence = nullptr;  // the past; room for ids is reserved
  LogitRows rows = LogitRows::kNone;
  float* logits = nullptr;  // [1 or ids.size(), n_vocab], or null for kNone
};

class Network {
 public:
  // What it refers to must outlive it. context_tokens: the longest sequence it will see.
  Network(const ModelConfig& config, const Weights& weights, kernels::ThreadPool& pool,
          kernels::KvType kv_type, int context_tokens);

  // Appends ids to the sequence. False when the check said so: the sequence is then as it was.
  bool forward(const ForwardInput& in, const StopCheck& should_stop);

  int chunk_tokens() const { return chunk_tokens_; }
  std::size_t scratch_bytes() const;
  kernels::KvType kv_type() const { return kv_type_; }

 private:
  void embed(std::span<const TokenId> ids);
  void attention(const LayerWeights& w, int layer, KvSequence& sequence, int tokens);
  void feed_forward(const LayerWeights& w, int tokens);
  void output(const ForwardInput& in);
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
