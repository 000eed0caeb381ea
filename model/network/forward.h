// The forward pass: token ids in, logits out, keys and values left behind in the sequences.
//
// One step evaluates tokens of one or several sequences side by side: the matrices are read once
// for all of them, attention goes sequence by sequence. A token's numbers depend on its own
// sequence only, bit for bit (kernels/ops.h), so how tokens are grouped into steps is a question of
// speed alone. The pass executes a ModelConfig; no architecture has code of its own.
//
// All scratch is taken at construction; a step allocates nothing. A step holds at most
// chunk_tokens() tokens, chosen from the size of a layer so that the stop check, which runs between
// layers, is never far away.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/ops.h"
#include "model/network/adapter.h"
#include "model/network/architecture.h"
#include "model/network/kv_cache.h"
#include "model/network/scratch.h"
#include "model/network/segment.h"
#include "model/network/weights.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// What a network of this kind keeps of a position.
KvShape kv_shape(const ModelConfig& config, kernels::KvType type);

class Network {
 public:
  // What it refers to must outlive it. context_tokens: the longest sequence it will see. The
  // sequences' pool has the shape kv_shape(config, kv_type).
  Network(const ModelConfig& config, const Weights& weights, kernels::ThreadPool& pool,
          kernels::KvType kv_type, int context_tokens);

  // Appends every segment's ids to its sequence; no two segments share a sequence, and all ids
  // together are at most chunk_tokens().
  //   logits  [rows, n_vocab], the rows that the segments ask for, in their order
  // False when the check said so: the sequences are then as they were.
  bool forward(std::span<const Segment> segments, float* logits, const StopCheck& should_stop);

  // From the next step on the weights are those that the adapter makes of them; null for none. It
  // was made for these weights, is used by nobody else, and outlives its use.
  void use(Adapter* adapter) { adapter_ = adapter; }

  int chunk_tokens() const { return chunk_tokens_; }
  std::size_t scratch_bytes() const { return scratch_.bytes(); }
  kernels::KvType kv_type() const { return kv_.type; }

 private:
  // forward.cpp
  void embed(std::span<const TokenId> ids, int first);
  void output(std::span<const Segment> segments, float* logits);
  void multiply(std::span<const kernels::MatmulJob> jobs);
  void normalise(const float* x, const Norm& norm, float* y, int rows);
  void add_to_stream(int tokens);

  // forward_attention.cpp
  void attention(const LayerWeights& w, int layer, std::span<const Segment> segments, int tokens);
  void project_heads(const HeadWeights& w, int tokens);
  void normalise_heads(float* x, const Norm& norm, int heads, int tokens);
  void rotate(float* x, int heads, int head_dim, int first, int tokens);
  void project_latent(const LatentWeights& w, int tokens);
  void rotate_latent(const LatentWeights& w, int first, int tokens);
  void map_heads(const std::vector<Linear>& maps, std::vector<float>& in, int in_width,
                 std::vector<float>& out, int out_width, int tokens);
  void attend(const std::vector<float>& sinks, int layer, const Segment& segment, int first);
  void point_at_blocks(const KvSequence& sequence, int layer);

  // forward_feed.cpp
  void feed_forward(const LayerWeights& w, int layer, int tokens);
  void route(const ExpertWeights& w, int tokens);
  void activate(std::vector<float>& gate, std::vector<float>& up, int rows, int width);
  void sum_experts(int tokens, bool onto_shared);

  const ModelConfig& config_;
  const Weights& weights_;
  kernels::ThreadPool& pool_;
  KvShape kv_;
  int chunk_tokens_;
  Scratch scratch_;
  Adapter* adapter_ = nullptr;
};

}  // namespace curlew::model
