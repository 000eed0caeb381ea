#include "model/files/hf_adapter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "model/files/adapter_parts.h"
#include "model/files/gguf_image.h"
#include "model/files/hf_family.h"
#include "model/files/hf_folder.h"
#include "model/files/hf_layout.h"
#include "model/files/json_text.h"

namespace curlew::model {
namespace {

constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kWeights = "adapter_model.safetensors";
constexpr std::string_view kPrefix = "base_model.model.";

// Settings under which W + scale * B A is not what was trained.
struct Setting {
  const char* key;
  std::string_view what;
};
constexpr Setting kRefusedSettings[] = {
    {"use_dora", "DoRA"},
    {"modules_to_save", "whole modules saved beside the factors"},
    {"lora_bias", "biases of the factors"},
    {"layer_replication", "repeated layers"},
    {"trainable_token_indices", "trained embeddings of tokens"},
    {"target_parameters", "factors of parameters, not modules (experts)"},
    {"alora_invocation_tokens", "invocation tokens"},
};

// Tensors that belong to the same, by a piece of their names.
constexpr std::pair<std::string_view, std::string_view> kRefusedTensors[] = {
    {".lora_magnitude_vector", "DoRA"},
    {".lora_embedding_", "an adapter of the embedding"},
    {".bias", "a bias"},
};

bool is_set(const JsonObject& config, const char* key) {
  const nlohmann::json* value = config.find(key);
  if (value == nullptr || (value->is_boolean() && !value->get<bool>())) return false;
  return !(value->is_structured() && value->empty());
}

// How PEFT's settings make the scale of a module.
struct Scaling {
  std::int64_t rank = 0;
  double alpha = 0;
  bool by_root = false;                   // rsLoRA, arXiv:2312.03732
  const nlohmann::json* ranks = nullptr;  // rank_pattern and alpha_pattern, or null
  const nlohmann::json* alphas = nullptr;
};

Status check_config(const JsonObject& config) {
  const auto refuse = [&](std::string_view what) {
    return fail(Errc::kUnsupported, "{}: {} cannot be applied", config.file(), what);
  };
  const Expected<std::string> type = config.string("peft_type", "");
  const Expected<std::string> bias = config.string("bias", "none");
  if (!type) return Error(type.error()).pass();
  if (!bias) return Error(bias.error()).pass();
  if (*type != "LORA") return refuse(fmt::format("peft_type \"{}\" (only \"LORA\")", *type));
  if (*bias != "none") return refuse(fmt::format("bias \"{}\" (only \"none\")", *bias));
  for (const Setting& setting : kRefusedSettings)
    if (is_set(config, setting.key))
      return refuse(fmt::format("{} ({})", setting.key, setting.what));
  // Some ways to begin a training change the model's own weights, unless they are converted.
  const nlohmann::json* beginning = config.find("init_lora_weights");
  if (beginning != nullptr && beginning->is_string()) {
    constexpr std::string_view kHarmless[] = {"gaussian", "eva", "orthogonal"};
    const auto name = beginning->get<std::string>();
    if (std::ranges::find(kHarmless, name) == std::end(kHarmless))
      return refuse(fmt::format("init_lora_weights \"{}\"", name));
  }
  return {};
}

Expected<Scaling> read_scaling(const JsonObject& config) {
  const Expected<std::int64_t> rank = config.integer("r");
  const Expected<double> alpha = config.number("lora_alpha");
  const Expected<bool> by_root = config.boolean("use_rslora", false);
  if (!rank) return Error(rank.error()).pass();
  if (!alpha) return Error(alpha.error()).pass();
  if (!by_root) return Error(by_root.error()).pass();
  for (const char* key : {"rank_pattern", "alpha_pattern"})
    if (const auto* patterns = config.find(key); patterns != nullptr && !patterns->is_object())
      return fail(Errc::kCorrupt, "{}: key {} should be an object", config.file(), key);
  return Scaling{*rank, *alpha, *by_root, config.find("rank_pattern"),
                 config.find("alpha_pattern")};
}

// Whether a key of rank_pattern or alpha_pattern means the module. PEFT reads the keys as regular
// expressions; those that are names, with nothing but dots and a leading ^, are read here.
Expected<bool> names_module(std::string_view key, std::string_view module,
                            const std::string& file) {
  const bool whole = key.starts_with('^');
  if (whole) key.remove_prefix(1);
  if (key.empty() || key.find_first_of("\\^$*+?()[]{}|") != std::string_view::npos)
    return fail(Errc::kUnsupported, "{}: pattern {}: only names of modules are read", file, key);
  if (module == key) return true;
  return !whole && module.size() > key.size() && module.ends_with(key) &&
         module[module.size() - key.size() - 1] == '.';
}

// The number that a pattern gives the module, or `otherwise`.
Expected<double> by_pattern(const nlohmann::json* patterns, std::string_view module,
                            double otherwise, const std::string& file) {
  std::optional<double> found;
  if (patterns == nullptr) return otherwise;
  for (const auto& [key, value] : patterns->items()) {
    const Expected<bool> matches = names_module(key, module, file);
    if (!matches) return Error(matches.error()).pass();
    if (!*matches) continue;
    if (!value.is_number())
      return fail(Errc::kCorrupt, "{}: pattern {} should be a number", file, key);
    if (found && *found != value.get<double>())
      return fail(Errc::kUnsupported, "{}: several patterns name {}", file, module);
    found = value.get<double>();
  }
  return found.value_or(otherwise);
}

class Reader {
 public:
  Reader(const ModelFile& base, const JsonObject& config, std::string weights, GgufImage& image)
      : base_(base),
        config_(config),
        weights_(std::move(weights)),
        image_(image),
        parts_(base, weights_) {}

