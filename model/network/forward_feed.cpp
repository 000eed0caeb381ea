// The feed-forward part of the forward pass: dense, experts, or experts beside shared ones.
#include <algorithm>

#include "model/network/forward.h"
#include "model/network/forward_parts.h"

namespace curlew::model {
namespace {

constexpr float kSwigluAlpha = 1.702f, kSwigluLimit = 7.f;  // gpt-oss, arXiv:2508.10925

// W_gate x and W_up x of one feed-forward part, or W_up x into `gate` where there is no gate.
void add_inputs(std::vector<kernels::MatmulJob>& jobs, const FeedForwardWeights& w, const float* x,
                float* gate, float* up, int tokens) {
  if (w.gate) jobs.push_back(product(w.gate, x, gate, tokens));
  jobs.push_back(product(w.up, x, w.gate ? up : gate, tokens));
}

}  // namespace

// x += W_down a(W_gate n, W_up n),  n = norm(x); with experts, the weighted sum of the chosen
// ones', and of the shared ones' too
void Network::feed_forward(const LayerWeights& w, int layer, int tokens) {
  Scratch& s = scratch_;
  const ExpertConfig& e = config_.experts;
  const bool routed = e.in_layer(layer), common = static_cast<bool>(w.ffn.up);
  const int width = config_.ffn_layer_dim(layer);
  if (!config_.parallel_residual) normalise(s.x.data(), w.ffn_norm, s.normed.data(), tokens);
  if (routed) route(w.experts, tokens);
  const auto for_experts =
      [&](auto&& work) {  // those with tokens: work(weights, first slot, slots)
        for (int i = 0; routed && i < e.count; ++i)
          if (s.groups.count(i) > 0)
            work(w.experts.experts[static_cast<std::size_t>(i)], s.groups.first(i),
                 s.groups.count(i));
      };

  s.jobs.clear();
  if (common) add_inputs(s.jobs, w.ffn, s.normed.data(), s.gate.data(), s.up.data(), tokens);
  for_experts([&](const FeedForwardWeights& expert, int first, int slots) {
    const float* x =
        tokens == 1 ? s.normed.data() : row_at(s.slot_inputs, first, config_.hidden_dim);
    add_inputs(s.jobs, expert, x, row_at(s.slot_gate, first, e.ffn_dim),
               row_at(s.slot_up, first, e.ffn_dim), slots);
  });
  multiply(s.jobs);

  if (common) activate(s.gate, s.up, tokens, width);
  if (routed) activate(s.slot_gate, s.slot_up, s.groups.slots(), e.ffn_dim);

  s.jobs.clear();
  if (common) s.jobs.push_back(product(w.ffn.down, s.gate.data(), s.delta.data(), tokens));
  for_experts([&](const FeedForwardWeights& expert, int first, int slots) {
    s.jobs.push_back(product(expert.down, row_at(s.slot_gate, first, e.ffn_dim),
                             row_at(s.slot_outputs, first, config_.hidden_dim), slots));
  });
  multiply(s.jobs);
  if (routed) sum_experts(tokens, common);
  add_to_stream(tokens);
}

// Chooses every token's experts, and lays the tokens out by expert. A single token is read where it
// stands.
void Network::route(const ExpertWeights& w, int tokens) {
  Scratch& s = scratch_;
  const ExpertConfig& e = config_.experts;
  const kernels::MatmulJob job = product(w.router, s.normed.data(), s.router_logits.data(), tokens);
  multiply({&job, 1});
  const float* bias = w.selection_bias.empty() ? nullptr : w.selection_bias.data();
  for_rows(pool_, tokens, [&](int first, int count) {
    for (int t = first; t < first + count; ++t)
      choose_experts(e, row_at(s.router_logits, t, e.count), bias, row_at(s.chosen, t, e.used),
                     row_at(s.chosen_weight, t, e.used), row_at(s.router_scores, t, 2 * e.count));
  });
  s.groups.group(std::span(s.chosen).first(static_cast<std::size_t>(tokens * e.used)), e.used);
  if (tokens == 1) return;
  const int hidden_dim = config_.hidden_dim;
  for_rows(pool_, s.groups.slots(), [&](int first, int count) {
    for (int slot = first; slot < first + count; ++slot)
      std::copy_n(row_at(s.normed, s.groups.token_in(slot), hidden_dim), hidden_dim,
                  row_at(s.slot_inputs, slot, hidden_dim));
  });
}

// gate = a(gate, up), [rows, width]
void Network::activate(std::vector<float>& gate, std::vector<float>& up, int rows, int width) {
  for_rows(pool_, rows, [&](int first, int count) {
    float *g = row_at(gate, first, width), *u = row_at(up, first, width);
    const std::int64_t n = std::int64_t{count} * width;
    switch (config_.activation) {
      case Activation::kSiluGate:
        return kernels::silu_mul(g, u, g, n);
      case Activation::kGeluGate:
        return kernels::gelu_mul(g, u, g, n);
      case Activation::kGelu:
        return kernels::gelu(g, g, n);
      case Activation::kSwigluOai:
        return kernels::swiglu_oai(g, u, g, n, kSwigluAlpha, kSwigluLimit);
    }
  });
}

// A token's experts are summed in the order of their rank, whatever order they were evaluated in.
void Network::sum_experts(int tokens, bool onto_shared) {
  Scratch& s = scratch_;
  const int used = config_.experts.used, hidden_dim = config_.hidden_dim;
  for_rows(pool_, tokens, [&](int first, int count) {
    float* sum = row_at(s.delta, first, hidden_dim);
    for (int t = first; t < first + count; ++t, sum += hidden_dim) {
      if (!onto_shared) std::fill_n(sum, hidden_dim, 0.f);
      for (int choice = t * used; choice < (t + 1) * used; ++choice)
        kernels::add_scaled(row_at(s.slot_outputs, s.groups.slot_of(choice), hidden_dim),
                            s.chosen_weight[static_cast<std::size_t>(choice)], sum, hidden_dim);
    }
  });
}

}  // namespace curlew::model
