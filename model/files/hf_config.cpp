#include "model/files/hf_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/files/hf_rope.h"

namespace curlew::model {
namespace {

constexpr std::int64_t kCountMax = 1 << 24;  // of anything a configuration counts
constexpr std::int64_t kLayersMax = 1024;

// Reads facts and writes keys; the first thing that is wrong is remembered and everything after it
// skipped, so that the translations below read like the tables they are.
class Translation {
 public:
  Translation(const JsonObject& config, std::string_view architecture, GgufImage& image)
      : config_(config), prefix_(std::string(architecture) + "."), image_(image) {}

  // A count from 1 (or `least`) to kCountMax, under `key`; not written where no GGUF key is given.
  std::int64_t count(const char* hf, const char* key, std::int64_t least = 1) {
    return counted(config_.integer(hf), hf, key, least);
  }
  std::int64_t count_or(const char* hf, std::int64_t fallback, const char* key,
                        std::int64_t least = 1) {
    return counted(config_.integer(hf, fallback), hf, key, least);
  }
  void number(const char* hf, const char* key) { written(config_.number(hf), key); }
  void number_or(const char* hf, double fallback, const char* key) {
    written(config_.number(hf, fallback), key);
  }
  bool flag(const char* hf, bool fallback) { return taken(config_.boolean(hf, fallback)); }
  std::string text(const char* hf, std::string fallback) {
    return taken(config_.string(hf, std::move(fallback)));
  }
  void set(const char* key, MetadataValue value) { image_.set(prefix_ + key, std::move(value)); }

  template <class... Args>
  void refuse(fmt::format_string<Args...> format, Args&&... args) {
    if (!status_) return;
    status_ = fail(Errc::kUnsupported, "{}: {}", config_.file(),
                   fmt::format(format, std::forward<Args>(args)...));
  }
  void check(Status status) {
    if (status_ && !status) status_ = std::move(status);
  }
  const JsonObject& config() const { return config_; }
  GgufImage& image() { return image_; }
  const std::string& prefix() const { return prefix_; }
  Status status() && { return std::move(status_); }

 private:
  template <class T>
  T taken(Expected<T> value) {
    if (value) return std::move(*value);
    if (status_) status_ = std::move(value.error()).pass();
    return T{};
  }
  std::int64_t counted(Expected<std::int64_t> value, const char* hf, const char* key,
                       std::int64_t least) {
    std::int64_t n = taken(std::move(value));
    if (n < least || n > kCountMax) {
      if (status_)
        status_ = fail(Errc::kCorrupt, "{}: {} is {}, expected {} to {}", config_.file(), hf, n,
                       least, kCountMax);
      n = least;  // what is still made of it must not overflow, or ask for gigabytes
    }
    if (key != nullptr) set(key, n);
    return n;
  }
  void written(Expected<double> value, const char* key) { set(key, taken(std::move(value))); }

