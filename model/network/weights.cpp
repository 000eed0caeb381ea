#include "model/network/weights.h"

#include <algorithm>
#include <map>
#include <new>
#include <string>

namespace curlew::model {
namespace {

// Fetches tensors by name and keeps the accounts. Presence and shape were checked by read_config;
// what may be missing, and is, comes out empty.
class Loader {
 public:
  Loader(const ModelFile& file, kernels::ThreadPool& pool, Weights& weights)
      : file_(file), pool_(pool), weights_(weights) {}

  bool has(const std::string& name) const { return file_.tensor(name) != nullptr; }

  std::vector<float> vector(const std::string& name) const {
    const ModelTensor* tensor = file_.tensor(name);
    if (tensor == nullptr) return {};
    std::vector<float> values(static_cast<std::size_t>(tensor->elements()));
    kernels::dequantize(tensor->type, tensor->bytes.data(), values.data(), tensor->elements());
    return values;
  }

  Norm norm(const std::string& stem) const {
    return {.weight = vector(stem + ".weight"), .bias = vector(stem + ".bias")};
  }

  Linear linear(const std::string& stem) {
    const ModelTensor* tensor = file_.tensor(stem + ".weight");
    if (tensor == nullptr) return {};
    return {.name = std::string(tensor->name),
            .matrix = pack(tensor->matrix()),
            .bias = vector(stem + ".bias")};
  }

  // The matrices of a tensor [n, rows, cols], and the rows of a bias [n, rows].
  std::vector<Linear> stack(const std::string& stem) {
    const ModelTensor* tensor = file_.tensor(stem + ".weight");
    const std::vector<float> bias = vector(stem + ".bias");
    const auto rows = tensor->dims[1];
    std::vector<Linear> maps(static_cast<std::size_t>(tensor->dims[2]));
    for (std::size_t i = 0; i < maps.size(); ++i) {
      const auto at = static_cast<std::ptrdiff_t>(i) * rows;
      maps[i].name = tensor->name;
      maps[i].matrix = pack(rows_of(*tensor, at, rows));
      if (!bias.empty()) maps[i].bias.assign(bias.begin() + at, bias.begin() + at + rows);
    }
    return maps;
  }

  // Rows first .. first + count - 1 of a tensor, transposed: [cols, count], in float32.
  Linear transposed_rows(const ModelTensor& tensor, std::int64_t first, std::int64_t count) {
    const kernels::MatrixView view = rows_of(tensor, first, count);
    std::vector<float> straight(static_cast<std::size_t>(view.rows * view.cols));
    std::vector<float>& turned = weights_.transposed.emplace_back(straight.size());
    kernels::dequantize(view.type, view.data, straight.data(), view.rows * view.cols);
    for (std::int64_t r = 0; r < view.rows; ++r)
      for (std::int64_t c = 0; c < view.cols; ++c)
        turned[static_cast<std::size_t>(c * view.rows + r)] =
            straight[static_cast<std::size_t>(r * view.cols + c)];
    weights_.packed_bytes += turned.size() * sizeof(float);
    return {.name = std::string(tensor.name),
            .matrix = pack({kernels::WeightType::kF32, turned.data(), view.cols, view.rows}),
            .bias = {}};
  }

  Linear plain_rows(const ModelTensor& tensor, std::int64_t first, std::int64_t count) {
    return {.name = std::string(tensor.name),
            .matrix = pack(rows_of(tensor, first, count)),
            .bias = {}};
  }

  const ModelTensor& tensor(const std::string& name) const { return *file_.tensor(name); }

 private:
  static kernels::MatrixView rows_of(const ModelTensor& tensor, std::int64_t first,
                                     std::int64_t count) {
    kernels::MatrixView view = tensor.matrix();
    view.data = static_cast<const std::byte*>(view.data) +
                static_cast<std::size_t>(first) * view.row_bytes();
    view.rows = count;
    return view;
  }

  kernels::PackedMatrix pack(const kernels::MatrixView& view) {
    kernels::PackedMatrix packed = kernels::PackedMatrix::pack(view, pool_, &memory_);
    if (!packed) throw std::bad_alloc();
    weights_.packed_bytes += packed.own_bytes();
    const std::size_t bytes = static_cast<std::size_t>(view.rows) * view.row_bytes();
    if (packed.own_bytes() > 0) file_.drop_pages({static_cast<const std::byte*>(view.data), bytes});
    return packed;
  }

