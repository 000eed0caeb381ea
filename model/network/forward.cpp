#include "model/network/forward.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace curlew::model {
namespace {

using kernels::matmul;

constexpr int kChunkTokensMin = 16, kChunkTokensMax = 256;
constexpr double kLayerMultiplicationsMax =
    2e9;  // between stop checks: some 20 to 40 ms of two cores
constexpr int kTokensPerPiece =
    8;  // of element-wise work handed to a thread; below that it is not worth it

int choose_chunk_tokens(const ModelConfig& c) {
  const double heads = 2.0 * (c.n_heads + c.n_kv_heads) * c.head_dim;
  const double layer = c.hidden_dim * (heads + 3.0 * c.ffn_dim);  // weights
  const int tokens = static_cast<int>(std::min(kLayerMultiplicationsMax / layer, 1e6)) / 16 * 16;
  return std::min(std::clamp(tokens, kChunkTokensMin, kChunkTokensMax), c.context_tokens);
}

const float* bias_or_null(const std::vector<float>& bias) {
  return bias.empty() ? nullptr : bias.data();
}

// work(first, count) over the tokens of a chunk, on all threads where there are enough of them.
// Passing the callable by reference keeps std::function from allocating.
template <class Work>
void for_tokens(kernels::ThreadPool& pool, int tokens, Work work) {
  if (tokens <= kTokensPerPiece) return work(0, tokens);
  auto piece = [&work](std::int64_t begin, std::int64_t end) {
    work(static_cast<int>(begin), static_cast<int>(end - begin));
  };
  pool.for_range(tokens, kTokensPerPiece, std::ref(piece));
}

}  // namespace

Network::Network(const ModelConfig& config, const Weights& weights, kernels::ThreadPool& pool,
                 kernels::KvType kv_type, int context_tokens)
    : config_(config),
      weights_(weights),
      pool_(pool),
      kv_type_(kv_type),
      chunk_tokens_(choose_chunk_tokens(config)) {
  const auto floats = [&](int width) {
    return static_cast<std::size_t>(chunk_tokens_) * static_cast<std::size_t>(width);
  };
  pos_.resize(floats(1));
  for (std::vector<float>* v : {&x_, &normed_, &delta_}) v->resize(floats(config.hidden_dim));
  for (std::vector<float>* v : {&q_, &mixed_}) v->resize(floats(config.n_heads * config.head_dim));
  for (std::vector<float>* v : {&k_, &v_}) v->resize(floats(config.n_kv_heads * config.head_dim));
  for (std::vector<float>* v : {&gate_, &up_}) v->resize(floats(config.ffn_dim));
  for (std::vector<void*>* v : {&key_blocks_, &value_blocks_})
    v->resize(static_cast<std::size_t>(kv_blocks_for(context_tokens)));
}

std::size_t Network::scratch_bytes() const {
  std::size_t bytes = pos_.size() * sizeof(pos_[0]);
  for (const std::vector<float>* v : {&x_, &normed_, &delta_, &q_, &mixed_, &k_, &v_, &gate_, &up_})
    bytes += v->size() * sizeof(float);
  return bytes + (key_blocks_.size() + value_blocks_.size()) * sizeof(void*);
}

bool Network::forward(std::span<const Segment> segments, float* logits,
                      const StopCheck& should_stop) {
  int tokens = 0;
  for (const Segment& segment : segments) {
    const int count = static_cast<int>(segment.ids.size());
    assert(count >= 1 && tokens + count <= chunk_tokens_);
    std::iota(&pos_[static_cast<std::size_t>(tokens)],
              &pos_[static_cast<std::size_t>(tokens)] + count, segment.sequence->tokens());
    embed(segment.ids, tokens);
    tokens += count;
  }
  for (int layer = 0; layer < config_.n_layers; ++layer) {
    if (should_stop()) return false;
    const LayerWeights& w = weights_.layers[static_cast<std::size_t>(layer)];
    attention(w, layer, segments, tokens);
    feed_forward(w, tokens);
  }
  output(segments, logits);
  for (const Segment& segment : segments)
    segment.sequence->advance(static_cast<int>(segment.ids.size()));
  return true;
}

void Network::embed(std::span<const TokenId> ids, int first) {
  const kernels::MatrixView& table = weights_.embedding;
  const auto* rows = static_cast<const std::byte*>(table.data);
  float* x = &x_[static_cast<std::size_t>(first) * static_cast<std::size_t>(table.cols)];
  for (const TokenId id : ids) {
    const std::byte* row = rows + static_cast<std::size_t>(id) * table.row_bytes();
    kernels::dequantize(table.type, row, x, table.cols);
    x += table.cols;
  }
}

