// The model families that are read from Hugging Face folders: by which class name a config.json
// asks for one, what GGUF calls it, and how its weights are named and laid out there and here.
//
// Everything is a table (hf_family.cpp). What a converter does to the numbers on the way is a Role
// per row, and two traits of the family.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace curlew::model {

// What a module of the checkpoint becomes.
enum class Role {
  kPlain,
  kNorm,          // one is added to its weight in families with NormWeights::kLessOne
  kQuery,         // rows of query heads, reordered in families with RopeRows::kHalves
  kKey,           // rows of key heads, likewise
  kExpert,        // one of many equal matrices or vectors, "#" in its name; stacked
  kRouter,        // kept in F32: a rounded score may choose another expert
  kKeyValueUp,    // deepseek2's kv_b_proj: split in a transposed key part and a value part
  kSinks,         // gpt-oss, and all below; tensors without a field of their own (".weight")
  kGateUpBlocks,  // MXFP4 of all experts, rows of gate and up alternating
  kDownBlocks,
  kBlockScales,  // of one of the two above, which fetch it
  kGateUp,       // the same in 16 bits: [experts, inputs, outputs], columns alternating
  kDown,
  kGateUpBias,
  kDownBias,
};

struct NameRow {
  std::string_view hf;    // after "model.layers.N.", without ".weight"; "#" stands for a number
  std::string_view gguf;  // after "blk.N."
  Role role = Role::kPlain;
};

// How a head's rows stand, where the network rotates adjacent pairs: as GGUF has them already, or
// first all the first elements of the pairs and then all the second ones.
enum class RopeRows { kAsTheyAre, kHalves };
enum class NormWeights { kAsTheyAre, kLessOne };

struct HfFamily {
  std::string_view hf_class;      // config.json: architectures[0]
  std::string_view architecture;  // general.architecture
  std::span<const NameRow> layer_names;
  RopeRows rope_rows = RopeRows::kAsTheyAre;
  NormWeights norm_weights = NormWeights::kAsTheyAre;
  std::string_view activation = "silu";  // config.json: hidden_act, the only one that is run
  // What the class takes where its config.json is silent.
  bool ties_output = false;
  std::int64_t head_dim = 0;  // 0: hidden_size / num_attention_heads
};

// Outside the layers, in every family; named with "model." where HF does.
std::span<const NameRow> whole_model_names();

// Null for a class that is not read.
const HfFamily* find_family(std::string_view hf_class);
// One of the families of a general.architecture; all of them name and arrange weights alike. Null
// where there is none.
const HfFamily* find_family_of(std::string_view architecture);
// "LlamaForCausalLM, MistralForCausalLM, ...", for messages.
std::string known_families();

// Where a module belongs: its row in the family's table, and the numbers in its name.
struct HfPlace {
  const NameRow* row = nullptr;
  std::int64_t layer = -1, expert = -1;  // -1: none

  // "blk.<layer>.<stem>.<field>", or "<stem>.<field>" outside the layers.
  std::string gguf_name(std::string_view stem, std::string_view field) const;
};

// Of a module by its full name, "model.layers.0.self_attn.q_proj"; nothing for a name that the
// family does not have.
std::optional<HfPlace> locate(std::string_view module, const HfFamily& family);

}  // namespace curlew::model
