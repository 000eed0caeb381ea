#include "model/network/forward.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "model/network/forward_parts.h"

namespace curlew::model {
namespace {

constexpr int kChunkTokensMin = 16;
constexpr int kChunkTokensMax = 96;  // more, and what a layer hands on leaves the caches
constexpr double kLayerMultiplicationsMax =
    12e9;  // between stop checks: some 20 to 40 ms of two cores

// Of one token in one layer, attention over the past aside.
double layer_multiplications(const ModelConfig& c) {
  const double hidden = c.hidden_dim, heads = c.n_heads, widths = c.head_dim + c.value_dim;
  const LatentConfig& l = c.latent;
  double attention = hidden * (heads + c.n_kv_heads) * widths;
  if (l.kv_rank > 0)
    attention = hidden * (heads * c.value_dim + c.latent_row_dim()) + heads * widths * l.kv_rank +
                heads * c.head_dim * (l.q_rank > 0 ? l.q_rank : hidden) + hidden * l.q_rank;
  const ExpertConfig& e = c.experts;
  const double routed = e.count + 3.0 * (e.shared_ffn_dim + double{1} * e.used * e.ffn_dim);
  return attention + hidden * std::max(3.0 * c.ffn_dim, routed);
}

int choose_chunk_tokens(const ModelConfig& c) {
  const double tokens = kLayerMultiplicationsMax / layer_multiplications(c);
  const int whole = static_cast<int>(std::min(tokens, 1e6)) / 16 * 16;
  return std::min(std::clamp(whole, kChunkTokensMin, kChunkTokensMax), c.context_tokens);
}

}  // namespace

KvShape kv_shape(const ModelConfig& c, kernels::KvType type) {
  const bool latent = c.latent.kv_rank > 0;
  return {.type = type,
          .n_layers = c.n_layers,
          .n_kv_heads = c.n_kv_heads,
          .key_dim = latent ? c.latent_row_dim() : c.head_dim,
          .value_dim = latent ? 0 : c.value_dim};
}

Network::Network(const ModelConfig& config, const Weights& weights, kernels::ThreadPool& pool,
                 kernels::KvType kv_type, int context_tokens)
    : config_(config),
      weights_(weights),
      pool_(pool),
      kv_(kv_shape(config, kv_type)),
      chunk_tokens_(choose_chunk_tokens(config)),
      scratch_(config, chunk_tokens_, kv_blocks_for(context_tokens)) {}

bool Network::forward(std::span<const Segment> segments, float* logits,
                      const StopCheck& should_stop) {
  int tokens = 0;
  for (const Segment& segment : segments) {
    const int count = static_cast<int>(segment.ids.size());
    assert(count >= 1 && tokens + count <= chunk_tokens_);
    std::int32_t* pos = row_at(scratch_.pos, tokens, 1);
    std::iota(pos, pos + count, segment.sequence->tokens());
    embed(segment.ids, tokens);
    tokens += count;
  }
  for (int layer = 0; layer < config_.n_layers; ++layer) {
    if (should_stop()) return false;
    const LayerWeights& w = weights_.layers[static_cast<std::size_t>(layer)];
    attention(w, layer, segments, tokens);
    feed_forward(w, layer, tokens);
  }
  output(segments, logits);
  for (const Segment& segment : segments)
    segment.sequence->advance(static_cast<int>(segment.ids.size()));
  return true;
}

void Network::embed(std::span<const TokenId> ids, int first) {
  const kernels::MatrixView& table = weights_.embedding;
  const auto* rows = static_cast<const std::byte*>(table.data);
  float* x = row_at(scratch_.x, first, table.cols);
  for (const TokenId id : ids) {
    const std::byte* row = rows + static_cast<std::size_t>(id) * table.row_bytes();
    kernels::dequantize(table.type, row, x, table.cols);
    if (config_.embedding_scale != 1.f) kernels::scale(x, config_.embedding_scale, table.cols);
    x += table.cols;
  }
}

// logits = scale * W_out norm(x), of the rows that are asked for
void Network::output(std::span<const Segment> segments, float* logits) {
  int first = 0, rows = 0;
  for (const Segment& segment : segments) {
    const int tokens = static_cast<int>(segment.ids.size());
    const float* x = row_at(scratch_.x, first, config_.hidden_dim);
    if (segment.hidden != nullptr) normalise(x, weights_.output_norm, segment.hidden, tokens);
    const int wanted = segment.rows == LogitRows::kAll ? tokens : segment.rows == LogitRows::kLast;
    if (wanted > 0)
      normalise(x + std::int64_t{tokens - wanted} * config_.hidden_dim, weights_.output_norm,
                row_at(scratch_.normed, rows, config_.hidden_dim), wanted);
    rows += wanted;
    first += tokens;
  }
  if (rows == 0) return;
  const kernels::MatmulJob job = product(weights_.output, scratch_.normed.data(), logits, rows);
  multiply({&job, 1});
  if (config_.logit_scale != 1.f)
    kernels::scale(logits, config_.logit_scale, std::int64_t{rows} * config_.n_vocab);
}

// The products, and what the adapter adds to them.
void Network::multiply(std::span<const kernels::MatmulJob> jobs) {
  kernels::matmul(jobs, pool_);
  if (adapter_ != nullptr) adapter_->add_to(jobs, pool_);
}

void Network::normalise(const float* x, const Norm& norm, float* y, int rows) {
  const int cols = static_cast<int>(norm.weight.size());
  const float* bias = norm.bias.empty() ? nullptr : norm.bias.data();
  for_rows(pool_, rows, [&](int first, int count) {
    const std::int64_t at = std::int64_t{first} * cols;
    if (config_.norm == NormKind::kLayer)
      kernels::layer_norm(x + at, norm.weight.data(), bias, y + at, count, cols, config_.norm_eps);
    else
      kernels::rms_norm(x + at, norm.weight.data(), y + at, count, cols, config_.norm_eps);
  });
}

// x += scale * delta
void Network::add_to_stream(int tokens) {
  const std::int64_t n = std::int64_t{tokens} * config_.hidden_dim;
  if (config_.residual_scale == 1.f)
    kernels::add(scratch_.delta.data(), scratch_.x.data(), n);
  else
    kernels::add_scaled(scratch_.delta.data(), config_.residual_scale, scratch_.x.data(), n);
}

}  // namespace curlew::model
