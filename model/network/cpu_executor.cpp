#include "model/network/cpu_executor.h"

namespace curlew::model {

Expected<std::unique_ptr<Executor>> CpuExecutor::open(const ModelFile& file,
                                                      const ModelConfig& config,
                                                      const ExecutorOptions& options, int threads) {
  std::unique_ptr<CpuExecutor> cpu(new CpuExecutor(threads));
  Expected<Weights> weights = load_weights(file, config, cpu->pool_, options.on_progress);
  if (!weights) return std::move(weights.error()).pass();
  cpu->weights_ = std::move(*weights);
  Expected<std::unique_ptr<KvPool>> kv =
      KvPool::create(kv_shape(config, options.kv_type), options.kv_blocks);
  if (!kv) return std::move(kv.error()).pass();
  cpu->kv_ = std::move(*kv);
  cpu->network_ = std::make_unique<Network>(config, cpu->weights_, cpu->pool_, options.kv_type,
                                            options.context_tokens);
  return cpu;
}

Expected<std::unique_ptr<PlacedAdapter>> CpuExecutor::place(AdapterFile file) const {
  Expected<std::unique_ptr<Adapter>> adapter = Adapter::make(std::move(file), weights_);
  if (!adapter) return std::move(adapter.error()).pass();
  return std::move(*adapter);
}

void CpuExecutor::use(PlacedAdapter* adapter) {
  network_->use(static_cast<Adapter*>(adapter));
}

Executor::Memory CpuExecutor::memory() const {
  return {.weight_bytes = weights_.packed_bytes,
          .kv_bytes = kv_->bytes(),
          .scratch_bytes = network_->scratch_bytes()};
}

std::string CpuExecutor::name() const {
  return fmt::format("cpu: {} threads, {}", pool_.size(), kernels::cpu_path_name());
}

}  // namespace curlew::model
