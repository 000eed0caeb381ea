#include "model/files/hf_tensors.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/files/hf_layout.h"

namespace curlew::model {
namespace {

constexpr std::int64_t kExpertsMax = 4096;

// The tensors of one module: "model.layers.0.self_attn.q_proj" has a weight, perhaps a bias; or the
// four of a packed matrix. A tensor whose name ends in no known field is a module of its own.
struct Module {
  const SafeTensor* weight = nullptr;
  const SafeTensor* bias = nullptr;
  Packed4Module packed;
};

// The last part of a tensor's name, and the member of Module it fills.
struct Field {
  std::string_view name;
  const SafeTensor* Module::*own = nullptr;
  const SafeTensor* Packed4Module::*packed = nullptr;
};
constexpr Field kFields[] = {
    {"weight", &Module::weight},
    {"bias", &Module::bias},
    {"qweight", nullptr, &Packed4Module::qweight},
    {"qzeros", nullptr, &Packed4Module::qzeros},
    {"scales", nullptr, &Packed4Module::scales},
    {"g_idx", nullptr, &Packed4Module::g_idx},
};
const Field* find_field(std::string_view name) {
  const Field* field = std::ranges::find(kFields, name, &Field::name);
  return field != std::end(kFields) ? field : nullptr;
}

// Frequencies that old programs saved with every layer; they follow from the configuration.
bool carries_no_weights(std::string_view name) {
  return name.ends_with(".rotary_emb.inv_freq");
}

bool is_all_zero(const SafeTensor& tensor) {
  return std::ranges::all_of(tensor.bytes, [](std::byte b) { return b == std::byte{0}; });
}

class Translator {
 public:
  Translator(const HfLayout& layout, const std::string& folder, GgufImage& image)
      : layout_(layout), family_(*layout.family), folder_(folder), image_(image) {}
  Status run(std::span<const SafeTensor> tensors);

 private:
  Status gather(std::span<const SafeTensor> tensors);
  Status translate(std::string_view name, const Module& module);
  Status translate_expert(const HfPlace& place, const Module& module, const std::string& name);
  Status translate_gpt_oss(const HfPlace& place, std::string_view name, const SafeTensor& tensor);
  Status stack_experts();

  Expected<HfWeight> matrix_of(const Module& module, std::string_view name);
  Expected<HfWeight> arranged(HfWeight weight, Role role);
  Expected<HfWeight> dense(HfWeight weight);
  Status emit_bias(const HfPlace& place, const Module& module, const std::string& name);
  Status emit(std::string name, Expected<HfWeight> weight);
  Status emit_pair(const std::string& first, const std::string& second,
                   Expected<HfWeightPair> pair);

