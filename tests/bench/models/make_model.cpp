// Writes a GGUF model of a real model's full shape with random weights: for measuring speed, where
// only shapes and types matter. Every program that reads GGUF loads it.
//
//   make_model SHAPE MIX OUT.gguf [VOCABULARY.gguf]
//
// SHAPE and MIX: see kShapes and kMixes below. The mixes choose each tensor's type as published
// files do, fall-backs for rows that are no multiple of 256 included. Without a vocabulary file the
// model gets a made-up one of the same size.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>

#include "kernels/cpu/half.h"
#include "tests/bench/models/gguf_writer.h"
#include "tests/bench/models/vocabulary.h"

namespace curlew::bench {
namespace {

using kernels::WeightType;

struct Shape {
  const char *name, *arch;
  int layers, heads, kv_heads, head_dim, hidden, ff, vocabulary;
  bool tied, qkv_bias;
  float rope_base;
  int experts = 0, experts_used = 0, expert_ff = 0;  // a mixture in every layer, and norms of heads
};
constexpr Shape kShapes[] = {
    {"qwen2.5-coder-0.5b", "qwen2", 24, 14, 2, 64, 896, 4864, 151936, true, true, 1e6f},
    {"qwen2.5-coder-1.5b", "qwen2", 28, 12, 2, 128, 1536, 8960, 151936, true, true, 1e6f},
    {"qwen2.5-coder-3b", "qwen2", 36, 16, 2, 128, 2048, 11008, 151936, true, true, 1e6f},
    {"qwen2.5-coder-7b", "qwen2", 28, 28, 4, 128, 3584, 18944, 152064, false, true, 1e6f},
    {"seed-coder-8b", "llama", 32, 32, 8, 128, 4096, 14336, 155136, false, false, 5e5f},
    {"qwen3-coder-30b-a3b", "qwen3moe", 48, 32, 4, 128, 2048, 6144, 151936, false, false, 1e7f, 128,
     8, 768},
    {"deepseek-coder-1.3b", "llama", 24, 16, 16, 128, 2048, 5504, 32256, false, false, 1e5f},
};

enum class Mix { kQ4_0, kQ4_K_M, kQ8_0, kF16, kBF16 };
struct MixName {
  const char* name;
  Mix mix;
  std::uint32_t file_type;  // general.file_type
};
constexpr MixName kMixes[] = {{"Q4_0", Mix::kQ4_0, 2},
                              {"Q4_K_M", Mix::kQ4_K_M, 15},
                              {"Q8_0", Mix::kQ8_0, 7},
                              {"F16", Mix::kF16, 1},
                              {"BF16", Mix::kBF16, 32}};

constexpr float kWeightSize = 0.02f;  // typical absolute value of a weight

// K types need rows of whole super-blocks; the published files' replacements for other rows.
WeightType for_row(WeightType type, int cols) {
  if (cols % kernels::kSuperBlock == 0) return type;
  if (type == WeightType::kQ4_K) return WeightType::kQ5_0;
  if (type == WeightType::kQ6_K) return WeightType::kQ8_0;
  return type;
}

// Q4_K_M gives the values and half of the layers' down projections more bits.
bool wants_more_bits(int layer, int layers) {
  return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

enum class Role { kPlain, kValueOrDown, kEmbedding, kOutput };

WeightType choose_type(Mix mix, const Shape& shape, Role role, int layer, int cols) {
  const bool is_output = role == Role::kOutput || (role == Role::kEmbedding && shape.tied);
  switch (mix) {
    case Mix::kF16:
      return WeightType::kF16;
    case Mix::kBF16:
      return WeightType::kBF16;
    case Mix::kQ8_0:
      return WeightType::kQ8_0;
    case Mix::kQ4_0:
      return for_row(is_output ? WeightType::kQ6_K : WeightType::kQ4_0, cols);
    case Mix::kQ4_K_M:
      break;
  }
  const bool more =
      is_output || (role == Role::kValueOrDown && wants_more_bits(layer, shape.layers));
  return for_row(more ? WeightType::kQ6_K : WeightType::kQ4_K, cols);
}

void add_layer(const Shape& s, Mix mix, int layer, GgufWriter& out) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const int q = s.heads * s.head_dim, kv = s.kv_heads * s.head_dim;
  const auto matrix = [&](const char* name, int cols, int rows, Role role = Role::kPlain) {
    out.add({prefix + name + ".weight", choose_type(mix, s, role, layer, cols), {cols, rows}});
  };
  const auto stack = [&](const char* name, int cols, int rows, Role role) {
    out.add({prefix + name + ".weight",
             choose_type(mix, s, role, layer, cols),
             {cols, rows, s.experts}});
  };
  const auto vector = [&](const std::string& name, int n) {
    out.add({prefix + name, WeightType::kF32, {n}});
  };
  vector("attn_norm.weight", s.hidden);
  matrix("attn_q", s.hidden, q);
  matrix("attn_k", s.hidden, kv);
  matrix("attn_v", s.hidden, kv, Role::kValueOrDown);
  if (s.qkv_bias) vector("attn_q.bias", q), vector("attn_k.bias", kv), vector("attn_v.bias", kv);
  matrix("attn_output", q, s.hidden);
  vector("ffn_norm.weight", s.hidden);
  if (s.experts > 0) {
    vector("attn_q_norm.weight", s.head_dim);
    vector("attn_k_norm.weight", s.head_dim);
    out.add({prefix + "ffn_gate_inp.weight", WeightType::kF32, {s.hidden, s.experts}});
    stack("ffn_gate_exps", s.hidden, s.expert_ff, Role::kPlain);
    stack("ffn_up_exps", s.hidden, s.expert_ff, Role::kPlain);
    stack("ffn_down_exps", s.expert_ff, s.hidden, Role::kValueOrDown);
    return;
  }
  matrix("ffn_gate", s.hidden, s.ff);
  matrix("ffn_up", s.hidden, s.ff);
  matrix("ffn_down", s.ff, s.hidden, Role::kValueOrDown);
}

void describe(const Shape& s, const MixName& mix, GgufWriter& out) {
  const std::string arch = s.arch;
  const auto number = [](int value) { return static_cast<std::uint32_t>(value); };
  out.put("general.architecture", arch);
  out.put("general.name", std::string(s.name) + " with random weights");
  out.put("general.file_type", mix.file_type);
  out.put("general.quantization_version", 2u);
  out.put(arch + ".block_count", number(s.layers));
  out.put(arch + ".context_length", 32768u);
  out.put(arch + ".embedding_length", number(s.hidden));
  out.put(arch + ".feed_forward_length", number(s.ff));
  out.put(arch + ".attention.head_count", number(s.heads));
  out.put(arch + ".attention.head_count_kv", number(s.kv_heads));
  out.put(arch + ".attention.key_length", number(s.head_dim));
  out.put(arch + ".attention.value_length", number(s.head_dim));
  if (s.experts > 0) {
    out.put(arch + ".expert_count", number(s.experts));
    out.put(arch + ".expert_used_count", number(s.experts_used));
    out.put(arch + ".expert_feed_forward_length", number(s.expert_ff));
  }
  out.put(arch + ".attention.layer_norm_rms_epsilon", 1e-6f);
  out.put(arch + ".rope.freq_base", s.rope_base);
  out.add({"token_embd.weight",
           choose_type(mix.mix, s, Role::kEmbedding, 0, s.hidden),
           {s.hidden, s.vocabulary}});
  for (int layer = 0; layer < s.layers; ++layer) add_layer(s, mix.mix, layer, out);
  out.add({"output_norm.weight", WeightType::kF32, {s.hidden}});
  if (!s.tied)
    out.add({"output.weight",
             choose_type(mix.mix, s, Role::kOutput, 0, s.hidden),
             {s.hidden, s.vocabulary}});
}

// Fast and good enough: splitmix64 (Steele, Lea and Flood 2014).
class Random {
 public:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  float uniform() {  // -1 .. 1
    return static_cast<float>(static_cast<std::int64_t>(next()) >> 11) * 0x1p-52f;
  }

