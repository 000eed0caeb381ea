#include "model/network/expert_config.h"

#include "model/network/config_values.h"

namespace curlew::model {
namespace {

constexpr std::int64_t kSharedExpertsMax = 64;
constexpr double kWeightScaleMax = 1e4;

Status refuse_experts(const ModelFile& file, const ModelConfig& c) {
  Expected<std::int64_t> experts = file.integer(c.architecture + ".expert_count", 0);
  if (!experts) return std::move(experts.error()).pass();
  if (*experts == 0) return {};
  return fail(Errc::kUnsupported, "{}: a mixture of {} experts; only dense {} networks are run",
              file.name(), *experts, c.architecture);
}

Status read_ffn_dim(const ModelFile& file, ModelConfig& c) {
  return store(
      size_in_every_layer(file, c.architecture + ".feed_forward_length", c.n_layers, kFfnMax),
      c.ffn_dim);
}

Status read_expert_sizes(const ModelFile& file, ModelConfig& c) {
  const std::string a = c.architecture + ".";
  ExpertConfig& e = c.experts;
  if (Status s = store(size(file, a + "expert_count", kExpertsMax), e.count); !s) return s;
  if (Status s = store(size(file, a + "expert_used_count", e.count), e.used); !s) return s;
  // At least one layer has experts: their tensors are what bounds the sizes stated here.
  if (Status s =
          store(count(file, a + "leading_dense_block_count", 0, 0, c.n_layers - 1), e.dense_layers);
      !s)
    return s;
  if (Status s = store(size(file, a + "expert_feed_forward_length", kFfnMax), e.ffn_dim); !s)
    return s;
  int shared = 0;
  if (Status s = store(count(file, a + "expert_shared_count", 0, 0, kSharedExpertsMax), shared); !s)
    return s;
  e.shared_ffn_dim = shared * e.ffn_dim;
  return {};
}

Status read_routing(const ModelFile& file, const Architecture& architecture, ModelConfig& c) {
  const std::string a = c.architecture + ".";
  ExpertConfig& e = c.experts;
  int gating = 0, groups = 0;
  if (Status s = store(
          count(file, a + "expert_gating_func", static_cast<int>(architecture.gating),
                static_cast<int>(Gating::kSoftmax), static_cast<int>(Gating::kSoftmaxOfChosen)),
          gating);
      !s)
    return s;
  e.gating = static_cast<Gating>(gating);
  if (Status s =
          store(file.boolean(a + "expert_weights_norm", architecture.renormalise), e.renormalise);
      !s)
    return s;
  const std::string scale_key = a + "expert_weights_scale";
  Expected<double> stated = file.number(scale_key, 0);
  if (stated && *stated != 0)  // 0: none, as some converters have it
    stated = positive(file, scale_key, 1, kWeightScaleMax);
  if (!stated) return std::move(stated.error()).pass();
  e.weight_scale = *stated == 0 ? 1.f : static_cast<float>(*stated);

  if (Status s = store(count(file, a + "expert_group_count", 1, 0, kExpertsMax), groups); !s)
    return s;
  if (groups > 1)
    return fail(Errc::kUnsupported, "{}: {}expert_group_count is {}; experts in groups are not run",
                file.name(), a, groups);
  return {};
}

}  // namespace

Status read_feed_forward(const ModelFile& file, const Architecture& architecture, ModelConfig& c) {
  if (!architecture.experts) {
    if (Status s = read_ffn_dim(file, c); !s) return s;
    return refuse_experts(file, c);
  }
  if (Status s = read_expert_sizes(file, c); !s) return s;
  if (c.experts.dense_layers > 0)
    if (Status s = read_ffn_dim(file, c); !s) return s;
  return read_routing(file, architecture, c);
}

}  // namespace curlew::model