  const HfLayout& layout_;
  const HfFamily& family_;
  const std::string& folder_;
  GgufImage& image_;
  std::map<std::string, Module, std::less<>> modules_;
  std::map<std::string, std::map<std::int64_t, HfWeight>> experts_;  // by GGUF name, then number
};

Status Translator::gather(std::span<const SafeTensor> tensors) {
  for (const SafeTensor& tensor : tensors) {
    const std::string_view name = tensor.name;
    if (carries_no_weights(name)) continue;
    const std::size_t dot = std::min(name.rfind('.'), name.size());
    const Field* field = find_field(name.substr(std::min(dot + 1, name.size())));
    Module& module = modules_[std::string(field != nullptr ? name.substr(0, dot) : name)];
    const SafeTensor*& slot = field == nullptr        ? module.weight
                              : field->own != nullptr ? module.*(field->own)
                                                      : module.packed.*(field->packed);
    if (slot != nullptr) return fail(Errc::kCorrupt, "tensors {} and {} are one", slot->name, name);
    slot = &tensor;
  }
  return {};
}

Status Translator::run(std::span<const SafeTensor> tensors) {
  if (Status s = gather(tensors); !s) return std::move(s.error()).during(folder_);
  for (const auto& [name, module] : modules_) {
    if (name == "lm_head" && layout_.ties_output) continue;  // a copy of the embedding
    if (Status s = translate(name, module); !s) return std::move(s.error()).during(folder_);
  }
  return stack_experts();
}

Status Translator::emit(std::string name, Expected<HfWeight> weight) {
  if (!weight) return std::move(weight.error()).during(name);
  image_.tensors.push_back(
      {image_.keep(std::move(name)), weight->type, std::move(weight->dims), weight->bytes});
  return {};
}

Status Translator::emit_pair(const std::string& first, const std::string& second,
                             Expected<HfWeightPair> pair) {
  if (!pair) return std::move(pair.error()).during(first);
  if (Status s = emit(first, std::move(pair->first)); !s) return s;
  return emit(second, std::move(pair->second));
}

Expected<HfWeight> Translator::matrix_of(const Module& module, std::string_view name) {
  if (module.weight != nullptr) return as_weight(*module.weight, image_);
  if (layout_.packed.method == Packed4Format::Method::kNone)
    return fail(Errc::kUnsupported,
                "module {} has packed weights, but config.json has no quantization_config", name);
  Expected<Packed4Matrix> made =
      unpack_packed4(module.packed, layout_.packed, std::string(name), image_);
  if (!made) return std::move(made.error()).pass();
  return HfWeight{made->type, {made->inputs, made->outputs}, made->bytes};
}

// What the family does to a weight or bias of this role; vectors and routers become F32.
Expected<HfWeight> Translator::arranged(HfWeight weight, Role role) {
  const bool less_one = role == Role::kNorm && family_.norm_weights == NormWeights::kLessOne;
  if (weight.dims.size() == 1 || role == Role::kRouter) {
    Expected<HfWeight> wide = to_f32(weight, less_one ? 1.f : 0.f, image_);
    if (!wide) return wide;
    weight = std::move(*wide);
  }
  if (family_.rope_rows == RopeRows::kAsTheyAre) return weight;
  if (role == Role::kQuery) return interleave_heads(weight, layout_.n_heads, image_);
  if (role == Role::kKey) return interleave_heads(weight, layout_.n_kv_heads, image_);
  return weight;
}

// Weights that are to be taken apart by element: blocks become F16.
Expected<HfWeight> Translator::dense(HfWeight weight) {
  if (kernels::block_shape(weight.type).elements == 1) return weight;
  const std::int64_t count = weight.dims[0] * weight.rows();
  std::vector<float> values(static_cast<std::size_t>(count));
  kernels::dequantize(weight.type, weight.bytes.data(), values.data(), count);
  return to_f16(values, weight.dims, image_);
}

Status Translator::emit_bias(const HfPlace& place, const Module& module, const std::string& name) {
  if (module.bias == nullptr) return {};
  // Packing tools write a bias of zeros beside every matrix, also where the network has none.
  if (module.weight == nullptr && is_all_zero(*module.bias)) return {};
  Expected<HfWeight> bias = as_weight(*module.bias, image_);
  if (bias)
    bias =
        arranged(std::move(*bias), place.row->role == Role::kNorm ? Role::kPlain : place.row->role);
  return emit(name, std::move(bias));
}

Status Translator::translate(std::string_view name, const Module& module) {
  const std::optional<HfPlace> place = locate(name, family_);
  if (!place)
    return fail(Errc::kUnsupported, "tensor {} is not part of a {}", name, family_.hf_class);
  if (place->layer >= layout_.n_layers)
    return fail(Errc::kCorrupt, "tensor {} belongs to layer {} of {}", name, place->layer,
                layout_.n_layers);
  const Role role = place->row->role;
  if (role >= Role::kSinks) {
    if (module.weight == nullptr || module.weight->name != name)
      return fail(Errc::kCorrupt, "tensor {} is missing; only fields of it are there", name);
    return translate_gpt_oss(*place, name, *module.weight);
  }
  if (module.weight == nullptr && module.packed.qweight == nullptr)
    return fail(Errc::kCorrupt, "module {} has no weight", name);
  if (role == Role::kExpert) return translate_expert(*place, module, std::string(name));
  const std::string_view stem = place->row->gguf;
  if (Status s = emit_bias(*place, module, place->gguf_name(stem, "bias")); !s) return s;
  Expected<HfWeight> weight = matrix_of(module, name);
  if (role == Role::kKeyValueUp) {
    if (weight) weight = dense(std::move(*weight));
    if (!weight) return std::move(weight.error()).pass();
    return emit_pair(place->gguf_name("attn_k_b", "weight"), place->gguf_name("attn_v_b", "weight"),
                     split_key_value_up(*weight, layout_.n_heads, layout_.mla_key_dim,
                                        layout_.mla_value_dim, image_));
  }
  if (weight) weight = arranged(std::move(*weight), role);
  return emit(place->gguf_name(stem, "weight"), std::move(weight));
}

Status Translator::translate_expert(const HfPlace& place, const Module& module,
                                    const std::string& name) {
  if (module.bias != nullptr && !is_all_zero(*module.bias))
    return fail(Errc::kUnsupported, "{}.bias: experts with biases are read of gpt-oss only", name);
  if (place.expert >= kExpertsMax)
    return fail(Errc::kCorrupt, "{}: at most {} experts are read", name, kExpertsMax);
  Expected<HfWeight> weight = matrix_of(module, name);
  if (weight) weight = arranged(std::move(*weight), Role::kExpert);
  if (!weight) return std::move(weight.error()).pass();
  experts_[place.gguf_name(place.row->gguf, "weight")].emplace(place.expert, std::move(*weight));
  return {};
}

Status Translator::stack_experts() {
  for (const auto& [name, by_number] : experts_) {
    std::vector<HfWeight> parts;
    for (const auto& [number, weight] : by_number) {
      if (number != static_cast<std::int64_t>(parts.size()))
        return fail(Errc::kCorrupt, "{}: {}: expert {} of {} is missing", folder_, name,
                    parts.size(), by_number.rbegin()->first + 1);
      parts.push_back(weight);
    }
    if (Status s = emit(name, stack(parts, image_)); !s)
      return std::move(s.error()).during(folder_);
  }
  return {};
}

Status Translator::translate_gpt_oss(const HfPlace& place, std::string_view name,
                                     const SafeTensor& tensor) {
  const auto gguf = [&](std::string_view stem, std::string_view field) {
    return place.gguf_name(stem, field);
  };
  const Role role = place.row->role;
  Expected<HfWeight> weight = HfWeight{};
  if (role == Role::kBlockScales) return {};
  if (role == Role::kGateUpBlocks || role == Role::kDownBlocks) {
    const std::string scales = std::string(name.substr(0, name.rfind('_'))) + "_scales";
    const auto found = modules_.find(scales);
    if (found == modules_.end() || found->second.weight == nullptr)
      return fail(Errc::kCorrupt, "tensor {} is missing", scales);
    weight = mxfp4_blocks(tensor, *found->second.weight, image_);
  } else {
    weight = as_weight(tensor, image_);
  }
  const bool transposed = role == Role::kGateUp || role == Role::kDown;
  const bool wide = role == Role::kSinks || role == Role::kGateUpBias || role == Role::kDownBias;
  if (weight && transposed) weight = transpose_experts(*weight, image_);
  if (weight && wide) weight = to_f32(*weight, 0.f, image_);
  if (!weight) return std::move(weight.error()).during(name);
  const bool bias = role == Role::kGateUpBias || role == Role::kDownBias;
  const char* field = bias ? "bias" : "weight";
  if (role == Role::kGateUpBlocks || role == Role::kGateUp || role == Role::kGateUpBias)
    return emit_pair(gguf("ffn_gate_exps", field), gguf("ffn_up_exps", field),
                     split_alternating_rows(*weight, image_));
  return emit(gguf(place.row->gguf, field), std::move(weight));
}

}  // namespace

Status translate_tensors(std::span<const SafeTensor> tensors, const HfLayout& layout,
                         const std::string& folder, GgufImage& image) {
  return Translator(layout, folder, image).run(tensors);
}

}  // namespace curlew::model