  Expected<std::vector<LowRank>> run(std::span<const SafeTensor> tensors);

 private:
  Status find_family();
  Status add(const SafeTensor& tensor);
  Expected<HfWeight> reordered(HfWeight weight, Role role);
  Expected<double> scale(const Scaling& scaling, const std::string& module,
                         std::int64_t rank) const;

  const ModelFile& base_;
  const JsonObject& config_;
  const std::string weights_;  // the file's name
  GgufImage& image_;
  const HfFamily* family_ = nullptr;
  AdapterParts parts_;
  std::map<std::string, std::string> modules_;  // by target
};

Expected<std::vector<LowRank>> Reader::run(std::span<const SafeTensor> tensors) {
  if (Status s = check_config(config_); !s) return std::move(s.error()).pass();
  const Expected<Scaling> scaling = read_scaling(config_);
  if (!scaling) return Error(scaling.error()).pass();
  if (Status s = find_family(); !s) return std::move(s.error()).pass();
  for (const SafeTensor& tensor : tensors)
    if (Status s = add(tensor); !s) return std::move(s.error()).pass();
  return parts_.finish([&](const std::string& target, std::int64_t rank) {
    return scale(*scaling, modules_.at(target), rank);
  });
}

Status Reader::find_family() {
  const Expected<std::string_view> architecture = base_.string("general.architecture");
  if (!architecture) return Error(architecture.error()).pass();
  family_ = find_family_of(*architecture);
  if (family_ != nullptr) return {};
  return fail(Errc::kUnsupported, "{}: adapters for a {} are read as GGUF only", weights_,
              *architecture);
}

// "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
Status Reader::add(const SafeTensor& tensor) {
  const std::string_view name = tensor.name;
  for (const auto& [piece, what] : kRefusedTensors)
    if (name.find(piece) != std::string_view::npos)
      return fail(Errc::kUnsupported, "{}: {}: {} cannot be applied", weights_, name, what);
  constexpr std::string_view kA = ".lora_A.weight", kB = ".lora_B.weight";
  const bool is_a = name.ends_with(kA);
  if (!is_a && !name.ends_with(kB))
    return fail(Errc::kUnsupported,
                "{}: tensor {} is no factor (.lora_A, .lora_B); whole modules "
                "saved beside the factors cannot be applied",
                weights_, name);
  std::string_view module = name.substr(0, name.size() - kA.size());
  if (module.starts_with(kPrefix)) module.remove_prefix(kPrefix.size());
  const std::optional<HfPlace> place = locate(module, *family_);
  if (!place)
    return fail(Errc::kInvalidInput, "{}: {}: {} is no module of a {}", weights_, name, module,
                family_->hf_class);
  const std::string target = place->gguf_name(place->row->gguf, "weight");
  Expected<HfWeight> weight = as_weight(tensor, image_);
  if (weight && !is_a) weight = reordered(std::move(*weight), place->row->role);
  if (!weight) return std::move(weight.error()).during(weights_);
  modules_.emplace(target, module);
  return parts_.add(target, is_a ? Factor::kA : Factor::kB,
                    {image_.keep(tensor.name), weight->type, weight->dims, weight->bytes});
}

// The rows of B are the model's; where those of queries and keys were reordered, so are these.
Expected<HfWeight> Reader::reordered(HfWeight weight, Role role) {
  if (family_->rope_rows == RopeRows::kAsTheyAre) return weight;
  if (role != Role::kQuery && role != Role::kKey) return weight;
  const std::string at = fmt::format("{}.attention.head_count", family_->architecture);
  Expected<std::int64_t> heads = base_.integer(at);
  if (heads && role == Role::kKey) heads = base_.integer(at + "_kv", *heads);
  if (!heads) return std::move(heads.error()).pass();
  return interleave_heads(weight, *heads, image_);
}

Expected<double> Reader::scale(const Scaling& scaling, const std::string& module,
                               std::int64_t rank) const {
  const auto whole = static_cast<double>(rank);
  const Expected<double> said =
      by_pattern(scaling.ranks, module, static_cast<double>(scaling.rank), config_.file());
  const Expected<double> alpha = by_pattern(scaling.alphas, module, scaling.alpha, config_.file());
  if (!said) return said;
  if (!alpha) return alpha;
  if (*said != whole)
    return fail(Errc::kCorrupt, "{}: {}: the factors have rank {}, {} says {}", weights_, module,
                rank, kConfig, *said);
  return *alpha / (scaling.by_root ? std::sqrt(whole) : whole);
}

}  // namespace

Expected<AdapterFile> HfAdapterReader::read(const std::filesystem::path& path,
                                            const ModelFile& base) {
  HfFolder folder(path);
  for (const char* file : {kConfig, kWeights})
    if (!folder.has(file))
      return fail(Errc::kNotFound,
                  "{}: a folder without {}; an adapter is a GGUF file, or a folder with {} and {}",
                  path.string(), file, kConfig, kWeights);
  const Expected<nlohmann::json> root = folder.json(kConfig, kHfConfigBytesMax);
  if (!root) return Error(root.error()).pass();
  const auto bytes = folder.bytes(kWeights, std::numeric_limits<std::size_t>::max());
  if (!bytes) return Error(bytes.error()).pass();
  const auto tensors = parse_safetensors(*bytes, folder.name_of(kWeights));
  if (!tensors) return Error(tensors.error()).pass();

  const JsonObject config(*root, folder.name_of(kConfig));
  const auto image = std::make_shared<GgufImage>();
  Expected<std::vector<LowRank>> parts =
      Reader(base, config, folder.name_of(kWeights), *image).run(*tensors);
  if (!parts) return std::move(parts.error()).pass();
  AdapterFile adapter;
  adapter.name_ = path.string();
  adapter.storage_ = folder.take_mappings();
  adapter.storage_.push_back(image);
  adapter.parts_ = std::move(*parts);
  return adapter;
}

}  // namespace curlew::model
