#include "model/network/scratch.h"

#include <algorithm>

namespace curlew::model {
namespace {

constexpr std::size_t kJobsPerPart = 3;  // gate, up, down

}  // namespace

Scratch::Scratch(const ModelConfig& c, int chunk_tokens, int kv_blocks) {
  const auto rows = [&](std::int64_t width) {
    return static_cast<std::size_t>(chunk_tokens) * static_cast<std::size_t>(width);
  };
  const std::int64_t heads = c.n_heads, kv_heads = c.n_kv_heads;
  pos.resize(rows(1));
  for (std::vector<float>* buffer : {&x, &normed, &delta}) buffer->resize(rows(c.hidden_dim));
  const int ffn_width = std::max(c.ffn_dim, c.experts.shared_ffn_dim);
  for (std::vector<float>* buffer : {&gate, &up}) buffer->resize(rows(ffn_width));

  if (c.latent.kv_rank > 0) {
    q.resize(rows(heads * c.latent_row_dim()));
    k.resize(rows(c.latent_row_dim()));
    mixed.resize(rows(heads * c.latent.kv_rank));
    q_low.resize(rows(c.latent.q_rank));
    q_heads.resize(rows(heads * c.head_dim));
    value_heads.resize(rows(heads * c.value_dim));
    const int widest = std::max({c.latent.kv_rank, c.head_dim, c.value_dim});
    for (std::vector<float>* buffer : {&head_inputs, &head_outputs})
      buffer->resize(rows(heads * widest));
  } else {
    q.resize(rows(heads * c.head_dim));
    k.resize(rows(kv_heads * c.head_dim));
    v.resize(rows(kv_heads * c.value_dim));
    mixed.resize(rows(heads * c.value_dim));
  }

  const ExpertConfig& e = c.experts;
  const std::size_t slots = rows(e.used);
  if (e.count > 0) {
    router_logits.resize(rows(e.count));
    router_scores.resize(rows(2 * e.count));
    chosen.resize(slots);
    chosen_weight.resize(slots);
    groups = ExpertGroups(e.count, static_cast<int>(slots));
    for (std::vector<float>* buffer : {&slot_inputs, &slot_outputs})
      buffer->resize(slots * static_cast<std::size_t>(c.hidden_dim));
    for (std::vector<float>* buffer : {&slot_gate, &slot_up})
      buffer->resize(slots * static_cast<std::size_t>(e.ffn_dim));
  }
  const std::size_t experts_at_work = std::min(slots, static_cast<std::size_t>(e.count));
  jobs.reserve(std::max((experts_at_work + 1) * kJobsPerPart, static_cast<std::size_t>(heads)));
  for (std::vector<void*>* blocks : {&key_blocks, &value_blocks})
    blocks->resize(static_cast<std::size_t>(kv_blocks));
}

std::size_t Scratch::bytes() const {
  std::size_t floats = 0;
  for (const std::vector<float>* buffer : {&x,
                                           &normed,
                                           &delta,
                                           &q,
                                           &k,
                                           &v,
                                           &mixed,
                                           &q_low,
                                           &q_heads,
                                           &value_heads,
                                           &head_inputs,
                                           &head_outputs,
                                           &gate,
                                           &up,
                                           &router_logits,
                                           &router_scores,
                                           &chosen_weight,
                                           &slot_inputs,
                                           &slot_outputs,
                                           &slot_gate,
                                           &slot_up})
    floats += buffer->size();
  // pos, and what is known of every choice: the expert, and both ways between it and its slot
  const std::size_t ints = pos.size() + 3 * chosen.size();
  return floats * sizeof(float) + ints * sizeof(int) +
         (key_blocks.size() + value_blocks.size()) * sizeof(void*) +
         jobs.capacity() * sizeof(kernels::MatmulJob);
}

}  // namespace curlew::model
