#include "model/cuda/device_weights.h"

#include <cstring>
#include <string>

#include "kernels/cuda/experts.h"
#include "kernels/cuda/matmul_tiled.h"
#include "kernels/cuda/rope_kv.h"

#if defined(CURLEW_CUDA_ON_HOST)
#include "kernels/cuda/on_host/machine.h"
#endif

namespace curlew::model {
namespace {

// Walks over a network's tensors: counting their bytes, or uploading them too.
class Loader {
 public:
  Loader(const ModelFile& file, std::byte* memory, cudaStream_t stream)
      : file_(file), pieces_(memory), stream_(stream) {}

  DeviceLinear linear(const std::string& stem) {
    const ModelTensor* tensor = file_.tensor(stem + ".weight");
    if (tensor == nullptr) return {};
    return {.matrix = matrix(tensor->matrix()), .bias = vector(stem + ".bias").data};
  }

  // Of the file.
  cuda::DeviceMatrix matrix(const kernels::MatrixView& view) {
    const cuda::DeviceMatrix packed = planes(view);
    if (!pieces_.only_counts())
      file_.drop_pages({static_cast<const std::byte*>(view.data),
                        static_cast<std::size_t>(view.rows) * view.row_bytes()});
    return packed;
  }

  cuda::DeviceMatrix planes(const kernels::MatrixView& view) {
    const cuda::MatrixLayout layout = cuda::matrix_layout(view.type, view.rows, view.cols);
    std::uint8_t* to = pieces_.take<std::uint8_t>(layout.bytes);
    if (!pieces_.only_counts() && status_) {
      staging_.resize(layout.bytes);
      cuda::pack_matrix(view, layout, staging_.data());
      upload(to, staging_.data(), layout.bytes);
    }
    return layout.at(to);
  }

  // W_k and W_v of all heads, out of the tensor that holds a head's rows of the one, then of the other.
  void split_joined(const std::string& name, const ModelConfig& c, DeviceLatent& w) {
    const kernels::MatrixView joined = tensor(name).matrix();
    const auto heads = static_cast<std::size_t>(c.n_heads),
               rank = static_cast<std::size_t>(joined.cols);
    const auto keys = static_cast<std::size_t>(c.head_dim - c.rope_dim);
    const auto values = static_cast<std::size_t>(c.value_dim);
    const std::size_t row_bytes = joined.row_bytes();
    std::vector<float> k, straight(rank);
    std::vector<std::byte> v;
    if (!pieces_.only_counts()) {
      k.resize(heads * rank * keys);
      v.resize(heads * values * row_bytes);
      const auto* row = static_cast<const std::byte*>(joined.data);
      for (std::size_t h = 0; h < heads; ++h) {
        for (std::size_t i = 0; i < keys; ++i, row += row_bytes) {
          kernels::dequantize(joined.type, row, straight.data(), joined.cols);
          for (std::size_t r = 0; r < rank; ++r) k[(h * rank + r) * keys + i] = straight[r];
        }
        std::memcpy(v.data() + h * values * row_bytes, row, values * row_bytes);
        row += values * row_bytes;
      }
    }
    w.k = planes({kernels::WeightType::kF32, k.data(), static_cast<std::int64_t>(heads * rank),
                  static_cast<std::int64_t>(keys)});
    w.v = planes({joined.type, v.data(), static_cast<std::int64_t>(heads * values), joined.cols});
  }

  DeviceNorm norm(const std::string& stem) {
    const Floats weight = vector(stem + ".weight");
    return {.weight = weight.data, .bias = vector(stem + ".bias").data, .count = weight.count};
  }

  const float* floats(const std::string& name) { return vector(name).data; }

  const float* floats(const std::vector<float>& values) {
    float* to = pieces_.take<float>(values.size());
    if (!pieces_.only_counts()) upload(to, values.data(), values.size() * sizeof(float));
    return to;
  }

  const ModelTensor& tensor(const std::string& name) const { return *file_.tensor(name); }
  bool has(const std::string& name) const { return file_.tensor(name) != nullptr; }
  std::size_t bytes() const { return pieces_.bytes(); }
  const Status& status() const { return status_; }

