// What a build without a CUDA compiler says of cards.
#include "model/cuda/cards.h"

namespace curlew::model {
namespace {

tl::unexpected<Error> absent() {
  return fail(Errc::kUnsupported, "this build has no CUDA engine");
}

class NoCards final : public Cards {
 public:
  Expected<std::string> find() const override { return absent(); }
  Expected<std::unique_ptr<Executor>> open(const ModelFile&, const ModelConfig&,
                                           const ExecutorOptions&) const override {
    return absent();
  }
};

}  // namespace

const Cards& cuda_cards() {
  static const NoCards none;
  return none;
}

}  // namespace curlew::model
