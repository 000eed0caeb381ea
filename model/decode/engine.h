// The local engine: one model file, its tokenizer, its KV cache, and the loop that turns prompts
// into text.
//
//   Expected<std::unique_ptr<Engine>> engine = Engine::load({.model = path, .threads = 2});
//   Generation g = *(*engine)->generate({.prompt = FimText{...}}, stop);
//
// Keys and values of past texts are kept in a tree by content: a request starts from the longest
// prefix it shares with any of them, and only the rest is evaluated; what was not used for the
// longest time gives way. Requests of one lane go side by side, higher lanes first. Drafts from the
// prompt and from the texts a request names are verified several tokens a step. None of this
// changes a token: every request gives the text that it would give alone, from an empty cache.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/generator.h"
#include "model/network/architecture.h"
#include "model/text/prompt_formats.h"

namespace curlew::model {

class Cards;  // model/network/executor.h; model/cuda/cards.h has them

// kAuto: a card where there is one that can run the model, else this machine's processor.
enum class Device { kAuto, kCpu, kCuda };

// Longer contexts are taken only when asked for: their cache is paid for in memory.
inline constexpr int kContextTokensDefaultMax = 8192;

// kAuto: F32 for unquantised weights, else F16.
enum class KvPrecision { kAuto, kF32, kF16, kQ8_0 };

struct EngineOptions {
  std::filesystem::path model;
  int threads = 0;  // 0: kernels::default_thread_count()
  Device device = Device::kAuto;
  const Cards* cards = nullptr;  // null: this build knows none
  // Memory of a card is given back after so long without a request, and taken again, which takes as
  // long as loading, by the next; 0: it is kept.
  std::chrono::milliseconds card_idle_max{0};
  int context_tokens = 0;  // 0: the model's own, at most kContextTokensDefaultMax
  KvPrecision kv = KvPrecision::kAuto;
  std::size_t kv_budget_bytes = 0;  // 0: room for four full sequences, at most 1 GiB
  PromptFormatNames formats;        // as the file says, unless configured otherwise
  std::filesystem::path adapter;    // a LoRA adapter, model/files/adapter_file.h; "" for none
  // Evaluated prefixes of this model are read from here at load, and written back when the engine
  // goes; "" for none. It holds tokens of the user's texts.
  std::filesystem::path prefix_file;
  std::size_t prefix_file_bytes_max = std::size_t{256} << 20;
  std::function<void(float fraction)> on_progress;  // while loading; may be empty
};

class Engine final : public Generator {
 public:
  static Expected<std::unique_ptr<Engine>> load(const EngineOptions& options);
  ~Engine() override;

  Expected<Generation> generate(const GenerateRequest& request, std::stop_token stop) override;
  int count_tokens(std::string_view text) const override;
  GeneratorInfo info() const override;

  // One vector a text, [hidden_dim], of length 1. kAuto: as the file says, else the mean.
  enum class Pooling { kAuto, kMean, kLast };
  Expected<std::vector<std::vector<float>>> embed(std::span<const std::string> texts,
                                                  Pooling pooling, Lane lane, std::stop_token stop);

  const Tokenizer& tokenizer() const;
  const ModelConfig& config() const;
  std::filesystem::path model_path() const;
  int threads() const;
  kernels::KvType kv_type() const;  // what kAuto became
  std::size_t kv_bytes_per_token() const;
  // The prompt formats in use, or why there is none.
  const PromptFormats& formats() const;
  const Expected<FimFormat>& fim_format() const { return formats().fim; }

  // Plain forward pass from an empty cache: logits of every position, [ids.size(), vocab].
  Expected<std::vector<float>> logits(std::span<const TokenId> ids);

  struct Memory {
    std::size_t file_bytes;
    std::size_t packed_bytes, kv_bytes, scratch_bytes;  // of the device; 0 after give_back_card()
    std::size_t adapter_bytes;                          // beside its mapped file
  };
  Memory memory() const;

  // For `curlew bench`: evaluates `prompt_tokens` arbitrary tokens at `depth`, or decodes
  // `new_tokens` after `depth`; returns seconds of the measured part only.
  Expected<double> time_prefill(int prompt_tokens, int depth, std::stop_token stop);
  Expected<double> time_decode(int new_tokens, int depth, std::stop_token stop);

  // Takes another adapter for the one in use, or none for "". It is read while requests go on, and
  // begins to count between two steps. What was cached belongs to the weights as they were and is
  // forgotten; requests under way evaluate their texts again and go on, so that a generation may
  // begin with one adapter and end with another. After an Error all is as it was. Waits for the
  // step that runs, so not to be called from a request's own callbacks.
  Status use_adapter(const std::filesystem::path& path);

  // Gives a card's memory back now; the next request takes it again. False where the engine runs on
  // the processor, or somebody uses it at this moment.
  bool give_back_card();

  void clear_cache();  // forget every cached text
  // Writes the prefix file now; nothing to do where none was named. Takes the network's time.
  Status store_prefixes();
  // Tokens that were read from the prefix file at load, or why it was not used.
  const Expected<int>& restored_tokens() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::model
