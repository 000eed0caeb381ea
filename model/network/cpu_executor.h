// The network on this machine's processor: its weights, its threads and its cache, in one owner.
#pragma once

#include <memory>

#include "model/network/executor.h"
#include "model/network/forward.h"

namespace curlew::model {

class CpuExecutor final : public Executor {
 public:
  // `config` comes from read_config(file). kv_blocks_min does not matter: memory of this process is
  // committed as blocks are written.
  static Expected<std::unique_ptr<Executor>> open(const ModelFile& file, const ModelConfig& config,
                                                  const ExecutorOptions& options, int threads);

  KvPool& kv() override { return *kv_; }
  Expected<bool> forward(std::span<const Segment> segments, float* logits,
                         const StopCheck& should_stop) override {
    return network_->forward(segments, logits, should_stop);
  }
  int chunk_tokens() const override { return network_->chunk_tokens(); }
  bool can_pick() const override { return false; }
  Expected<std::unique_ptr<PlacedAdapter>> place(AdapterFile file) const override;
  void use(PlacedAdapter* adapter) override;
  Memory memory() const override;
  std::string name() const override;

 private:
  explicit CpuExecutor(int threads) : pool_(threads) {}

  kernels::ThreadPool pool_;
  Weights weights_;
  std::unique_ptr<KvPool> kv_;
  std::unique_ptr<Network> network_;
};

}  // namespace curlew::model
