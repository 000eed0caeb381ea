#include "model/network/architecture.h"

#include <cmath>
#include <filesystem>

#include "model/network/attention_config.h"
#include "model/network/config_values.h"
#include "model/network/expert_config.h"
#include "model/network/rope_frequencies.h"
#include "model/network/tensor_table.h"

namespace curlew::model {
namespace {

constexpr double kScaleMax = 1e6;

Status read_sizes(const ModelFile& file, ModelConfig& c) {
  const std::string& a = c.architecture;
  if (Status s = store(size(file, a + ".block_count", kLayersMax), c.n_layers); !s) return s;
  if (Status s = store(size(file, a + ".embedding_length", kHiddenMax), c.hidden_dim); !s) return s;
  return store(size(file, a + ".context_length", kContextMax), c.context_tokens);
}

Status read_norm_eps(const ModelFile& file, ModelConfig& c) {
  const std::string key =
      c.architecture + (c.norm == NormKind::kRms ? ".attention.layer_norm_rms_epsilon"
                                                 : ".attention.layer_norm_epsilon");
  if (file.find(key) == nullptr) return fail(Errc::kCorrupt, "{}: {} is missing", file.name(), key);
  Expected<double> eps = file.number(key, 0);
  if (!eps) return std::move(eps.error()).pass();
  if (!(*eps > 0 && *eps < 1))
    return fail(Errc::kCorrupt, "{}: {} is {}, expected a number in (0, 1)", file.name(), key,
                *eps);
  c.norm_eps = static_cast<float>(*eps);
  return {};
}

// Granite's; other files do not have the keys.
Status read_scales(const ModelFile& file, const Architecture& row, ModelConfig& c) {
  const double embedding =
      row.embedding_times_root ? std::sqrt(static_cast<double>(c.hidden_dim)) : 1.0;
  const std::string& a = c.architecture;
  if (Status s =
          store(positive(file, a + ".embedding_scale", embedding, kScaleMax), c.embedding_scale);
      !s)
    return s;
  if (Status s = store(positive(file, a + ".residual_scale", 1, kScaleMax), c.residual_scale); !s)
    return s;
  Expected<double> divisor = positive(file, a + ".logit_scale", 1, kScaleMax);
  if (!divisor) return std::move(divisor.error()).pass();
  c.logit_scale = static_cast<float>(1 / *divisor);
  return {};
}

// The embedding's rows are the vocabulary; whatever else states its size must agree.
Status read_vocab(const ModelFile& file, ModelConfig& c) {
  const ModelTensor* embedding = file.tensor("token_embd.weight");
  if (embedding == nullptr || embedding->dims.size() != 2)
    return fail(Errc::kCorrupt, "{}: tensor token_embd.weight, [{}, vocabulary], is missing",
                file.name(), c.hidden_dim);
  const std::int64_t rows = embedding->dims[1];
  if (Status s = in_range(file, "rows of token_embd.weight", rows, 1, kVocabMax); !s) return s;
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

Expected<const Architecture*> find_architecture(const ModelFile& file) {
  Expected<std::string_view> name = file.string("general.architecture");
  if (!name) return std::move(name.error()).pass();
  for (const Architecture& row : architectures())
    if (row.name == *name) return &row;
  return fail(Errc::kUnsupported, "{}: architecture \"{}\" cannot be run; known: {}", file.name(),
              *name, known_architectures());
}

// Facts that a file states by what it has.
void read_tensors_there(const ModelFile& file, ModelConfig& c) {
  c.attention_bias = file.tensor("blk.0.attn_q.bias") != nullptr;
  c.tied_output = file.tensor("output.weight") == nullptr;
}

// A network with one norm a layer has a parallel residual. Converters write the key also where it
// does not hold, so the tensors decide; but without the second norm it must not be denied.
Status read_residual(const ModelFile& file, ModelConfig& c) {
  c.parallel_residual = file.tensor("blk.0.ffn_norm.weight") == nullptr &&
                        file.tensor("blk.0.post_attention_norm.weight") == nullptr;
  const std::string key = c.architecture + ".use_parallel_residual";
  Expected<bool> stated = file.boolean(key, c.parallel_residual);
  if (!stated) return std::move(stated.error()).pass();
  if (c.parallel_residual && !*stated)
    return fail(Errc::kCorrupt, "{}: {} is false, but tensor blk.0.ffn_norm.weight is missing",
                file.name(), key);
  return {};
}

}  // namespace

std::string known_architectures() {
  std::vector<std::string_view> names;
  for (const Architecture& row : architectures()) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Expected<ModelConfig> read_config(const ModelFile& file) {
  Expected<const Architecture*> found = find_architecture(file);
  if (!found) return std::move(found.error()).pass();
  const Architecture& row = **found;

  ModelConfig c;
  c.architecture = row.name;
  c.rope_pairs = row.rope_pairs;
  c.norm = row.norm;
  c.activation = row.activation;
  const std::string stem = std::filesystem::path(file.name()).stem().string();
  Expected<std::string_view> name = file.string("general.name", stem);
  if (!name) return std::move(name.error()).pass();
  c.name = *name;

  const auto read_all = [&]() -> Status {
    if (Status s = read_sizes(file, c); !s) return s;
    if (Status s = read_feed_forward(file, row, c); !s) return s;
    if (Status s = read_attention(file, row, c); !s) return s;
    if (Status s = read_norm_eps(file, c); !s) return s;
    if (Status s = read_scales(file, row, c); !s) return s;
    if (Status s = read_vocab(file, c); !s) return s;
    if (Status s = read_rope(file, row, c); !s) return s;
    if (Status s = check_tensors(file, row, c); !s) return s;
    return read_residual(file, c);
  };
  if (Status s = read_all(); !s) return std::move(s.error()).pass();
  read_tensors_there(file, c);
  return c;
}

}  // namespace curlew::model
