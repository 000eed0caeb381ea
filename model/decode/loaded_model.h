// A model file made ready to run: everything that is taken at load, in one place. Private to
// model/decode.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "kernels/ops.h"
#include "model/constrain/constraint.h"
#include "model/decode/burst_memory.h"
#include "model/decode/continuation_cache.h"
#include "model/decode/engine.h"
#include "model/decode/prefix_tree.h"
#include "model/decode/speculator.h"
#include "model/decode/stepper.h"
#include "model/files/model_file.h"
#include "model/network/adapter.h"
#include "model/network/forward.h"
#include "model/network/kv_cache.h"
#include "model/network/weights.h"
#include "model/text/fim.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

struct LoadedModel {
  LoadedModel(ModelFile opened_file, int threads) : file(std::move(opened_file)), pool(threads) {}

  static Expected<std::unique_ptr<LoadedModel>> load(const EngineOptions& options);

  // kInvalidInput, naming the first id that is not of the vocabulary.
  Status check_ids(std::span<const TokenId> ids) const;

  const Expected<FimFormat>& fim() const { return formats->fim; }
  const Expected<ChatFormat>& chat() const { return formats->chat; }
  const Expected<NextEditFormat>& next_edit() const { return formats->next_edit; }

  // Built when first asked for: a generation without a constraint does not need it.
  ConstraintCompiler& constraints();

  // Read and made ready beside whatever runs; null for "".
  Expected<std::unique_ptr<Adapter>> open_adapter(const std::filesystem::path& path) const;
  // Into the network, in exchange for the one before. Between steps.
  void take_adapter(std::unique_ptr<Adapter>& next);
  struct AdapterFacts {
    std::string path;  // "": none in use
    std::size_t bytes = 0;
  };
  AdapterFacts adapter_facts() const;  // thread-safe

  // Of the prefix file.
  std::uint64_t identity_with(const Adapter* adapter) const;

  // These never change after load.
  ModelFile file;
  std::unique_ptr<const Tokenizer> tokenizer;
  ModelConfig config;
  int context_tokens = 0;  // in use, at most config.context_tokens
  std::optional<PromptFormats> formats;
  Weights weights;

  BurstMemory bursts;  // thread-safe, as is the next
  ContinuationCache continuations;

  // What stands below is the stepper's, or of those it lets in between its steps.
  kernels::ThreadPool pool;
  KvShape kv_shape;
  std::unique_ptr<KvPool> kv;
  std::unique_ptr<PrefixTree> tree;
  std::uint64_t prefix_identity = 0;
  Expected<int> restored_tokens = 0;
  std::unique_ptr<Network> network;
  DraftRecord draft_record;
  StepCost step_cost;
  std::unique_ptr<Stepper> stepper;  // last: its thread uses all of the above

 private:
  std::once_flag constraints_once_;
  std::optional<ConstraintCompiler> constraints_;
  mutable std::mutex adapter_mutex_;
  std::unique_ptr<Adapter> adapter_;  // guarded by adapter_mutex_; the network's to use
};

}  // namespace curlew::model
