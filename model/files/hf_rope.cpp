#include "model/files/hf_rope.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace curlew::model {
namespace {

constexpr std::int64_t kRopePairsMax = 1 << 12;  // far above every published model's

// Names and values of one scaling, with the first failure remembered.
class Scaling {
 public:
  Scaling(const JsonObject& scaling, std::string prefix, GgufImage& image)
      : scaling_(scaling), prefix_(std::move(prefix)), image_(image) {}

  double number(const char* hf) { return taken(scaling_.number(hf)); }
  double number(const char* hf, double fallback) { return taken(scaling_.number(hf, fallback)); }
  bool has(const char* hf) const { return scaling_.has(hf); }
  void set(const char* key, double value) { image_.set(prefix_ + "rope.scaling." + key, value); }
  void set_type(const char* type) { image_.set_text(prefix_ + "rope.scaling.type", type); }
  void set_original_context() {
    if (!has("original_max_position_embeddings")) return;
    const Expected<std::int64_t> tokens = scaling_.integer("original_max_position_embeddings");
    if (!tokens && status_) status_ = Error(tokens.error()).pass();
    if (tokens) image_.set(prefix_ + "rope.scaling.original_context_length", *tokens);
  }
  void refuse(std::string why) {
    if (status_) status_ = fail(Errc::kUnsupported, "{}: {}", scaling_.file(), why);
  }
  std::int64_t written(const char* key) const {
    const MetadataValue* value = image_.find(prefix_ + key);
    const auto* whole = value != nullptr ? std::get_if<std::int64_t>(value) : nullptr;
    return whole != nullptr ? *whole : 0;
  }
  Status emit_factors(double theta);
  Status status() && { return std::move(status_); }

 private:
  double taken(Expected<double> value) {
    if (value) return *value;
    if (status_) status_ = std::move(value.error()).pass();
    return 0;
  }

  const JsonObject& scaling_;
  std::string prefix_;
  GgufImage& image_;
  Status status_;
};

// Llama 3 leaves fast-turning pairs as they are, divides slow-turning ones by the factor, and
// blends between, by how often a pair turns within the original context.
Status Scaling::emit_factors(double theta) {
  const double factor = number("factor"), low = number("low_freq_factor", 1),
               high = number("high_freq_factor", 4),
               tokens = number("original_max_position_embeddings", 8192);
  const std::int64_t pairs = written("rope.dimension_count") / 2;
  if (!status_) return std::move(status_);
  if (!(factor > 0 && low > 0 && high > low && tokens > 0) || pairs <= 0)
    return fail(Errc::kCorrupt, "{}: rope_scaling: factors are no positive numbers in order",
                scaling_.file());
  if (pairs > kRopePairsMax)
    return fail(Errc::kCorrupt, "{}: heads of {} rotated pairs; at most {} are read",
                scaling_.file(), pairs, kRopePairsMax);
  Expected<std::span<std::byte>> room =
      image_.allocate(static_cast<std::size_t>(pairs) * sizeof(float));
  if (!room) return std::move(room.error()).pass();
  auto* divisors = reinterpret_cast<float*>(room->data());
  for (std::int64_t i = 0; i < pairs; ++i) {
    const double turns = tokens / (2 * std::numbers::pi) *
                         std::pow(theta, -static_cast<double>(i) / static_cast<double>(pairs));
    const double kept = std::clamp((turns - low) / (high - low), 0.0, 1.0);
    divisors[i] = static_cast<float>(1 / ((1 - kept) / factor + kept));
  }
  image_.tensors.push_back(
      {image_.keep("rope_freqs.weight"), kernels::WeightType::kF32, {pairs}, *room});
  return {};
}

void yarn(Scaling& s, std::string_view architecture) {
  const double factor = s.number("factor");
  if (!(factor >= 1)) return s.refuse("rope_scaling.factor is below 1");
  s.set_type("yarn");
  s.set("factor", factor);
  s.set_original_context();
  if (s.has("beta_fast")) s.set("yarn_beta_fast", s.number("beta_fast"));
  if (s.has("beta_slow")) s.set("yarn_beta_slow", s.number("beta_slow"));
  // GGUF's readers multiply with 1 + 0.1 ln(factor) themselves.
  if (s.has("attention_factor"))
    s.set("attn_factor", s.number("attention_factor") / (1 + 0.1 * std::log(factor)));
  if (architecture != "deepseek2") return;
  const double all_dim = s.number("mscale_all_dim", 0);
  if (s.number("mscale", 1) != all_dim)
    return s.refuse("rope_scaling.mscale differs from mscale_all_dim; not run");
  s.set("yarn_log_multiplier", 0.1 * all_dim);
}

}  // namespace

Status translate_rope(const JsonObject& config, std::string_view architecture, GgufImage& image) {
  const JsonObject later = config.object("rope_parameters");
  const bool has_later = config.has("rope_parameters");
  const JsonObject scaling = has_later ? later : config.object("rope_scaling");
  const JsonObject& base = has_later && later.has("rope_theta") ? later : config;
  const Expected<double> theta = base.number("rope_theta", 10000.0);
  if (!theta) return Error(theta.error()).pass();
  const std::string prefix = std::string(architecture) + ".";
  image.set(prefix + "rope.freq_base", *theta);

  Expected<std::string> type =
      scaling.string(scaling.has("rope_type") ? "rope_type" : "type", "default");
  if (!type) return std::move(type.error()).during("rope_scaling");
  Scaling s(scaling, prefix, image);
  if (*type == "linear") {
    s.set_type("linear");
    s.set("factor", s.number("factor"));
  } else if (*type == "yarn") {
    yarn(s, architecture);
  } else if (*type == "llama3") {
    return s.emit_factors(*theta);
  } else if (*type != "default" && *type != "dynamic") {
    s.refuse(
        fmt::format("rope_scaling of type \"{}\"; known are linear, yarn, llama3, dynamic", *type));
  }
  return std::move(s).status();
}

}  // namespace curlew::model
