#include "model/network/attention_config.h"

#include <cmath>

#include "model/network/config_values.h"

namespace curlew::model {
namespace {

constexpr double kScaleMax = 1e4;

Status read_head_counts(const ModelFile& file, ModelConfig& c) {
  const std::string key = c.architecture + ".attention.";
  if (Status s =
          store(size_in_every_layer(file, key + "head_count", c.n_layers, kHeadsMax), c.n_heads);
      !s)
    return s;
  c.n_kv_heads = c.n_heads;
  if (file.find(key + "head_count_kv") != nullptr)
    if (Status s = store(size_in_every_layer(file, key + "head_count_kv", c.n_layers, kHeadsMax),
                         c.n_kv_heads);
        !s)
      return s;
  if (c.n_heads % c.n_kv_heads != 0)
    return fail(Errc::kCorrupt, "{}: {} query heads cannot share {} key heads evenly", file.name(),
                c.n_heads, c.n_kv_heads);
  return {};
}

Status read_head_sizes(const ModelFile& file, ModelConfig& c) {
  const std::string key = c.architecture + ".attention.";
  if (file.find(key + "key_length") != nullptr) {
    if (Status s = store(size(file, key + "key_length", kHeadDimMax), c.head_dim); !s) return s;
  } else {
    if (c.hidden_dim % c.n_heads != 0)
      return fail(Errc::kCorrupt, "{}: embedding_length {} is no multiple of head_count {}",
                  file.name(), c.hidden_dim, c.n_heads);
    c.head_dim = c.hidden_dim / c.n_heads;
    if (c.head_dim > kHeadDimMax)
      return fail(Errc::kUnsupported, "{}: heads of {} elements, at most {} are run", file.name(),
                  c.head_dim, kHeadDimMax);
  }
  return store(count(file, key + "value_length", c.head_dim, 1, kHeadDimMax), c.value_dim);
}

// Files with W_k and W_v apart give the sizes of the heads that are never made under names of
// their own; key_length and value_length are then those of the cached row.
Status read_latent(const ModelFile& file, ModelConfig& c) {
  const std::string key = c.architecture + ".attention.";
  LatentConfig& latent = c.latent;
  if (Status s = store(size(file, key + "kv_lora_rank", kRankMax), latent.kv_rank); !s) return s;
  if (Status s = store(count(file, key + "q_lora_rank", 0, 0, kRankMax), latent.q_rank); !s)
    return s;
  latent.kv_joined = file.tensor("blk.0.attn_kv_b.weight") != nullptr;
  const char* suffix =
      latent.kv_joined && file.find(key + "key_length_mla") == nullptr ? "" : "_mla";
  if (Status s = store(size(file, key + "key_length" + suffix, kHeadDimMax), c.head_dim); !s)
    return s;
  if (Status s = store(size(file, key + "value_length" + suffix, kHeadDimMax), c.value_dim); !s)
    return s;
  c.n_kv_heads = 1;
  return {};
}

// A layer looks back over `sliding_window` tokens, itself included, or over all of them. Which
// layers do is the architecture's to say, or sliding_window_pattern's: a period, of which the last
// layer sees all, or a flag for every layer.
Status read_windows(const ModelFile& file, const Architecture& architecture, ModelConfig& c) {
  const std::string key = c.architecture + ".attention.sliding_window";
  c.windows.assign(static_cast<std::size_t>(c.n_layers), 0);
  if (file.find(key) == nullptr) return {};
  int window = 0, period = 0;
  if (Status s = store(size(file, key, kContextMax), window); !s) return s;

  const std::string pattern = key + "_pattern";
  if (const std::vector<std::int64_t>* flags = file.integers(pattern); flags != nullptr) {
    if (flags->size() != c.windows.size())
      return fail(Errc::kCorrupt, "{}: {} has {} entries, expected one for each of {} layers",
                  file.name(), pattern, flags->size(), c.n_layers);
    for (std::size_t i = 0; i < flags->size(); ++i) c.windows[i] = (*flags)[i] != 0 ? window : 0;
    return {};
  }
  if (Status s = store(count(file, pattern, architecture.window_period, 1, kLayersMax), period); !s)
    return s;
  for (int layer = 0; layer < c.n_layers; ++layer)
    if (period == 1 || layer % period != period - 1)
      c.windows[static_cast<std::size_t>(layer)] = window;
  return {};
}

}  // namespace

Status read_attention(const ModelFile& file, const Architecture& architecture, ModelConfig& c) {
  if (Status s = read_head_counts(file, c); !s) return s;
  if (Status s = architecture.latent ? read_latent(file, c) : read_head_sizes(file, c); !s)
    return s;
  const double usual = 1 / std::sqrt(static_cast<double>(c.head_dim));
  if (Status s = store(positive(file, c.architecture + ".attention.scale", usual, kScaleMax),
                       c.attention_scale);
      !s)
    return s;
  return read_windows(file, architecture, c);
}

}  // namespace curlew::model