 private:
  std::uint64_t state_ = 1;
};

// Where a block's half-precision fields are, and what value makes its weights kWeightSize in size.
struct ScaleField {
  int at;
  float value;
};
std::vector<ScaleField> scale_fields(WeightType type) {
  constexpr float kScaleMean = 31.5f, kNibbleSize = 4.6f, kNibbleMean = 7.5f;
  switch (type) {
    case WeightType::kQ4_0:
      return {{0, kWeightSize / kNibbleSize}};
    case WeightType::kQ5_0:
      return {{0, kWeightSize / 9.2f}};
    case WeightType::kQ8_0:
      return {{0, kWeightSize / 74.f}};
    case WeightType::kQ4_K: {  // minima as large as the codes' mean: weights around zero
      const float d = kWeightSize / (2 * kNibbleMean * kScaleMean);
      return {{0, d}, {2, kNibbleMean * d}};
    }
    case WeightType::kQ6_K:
      return {{208, kWeightSize / (18.5f * 74.f)}};
    default:
      return {};
  }
}

void put_float(const Tensor& tensor, float value, std::uint8_t* at) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint16_t half = tensor.type == WeightType::kF16
                                 ? kernels::f32_to_f16(value)
                                 : static_cast<std::uint16_t>(bits >> 16);
  if (tensor.type == WeightType::kF32)
    std::memcpy(at, &bits, sizeof bits);
  else
    std::memcpy(at, &half, sizeof half);
}

void fill_tensor(const Tensor& tensor, std::vector<std::uint8_t>& buffer, Random& random) {
  const auto block_bytes = static_cast<std::size_t>(kernels::block_shape(tensor.type).bytes);
  const std::size_t end = tensor.bytes();
  if (kernels::block_shape(tensor.type).elements == 1) {
    const bool is_norm = tensor.name.find("norm") != std::string::npos;
    for (std::size_t at = 0; at < end; at += block_bytes)
      put_float(tensor, (is_norm ? 1.f : 0.f) + 2 * kWeightSize * random.uniform(), &buffer[at]);
    return;
  }
  for (std::size_t at = 0; at + 8 <= buffer.size(); at += 8) {
    const std::uint64_t bits = random.next();
    std::memcpy(&buffer[at], &bits, sizeof bits);
  }
  const std::vector<ScaleField> fields = scale_fields(tensor.type);
  for (std::size_t at = 0; at < end; at += block_bytes)
    for (const ScaleField& field : fields) {
      const std::uint16_t half = kernels::f32_to_f16(field.value * (1.f + 0.3f * random.uniform()));
      std::memcpy(&buffer[at + static_cast<std::size_t>(field.at)], &half, sizeof half);
    }
}

template <class Named, std::size_t n>
const Named* find(const Named (&list)[n], std::string_view name) {
  for (const Named& entry : list)
    if (name == entry.name) return &entry;
  return nullptr;
}

int usage() {
  std::fprintf(stderr, "usage: make_model SHAPE MIX OUT.gguf [VOCABULARY.gguf]\nshapes:");
  for (const Shape& shape : kShapes) std::fprintf(stderr, " %s", shape.name);
  std::fprintf(stderr, "\nmixes:");
  for (const MixName& mix : kMixes) std::fprintf(stderr, " %s", mix.name);
  std::fprintf(stderr, "\n");
  return 2;
}

int run(int argc, char** argv) {
  if (argc < 4 || argc > 5) return usage();
  const Shape* shape = find(kShapes, argv[1]);
  const MixName* mix = find(kMixes, argv[2]);
  if (!shape || !mix) return usage();
  GgufWriter writer;
  describe(*shape, *mix, writer);
  if (argc == 4) {
    make_vocabulary(shape->vocabulary, writer);
  } else if (!copy_vocabulary(argv[4], shape->vocabulary, writer)) {
    std::fprintf(stderr, "make_model: %s: no vocabulary of at most %d tokens\n", argv[4],
                 shape->vocabulary);
    return 1;
  }
  Random random;
  if (!writer.write(argv[3], [&](const Tensor& tensor, std::vector<std::uint8_t>& buffer) {
        fill_tensor(tensor, buffer, random);
      })) {
    std::perror(argv[3]);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace curlew::bench

int main(int argc, char** argv) {
  return curlew::bench::run(argc, argv);
}
