#include "model/quantize/mix.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

namespace curlew::model {
namespace {

using kernels::WeightType;

constexpr Mix kMixes[] = {
    {"F32", 0, WeightType::kF32},           {"F16", 1, WeightType::kF16},
    {"BF16", 32, WeightType::kBF16},        {"Q8_0", 7, WeightType::kQ8_0},
    {"Q6_K", 18, WeightType::kQ6_K},        {"Q5_0", 8, WeightType::kQ5_0},
    {"Q5_1", 9, WeightType::kQ5_1},         {"Q5_K_S", 16, WeightType::kQ5_K, 'S'},
    {"Q5_K_M", 17, WeightType::kQ5_K, 'M'}, {"Q4_0", 2, WeightType::kQ4_0},
    {"Q4_1", 3, WeightType::kQ4_1},         {"Q4_K_S", 14, WeightType::kQ4_K, 'S'},
    {"Q4_K_M", 15, WeightType::kQ4_K, 'M'}, {"IQ4_NL", 25, WeightType::kIQ4_NL},
    {"IQ4_XS", 30, WeightType::kIQ4_XS},    {"Q3_K_S", 11, WeightType::kQ3_K, 'S'},
    {"Q3_K_M", 12, WeightType::kQ3_K, 'M'}, {"Q3_K_L", 13, WeightType::kQ3_K, 'L'},
    {"Q2_K", 10, WeightType::kQ2_K},        {"MXFP4", 38, WeightType::kMXFP4},
    {"MXFP4_MOE", 38, WeightType::kMXFP4},
};

bool ends_with_weight(std::string_view name, std::string_view what) {
  return name.ends_with(std::string(what) + ".weight");
}

// The N of "blk.N."; -1 for tensors outside the layers.
int layer_of(std::string_view name) {
  int layer = -1;
  if (name.starts_with("blk.")) std::from_chars(name.data() + 4, name.data() + name.size(), layer);
  return layer;
}

bool stays_f32(const ModelTensor& tensor) {
  const std::string_view name = tensor.name;
  const auto matrix_dims =
      std::count_if(tensor.dims.begin(), tensor.dims.end(), [](auto dim) { return dim > 1; });
  return matrix_dims < 2 || !name.ends_with("weight") || name.ends_with("_norm.weight") ||
         ends_with_weight(name, "ffn_gate_inp") || ends_with_weight(name, "position_embd") ||
         ends_with_weight(name, "token_types");
}

// What the choices depend on besides a tensor's own name.
struct ModelShape {
  int n_layers = 0, n_experts = 0;
  std::int64_t heads_per_kv_head = 1;
  bool tied = true;           // token_embd is the output matrix as well
  std::vector<int> v_layers;  // that have attention values of their own, in order
  bool seventy_billion() const { return n_layers == 80 && heads_per_kv_head > 1; }
};

// head_count_kv may be one number for every layer; the first layer stands for all.
std::int64_t first_integer(const ModelFile& file, const std::string& key, std::int64_t fallback) {
  if (const auto* list = file.integers(key)) return list->empty() ? fallback : list->front();
  return file.integer(key, fallback).value_or(fallback);
}

Expected<ModelShape> read_shape(const ModelFile& file) {
  const auto architecture = file.string("general.architecture");
  if (!architecture) return tl::unexpected<Error>(architecture.error());
  const std::string prefix = std::string(*architecture) + ".";
  ModelShape shape;
  shape.n_experts = static_cast<int>(first_integer(file, prefix + "expert_count", 0));
  const std::int64_t heads = first_integer(file, prefix + "attention.head_count", 1);
  const std::int64_t kv_heads = first_integer(file, prefix + "attention.head_count_kv", heads);
  shape.heads_per_kv_head = kv_heads > 0 ? heads / kv_heads : 1;
  shape.tied = file.tensor("output.weight") == nullptr;
  for (const ModelTensor& tensor : file.tensors()) {
    const int layer = layer_of(tensor.name);
    shape.n_layers = std::max(shape.n_layers, layer + 1);
    if (ends_with_weight(tensor.name, ".attn_v") || ends_with_weight(tensor.name, ".attn_qkv"))
      shape.v_layers.push_back(layer);
  }
  std::sort(shape.v_layers.begin(), shape.v_layers.end());
  return shape;
}

// The first and the last eighth, and every third between.
bool gets_more_bits(int layer, int n_layers) {
  return layer < n_layers / 8 || layer >= 7 * n_layers / 8 || (layer - n_layers / 8) % 3 == 2;
}

class TypeChooser {
 public:
  TypeChooser(const Mix& mix, const ModelShape& shape) : mix_(mix), shape_(shape) {}

  WeightType choose(const ModelTensor& tensor) const {
    if (stays_f32(tensor)) return WeightType::kF32;
    return fitting(wanted(tensor), tensor.dims[0]);
  }

 private:
  bool is(std::string_view name) const { return mix_.name == name; }
  bool is_medium(WeightType type) const { return mix_.main == type && mix_.size == 'M'; }

  WeightType wanted(const ModelTensor& tensor) const {
    const std::string_view name = tensor.name;
    const int layer = layer_of(name);
    if (kernels::block_shape(mix_.main).elements == 1) return mix_.main;
    if (mix_.main == WeightType::kMXFP4) return mxfp4(tensor, layer);
    if (name == "output.weight" || (shape_.tied && name == "token_embd.weight"))
      return mix_.main == WeightType::kQ8_0 ? mix_.main : WeightType::kQ6_K;
    if (name == "token_embd.weight") return mix_.main;
    if (ends_with_weight(name, ".attn_v")) return values(layer);
    if (ends_with_weight(name, ".attn_k") && shape_.n_experts == 8) return WeightType::kQ8_0;
    if (ends_with_weight(name, ".attn_output")) return attention_output();
    if (ends_with_weight(name, ".attn_qkv")) return fused_attention();
    if (name.find(".ffn_down") != name.npos) return down(layer);
    return mix_.main;
  }

