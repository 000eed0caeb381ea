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
#include "model/decode/runtime.h"
#include "model/decode/speculator.h"
#include "model/files/model_file.h"
#include "model/network/kv_cache.h"
#include "model/text/fim.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

struct LoadedModel {
  explicit LoadedModel(ModelFile opened_file) : file(std::move(opened_file)) {}

  static Expected<std::unique_ptr<LoadedModel>> load(const EngineOptions& options);

  // kInvalidInput, naming the first id that is not of the vocabulary.
  Status check_ids(std::span<const TokenId> ids) const;

  const Expected<FimFormat>& fim() const { return formats->fim; }
  const Expected<ChatFormat>& chat() const { return formats->chat; }
  const Expected<NextEditFormat>& next_edit() const { return formats->next_edit; }

  // Built when first asked for: a generation without a constraint does not need it.
  ConstraintCompiler& constraints();

  // These never change after load.
  ModelFile file;
  std::unique_ptr<const Tokenizer> tokenizer;
  ModelConfig config;
  kernels::WeightType main_type = kernels::WeightType::kF32;  // of the weights
  int threads = 0;
  int context_tokens = 0;  // in use, at most config.context_tokens
  std::optional<PromptFormats> formats;
  KvShape kv_shape;

  // Thread-safe.
  BurstMemory bursts;
  ContinuationCache continuations;

  // The stepper's thread's.
  DraftRecord draft_record;
  StepCost step_cost;

  std::unique_ptr<RuntimeKeeper> runtime;  // last: it uses all of the above

 private:
  std::once_flag constraints_once_;
  std::optional<ConstraintCompiler> constraints_;
};

}  // namespace curlew::model
