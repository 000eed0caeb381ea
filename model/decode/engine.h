// The local engine: one model file, its tokenizer, its KV cache, and the loop that turns prompts
// into text.
//
//   Expected<std::unique_ptr<Engine>> engine = Engine::load({.model = path, .threads = 2});
//   Generation g = *(*engine)->generate({.prompt = FimText{...}}, stop);
//
// Keys and values of past prompts are kept in blocks of 64 tokens. A request starts from the cached
// sequence with which it shares the longest token prefix; only the rest is evaluated. Several
// sequences are kept (one per open document, roughly), the least recently used gives way.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/generator.h"
#include "model/network/architecture.h"

namespace curlew::model {

// Longer contexts are taken only when asked for: their cache is paid for in memory.
inline constexpr int kContextTokensDefaultMax = 8192;

enum class KvPrecision { kAuto, kF32, kF16 };  // kAuto: F32 for unquantised weights, else F16

struct EngineOptions {
  std::filesystem::path model;
  int threads = 0;         // 0: kernels::default_thread_count()
  int context_tokens = 0;  // 0: the model's own, at most kContextTokensDefaultMax
  KvPrecision kv = KvPrecision::kAuto;
  std::size_t kv_budget_bytes = 0;  // 0: room for four full sequences, at most 1 GiB
  std::function<void(float fraction)> on_progress;  // while loading; may be empty
};

class Engine final : public Generator {
 public:
  static Expected<std::unique_ptr<Engine>> load(const EngineOptions& options);
  ~Engine() override;

  Expected<Generation> generate(const GenerateRequest& request, std::stop_token stop) override;
  int count_tokens(std::string_view text) const override;
  GeneratorInfo info() const override;

  const Tokenizer& tokenizer() const;
  const ModelConfig& config() const;
  std::filesystem::path model_path() const;
  int threads() const;
  kernels::KvType kv_type() const;  // what kAuto became
  // The fill-in-the-middle format in use, or why there is none.
  const Expected<FimFormat>& fim_format() const;

  // Plain forward pass from an empty cache: logits of every position, [ids.size(), vocab].
  Expected<std::vector<float>> logits(std::span<const TokenId> ids);

  struct Memory {
    std::size_t file_bytes, packed_bytes, kv_bytes, scratch_bytes;
  };
  Memory memory() const;

  // For `curlew bench`: evaluates `prompt_tokens` arbitrary tokens at `depth`, or decodes
  // `new_tokens` after `depth`; returns seconds of the measured part only.
  Expected<double> time_prefill(int prompt_tokens, int depth, std::stop_token stop);
  Expected<double> time_decode(int new_tokens, int depth, std::stop_token stop);

  void clear_cache();  // forget every cached sequence

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::model
