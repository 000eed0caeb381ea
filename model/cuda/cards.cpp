#include "model/cuda/cards.h"

#include <mutex>

#include "model/cuda/card.h"
#include "model/cuda/cuda_network.h"

namespace curlew::model {
namespace {

class CudaCards final : public Cards {
 public:
  Expected<std::string> find() const override {
    std::lock_guard lock(mutex_);
    Expected<Card> card = find_card();
    if (!card) return std::move(card.error()).pass();
    return describe(*card);
  }
  Expected<std::unique_ptr<Executor>> open(const ModelFile& file, const ModelConfig& config,
                                           const ExecutorOptions& options) const override {
    std::lock_guard lock(mutex_);
    Expected<std::unique_ptr<CudaNetwork>> network = CudaNetwork::create(file, config, options);
    if (!network) return std::move(network.error()).pass();
    return std::move(*network);
  }

 private:
  mutable std::mutex mutex_;
};

}  // namespace

const Cards& cuda_cards() {
  static const CudaCards cards;
  return cards;
}

}  // namespace curlew::model
