// A model file made ready to run: everything that is taken at load, in one place. Private to
// model/decode.
#pragma once

#include <memory>
#include <vector>

#include "kernels/ops.h"
#include "model/decode/engine.h"
#include "model/decode/lane_gate.h"
#include "model/decode/slot_cache.h"
#include "model/files/model_file.h"
#include "model/network/forward.h"
#include "model/network/kv_cache.h"
#include "model/network/weights.h"
#include "model/text/fim.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// Below `gate` stands what only the call whose turn it is may touch; what is above never changes.
struct LoadedModel {
  LoadedModel(ModelFile opened_file, int threads) : file(std::move(opened_file)), pool(threads) {}

  static Expected<std::unique_ptr<LoadedModel>> load(const EngineOptions& options);

  ModelFile file;
  std::unique_ptr<const Tokenizer> tokenizer;
  ModelConfig config;
  int context_tokens = 0;  // in use, at most config.context_tokens
  Expected<FimFormat> fim = fail(Errc::kInternal, "not loaded");
  Weights weights;

  LaneGate gate;
  kernels::ThreadPool pool;
  std::unique_ptr<KvPool> kv;
  std::unique_ptr<Network> network;
  std::unique_ptr<SlotCache> cache;
  std::vector<float> logits;  // [n_vocab], of the last token evaluated
};

}  // namespace curlew::model
