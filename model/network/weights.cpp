#include "model/network/weights.h"

#include <map>
#include <new>
#include <string>

namespace curlew::model {
namespace {

// Fetches tensors by name and keeps the accounts. Presence and shape were checked by read_config.
class Loader {
 public:
  Loader(const ModelFile& file, kernels::ThreadPool& pool) : file_(file), pool_(pool) {}

  // The empty vector for a tensor that may be missing, and is.
  std::vector<float> vector(const std::string& name) const {
    const ModelTensor* tensor = file_.tensor(name);
    if (tensor == nullptr) return {};
    std::vector<float> values(static_cast<std::size_t>(tensor->elements()));
    kernels::dequantize(tensor->type, tensor->bytes.data(), values.data(), tensor->elements());
    return values;
  }

  kernels::PackedMatrix matrix(const std::string& name) {
    const ModelTensor* tensor = file_.tensor(name);
    kernels::PackedMatrix packed = kernels::PackedMatrix::pack(tensor->matrix(), pool_);
    packed_bytes_ += packed.own_bytes();
    type_bytes_[tensor->type] += tensor->bytes.size();
    return packed;
  }

  std::size_t packed_bytes() const { return packed_bytes_; }

  kernels::WeightType main_type() const {
    auto main = type_bytes_.begin();
    for (auto it = type_bytes_.begin(); it != type_bytes_.end(); ++it)
      if (it->second > main->second) main = it;
    return main->first;
  }

 private:
  const ModelFile& file_;
  kernels::ThreadPool& pool_;
  std::size_t packed_bytes_ = 0;
  std::map<kernels::WeightType, std::size_t> type_bytes_;
};

LayerWeights load_layer(Loader& from, int layer) {
  const std::string at = fmt::format("blk.{}.", layer);
  LayerWeights w;
  w.attention_norm = from.vector(at + "attn_norm.weight");
  w.q = from.matrix(at + "attn_q.weight");
  w.k = from.matrix(at + "attn_k.weight");
  w.v = from.matrix(at + "attn_v.weight");
  w.attention_out = from.matrix(at + "attn_output.weight");
  w.q_bias = from.vector(at + "attn_q.bias");
  w.k_bias = from.vector(at + "attn_k.bias");
  w.v_bias = from.vector(at + "attn_v.bias");
  w.attention_out_bias = from.vector(at + "attn_output.bias");
  w.ffn_norm = from.vector(at + "ffn_norm.weight");
  w.ffn_gate = from.matrix(at + "ffn_gate.weight");
  w.ffn_up = from.matrix(at + "ffn_up.weight");
  w.ffn_down = from.matrix(at + "ffn_down.weight");
  return w;
}

}  // namespace

Expected<Weights> load_weights(const ModelFile& file, const ModelConfig& config,
                               kernels::ThreadPool& pool,
                               const std::function<void(float fraction)>& on_progress) {
  const auto progress = [&](int layers_done) {
    const float steps = static_cast<float>(config.n_layers + 1);
    if (on_progress) on_progress(static_cast<float>(layers_done) / steps);
  };
  try {
    Loader from(file, pool);
    Weights w;
    w.embedding = file.tensor("token_embd.weight")->matrix();
    w.output_norm = from.vector("output_norm.weight");
    w.layers.reserve(static_cast<std::size_t>(config.n_layers));
    for (int layer = 0; layer < config.n_layers; ++layer) {
      progress(layer);
      w.layers.push_back(load_layer(from, layer));
    }
    w.main_type = from.main_type();
    progress(config.n_layers);
    w.output = from.matrix(config.tied_output ? "token_embd.weight" : "output.weight");
    w.packed_bytes = from.packed_bytes();
    progress(config.n_layers + 1);
    return w;
  } catch (const std::bad_alloc&) {
    return fail(Errc::kOutOfMemory, "{}: no memory for the weights", file.name());
  }
}

}  // namespace curlew::model