 private:
  struct Floats {
    const float* data = nullptr;
    int count = 0;
  };

  Floats vector(const std::string& name) {
    const ModelTensor* tensor = file_.tensor(name);
    if (tensor == nullptr) return {};
    std::vector<float> values(static_cast<std::size_t>(tensor->elements()));
    kernels::dequantize(tensor->type, tensor->bytes.data(), values.data(), tensor->elements());
    return {floats(values), static_cast<int>(tensor->elements())};
  }

  // Waits: the bytes may go when it returns.
  void upload(void* to, const void* from, std::size_t bytes) {
    if (!status_) return;
    cudaError_t error = cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_);
    if (error == cudaSuccess) error = cudaStreamSynchronize(stream_);
    status_ = cuda_status(error, "uploading weights");
  }

  const ModelFile& file_;
  Pieces pieces_;
  cudaStream_t stream_;
  std::vector<std::uint8_t> staging_;
  Status status_;
};

DeviceLatent load_latent(Loader& from, const std::string& at, const ModelConfig& c) {
  DeviceLatent w = {.q_down = from.linear(at + "attn_q_a"),
                    .q_up = from.linear(at + "attn_q_b"),
                    .kv_down = from.linear(at + "attn_kv_a_mqa"),
                    .q_norm = from.norm(at + "attn_q_a_norm"),
                    .kv_norm = from.norm(at + "attn_kv_a_norm"),
                    .k = {},
                    .v = {}};
  if (c.latent.kv_joined) {
    from.split_joined(at + "attn_kv_b.weight", c, w);
  } else {
    w.k = from.matrix(from.tensor(at + "attn_k_b.weight").matrix());
    w.v = from.matrix(from.tensor(at + "attn_v_b.weight").matrix());
  }
  return w;
}

DeviceFeedForward load_feed_forward(Loader& from, const std::string& at, const char* suffix) {
  return {.gate = from.linear(at + "ffn_gate" + suffix),
          .up = from.linear(at + "ffn_up" + suffix),
          .down = from.linear(at + "ffn_down" + suffix)};
}

DeviceLayer load_layer(Loader& from, const ModelConfig& c, int layer) {
  const std::string at = fmt::format("blk.{}.", layer);
  const bool has_experts = c.experts.in_layer(layer);
  // gpt-oss names the norm before the feed-forward part by what it comes after.
  const bool by_other_name = from.has(at + "post_attention_norm.weight");
  DeviceLayer w = {.attention_norm = from.norm(at + "attn_norm"),
                   .ffn_norm = from.norm(at + (by_other_name ? "post_attention_norm" : "ffn_norm")),
                   .q_norm = from.norm(at + "attn_q_norm"),
                   .k_norm = from.norm(at + "attn_k_norm"),
                   .q = from.linear(at + "attn_q"),
                   .k = from.linear(at + "attn_k"),
                   .v = from.linear(at + "attn_v"),
                   .attention_out = from.linear(at + "attn_output"),
                   .sinks = from.floats(at + "attn_sinks.weight"),
                   .latent = {},
                   .ffn = load_feed_forward(from, at, has_experts ? "_shexp" : ""),
                   .experts = {}};
  if (c.latent.kv_rank > 0) w.latent = load_latent(from, at, c);
  if (has_experts)
    w.experts = {.router = from.linear(at + "ffn_gate_inp"),
                 .selection_bias = from.floats(at + "exp_probs_b.bias"),
                 .stacks = load_feed_forward(from, at, "_exps")};
  return w;
}

void note_kind(WeightKinds& kinds, const cuda::DeviceMatrix& matrix) {
  if (matrix.rows == 0) return;
  (cuda::is_float(matrix.format) ? kinds.has_float : kinds.has_quantised) = true;
}
void note_kinds(WeightKinds& kinds, const DeviceLayer& l) {
  for (const DeviceLinear* map :
       {&l.q, &l.k, &l.v, &l.attention_out, &l.ffn.gate, &l.ffn.up, &l.ffn.down, &l.experts.router,
        &l.latent.q_down, &l.latent.q_up, &l.latent.kv_down}) {
    note_kind(kinds, map->matrix);
    if (map->matrix.rows > 0)
      (cuda::can_tile(map->matrix) ? kinds.has_tiled : kinds.has_plain) = true;
  }
  for (const cuda::DeviceMatrix* matrix : {&l.latent.k, &l.latent.v}) note_kind(kinds, *matrix);
  const DeviceFeedForward& stacks = l.experts.stacks;
  for (const DeviceLinear* map : {&stacks.gate, &stacks.up, &stacks.down}) {
    note_kind(kinds, map->matrix);
    if (map->matrix.rows > 0 && !cuda::can_tile(map->matrix)) kinds.has_plain_experts = true;
  }
}

template <class Progress>
DeviceWeights load_all(Loader& from, const ModelConfig& c, const Progress& progress) {
  DeviceWeights w;
  w.output = from.linear(c.tied_output ? "token_embd" : "output");
  w.embedding =
      c.tied_output ? w.output.matrix : from.matrix(from.tensor("token_embd.weight").matrix());
  w.output_norm = from.norm("output_norm");
  w.inv_freq = from.floats(c.inv_freq);
  note_kind(w.kinds, w.output.matrix);
  for (int layer = 0; layer < c.n_layers; ++layer) {
    progress(layer);
    w.layers.push_back(load_layer(from, c, layer));
    note_kinds(w.kinds, w.layers.back());
  }
  return w;
}

}  // namespace

