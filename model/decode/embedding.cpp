#include "model/decode/embedding.h"

#include <cmath>
#include <new>

#include "model/decode/stepper.h"

namespace curlew::model {
namespace {

using Pooling = Engine::Pooling;

class EmbedTask final : public StepTask {
 public:
  EmbedTask(std::vector<TokenId> ids, Pooling pooling, std::size_t hidden_dim, int chunk_tokens,
            Lane lane, std::stop_token stop)
      : StepTask(lane, std::move(stop), std::nullopt, Cache::kNone),
        ids_(std::move(ids)),
        pooling_(pooling),
        hidden_dim_(hidden_dim),
        states_(static_cast<std::size_t>(chunk_tokens) * hidden_dim_),
        sum_(hidden_dim_) {}

  Wish wish(int max) override {
    if (at() == 0) sum_.assign(hidden_dim_, 0.);  // begins, or begins anew without its blocks
    const auto rest = std::span<const TokenId>(ids_).subspan(at());
    return {rest.first(std::min(rest.size(), static_cast<std::size_t>(max))), LogitRows::kNone,
            states_.data()};
  }

  bool take(const Outcome& outcome) override {
    const std::size_t tokens = static_cast<std::size_t>(outcome.tokens);
    const std::size_t from = pooling_ == Pooling::kLast ? tokens - 1 : 0;
    if (pooling_ == Pooling::kLast) sum_.assign(hidden_dim_, 0.);
    for (std::size_t t = from; t < tokens; ++t)
      for (std::size_t i = 0; i < hidden_dim_; ++i) sum_[i] += states_[t * hidden_dim_ + i];
    return at() == ids_.size();
  }

  void end(Finish) override { was_ended_ = true; }
  void fail(Error error) override { error_ = std::move(error); }
  std::span<const TokenId> text() const override { return ids_; }

  // The direction of the sum is that of the mean.
  Expected<std::vector<float>> result() {
    if (error_) return std::move(*error_).pass();
    if (was_ended_) return model::fail(Errc::kCancelled, "stopped on request");
    double square = 0;
    for (const double v : sum_) square += v * v;
    std::vector<float> unit(hidden_dim_);
    for (std::size_t i = 0; i < hidden_dim_ && square > 0; ++i)
      unit[i] = static_cast<float>(sum_[i] / std::sqrt(square));
    return unit;
  }

 private:
  std::size_t at() { return static_cast<std::size_t>(sequence()->tokens()); }

  const std::vector<TokenId> ids_;
  const Pooling pooling_;
  const std::size_t hidden_dim_;
  std::vector<float> states_;  // [chunk_tokens, hidden_dim] of one step
  std::vector<double> sum_;    // [hidden_dim]
  bool was_ended_ = false;
  std::optional<Error> error_;
};

// llama.cpp's numbers: 1 is the mean, 3 the last token.
Pooling choose_pooling(const LoadedModel& model, Pooling wanted) {
  constexpr std::int64_t kFileSaysLast = 3;
  if (wanted != Pooling::kAuto) return wanted;
  const auto said = model.file.integer(model.config.architecture + ".pooling_type", 0);
  return said && *said == kFileSaysLast ? Pooling::kLast : Pooling::kMean;
}

std::vector<TokenId> text_tokens(const LoadedModel& model, const std::string& text) {
  std::vector<TokenId> ids = model.tokenizer->encode(text, {.add_special = true});
  if (ids.empty()) ids.push_back(std::max(0, model.tokenizer->special().eos));
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(model.context_tokens)));
  return ids;
}

}  // namespace

Expected<std::vector<std::vector<float>>> embed_texts(LoadedModel& model,
                                                      std::span<const std::string> texts,
                                                      Pooling pooling, Lane lane,
                                                      std::stop_token stop) try {
  const Expected<std::shared_ptr<Runtime>> runtime = model.runtime->get();
  if (!runtime) return Error(runtime.error()).during("embed");
  pooling = choose_pooling(model, pooling);
  std::vector<std::unique_ptr<EmbedTask>> tasks;
  std::vector<StepTask*> pointers;
  for (const std::string& text : texts) {
    tasks.push_back(std::make_unique<EmbedTask>(text_tokens(model, text), pooling,
                                                static_cast<std::size_t>(model.config.hidden_dim),
                                                (*runtime)->executor->chunk_tokens(), lane, stop));
    pointers.push_back(tasks.back().get());
  }
  (*runtime)->stepper.run(pointers);
  std::vector<std::vector<float>> vectors;
  for (const auto& task : tasks) {
    Expected<std::vector<float>> vector = task->result();
    if (!vector) return std::move(vector.error()).during("embed");
    vectors.push_back(std::move(*vector));
  }
  return vectors;
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "embed: not enough memory for {} texts", texts.size());
}

}  // namespace curlew::model
