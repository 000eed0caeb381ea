#include "model/network/rope_frequencies.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/network/config_values.h"

namespace curlew::model {
namespace {

constexpr double kFactorMax = 1e4;  // of context extension; real models stay below 100
// Radians a position. An angle at the farthest position must stay far within 64 bits.
constexpr float kFrequencyMax = 1e4f;

Status read_scaling(const ModelFile& file, ModelConfig& config) {
  const std::string key = config.architecture + ".rope.scaling.";
  Expected<std::string_view> type = file.string(key + "type", "");
  if (!type) return std::move(type.error()).pass();

  // Files written before scaling had a type give the linear factor alone, under one of two names.
  const bool has_factor = file.find(key + "factor") != nullptr;
  const std::string factor_key =
      has_factor ? key + "factor" : config.architecture + ".rope.scale_linear";
  Expected<double> factor = file.number(factor_key, 1.0);
  if (!factor) return std::move(factor.error()).pass();
  if (*factor == 0) *factor = 1;  // "none", in those files
  if (!(*factor >= 1 / kFactorMax && *factor <= kFactorMax))
    return fail(Errc::kCorrupt, "{}: {} is {}, expected a number in [{}, {}]", file.name(),
                factor_key, *factor, 1 / kFactorMax, kFactorMax);

  if (*type == "none") *factor = 1;
  if (*type == "" || *type == "none" || *type == "linear")
    config.rope_scaling = *factor == 1 ? RopeScaling::kNone : RopeScaling::kLinear;
  else if (*type == "yarn")
    config.rope_scaling = RopeScaling::kYarn;
  else
    return fail(Errc::kUnsupported, "{}: {}type is \"{}\"; known: none, linear, yarn", file.name(),
                key, *type);
  config.rope_factor = static_cast<float>(*factor);
  return {};
}

// YaRN keeps fast-turning pairs as they are, divides slow-turning ones by the factor, and blends
// between: by how often a pair turns within the original context, beta_fast and beta_slow being the
// borders.
struct YarnBlend {
  double low = 0, high = 0;  // pair indices: below low extrapolated, above high interpolated