// x += W_o attention(rope(W_q n), rope(W_k n), W_v n),  n = norm(x)
void Network::attention(const LayerWeights& w, int layer, std::span<const Segment> segments,
                        int tokens) {
  const ModelConfig& c = config_;
  norm(x_.data(), w.attention_norm, normed_.data(), tokens);
  matmul(w.q, normed_.data(), bias_or_null(w.q_bias), q_.data(), tokens, pool_);
  matmul(w.k, normed_.data(), bias_or_null(w.k_bias), k_.data(), tokens, pool_);
  matmul(w.v, normed_.data(), bias_or_null(w.v_bias), v_.data(), tokens, pool_);
  for_tokens(pool_, tokens, [&](int first, int count) {
    const auto rotate = [&](std::vector<float>& x, int heads) {
      kernels::rope(
          &x[static_cast<std::size_t>(first) * static_cast<std::size_t>(heads * c.head_dim)],
          &pos_[static_cast<std::size_t>(first)], c.inv_freq.data(), c.rope_dim / 2, count, heads,
          c.head_dim, c.rope_pairs, c.rope_magnitude);
    };
    rotate(q_, c.n_heads);
    rotate(k_, c.n_kv_heads);
  });
  int first = 0;
  for (const Segment& segment : segments) {
    attend(layer, segment, first);
    first += static_cast<int>(segment.ids.size());
  }
  matmul(w.attention_out, mixed_.data(), bias_or_null(w.attention_out_bias), delta_.data(), tokens,
         pool_);
  kernels::add(delta_.data(), x_.data(), std::int64_t{tokens} * c.hidden_dim);
}

// One segment, whose rows begin at `first` in q_, k_, v_ and mixed_.
void Network::attend(int layer, const Segment& segment, int first) {
  const ModelConfig& c = config_;
  const int tokens = static_cast<int>(segment.ids.size()), first_pos = segment.sequence->tokens();
  const std::size_t q_at = static_cast<std::size_t>(first * c.n_heads) * c.head_dim;
  const std::size_t kv_at = static_cast<std::size_t>(first * c.n_kv_heads) * c.head_dim;
  point_at_blocks(*segment.sequence, layer);
  kernels::kv_write(&k_[kv_at], key_blocks_.data(), kv_type_, first_pos, tokens, c.n_kv_heads,
                    c.head_dim);
  kernels::kv_write(&v_[kv_at], value_blocks_.data(), kv_type_, first_pos, tokens, c.n_kv_heads,
                    c.head_dim);
  kernels::attention({.q = &q_[q_at],
                      .k_blocks = key_blocks_.data(),
                      .v_blocks = value_blocks_.data(),
                      .out = &mixed_[q_at],
                      .kv_type = kv_type_,
                      .tokens = tokens,
                      .first_pos = first_pos,
                      .n_heads = c.n_heads,
                      .n_kv_heads = c.n_kv_heads,
                      .head_dim = c.head_dim,
                      .scale = 1.f / std::sqrt(static_cast<float>(c.head_dim))},
                     pool_);
}

// x += W_down (silu(W_gate n) * W_up n),  n = norm(x)
void Network::feed_forward(const LayerWeights& w, int tokens) {
  const std::size_t ffn_dim = static_cast<std::size_t>(config_.ffn_dim);
  norm(x_.data(), w.ffn_norm, normed_.data(), tokens);
  matmul(w.ffn_gate, normed_.data(), nullptr, gate_.data(), tokens, pool_);
  matmul(w.ffn_up, normed_.data(), nullptr, up_.data(), tokens, pool_);
  for_tokens(pool_, tokens, [&](int first, int count) {
    const std::size_t at = static_cast<std::size_t>(first) * ffn_dim;
    kernels::silu_mul(&gate_[at], &up_[at], &gate_[at], std::int64_t{count} * config_.ffn_dim);
  });
  matmul(w.ffn_down, gate_.data(), nullptr, delta_.data(), tokens, pool_);
  kernels::add(delta_.data(), x_.data(), std::int64_t{tokens} * config_.hidden_dim);
}

// logits = W_out norm(x), of the rows that are asked for
void Network::output(std::span<const Segment> segments, float* logits) {
  const std::size_t hidden_dim = static_cast<std::size_t>(config_.hidden_dim);
  int first = 0, rows = 0;
  for (const Segment& segment : segments) {
    const int tokens = static_cast<int>(segment.ids.size());
    const float* x = &x_[static_cast<std::size_t>(first) * hidden_dim];
    if (segment.hidden != nullptr) norm(x, weights_.output_norm, segment.hidden, tokens);
    const int wanted = segment.rows == LogitRows::kAll ? tokens : segment.rows == LogitRows::kLast;
    if (wanted > 0)
      norm(x + static_cast<std::size_t>(tokens - wanted) * hidden_dim, weights_.output_norm,
           &normed_[static_cast<std::size_t>(rows) * hidden_dim], wanted);
    rows += wanted;
    first += tokens;
  }
  if (rows > 0) matmul(weights_.output, normed_.data(), nullptr, logits, rows, pool_);
}

void Network::norm(const float* x, const std::vector<float>& weight, float* y, int tokens) {
  for_tokens(pool_, tokens, [&](int first, int count) {
    const std::size_t at = static_cast<std::size_t>(first) * weight.size();
    kernels::rms_norm(x + at, weight.data(), y + at, count, config_.hidden_dim, config_.norm_eps);
  });
}

void Network::point_at_blocks(const KvSequence& sequence, int layer) {
  const std::span<const int> blocks = sequence.blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    key_blocks_[i] = sequence.pool().keys(blocks[i], layer);
    value_blocks_[i] = sequence.pool().values(blocks[i], layer);
  }
}

}  // namespace curlew::model