  // MXFP4: every matrix of the layers. MXFP4_MOE: the experts' only, as published files have it.
  WeightType mxfp4(const ModelTensor& tensor, int layer) const {
    const bool experts = tensor.dims.size() > 2 && tensor.dims[2] > 1;
    return (is("MXFP4_MOE") ? experts : layer >= 0) ? WeightType::kMXFP4 : WeightType::kQ8_0;
  }

  WeightType values(int layer) const {
    if (shape_.n_experts == 8) return WeightType::kQ8_0;  // small beside the experts
    const auto& layers = shape_.v_layers;
    const int n = static_cast<int>(layers.size());
    const int rank =
        static_cast<int>(std::lower_bound(layers.begin(), layers.end(), layer) - layers.begin());
    const bool wide_groups = shape_.heads_per_kv_head >= 4;
    WeightType type = mix_.main;
    if (is("Q2_K")) {
      type = wide_groups ? WeightType::kQ4_K : WeightType::kQ3_K;
    } else if (is("Q3_K_M")) {
      type = rank < 2 ? WeightType::kQ5_K : WeightType::kQ4_K;
    } else if (is("Q3_K_L") || (is("Q4_K_S") && rank < 4)) {
      type = WeightType::kQ5_K;
    } else if ((is("IQ4_NL") || is("IQ4_XS")) && wide_groups) {
      type = WeightType::kQ5_K;
    } else if ((is("Q4_K_M") || is("Q5_K_M")) && gets_more_bits(rank, n)) {
      type = WeightType::kQ6_K;
    }
    // Eight query heads share these: more bits cost almost nothing.
    if (shape_.seventy_billion() && (type == WeightType::kQ3_K || type == WeightType::kQ4_K))
      return WeightType::kQ5_K;
    return type;
  }

  WeightType attention_output() const {
    if (shape_.n_experts == 8) {
      const bool small = mix_.main == WeightType::kQ2_K || mix_.main == WeightType::kQ4_K ||
                         (mix_.main == WeightType::kQ3_K && mix_.size != 'L') || is("IQ4_NL") ||
                         is("IQ4_XS");
      return small ? WeightType::kQ5_K : mix_.main;
    }
    if (is("Q2_K")) return WeightType::kQ3_K;
    if (is("Q3_K_M")) return WeightType::kQ4_K;
    return is("Q3_K_L") ? WeightType::kQ5_K : mix_.main;
  }

  WeightType fused_attention() const {
    if (is("Q3_K_M") || is("Q3_K_L")) return WeightType::kQ4_K;
    if (is_medium(WeightType::kQ4_K)) return WeightType::kQ5_K;
    return is_medium(WeightType::kQ5_K) ? WeightType::kQ6_K : mix_.main;
  }

  WeightType down(int layer) const {
    const int n = shape_.n_layers;
    if (is("Q2_K")) return WeightType::kQ3_K;
    if (is("Q3_K_M")) return layer < n / 16 ? WeightType::kQ5_K : WeightType::kQ4_K;
    if (is("Q3_K_L")) return WeightType::kQ5_K;
    if (is("Q4_K_M") || is("Q5_K_M"))
      return gets_more_bits(layer, n) ? WeightType::kQ6_K : mix_.main;
    if (is("Q4_K_S") || is("IQ4_NL") || is("IQ4_XS"))
      return layer < n / 8 ? WeightType::kQ5_K : mix_.main;
    return mix_.main;
  }

  // Where rows do not divide into super-blocks: blocks of 32 with as many bits or a few more; where
  // they do not divide into those either, half precision.
  WeightType fitting(WeightType type, std::int64_t row) const {
    const auto fits = [&](WeightType t) { return row % kernels::block_shape(t).elements == 0; };
    if (fits(type)) return type;
    WeightType fallback = WeightType::kF16;
    switch (type) {
      case WeightType::kQ2_K:
      case WeightType::kQ3_K:
        fallback = WeightType::kQ4_0;
        break;
      case WeightType::kIQ4_XS:
        fallback = WeightType::kIQ4_NL;
        break;
      case WeightType::kQ4_K:
        fallback = WeightType::kQ5_0;
        break;
      case WeightType::kQ5_K:
        fallback = WeightType::kQ5_1;
        break;
      case WeightType::kQ6_K:
        fallback = WeightType::kQ8_0;
        break;
      default:
        break;
    }
    return fits(fallback) ? fallback : WeightType::kF16;
  }

  const Mix& mix_;
  const ModelShape& shape_;
};

}  // namespace

Expected<Mix> find_mix(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (upper == "Q3_K" || upper == "Q4_K" || upper == "Q5_K") upper += "_M";
  std::string known;
  for (const Mix& mix : kMixes) {
    if (mix.name == upper) return mix;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", mix.name);
  }
  return fail(Errc::kInvalidInput, "weight type '{}': expected one of {}", name, known);
}

Expected<std::vector<WeightType>> choose_types(const ModelFile& file, const Mix& mix) {
  Expected<ModelShape> shape = read_shape(file);
  if (!shape) return std::move(shape.error()).pass();
  const TypeChooser chooser(mix, *shape);
  std::vector<WeightType> out;
  out.reserve(file.tensors().size());
  for (const ModelTensor& tensor : file.tensors()) out.push_back(chooser.choose(tensor));
  return out;
}

}  // namespace curlew::model