Status check_cuda_supports(const ModelConfig& c) {
  if (c.experts.count > cuda::kExpertsMax || c.experts.used > cuda::kExpertsUsedMax)
    return fail(Errc::kUnsupported, "{}: {} of {} experts, the CUDA engine runs up to {} of {}",
                c.name, c.experts.used, c.experts.count, cuda::kExpertsUsedMax, cuda::kExpertsMax);
  if (const int row = c.latent.kv_rank > 0 ? c.latent_row_dim() : c.head_dim;
      row > cuda::kHeadDimMax)
    return fail(Errc::kUnsupported, "{}: heads of {}, the CUDA engine runs up to {}", c.name, row,
                cuda::kHeadDimMax);
  if (c.latent.kv_rank % 4 != 0 || (c.latent.kv_rank > 0 && c.head_dim % 4 != 0))
    return fail(Errc::kUnsupported,
                "{}: latent attention of rank {} and heads of {}, expected multiples of 4", c.name,
                c.latent.kv_rank, c.head_dim);
  if (c.value_dim % 4 != 0)
    return fail(Errc::kUnsupported, "{}: heads of {} values, which is no multiple of 4", c.name,
                c.value_dim);
  return {};
}

WeightsNeed device_weights_need(const ModelFile& file, const ModelConfig& config) {
  Loader counting(file, nullptr, nullptr);
  const DeviceWeights w = load_all(counting, config, [](int) {});
  return {.bytes = counting.bytes(), .kinds = w.kinds};
}

Expected<DeviceWeights> load_device_weights(
    const ModelFile& file, const ModelConfig& config, cudaStream_t stream,
    const std::function<void(float fraction)>& on_progress) {
  Expected<DeviceMemory> memory =
      take_device_memory(device_weights_need(file, config).bytes, "the weights");
  if (!memory) return std::move(memory.error()).during(file.name());
  Loader from(file, memory->data(), stream);
  DeviceWeights w = load_all(from, config, [&](int layers_done) {
    if (on_progress)
      on_progress(static_cast<float>(layers_done + 1) / static_cast<float>(config.n_layers + 1));
  });
  if (!from.status()) return Error(from.status().error()).during(file.name());
#if defined(CURLEW_CUDA_ON_HOST)
  on_host::seal(memory->data());
#endif
  w.memory = std::move(*memory);
  if (on_progress) on_progress(1.f);
  return w;
}

}  // namespace curlew::model