  double extrapolated_share(int pair) const {
    return 1 - std::clamp((pair - low) / std::max(0.001, high - low), 0.0, 1.0);
  }
};

// With whole pairs the borders are rounded outwards, as the paper's own code has it.
YarnBlend yarn_blend(int rope_dim, double base, double original_tokens, double beta_fast,
                     double beta_slow, bool whole_pairs) {
  const auto pair_turning = [&](double times) {
    return rope_dim * std::log(original_tokens / (times * 2 * std::numbers::pi)) /
           (2 * std::log(base));
  };
  const double low = pair_turning(beta_fast), high = pair_turning(beta_slow);
  return {.low = std::max(0.0, whole_pairs ? std::floor(low) : low),
          .high = std::min(rope_dim - 1.0, whole_pairs ? std::ceil(high) : high)};
}

// Attention over a stretched context is sharpened: YaRN makes the rotated vectors longer. Where
// only a part of a head is rotated, DeepSeek-V2 puts it into the softmax's scale instead, which
// then holds for the whole head, and the file gives the logarithm's factor.
Status apply_yarn_magnitude(const ModelFile& file, const std::string& key, ModelConfig& config) {
  Expected<double> attention = positive(file, key + "attn_factor", 1, 100);
  Expected<double> multiplier = file.number(key + "yarn_log_multiplier", 0);
  for (Expected<double>* value : {&attention, &multiplier})
    if (!*value) return std::move(value->error()).pass();
  if (!(*multiplier >= 0 && *multiplier <= 100))
    return fail(Errc::kCorrupt, "{}: {}yarn_log_multiplier is {}, expected a number in [0, 100]",
                file.name(), key, *multiplier);

  const double stretch = std::log(config.rope_factor);
  const bool in_scale = config.latent.kv_rank > 0 && *multiplier > 0;
  if (in_scale)
    config.attention_scale *= static_cast<float>(std::pow(1 + *multiplier * stretch, 2));
  config.rope_magnitude = static_cast<float>(*attention * (in_scale ? 1 : 1 + 0.1 * stretch));
  return {};
}

Status apply_yarn(const ModelFile& file, const Architecture& row, ModelConfig& config) {
  const std::string key = config.architecture + ".rope.scaling.";
  Expected<double> original =
      positive(file, key + "original_context_length", config.context_tokens, 1e9);
  Expected<double> beta_fast = positive(file, key + "yarn_beta_fast", 32, 1e6);
  Expected<double> beta_slow = positive(file, key + "yarn_beta_slow", 1, 1e6);
  for (Expected<double>* value : {&original, &beta_fast, &beta_slow})
    if (!*value) return std::move(value->error()).pass();

  const YarnBlend blend = yarn_blend(config.rope_dim, config.rope_base, *original, *beta_fast,
                                     *beta_slow, row.yarn_whole_pairs);
  for (std::size_t i = 0; i < config.inv_freq.size(); ++i) {
    const double keep = blend.extrapolated_share(static_cast<int>(i));
    config.inv_freq[i] *= static_cast<float>(keep + (1 - keep) / config.rope_factor);
  }
  return apply_yarn_magnitude(file, key, config);
}

// Llama 3: every frequency has a divisor of its own.
Status apply_factors(const ModelFile& file, ModelConfig& config) {
  const ModelTensor* factors = file.tensor("rope_freqs.weight");
  if (factors == nullptr) return {};
  const std::size_t pairs = config.inv_freq.size();
  if (factors->dims.size() != 1 || factors->dims[0] != static_cast<std::int64_t>(pairs) ||
      factors->type != kernels::WeightType::kF32)
    return fail(Errc::kCorrupt, "{}: tensor rope_freqs.weight must be {} F32 numbers", file.name(),
                pairs);
  std::vector<float> divisor(pairs);
  kernels::dequantize(factors->type, factors->bytes.data(), divisor.data(), factors->dims[0]);
  for (std::size_t i = 0; i < pairs; ++i) {
    if (!(divisor[i] > 0) || !std::isfinite(divisor[i]))
      return fail(Errc::kCorrupt, "{}: rope_freqs.weight[{}] is {}, expected a positive number",
                  file.name(), i, divisor[i]);
    config.inv_freq[i] /= divisor[i];
  }
  return {};
}

// Whatever the numbers were that a frequency was made of.
Status check_frequencies(const ModelFile& file, const ModelConfig& config) {
  for (std::size_t i = 0; i < config.inv_freq.size(); ++i)
    if (!(config.inv_freq[i] >= 0 && config.inv_freq[i] <= kFrequencyMax))
      return fail(Errc::kCorrupt, "{}: rope turns pair {} by {} a position, expected 0 to {}",
                  file.name(), i, config.inv_freq[i], kFrequencyMax);
  if (!(config.rope_magnitude > 0) || !std::isfinite(config.rope_magnitude))
    return fail(Errc::kCorrupt, "{}: rope scales by {}, expected a positive number", file.name(),
                config.rope_magnitude);
  return {};
}

}  // namespace

Status read_rope(const ModelFile& file, const Architecture& row, ModelConfig& config) {
  const std::string key = config.architecture + ".rope.";
  Expected<std::int64_t> dim = file.integer(key + "dimension_count", config.head_dim);
  if (!dim) return std::move(dim.error()).pass();
  // Latent attention needs a part that is not rotated: it alone can come from the latent vector.
  const int dim_max = row.latent ? config.head_dim - 1 : config.head_dim;
  if (*dim < 2 || *dim % 2 != 0 || *dim > dim_max)
    return fail(Errc::kCorrupt, "{}: {}dimension_count is {}, expected an even number in [2, {}]",
                file.name(), key, *dim, dim_max);
  config.rope_dim = static_cast<int>(*dim);

  Expected<double> base = positive(file, key + "freq_base", 10000.0, 1e12);
  if (!base) return std::move(base.error()).pass();
  if (*base <= 1)
    return fail(Errc::kCorrupt, "{}: {}freq_base is {}, expected more than 1", file.name(), key,
                *base);
  config.rope_base = static_cast<float>(*base);
  if (Status s = read_scaling(file, config); !s) return s;

  config.inv_freq.resize(static_cast<std::size_t>(*dim) / 2);
  const double linear = config.rope_scaling == RopeScaling::kLinear ? config.rope_factor : 1.0;
  for (std::size_t i = 0; i < config.inv_freq.size(); ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(*dim);
    config.inv_freq[i] = static_cast<float>(std::pow(*base, exponent) / linear);
  }
  if (config.rope_scaling == RopeScaling::kYarn)
    if (Status s = apply_yarn(file, row, config); !s) return s;
  if (Status s = apply_factors(file, config); !s) return s;
  return check_frequencies(file, config);
}

}  // namespace curlew::model
