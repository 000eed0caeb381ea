#include "model/files/adapter_parts.h"

#include <cmath>

namespace curlew::model {
namespace {

// Tensors that no plain product reads, by a piece of their names.
struct Refusal {
  std::string_view piece, what;
};
constexpr Refusal kRefusals[] = {
    {"token_embd.", "the embedding"},
    {"_exps.", "experts"},
    {"_norm.", "a norm"},
    {"attn_kv_b.", "latent attention's keys and values, which are never made"},
    {"attn_k_b.", "latent attention's keys, which are never made"},
    {"attn_v_b.", "latent attention's values, which are never made"},
};

}  // namespace

Status AdapterParts::check(std::string_view target, Factor factor,
                           const ModelTensor& tensor) const {
  for (const Refusal& refusal : kRefusals)
    if (target.find(refusal.piece) != std::string_view::npos)
      return fail(Errc::kUnsupported, "{}: {}: adapters of {} cannot be applied", file_,
                  tensor.name, refusal.what);
  const ModelTensor* base = base_.tensor(target);
  if (base == nullptr)
    return fail(Errc::kInvalidInput, "{}: {}: the model {} has no tensor {}", file_, tensor.name,
                base_.name(), target);
  if (base->dims.size() != 2)
    return fail(Errc::kUnsupported, "{}: {}: {} is no matrix of the model", file_, tensor.name,
                target);
  const bool is_a = factor == Factor::kA;
  const std::int64_t want = is_a ? base->dims[0] : base->dims[1];
  const auto& dims = tensor.dims;
  if (dims.size() != 2 || dims[is_a ? 0 : 1] != want)
    return fail(Errc::kInvalidInput, "{}: {} has dims [{}], expected {} by the model's {}", file_,
                tensor.name, fmt::join(dims, ", "),
                is_a ? fmt::format("[{}, rank]", want) : fmt::format("[rank, {}]", want), target);
  return {};
}

Status AdapterParts::add(std::string_view target, Factor factor, const ModelTensor& tensor) {
  if (Status s = check(target, factor, tensor); !s) return s;
  Pair& pair = pairs_[std::string(target)];
  std::optional<kernels::MatrixView>& slot = factor == Factor::kA ? pair.a : pair.b;
  if (slot)
    return fail(Errc::kCorrupt, "{}: {}: {} has this factor already", file_, tensor.name, target);
  slot = tensor.matrix();
  return {};
}

Expected<std::vector<LowRank>> AdapterParts::finish(const ScaleOf& scale_of) const {
  if (pairs_.empty()) return fail(Errc::kCorrupt, "{}: an adapter without tensors", file_);
  std::vector<LowRank> parts;
  for (const auto& [target, pair] : pairs_) {
    if (!pair.a || !pair.b)
      return fail(Errc::kCorrupt, "{}: {}: factor {} is missing", file_, target,
                  pair.a ? "B" : "A");
    const std::int64_t rank = pair.a->rows;
    if (pair.b->cols != rank)
      return fail(Errc::kCorrupt, "{}: {}: factor A has rank {}, factor B {}", file_, target, rank,
                  pair.b->cols);
    const Expected<double> scale = scale_of(target, rank);
    if (!scale) return Error(scale.error()).pass();
    if (!std::isfinite(static_cast<float>(*scale)))
      return fail(Errc::kCorrupt, "{}: {}: a scale of {}", file_, target, *scale);
    parts.push_back({target, *pair.a, *pair.b, static_cast<float>(*scale)});
  }
  return parts;
}

}  // namespace curlew::model
