#include "model/network/architecture.h"

#include <algorithm>
#include <filesystem>

#include "model/network/rope_frequencies.h"
#include "model/network/tensor_table.h"

namespace curlew::model {
namespace {

// Far above every published model, and small enough that no product of them overflows.
constexpr std::int64_t kLayersMax = 512;
constexpr std::int64_t kHiddenMax = 1 << 17;
constexpr std::int64_t kFfnMax = 1 << 20;
constexpr std::int64_t kHeadsMax = 1024;
constexpr std::int64_t kHeadDimMax = 1024;
constexpr std::int64_t kVocabMax = 1 << 22;
constexpr std::int64_t kContextMax = 1 << 24;

Status in_range(const ModelFile& file, std::string_view key, std::int64_t value, std::int64_t max) {
  if (value >= 1 && value <= max) return {};
  return fail(Errc::kCorrupt, "{}: {} is {}, expected 1 to {}", file.name(), key, value, max);
}

Expected<int> size(const ModelFile& file, const std::string& key, std::int64_t max) {
  Expected<std::int64_t> value = file.integer(key);
  if (!value) return std::move(value.error()).pass();
  if (Status s = in_range(file, key, *value, max); !s) return std::move(s.error()).pass();
  return static_cast<int>(*value);
}

// Some converters write one number for every layer. Networks whose layers differ are not run.
Expected<int> size_in_every_layer(const ModelFile& file, const std::string& key, int n_layers,
                                  std::int64_t max) {
  const std::vector<std::int64_t>* layers = file.integers(key);
  if (layers == nullptr) return size(file, key, max);
  if (layers->size() != static_cast<std::size_t>(n_layers))
    return fail(Errc::kCorrupt, "{}: {} has {} entries, expected one for each of {} layers",
                file.name(), key, layers->size(), n_layers);
  if (std::ranges::adjacent_find(*layers, std::ranges::not_equal_to{}) != layers->end())
    return fail(Errc::kUnsupported, "{}: {} differs between layers", file.name(), key);
  if (Status s = in_range(file, key, layers->front(), max); !s) return std::move(s.error()).pass();
  return static_cast<int>(layers->front());
}

// Assigns the value or passes the error on.
template <class T>
Status store(Expected<T> value, T& to) {
  if (!value) return std::move(value.error()).pass();
  to = *value;
  return {};
}

Status read_heads(const ModelFile& file, ModelConfig& c) {
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
  Expected<std::int64_t> value_dim = file.integer(key + "value_length", c.head_dim);
  if (!value_dim) return std::move(value_dim.error()).pass();
  if (*value_dim != c.head_dim)
    return fail(Errc::kUnsupported, "{}: value heads of {} elements beside key heads of {}",
                file.name(), *value_dim, c.head_dim);
  return {};
}

Status read_norm_eps(const ModelFile& file, ModelConfig& c) {
  const std::string key = c.architecture + ".attention.layer_norm_rms_epsilon";
  if (file.find(key) == nullptr) return fail(Errc::kCorrupt, "{}: {} is missing", file.name(), key);
  Expected<double> eps = file.number(key, 0);
  if (!eps) return std::move(eps.error()).pass();
  if (!(*eps > 0 && *eps < 1))
    return fail(Errc::kCorrupt, "{}: {} is {}, expected a number in (0, 1)", file.name(), key,
                *eps);
  c.norm_eps = static_cast<float>(*eps);
  return {};
}

// The embedding's rows are the vocabulary; whatever else states its size must agree.
Status read_vocab(const ModelFile& file, ModelConfig& c) {
  const ModelTensor* embedding = file.tensor("token_embd.weight");
  if (embedding == nullptr || embedding->dims.size() != 2)
    return fail(Errc::kCorrupt, "{}: tensor token_embd.weight, [{}, vocabulary], is missing",
                file.name(), c.hidden_dim);
  const std::int64_t rows = embedding->dims[1];
  if (Status s = in_range(file, "rows of token_embd.weight", rows, kVocabMax); !s) return s;
  c.n_vocab = static_cast<int>(rows);

  Expected<std::int64_t> stated = file.integer(c.architecture + ".vocab_size", rows);
  if (!stated) return std::move(stated.error()).pass();
  if (*stated != rows)
    return fail(Errc::kCorrupt, "{}: {}.vocab_size is {}, but token_embd.weight has {} rows",
                file.name(), c.architecture, *stated, rows);
  const auto* tokens = file.strings("tokenizer.ggml.tokens");
  if (tokens != nullptr && tokens->size() != static_cast<std::size_t>(rows))
    return fail(Errc::kCorrupt,
                "{}: the tokenizer has {} tokens, but token_embd.weight has {} rows", file.name(),
                tokens->size(), rows);
  return {};
}

Status refuse_experts(const ModelFile& file, const ModelConfig& c) {
  Expected<std::int64_t> experts = file.integer(c.architecture + ".expert_count", 0);
  if (!experts) return std::move(experts.error()).pass();
  if (*experts == 0) return {};
  return fail(Errc::kUnsupported, "{}: a mixture of {} experts; only dense {} networks are run",
              file.name(), *experts, c.architecture);
}

Expected<const Architecture*> find_architecture(const ModelFile& file) {
  Expected<std::string_view> name = file.string("general.architecture");
  if (!name) return std::move(name.error()).pass();
  for (const Architecture& row : architectures())
    if (row.name == *name) return &row;
  return fail(Errc::kUnsupported, "{}: architecture \"{}\" cannot be run; known: {}", file.name(),
              *name, known_architectures());
}

}  // namespace

std::string known_architectures() {
  std::vector<std::string_view> names;
  for (const Architecture& row : architectures()) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Expected<ModelConfig> read_config(const ModelFile& file) {
  Expected<const Architecture*> row = find_architecture(file);
  if (!row) return std::move(row.error()).pass();

  ModelConfig c;
  c.architecture = (*row)->name;
  c.rope_pairs = (*row)->rope_pairs;
  const std::string stem = std::filesystem::path(file.name()).stem().string();
  Expected<std::string_view> name = file.string("general.name", stem);
  if (!name) return std::move(name.error()).pass();
  c.name = *name;

  const std::string& a = c.architecture;
  const auto read_all = [&]() -> Status {
    if (Status s = store(size(file, a + ".block_count", kLayersMax), c.n_layers); !s) return s;
    if (Status s = store(size(file, a + ".embedding_length", kHiddenMax), c.hidden_dim); !s)
      return s;
    if (Status s = store(size(file, a + ".context_length", kContextMax), c.context_tokens); !s)
      return s;
    if (Status s = store(size_in_every_layer(file, a + ".feed_forward_length", c.n_layers, kFfnMax),
                         c.ffn_dim);
        !s)
      return s;
    if (Status s = refuse_experts(file, c); !s) return s;
    if (Status s = read_heads(file, c); !s) return s;
    if (Status s = read_norm_eps(file, c); !s) return s;
    if (Status s = read_vocab(file, c); !s) return s;
    if (Status s = read_rope(file, c); !s) return s;
    return check_tensors(file, **row, c);
  };
  if (Status s = read_all(); !s) return std::move(s.error()).pass();
  c.attention_bias = file.tensor("blk.0.attn_q.bias") != nullptr;
  c.tied_output = file.tensor("output.weight") == nullptr;
  return c;
}

}  // namespace curlew::model