  const JsonObject& config_;
  std::string prefix_;
  GgufImage& image_;
  Status status_;
};

void heads(Translation& t, HfLayout& layout) {
  layout.n_heads = t.count("num_attention_heads", "attention.head_count");
  layout.n_kv_heads = t.count_or("num_key_value_heads", layout.n_heads, "attention.head_count_kv");
  const std::int64_t hidden = t.count("hidden_size", "embedding_length");
  const std::int64_t even = layout.n_heads > 0 ? hidden / layout.n_heads : 0;
  const std::int64_t fallback = layout.family->head_dim != 0 ? layout.family->head_dim : even;
  const std::int64_t head_dim = t.count_or("head_dim", fallback, nullptr);
  t.set("attention.key_length", head_dim);
  t.set("attention.value_length", head_dim);
  t.set("rope.dimension_count", head_dim);
}

// The norm's name says which kind it is.
void norm(Translation& t) {
  for (const char* hf : {"norm_epsilon", "layer_norm_eps"})
    if (t.config().has(hf)) return t.number(hf, "attention.layer_norm_epsilon");
  t.number("rms_norm_eps", "attention.layer_norm_rms_epsilon");
}

void activation(Translation& t, const HfLayout& layout) {
  const char* key = t.config().has("hidden_activation") ? "hidden_activation" : "hidden_act";
  const std::string_view want = layout.family->activation;
  const std::string name = t.text(key, std::string(want));
  const bool tanh_gelu = want == "gelu_pytorch_tanh";
  // Gemma's first files say "gelu" and mean the tanh form, as their program does.
  const bool same = name == want || (!tanh_gelu && name == "swish") ||
                    (tanh_gelu && (name == "gelu" || name == "gelu_new") &&
                     layout.family->architecture == "gemma");
  if (!same) t.refuse("{} is \"{}\"; {} is run with {}", key, name, layout.family->hf_class, want);
}

void experts(Translation& t, const char* experts_key, const char* used_key) {
  t.count(experts_key, "expert_count");
  t.count(used_key, "expert_used_count");
}

void qwen3moe(Translation& t) {
  experts(t, "num_experts", "num_experts_per_tok");
  t.count("moe_intermediate_size", "expert_feed_forward_length");
  t.set("expert_weights_norm", t.flag("norm_topk_prob", false));
  const nlohmann::json* dense = t.config().find("mlp_only_layers");
  const bool mixed = dense != nullptr && !dense->empty();
  if (mixed || t.count_or("decoder_sparse_step", 1, nullptr) != 1)
    t.refuse("some layers have no experts (mlp_only_layers, decoder_sparse_step); not run");
}

void deepseek2(Translation& t, HfLayout& layout) {
  const std::int64_t rank = t.count("kv_lora_rank", "attention.kv_lora_rank");
  const std::int64_t rope = t.count("qk_rope_head_dim", "rope.dimension_count");
  layout.mla_key_dim = t.count("qk_nope_head_dim", nullptr);
  layout.mla_value_dim = t.count("v_head_dim", "attention.value_length_mla");
  if (t.config().has("q_lora_rank")) t.count("q_lora_rank", "attention.q_lora_rank");
  t.set("attention.key_length_mla", layout.mla_key_dim + rope);
  // In the latent space all heads share one key, and the value is a part of it.
  t.set("attention.head_count_kv", std::int64_t{1});
  t.set("attention.key_length", rank + rope);
  t.set("attention.value_length", rank);
  experts(t, "n_routed_experts", "num_experts_per_tok");
  t.count("moe_intermediate_size", "expert_feed_forward_length");
  t.count_or("n_shared_experts", 0, "expert_shared_count", 0);
  t.count_or("first_k_dense_replace", 0, "leading_dense_block_count", 0);
  t.number_or("routed_scaling_factor", 1.0, "expert_weights_scale");
  t.set("expert_weights_norm", t.flag("norm_topk_prob", false));
  constexpr std::int64_t kSoftmax = 1;
  t.set("expert_gating_func", kSoftmax);
  if (const std::string scoring = t.text("scoring_func", "softmax"); scoring != "softmax")
    t.refuse("scoring_func is \"{}\"; known is softmax", scoring);
  const std::string method = t.text("topk_method", "greedy");
  if (method != "greedy" && t.count_or("n_group", 1, nullptr) != 1)
    t.refuse("experts chosen in groups (topk_method {}) are not run", method);
  if (t.count_or("moe_layer_freq", 1, nullptr) != 1)
    t.refuse("some layers have no experts (moe_layer_freq); not run");
}

void granite(Translation& t) {
  t.number_or("embedding_multiplier", 1.0, "embedding_scale");
  t.number_or("residual_multiplier", 1.0, "residual_scale");
  t.number_or("attention_multiplier", 1.0, "attention.scale");
  t.number_or("logits_scaling", 1.0, "logit_scale");
}

void stablelm(Translation& t, const GgufImage& image) {
  const auto* head = image.find(t.prefix() + "attention.key_length");
  const JsonObject later = t.config().object("rope_parameters");
  const JsonObject& rope = later.has("partial_rotary_factor") ? later : t.config();
  const double share = rope.number("partial_rotary_factor", 0.25).value_or(0);
  if (!(share > 0 && share <= 1)) return t.refuse("partial_rotary_factor is no number in (0, 1]");
  const auto rotated =
      static_cast<std::int64_t>(share * static_cast<double>(std::get<std::int64_t>(*head)));
  t.set("rope.dimension_count", rotated);
  t.set("use_parallel_residual", t.flag("use_parallel_residual", false));
}

void gpt_oss(Translation& t) {
  experts(t, "num_local_experts",
          t.config().has("experts_per_token") ? "experts_per_token" : "num_experts_per_tok");
  t.count("intermediate_size", "expert_feed_forward_length");
  if (t.config().number("swiglu_limit", 7.0).value_or(0) != 7.0) t.refuse("swiglu_limit is not 7");
}

// One flag a layer: whether it looks back over the window only.
void window_pattern(Translation& t, std::vector<std::int64_t> flags) {
  t.count("sliding_window", "attention.sliding_window");
  t.set("attention.sliding_window_pattern", MetadataArray(std::move(flags)));
}

// Three ways to say it: a kind for every layer; a switch (in Qwen's classes off where it is not
// mentioned) and the first layer that has the window; or just the window, for all.
void sliding_window(Translation& t, const HfLayout& layout) {
  if (!t.config().has("sliding_window")) return;
  const bool switched =
      layout.family->architecture.starts_with("qwen") || t.config().has("use_sliding_window");
  if (switched && !t.flag("use_sliding_window", false)) return;
  const nlohmann::json* kinds = t.config().find("layer_types");
  if (kinds == nullptr && !switched)
    return static_cast<void>(t.count("sliding_window", "attention.sliding_window"));
  const std::int64_t first = t.count_or("max_window_layers", 0, nullptr, 0);
  const bool listed = kinds == nullptr || kinds->is_array();
  if (!listed || (kinds != nullptr && kinds->size() != static_cast<std::size_t>(layout.n_layers)))
    return t.refuse("layer_types is no list with an entry for each of {} layers", layout.n_layers);
  std::vector<std::int64_t> flags;
  for (std::int64_t i = 0; i < std::min(layout.n_layers, kLayersMax); ++i) {
    const bool windowed = kinds != nullptr
                              ? (*kinds)[static_cast<std::size_t>(i)] == "sliding_attention"
                              : i >= first;
    flags.push_back(windowed);
  }
  if (std::ranges::count(flags, 1) > 0) window_pattern(t, std::move(flags));
}

void by_architecture(Translation& t, HfLayout& layout) {
  const std::string_view architecture = layout.family->architecture;
  if (architecture == "qwen3moe") qwen3moe(t);
  if (architecture == "deepseek2") deepseek2(t, layout);
  if (architecture == "granite") granite(t);
  if (architecture == "stablelm") stablelm(t, t.image());
  if (architecture == "gpt-oss") gpt_oss(t);
}

Expected<const HfFamily*> family_of(const JsonObject& config) {
  const nlohmann::json* classes = config.find("architectures");
  const bool named = classes != nullptr && classes->is_array() && classes->size() == 1 &&
                     classes->front().is_string();
  if (!named)
    return fail(Errc::kCorrupt, "{}: key architectures (one class name) is missing", config.file());
  const auto name = classes->front().get<std::string>();
  if (const HfFamily* family = find_family(name)) return family;
  return fail(Errc::kUnsupported, "{}: {} cannot be run; known: {}", config.file(), name,
              known_families());
}

}  // namespace

Expected<HfLayout> translate_config(const JsonObject& config, GgufImage& image) {
  const Expected<const HfFamily*> family = family_of(config);
  if (!family) return Error(family.error()).pass();
  HfLayout layout;
  layout.family = *family;
  image.set_text("general.architecture", std::string(layout.family->architecture));
  Translation t(config, layout.family->architecture, image);
  layout.n_layers = t.count("num_hidden_layers", "block_count");
  if (layout.n_layers > kLayersMax) t.refuse("{} layers", layout.n_layers);
  t.count("max_position_embeddings", "context_length");
  t.count("intermediate_size", "feed_forward_length");
  t.count("vocab_size", "vocab_size");
  layout.ties_output = t.flag("tie_word_embeddings", layout.family->ties_output);
  heads(t, layout);
  norm(t);
  activation(t, layout);
  sliding_window(t, layout);
  by_architecture(t, layout);
  t.check(translate_rope(config, layout.family->architecture, image));
  if (Status s = std::move(t).status(); !s) return std::move(s.error()).pass();
  return layout;
}

}  // namespace curlew::model
