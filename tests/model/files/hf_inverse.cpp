#include "tests/model/files/hf_inverse.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include "kernels/ops.h"
#include "tests/model/files/safetensors_writer.h"

namespace curlew::model::testing {
namespace {

using kernels::WeightType;
using nlohmann::json;

const std::map<std::string, std::string> kClasses = {
    {"llama", "LlamaForCausalLM"},           {"qwen2", "Qwen2ForCausalLM"},
    {"qwen3", "Qwen3ForCausalLM"},           {"qwen3moe", "Qwen3MoeForCausalLM"},
    {"starcoder2", "Starcoder2ForCausalLM"}, {"gemma", "GemmaForCausalLM"},
    {"granite", "GraniteForCausalLM"},       {"deepseek2", "DeepseekV2ForCausalLM"}};

// GGUF's name of a module -> HF's, within a layer.
const std::map<std::string, std::string> kModules = {
    {"attn_norm", "input_layernorm"},
    {"ffn_norm", "post_attention_layernorm"},
    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},
    {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"},
    {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"},
    {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
    {"ffn_gate_inp", "mlp.gate"},
    {"ffn_gate_exps", "mlp.experts.#.gate_proj"},
    {"ffn_up_exps", "mlp.experts.#.up_proj"},
    {"ffn_down_exps", "mlp.experts.#.down_proj"},
    {"ffn_gate_shexp", "mlp.shared_experts.gate_proj"},
    {"ffn_up_shexp", "mlp.shared_experts.up_proj"},
    {"ffn_down_shexp", "mlp.shared_experts.down_proj"},
    {"attn_q_a", "self_attn.q_a_proj"},
    {"attn_q_a_norm", "self_attn.q_a_layernorm"},
    {"attn_q_b", "self_attn.q_b_proj"},
    {"attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa"},
    {"attn_kv_a_norm", "self_attn.kv_a_layernorm"},
};

// GGUF's key, after the architecture -> config.json's. Any other key fails the test.
const std::map<std::string, std::string> kKeys = {
    {"context_length", "max_position_embeddings"},
    {"embedding_length", "hidden_size"},
    {"block_count", "num_hidden_layers"},
    {"feed_forward_length", "intermediate_size"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"attention.layer_norm_epsilon", "norm_epsilon"},
    {"rope.freq_base", "rope_theta"},
    {"vocab_size", "vocab_size"},
    {"attention.key_length", "head_dim"},
    {"attention.value_length", ""},
    {"rope.dimension_count", ""},
    {"expert_count", "num_experts"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_feed_forward_length", "moe_intermediate_size"},
    {"embedding_scale", "embedding_multiplier"},
    {"residual_scale", "residual_multiplier"},
    {"attention.scale", "attention_multiplier"},
    {"logit_scale", "logits_scaling"},
    {"leading_dense_block_count", "first_k_dense_replace"},
    {"attention.q_lora_rank", "q_lora_rank"},
    {"attention.kv_lora_rank", "kv_lora_rank"},
    {"attention.value_length_mla", "v_head_dim"},
    {"attention.key_length_mla", ""},
    {"expert_shared_count", "n_shared_experts"},
    {"expert_weights_scale", "routed_scaling_factor"},
    {"expert_weights_norm", "norm_topk_prob"},
    {"expert_gating_func", ""},
    {"rope.scaling.type", ""},
    {"rope.scaling.factor", ""},
    {"rope.scaling.original_context_length", ""},
    {"rope.scaling.yarn_log_multiplier", ""},
};

json plain(const MetadataValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return std::string(std::get<std::string_view>(value));
}

class Inverse {
 public:
  explicit Inverse(const ModelFile& gguf)
      : gguf_(gguf), arch_(gguf.string("general.architecture").value()) {}

  HfFolderFiles run() {
    write_config();
    for (const ModelTensor& tensor : gguf_.tensors()) write_tensor(tensor);
    if (arch_ == "deepseek2") write_key_value_up();
    write_tokenizer();
    return std::move(out_);
  }

 private:
  std::int64_t whole(const std::string& key) const {
    return gguf_.integer(arch_ + "." + key).value();
  }

  void write_config() {
    json& c = out_.config;
    c["architectures"] = {kClasses.at(arch_)};
    c["hidden_act"] = arch_ == "gemma" || arch_ == "starcoder2" ? "gelu_pytorch_tanh" : "silu";
    c["vocab_size"] = gguf_.tensor("token_embd.weight")->dims[1];
    c["tie_word_embeddings"] = gguf_.tensor("output.weight") == nullptr;
    for (const auto& [key, value] : gguf_.metadata()) {
      if (!key.starts_with(arch_ + ".")) continue;
      const std::string& name = kKeys.at(std::string(key.substr(arch_.size() + 1)));
      if (!name.empty()) c[name] = plain(value);
    }
    write_rope();
    if (arch_ == "qwen3moe") c["norm_topk_prob"] = true;
    if (arch_ != "deepseek2") return;
    c.erase("head_dim");
    c["num_key_value_heads"] = whole("attention.head_count");
    c["n_routed_experts"] = c["num_experts"];
    c["qk_rope_head_dim"] = whole("rope.dimension_count");
    c["qk_nope_head_dim"] = whole("attention.key_length_mla") - whole("rope.dimension_count");
  }

  void write_rope() {
    const std::string at = arch_ + ".rope.scaling.";
    const std::string type(gguf_.string(at + "type", "").value());
    if (type.empty()) return;
    json& scaling = out_.config["rope_scaling"];
    scaling = {{"type", type}, {"factor", gguf_.number(at + "factor", 0).value()}};
    if (gguf_.find(at + "original_context_length") != nullptr)
      scaling["original_max_position_embeddings"] =
          gguf_.integer(at + "original_context_length").value();
    if (gguf_.find(at + "yarn_log_multiplier") == nullptr) return;
    const double all_dim = gguf_.number(at + "yarn_log_multiplier", 0).value() / 0.1;
    scaling["mscale"] = scaling["mscale_all_dim"] = all_dim;
  }

  void add(std::string name, const ModelTensor& like, std::vector<std::int64_t> dims,
           std::vector<std::byte> bytes) {
    const char* dtype = like.type == WeightType::kF16    ? "F16"
                        : like.type == WeightType::kBF16 ? "BF16"
                                                         : "F32";
    out_.tensors.push_back(
        {std::move(name), dtype, {dims.rbegin(), dims.rend()}, std::move(bytes)});
  }

  // The tensor's own bytes, or its numbers in F32 where it has blocks.
  static std::vector<std::byte> plain_bytes(const ModelTensor& tensor) {
    if (kernels::block_shape(tensor.type).elements == 1)
      return {tensor.bytes.begin(), tensor.bytes.end()};
    std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
    kernels::dequantize(tensor.type, tensor.bytes.data(), values.data(), tensor.elements());
    const auto view = std::as_bytes(std::span(values));
    return {view.begin(), view.end()};
  }

  void write_tensor(const ModelTensor& tensor) {
    const std::string name(tensor.name);
    if (name == "token_embd.weight") return copy("model.embed_tokens.weight", tensor);
    if (name == "output.weight") return copy("lm_head.weight", tensor);
    if (name.starts_with("output_norm.")) return norm("model.norm" + name.substr(11), tensor);
    if (name == "rope_freqs.weight") return;  // the test of Llama 3's scaling
    const std::size_t layer_end = name.find('.', 4), field = name.rfind('.');
    const std::string layer = "model.layers." + name.substr(4, layer_end - 4) + ".";
    const std::string stem = name.substr(layer_end + 1, field - layer_end - 1);
    if (stem == "attn_k_b" || stem == "attn_v_b") return;  // write_key_value_up()
    std::string module = kModules.at(stem);
    if (arch_ == "starcoder2" && stem == "ffn_up") module = "mlp.c_fc";
    if (arch_ == "starcoder2" && stem == "ffn_down") module = "mlp.c_proj";
    const std::string hf = layer + module + name.substr(field);
    if (stem.ends_with("_exps")) return experts(hf, tensor);
    if (stem.ends_with("_norm")) return norm(hf, tensor);
    const bool reordered = arch_ == "llama" || arch_ == "granite";
    if (reordered && stem == "attn_q") return heads(hf, tensor, whole("attention.head_count"));
    if (reordered && stem == "attn_k") return heads(hf, tensor, whole("attention.head_count_kv"));
    copy(hf, tensor);
  }

  void copy(const std::string& name, const ModelTensor& tensor) {
    add(name, tensor, tensor.dims, plain_bytes(tensor));
  }

  void norm(const std::string& name, const ModelTensor& tensor) {
    std::vector<std::byte> bytes = plain_bytes(tensor);
    auto* values = reinterpret_cast<float*>(bytes.data());
    for (std::int64_t i = 0; arch_ == "gemma" && i < tensor.elements(); ++i) values[i] -= 1.f;
    add(name, tensor, tensor.dims, std::move(bytes));
  }

  // Row (h, i, s) of the file, pairs side by side, is row (h, s, i) of the checkpoint.
  void heads(const std::string& name, const ModelTensor& tensor, std::int64_t count) {
    const std::vector<std::byte> in = plain_bytes(tensor);
    std::vector<std::byte> out(in.size());
    const std::int64_t rows = tensor.dims.back(), half = rows / count / 2;
    const std::size_t size = in.size() / static_cast<std::size_t>(rows);
    for (std::int64_t h = 0; h < count; ++h)
      for (std::int64_t i = 0; i < half; ++i)
        for (std::int64_t s = 0; s < 2; ++s)
          std::memcpy(out.data() + static_cast<std::size_t>((h * 2 + s) * half + i) * size,
                      in.data() + static_cast<std::size_t>((h * half + i) * 2 + s) * size, size);
    add(name, tensor, tensor.dims, std::move(out));
  }

  void experts(const std::string& name, const ModelTensor& tensor) {
    const std::vector<std::byte> all = plain_bytes(tensor);
    const std::int64_t count = tensor.dims[2];
    const std::size_t size = all.size() / static_cast<std::size_t>(count);
    for (std::int64_t e = 0; e < count; ++e) {
      std::string one = name;
      one.replace(one.find('#'), 1, std::to_string(e));
      const auto begin =
          all.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(e) * size);
      add(one, tensor, {tensor.dims[0], tensor.dims[1]},
          {begin, begin + static_cast<std::ptrdiff_t>(size)});
    }
  }

  // kv_b_proj of a head: the rows of W_k (stored transposed), then those of W_v.
  void write_key_value_up() {
    for (std::int64_t layer = 0; layer < whole("block_count"); ++layer) {
      const std::string at = fmt::format("blk.{}.", layer);
      const ModelTensor* k = gguf_.tensor(at + "attn_k_b.weight");
      const ModelTensor* v = gguf_.tensor(at + "attn_v_b.weight");
      const std::int64_t key = k->dims[0], rank = k->dims[1], heads = k->dims[2],
                         value = v->dims[1];
      const std::vector<std::byte> kb = plain_bytes(*k), vb = plain_bytes(*v);
      const std::size_t size = kb.size() / static_cast<std::size_t>(k->elements());
      std::vector<std::byte> out(kb.size() + vb.size());
      const auto put = [&](std::int64_t to, const std::vector<std::byte>& from, std::int64_t at_) {
        std::memcpy(out.data() + static_cast<std::size_t>(to) * size,
                    from.data() + static_cast<std::size_t>(at_) * size, size);
      };
      for (std::int64_t h = 0; h < heads; ++h) {
        for (std::int64_t r = 0; r < rank; ++r) {
          for (std::int64_t n = 0; n < key; ++n)
            put((h * (key + value) + n) * rank + r, kb, (h * rank + r) * key + n);
          for (std::int64_t n = 0; n < value; ++n)
            put((h * (key + value) + key + n) * rank + r, vb, (h * value + n) * rank + r);
        }
      }
      add(fmt::format("model.layers.{}.self_attn.kv_b_proj.weight", layer), *k,
          {rank, heads * (key + value)}, std::move(out));
    }
  }

  void write_tokenizer();

  const ModelFile& gguf_;
  std::string arch_;
  HfFolderFiles out_;
};

// --- Tokenizers

struct VocabularyView {
  explicit VocabularyView(const ModelFile& gguf)
      : tokens(*gguf.strings("tokenizer.ggml.tokens")),
        types(*gguf.integers("tokenizer.ggml.token_type")),
        scores(gguf.numbers("tokenizer.ggml.scores")) {}
  const std::vector<std::string_view>& tokens;
  const std::vector<std::int64_t>& types;
  const std::vector<double>* scores;
};

json split(const char* regex) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", regex}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

json pre_tokenizer_of(std::string_view pre) {
  const json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
  const json gpt2 = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
  const json digits = {{"type", "Digits"}, {"individual_digits", true}};
  json steps;
  if (pre == "gpt-2") return gpt2;
  if (pre == "starcoder") steps = {digits, gpt2};
  if (pre == "qwen2")
    steps = {
        split(
            R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"),
        bytes};
  if (pre == "llama-bpe")
    steps = {
        split(
            R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"),
        bytes};
  if (pre == "deepseek-coder")
    steps = {split("[\r\n]"),
             split(R"(\s?\p{L}+)"),
             split(R"(\s?\p{P}+)"),
             split("[一-龥ࠀ-一가-퟿]+"),
             digits,
             bytes};
  if (pre == "deepseek-llm")
    steps = {split("[\r\n]"),
             split("\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-"
                   "Ᏽᏸ-"
                   "ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-"
                   "ῌῐ-"
                   "\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-\u212dℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-"
                   "ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-"
                   "𐲲𐳀-"
                   "𐳲𑢠-𑣟𞤀-𞥃]+"),
             split("\\s?[!-/:-~！-／：-～‘-‟　-。]+"),
             split(R"(\s+$)"),
             split("[一-龥ࠀ-一가-퟿]+"),
             digits,
             bytes};
  return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

// As HF's converter makes them: every way to put a piece together of two, best pieces first.
json merges_by_score(const VocabularyView& v) {
  std::map<std::string_view, std::size_t> ids;
  for (std::size_t i = 0; i < v.tokens.size(); ++i)
    if (v.types[i] == 1) ids.emplace(v.tokens[i], i);
  struct Merge {
    double score;
    std::string left, right;
  };
  std::vector<Merge> merges;
  for (const auto& [piece, id] : ids)
    for (std::size_t cut = 1; cut < piece.size(); ++cut)
      if (ids.contains(piece.substr(0, cut)) && ids.contains(piece.substr(cut)))
        merges.push_back(
            {(*v.scores)[id], std::string(piece.substr(0, cut)), std::string(piece.substr(cut))});
  std::stable_sort(merges.begin(), merges.end(),
                   [](const Merge& a, const Merge& b) { return a.score > b.score; });
  json out = json::array();
  for (const Merge& merge : merges) out.push_back({merge.left, merge.right});
  return out;
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
void put_text(std::string& out, int field, std::string_view text) {
  put_varint(out, static_cast<std::uint64_t>(field) << 3 | 2);
  put_varint(out, text.size());
  out += text;
}
void put_number(std::string& out, int field, std::uint64_t value) {
  put_varint(out, static_cast<std::uint64_t>(field) << 3);
  put_varint(out, value);
}

void Inverse::write_tokenizer() {
  const VocabularyView v(gguf_);
  if (gguf_.string("tokenizer.ggml.model").value() == "llama")
    out_.tokenizer_model = tokenizer_model_of(gguf_);
  else
    out_.tokenizer = tokenizer_json_of(gguf_);
  json& settings = out_.tokenizer_config;
  const std::pair<const char*, const char*> roles[] = {{"bos_token", "bos_token_id"},
                                                       {"eos_token", "eos_token_id"},
                                                       {"unk_token", "unknown_token_id"},
                                                       {"pad_token", "padding_token_id"}};
  for (const auto& [role, key] : roles) {
    const std::int64_t id = gguf_.integer(std::string("tokenizer.ggml.") + key, -1).value();
    if (id >= 0) settings[role] = {{"content", v.tokens[static_cast<std::size_t>(id)]}};
  }
  for (const char* flag : {"add_bos_token", "add_eos_token"})
    if (gguf_.find(std::string("tokenizer.ggml.") + flag) != nullptr)
      settings[flag] = gguf_.boolean(std::string("tokenizer.ggml.") + flag, false).value();
}

}  // namespace

json tokenizer_json_of(const ModelFile& gguf) {
  const VocabularyView v(gguf);
  const bool sentencepiece = gguf.string("tokenizer.ggml.model").value() == "llama";
  json root, vocab = json::object(), added = json::array();
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    const std::string token(v.tokens[i]);
    if (v.types[i] == 3 || v.types[i] == 4)
      added.push_back({{"id", i}, {"content", token}, {"special", v.types[i] == 3}});
    else
      vocab[token] = i;
  }
  json& model = root["model"];
  model = {{"type", "BPE"}, {"vocab", vocab}, {"byte_fallback", sentencepiece}};
  root["added_tokens"] = added;
  if (!sentencepiece) {
    const auto* merges = gguf.strings("tokenizer.ggml.merges");
    model["merges"] = *merges;
    const auto pre = gguf.string("tokenizer.ggml.pre").value();
    model["ignore_merges"] = pre == "llama-bpe";
    root["pre_tokenizer"] = pre_tokenizer_of(pre);
    root["decoder"] = {{"type", "ByteLevel"}};
    return root;
  }
  model["merges"] = merges_by_score(v);
  model["unk_token"] = "<unk>";
  json steps = json::array();
  if (gguf.boolean("tokenizer.ggml.add_space_prefix", true).value())
    steps.push_back({{"type", "Prepend"}, {"prepend", "▁"}});
  steps.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}});
  root["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
  return root;
}

std::string tokenizer_model_of(const ModelFile& gguf) {
  const VocabularyView v(gguf);
  std::string out;
  for (std::size_t i = 0; i < v.tokens.size(); ++i) {
    std::string piece;
    put_text(piece, 1, v.tokens[i]);
    put_varint(piece, 2 << 3 | 5);
    const auto score = static_cast<float>((*v.scores)[i]);
    piece.append(reinterpret_cast<const char*>(&score), sizeof score);
    put_number(piece, 3, static_cast<std::uint64_t>(v.types[i]));
    put_text(out, 1, piece);
  }
  std::string trainer, normalizer;
  put_number(trainer, 3, 2);
  const std::pair<int, const char*> ids[] = {{40, "unknown_token_id"},
                                             {41, "bos_token_id"},
                                             {42, "eos_token_id"},
                                             {43, "padding_token_id"}};
  for (const auto& [field, key] : ids)
    put_number(
        trainer, field,
        static_cast<std::uint64_t>(gguf.integer(std::string("tokenizer.ggml.") + key, -1).value()));
  put_text(out, 2, trainer);
  put_text(normalizer, 1, "identity");
  put_number(normalizer, 3, gguf.boolean("tokenizer.ggml.add_space_prefix", true).value());
  put_number(normalizer, 4, 0);
  put_text(out, 3, normalizer);
  return out;
}

HfFolderFiles hf_files_of(const ModelFile& gguf) {
  return Inverse(gguf).run();
}

void write_folder(const HfFolderFiles& files, const std::filesystem::path& folder, int shards) {
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const json& root) {
    if (!root.is_null()) std::ofstream(folder / name) << root.dump();
  };
  write("config.json", files.config);
  write("tokenizer.json", files.tokenizer);
  write("tokenizer_config.json", files.tokenizer_config);
  if (!files.tokenizer_model.empty())
    std::ofstream(folder / "tokenizer.model", std::ios::binary) << files.tokenizer_model;
  std::vector<SafetensorsWriter> writers(static_cast<std::size_t>(shards));
  json map = json::object();
  for (std::size_t i = 0; i < files.tensors.size(); ++i) {
    const HfTensor& tensor = files.tensors[i];
    const std::size_t shard = i % writers.size();
    writers[shard].tensor(tensor.name, tensor.dtype, tensor.shape, tensor.bytes);
    map[tensor.name] = fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards);
  }
  if (shards == 1) return writers[0].write(folder / "model.safetensors");
  write("model.safetensors.index.json", {{"weight_map", map}});
  for (std::size_t i = 0; i < writers.size(); ++i)
    writers[i].write(folder / fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards),
                     i + 1);
}

TempFolder::TempFolder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::path(::testing::TempDir()) /
          fmt::format("curlew_hf_{}_{}", ::getpid(), count++);
  std::filesystem::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace curlew::model::testing
