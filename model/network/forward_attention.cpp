// Attention of the forward pass: with keys and values by head, and with latent ones.
#include <algorithm>

#include "model/network/forward.h"
#include "model/network/forward_parts.h"

namespace curlew::model {

using kernels::MatmulJob;

// x += W_o attention(q, k, v),  q, k, v of norm(x)
void Network::attention(const LayerWeights& w, int layer, std::span<const Segment> segments,
                        int tokens) {
  Scratch& s = scratch_;
  const bool latent = config_.latent.kv_rank > 0;
  normalise(s.x.data(), w.attention_norm, s.normed.data(), tokens);
  if (latent)
    project_latent(w.latent, tokens);
  else
    project_heads(w.heads, tokens);
  int first = 0;
  for (const Segment& segment : segments) {
    attend(w.heads.sinks, layer, segment, first);
    first += static_cast<int>(segment.ids.size());
  }
  if (latent)  // what was mixed are latent vectors, one a head; W_v makes values of them
    map_heads(w.latent.v, s.mixed, config_.latent.kv_rank, s.value_heads, config_.value_dim,
              tokens);
  const float* mixed = latent ? s.value_heads.data() : s.mixed.data();
  const MatmulJob job = product(w.attention_out, mixed, s.delta.data(), tokens);
  multiply({&job, 1});
  add_to_stream(tokens);
}

// q = rope(W_q n), k = rope(W_k n), v = W_v n; with norms by head, rope(norm(...))
void Network::project_heads(const HeadWeights& w, int tokens) {
  Scratch& s = scratch_;
  const ModelConfig& c = config_;
  const float* n = s.normed.data();
  const MatmulJob jobs[] = {product(w.q, n, s.q.data(), tokens),
                            product(w.k, n, s.k.data(), tokens),
                            product(w.v, n, s.v.data(), tokens)};
  multiply(jobs);
  if (!w.q_norm.weight.empty()) normalise_heads(s.q.data(), w.q_norm, c.n_heads, tokens);
  if (!w.k_norm.weight.empty()) normalise_heads(s.k.data(), w.k_norm, c.n_kv_heads, tokens);
  for_rows(pool_, tokens, [&](int first, int count) {
    rotate(row_at(s.q, first, c.n_heads * c.head_dim), c.n_heads, c.head_dim, first, count);
    rotate(row_at(s.k, first, c.n_kv_heads * c.head_dim), c.n_kv_heads, c.head_dim, first, count);
  });
}

// Each head by itself, in place: all by one weight, or each by its own.
//   x  [tokens, heads, head_dim]
void Network::normalise_heads(float* x, const Norm& norm, int heads, int tokens) {
  const int dim = config_.head_dim;
  const bool own = norm.weight.size() > static_cast<std::size_t>(dim);
  for_rows(pool_, tokens, [&](int first, int count) {
    for (int i = first * heads; i < (first + count) * heads; ++i) {
      float* head = x + std::int64_t{i} * dim;
      const float* weight = norm.weight.data() + (own ? i % heads * dim : 0);
      if (config_.norm == NormKind::kLayer)
        kernels::layer_norm(head, weight, nullptr, head, 1, dim, config_.norm_eps);
      else
        kernels::rms_norm(head, weight, head, 1, dim, config_.norm_eps);
    }
  });
}

// The first rope_dim elements of each head of x, [tokens, heads, head_dim], whose first token is
// the step's token `first`.
void Network::rotate(float* x, int heads, int head_dim, int first, int tokens) {
  const ModelConfig& c = config_;
  kernels::rope(x, row_at(scratch_.pos, first, 1), c.inv_freq.data(), c.rope_dim / 2, tokens, heads,
                head_dim, c.rope_pairs, c.rope_magnitude);
}

// For each head h: q[h] = (W_k[h]^T u, rope(r)), (u, r) the parts of its query;
// k = (norm(c), rope(r')), (c, r') = W_kv n. Then q[h] . k is what the head's own key would give.
void Network::project_latent(const LatentWeights& w, int tokens) {
  Scratch& s = scratch_;
  const ModelConfig& c = config_;
  const bool low = c.latent.q_rank > 0;
  const MatmulJob down[] = {product(w.kv_down, s.normed.data(), s.k.data(), tokens),
                            product(low ? w.q_down : w.q, s.normed.data(),
                                    low ? s.q_low.data() : s.q_heads.data(), tokens)};
  multiply(down);
  if (low) {
    normalise(s.q_low.data(), w.q_norm, s.q_low.data(), tokens);
    const MatmulJob up = product(w.q_up, s.q_low.data(), s.q_heads.data(), tokens);
    multiply({&up, 1});
  }
  for_rows(pool_, tokens, [&](int first, int count) { rotate_latent(w, first, count); });
  map_heads(w.k, s.q_heads, c.head_dim, s.q, c.latent_row_dim(), tokens);
  for_rows(pool_, tokens * c.n_heads, [&](int first, int count) {
    for (int i = first; i < first + count; ++i)
      std::copy_n(row_at(s.q_heads, i, c.head_dim) + c.head_dim - c.rope_dim, c.rope_dim,
                  row_at(s.q, i, c.latent_row_dim()) + c.latent.kv_rank);
  });
}

// The parts of queries and of the cached rows that are rotated, and the norm of the other part of
// the rows, for the step's tokens first .. first + tokens - 1.
void Network::rotate_latent(const LatentWeights& w, int first, int tokens) {
  const ModelConfig& c = config_;
  const int rank = c.latent.kv_rank;
  float* q = row_at(scratch_.q_heads, first, std::int64_t{c.n_heads} * c.head_dim);
  rotate(q + c.head_dim - c.rope_dim, c.n_heads, c.head_dim, first, tokens);
  float* rows = row_at(scratch_.k, first, c.latent_row_dim());
  rotate(rows + rank, 1, c.latent_row_dim(), first, tokens);
  for (int t = 0; t < tokens; ++t, rows += c.latent_row_dim())
    kernels::rms_norm(rows, w.kv_norm.weight.data(), rows, 1, rank, c.norm_eps);
}

// out[t, h] = maps[h] in[t, h], of the first elements of each; rows of in and out are in_width and
// out_width apart. A product wants its tokens together, so they are sorted by head and back.
void Network::map_heads(const std::vector<Linear>& maps, std::vector<float>& in, int in_width,
                        std::vector<float>& out, int out_width, int tokens) {
  Scratch& s = scratch_;
  const int heads = config_.n_heads;
  const auto cols = static_cast<int>(maps[0].matrix.cols());
  const auto rows = static_cast<int>(maps[0].matrix.rows());
  for_rows(pool_, tokens * heads, [&](int first, int count) {
    for (int i = first; i < first + count; ++i)
      std::copy_n(row_at(in, i, in_width), cols,
                  row_at(s.head_inputs, i % heads * tokens + i / heads, cols));
  });
  s.jobs.clear();
  for (int h = 0; h < heads; ++h)
    s.jobs.push_back(product(maps[static_cast<std::size_t>(h)],
                             row_at(s.head_inputs, h * tokens, cols),
                             row_at(s.head_outputs, h * tokens, rows), tokens));
  multiply(s.jobs);
  for_rows(pool_, tokens * heads, [&](int first, int count) {
    for (int i = first; i < first + count; ++i)
      std::copy_n(row_at(s.head_outputs, i % heads * tokens + i / heads, rows), rows,
                  row_at(out, i, out_width));
  });
}

// One segment, whose rows begin at `first` in q, k, v and mixed.
void Network::attend(const std::vector<float>& sinks, int layer, const Segment& segment,
                     int first) {
  const ModelConfig& c = config_;
  Scratch& s = scratch_;
  const int tokens = static_cast<int>(segment.ids.size()), first_pos = segment.sequence->tokens();
  const bool latent = kv_.value_dim == 0;
  const int value_dim = latent ? c.latent.kv_rank : kv_.value_dim;
  point_at_blocks(*segment.sequence, layer);
  kernels::kv_write(row_at(s.k, first, kv_.n_kv_heads * kv_.key_dim), s.key_blocks.data(), kv_.type,
                    first_pos, tokens, kv_.n_kv_heads, kv_.key_dim);
  if (!latent)
    kernels::kv_write(row_at(s.v, first, kv_.n_kv_heads * kv_.value_dim), s.value_blocks.data(),
                      kv_.type, first_pos, tokens, kv_.n_kv_heads, kv_.value_dim);
  kernels::attention({.q = row_at(s.q, first, c.n_heads * kv_.key_dim),
                      .k_blocks = s.key_blocks.data(),
                      .v_blocks = s.value_blocks.data(),
                      .out = row_at(s.mixed, first, c.n_heads * value_dim),
                      .kv_type = kv_.type,
                      .tokens = tokens,
                      .first_pos = first_pos,
                      .n_heads = c.n_heads,
                      .n_kv_heads = c.n_kv_heads,
                      .head_dim = kv_.key_dim,
                      .value_dim = value_dim,
                      .value_row = latent ? kv_.key_dim : 0,
                      .window = c.windows[static_cast<std::size_t>(layer)],
                      .scale = c.attention_scale,
                      .sinks = sinks.empty() ? nullptr : sinks.data()},
                     pool_);
}

void Network::point_at_blocks(const KvSequence& sequence, int layer) {
  const std::span<const int> blocks = sequence.blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    scratch_.key_blocks[i] = sequence.pool().keys(blocks[i], layer);
    scratch_.value_blocks[i] = sequence.pool().values(blocks[i], layer);
  }
}

}  // namespace curlew::model