  const ModelFile& file_;
  kernels::ThreadPool& pool_;
  Weights& weights_;
  kernels::PackedMemory memory_;
};

HeadWeights load_heads(Loader& from, const std::string& at) {
  return {.q = from.linear(at + "attn_q"),
          .k = from.linear(at + "attn_k"),
          .v = from.linear(at + "attn_v"),
          .q_norm = from.norm(at + "attn_q_norm"),
          .k_norm = from.norm(at + "attn_k_norm"),
          .sinks = from.vector(at + "attn_sinks.weight")};
}

// A head's rows in the joined tensor: those that make its key, then those that make its value.
void split_joined(Loader& from, const std::string& name, const ModelConfig& c, LatentWeights& w) {
  const ModelTensor& joined = from.tensor(name);
  const std::int64_t key_rows = c.head_dim - c.rope_dim, rows = key_rows + c.value_dim;
  for (int head = 0; head < c.n_heads; ++head) {
    w.k.push_back(from.transposed_rows(joined, head * rows, key_rows));
    w.v.push_back(from.plain_rows(joined, head * rows + key_rows, c.value_dim));
  }
}

LatentWeights load_latent(Loader& from, const std::string& at, const ModelConfig& c) {
  LatentWeights w = {.q = from.linear(at + "attn_q"),
                     .q_down = from.linear(at + "attn_q_a"),
                     .q_norm = from.norm(at + "attn_q_a_norm"),
                     .q_up = from.linear(at + "attn_q_b"),
                     .kv_down = from.linear(at + "attn_kv_a_mqa"),
                     .kv_norm = from.norm(at + "attn_kv_a_norm"),
                     .k = {},
                     .v = {}};
  if (c.latent.kv_joined) {
    split_joined(from, at + "attn_kv_b.weight", c, w);
  } else {
    w.k = from.stack(at + "attn_k_b");
    w.v = from.stack(at + "attn_v_b");
  }
  return w;
}

FeedForwardWeights load_feed_forward(Loader& from, const std::string& at, const char* suffix) {
  return {.gate = from.linear(at + "ffn_gate" + suffix),
          .up = from.linear(at + "ffn_up" + suffix),
          .down = from.linear(at + "ffn_down" + suffix)};
}

ExpertWeights load_experts(Loader& from, const std::string& at) {
  ExpertWeights w = {.router = from.linear(at + "ffn_gate_inp"),
                     .selection_bias = from.vector(at + "exp_probs_b.bias"),
                     .experts = {}};
  std::vector<Linear> gate = from.stack(at + "ffn_gate_exps"), up = from.stack(at + "ffn_up_exps"),
                      down = from.stack(at + "ffn_down_exps");
  for (std::size_t i = 0; i < up.size(); ++i)
    w.experts.push_back(
        {.gate = std::move(gate[i]), .up = std::move(up[i]), .down = std::move(down[i])});
  return w;
}

LayerWeights load_layer(Loader& from, const ModelConfig& c, int layer) {
  const std::string at = fmt::format("blk.{}.", layer);
  LayerWeights w;
  w.attention_norm = from.norm(at + "attn_norm");
  // gpt-oss names the norm before the feed-forward part by what it comes after.
  const bool by_other_name = from.has(at + "post_attention_norm.weight");
  w.ffn_norm = from.norm(at + (by_other_name ? "post_attention_norm" : "ffn_norm"));
  if (c.latent.kv_rank > 0)
    w.latent = load_latent(from, at, c);
  else
    w.heads = load_heads(from, at);
  w.attention_out = from.linear(at + "attn_output");
  w.ffn = load_feed_forward(from, at, c.experts.in_layer(layer) ? "_shexp" : "");
  if (c.experts.in_layer(layer)) w.experts = load_experts(from, at);
  return w;
}

}  // namespace

kernels::WeightType main_weight_type(const ModelFile& file) {
  std::map<kernels::WeightType, std::size_t> bytes;
  for (const ModelTensor& tensor : file.tensors())
    if (tensor.name.starts_with("blk.")) bytes[tensor.type] += tensor.bytes.size();
  const auto by_bytes = [](const auto& a, const auto& b) { return a.second < b.second; };
  return bytes.empty() ? kernels::WeightType::kF32
                       : std::ranges::max_element(bytes, by_bytes)->first;
}

Expected<Weights> load_weights(const ModelFile& file, const ModelConfig& config,
                               kernels::ThreadPool& pool,
                               const std::function<void(float fraction)>& on_progress) {
  const auto progress = [&](int layers_done) {
    const float steps = static_cast<float>(config.n_layers + 1);
    if (on_progress) on_progress(static_cast<float>(layers_done) / steps);
  };
  try {
    Weights w;
    Loader from(file, pool, w);
    w.embedding = file.tensor("token_embd.weight")->matrix();
    w.output_norm = from.norm("output_norm");
    // The largest first: while a matrix is packed it is in memory twice.
    w.output = from.linear(config.tied_output ? "token_embd" : "output");
    w.layers.reserve(static_cast<std::size_t>(config.n_layers));
    for (int layer = 0; layer < config.n_layers; ++layer) {
      progress(layer + 1);
      w.layers.push_back(load_layer(from, config, layer));
    }
    progress(config.n_layers + 1);
    return w;
  } catch (const std::bad_alloc&) {
    return fail(Errc::kOutOfMemory, "{}: no memory for the weights", file.name());
  }
}

}  // namespace curlew::model
