// A GGUF file as a network: refused, or what read_config() accepted is loaded and evaluates a few
// tokens. Nothing after read_config() doubts a number of it, so all of that must hold here: every
// shape fits its tensor, no size is zero, and a small file asks for little memory.

#include "model/network/forward.h"
#include "model/network/tensor_table.h"
#include "tests/fuzz/gguf_draft.h"
#include "tests/model/gguf_writer.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::model;  // NOLINT: a program of its own
using model::testing::bytes_of;
using model::testing::GgufWriter;

constexpr std::size_t kMemoryBytesMax = std::size_t{256} << 20;  // that a small file may ask for
constexpr TokenId kPrompt[] = {1, 0, 2};

// --- The smallest network of each architecture

constexpr int kLayers = 2, kVocab = 5, kHidden = 8, kHeads = 2, kKvHeads = 1, kHeadDim = 4;
constexpr int kFfn = 6, kExperts = 3, kExpertFfn = 4, kRank = 4, kRope = 2;

std::int64_t size_of(Axis axis) {
  switch (axis) {
    case Axis::kVocab:
      return kVocab;
    case Axis::kHidden:
      return kHidden;
    case Axis::kQuery:
    case Axis::kMixed:
      return kHeads * kHeadDim;
    case Axis::kKey:
    case Axis::kValue:
      return kKvHeads * kHeadDim;
    case Axis::kHeads:
      return kHeads;
    case Axis::kKvHeads:
      return kKvHeads;
    case Axis::kHead:
    case Axis::kHeadValue:
      return kHeadDim;
    case Axis::kFfn:
      return kFfn;
    case Axis::kExperts:
      return kExperts;
    case Axis::kExpertFfn:
    case Axis::kSharedFfn:
      return kExpertFfn;
    case Axis::kQueryRank:
    case Axis::kLatent:
      return kRank;
    case Axis::kLatentRow:
      return kRank + kRope;
    case Axis::kUnrotated:
      return kHeadDim - kRope;
    case Axis::kKeyAndValue:
      return kHeads * (kHeadDim - kRope + kHeadDim);
    case Axis::kNone:
      break;
  }
  return 1;
}

// Layer 0 is dense where there are experts, layer 1 has them.
bool stands_in(const TensorSet& set, const Architecture& architecture, int layer) {
  switch (set.when) {
    case When::kDenseLayer:
      return layer == 0;
    case When::kExpertLayer:
    case When::kSharedExperts:
      return architecture.experts && layer == 1;
    case When::kDirectQuery:
    case When::kJoinedLatent:
      return false;
    default:
      return true;
  }
}

void add_tensor(GgufWriter& w, std::string_view name, std::vector<Axis> axes) {
  std::vector<std::int64_t> dims;
  std::size_t count = 1;
  for (const Axis axis : axes) {
    if (axis == Axis::kNone) break;
    dims.push_back(size_of(axis));
    count *= static_cast<std::size_t>(dims.back());
  }
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = 0.25f * static_cast<float>(i % 7) - 0.5f;
  w.tensor(name, kernels::WeightType::kF32, std::move(dims), bytes_of(values));
}

void set_numbers(GgufWriter& w, const Architecture& architecture) {
  const std::string a = std::string(architecture.name) + ".";
  const auto u32 = [&](const char* key, int value) {
    w.set(a + key, static_cast<std::uint32_t>(value));
  };
  w.set("general.architecture", architecture.name).set("general.name", "small");
  u32("block_count", kLayers);
  u32("context_length", 64);
  u32("embedding_length", kHidden);
  u32("feed_forward_length", kFfn);
  u32("attention.head_count", kHeads);
  u32("attention.head_count_kv", kKvHeads);
  u32("attention.key_length", kHeadDim);
  u32("attention.value_length", kHeadDim);
  u32("attention.sliding_window", 2);
  u32("rope.dimension_count", architecture.latent ? kRope : kHeadDim);
  w.set(a + "rope.freq_base", 10000.f).set(a + "rope.scaling.type", "yarn");
  w.set(a + "rope.scaling.factor", 4.f);
  w.set(a + "attention.layer_norm_rms_epsilon", 1e-5f);
  w.set(a + "attention.layer_norm_epsilon", 1e-5f);
  if (architecture.latent) {
    u32("attention.kv_lora_rank", kRank);
    u32("attention.q_lora_rank", kRank);
    u32("attention.key_length_mla", kHeadDim);
    u32("attention.value_length_mla", kHeadDim);
  }
  if (!architecture.experts) return;
  u32("expert_count", kExperts);
  u32("expert_used_count", 2);
  u32("expert_feed_forward_length", kExpertFfn);
  u32("expert_shared_count", 1);
  u32("leading_dense_block_count", 1);
}

// With every tensor that it may have, the optional ones too.
GgufWriter small_network(const Architecture& architecture) {
  GgufWriter w;
  set_numbers(w, architecture);
  add_tensor(w, "token_embd.weight", {Axis::kHidden, Axis::kVocab});
  add_tensor(w, "output_norm.weight", {Axis::kHidden});
  if (architecture.norm == NormKind::kLayer) add_tensor(w, "output_norm.bias", {Axis::kHidden});
  for (int layer = 0; layer < kLayers; ++layer) {
    for (const TensorSet& set : architecture.layer_tensors) {
      if (!stands_in(set, architecture, layer)) continue;
      for (const TensorRow& row : set.rows)
        add_tensor(w, fmt::format("blk.{}.{}", layer, row.name),
                   {row.inputs, row.outputs, row.stack});
    }
  }
  return w;
}

// --- What an accepted file must do

void evaluate(const ModelFile& file, const ModelConfig& config) {
  static kernels::ThreadPool pool(1);
  const auto weights = load_weights(file, config, pool, {});
  promise(weights.has_value(), "what was accepted is loaded");
  const KvShape shape = kv_shape(config, kernels::KvType::kF16);
  promise(shape.block_bytes() <= kMemoryBytesMax, "a block of the cache is no larger than it must");
  const auto kv = KvPool::create(shape, 1);
  promise(kv.has_value(), "there is memory for one block");
  Network network(config, *weights, pool, kernels::KvType::kF16, kernels::kKvBlockTokens);
  promise(network.scratch_bytes() <= kMemoryBytesMax, "scratch is no larger than it must");
  KvSequence sequence(**kv);
  const int tokens = std::min<int>(std::size(kPrompt), network.chunk_tokens());
  if (config.n_vocab < 3 || !sequence.reserve(tokens)) return;
  std::vector<float> logits(static_cast<std::size_t>(config.n_vocab));
  const Segment segment = {.ids = std::span(kPrompt).first(static_cast<std::size_t>(tokens)),
                           .sequence = &sequence,
                           .rows = LogitRows::kLast};
  promise(network.forward({&segment, 1}, logits.data(), [] { return false; }), "it runs");
}

}  // namespace

std::vector<Bytes> good_inputs() {
  std::vector<Bytes> inputs;
  for (const Architecture& architecture : architectures())
    inputs.push_back(to_bytes(small_network(architecture).bytes()));
  return inputs;
}

void break_one_place(Bytes& input, Dice& dice) {
  break_gguf(input, 0, dice);
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  const auto file = model::ModelFile::parse(std::as_bytes(std::span(data, size)), "fuzz.gguf");
  if (!file) return 0;
  const auto config = model::read_config(*file);
  if (config)
    fuzz::evaluate(*file, *config);
  else
    fuzz::promise(config.error().message().find("fuzz.gguf") != std::string::npos,
                  "an error names the file");
  return 0;
}
