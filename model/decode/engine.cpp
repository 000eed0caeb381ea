#include "model/decode/engine.h"

#include <chrono>

#include "model/decode/generation.h"
#include "model/decode/loaded_model.h"

namespace curlew::model {
namespace {

// The turn at the gate for work that is no generation.
class Turn {
 public:
  Turn(LaneGate& gate, std::stop_token stop) : gate_(gate) {
    entered_ = gate.enter(Lane::kMain, stop, std::nullopt) == LaneGate::Entry::kEntered;
  }
  ~Turn() {
    if (entered_) gate_.leave();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  LaneGate& gate_;
  bool entered_;
};

tl::unexpected<Error> cancelled() {
  return fail(Errc::kCancelled, "stopped on request");
}

std::vector<TokenId> arbitrary_tokens(int count, int n_vocab) {
  constexpr std::int64_t kStride = 7919;  // a prime: no short cycle in any vocabulary
  std::vector<TokenId> ids(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    ids[static_cast<std::size_t>(i)] = static_cast<TokenId>((i + 1) * kStride % n_vocab);
  return ids;
}

// Evaluates ids[0, depth), then ids[depth, end) in pieces of `step`; seconds of the second part.
Expected<double> time_evaluation(LoadedModel& m, int depth, int count, int step,
                                 std::stop_token stop) {
  if (depth < 0 || count < 1 || depth + count > m.context_tokens)
    return fail(Errc::kInvalidInput, "{} tokens at a depth of {} do not fit a context of {}", count,
                depth, m.context_tokens);
  const Turn turn(m.gate, stop);
  if (!turn) return cancelled();

  const std::vector<TokenId> ids = arbitrary_tokens(depth + count, m.config.n_vocab);
  const StopCheck should_stop = [&stop] { return stop.stop_requested(); };
  Slot& slot = m.cache->open_empty();
  const auto up_to = [&](int end) {
    const auto text = std::span(ids).first(static_cast<std::size_t>(end));
    return evaluate(*m.network, *m.cache, slot, text, m.logits.data(), should_stop);
  };
  bool done = depth == 0 || up_to(depth);
  const auto start = std::chrono::steady_clock::now();
  for (int end = depth; done && end < depth + count;) {
    end = std::min(end + step, depth + count);
    done = up_to(end);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  m.cache->forget(slot);
  if (!done) return cancelled();
  return seconds.count();
}

}  // namespace

struct Engine::Impl {
  std::unique_ptr<LoadedModel> model;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Expected<std::unique_ptr<Engine>> Engine::load(const EngineOptions& options) {
  Expected<std::unique_ptr<LoadedModel>> model = LoadedModel::load(options);
  if (!model) return std::move(model.error()).pass();
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(std::move(*model))));
}

Expected<Generation> Engine::generate(const GenerateRequest& request, std::stop_token stop) {
  return run_generation(*impl_->model, request, std::move(stop));
}

int Engine::count_tokens(std::string_view text) const {
  return static_cast<int>(tokenizer().encode(text).size());
}

GeneratorInfo Engine::info() const {
  const LoadedModel& m = *impl_->model;
  return {.model = m.config.name,
          .architecture = m.config.architecture,
          .weights = kernels::weight_type_name(m.weights.main_type),
          .device = fmt::format("cpu: {} threads, {}", m.pool.size(), kernels::cpu_path_name()),
          .context_tokens = m.context_tokens,
          .fim = m.fim.has_value(),
          .fim_family = m.fim ? m.fim->family : ""};
}

const Tokenizer& Engine::tokenizer() const {
  return *impl_->model->tokenizer;
}
const ModelConfig& Engine::config() const {
  return impl_->model->config;
}
std::filesystem::path Engine::model_path() const {
  return impl_->model->file.name();
}
int Engine::threads() const {
  return impl_->model->pool.size();
}
kernels::KvType Engine::kv_type() const {
  return impl_->model->network->kv_type();
}
const Expected<FimFormat>& Engine::fim_format() const {
  return impl_->model->fim;
}

Expected<std::vector<float>> Engine::logits(std::span<const TokenId> ids) {
  LoadedModel& m = *impl_->model;
  if (ids.empty() || ids.size() > static_cast<std::size_t>(m.context_tokens))
    return fail(Errc::kInvalidInput, "logits: {} tokens, expected 1 to {}", ids.size(),
                m.context_tokens);
  for (TokenId id : ids)
    if (id < 0 || id >= m.config.n_vocab)
      return fail(Errc::kInvalidInput, "logits: token id {} is outside the vocabulary of {}", id,
                  m.config.n_vocab);

  const Turn turn(m.gate, {});
  const std::size_t n_vocab = static_cast<std::size_t>(m.config.n_vocab);
  std::vector<float> rows(ids.size() * n_vocab);
  Slot& slot = m.cache->open_empty();
  while (!ids.empty()) {
    const std::size_t chunk =
        std::min(ids.size(), static_cast<std::size_t>(m.network->chunk_tokens()));
    const std::size_t at = static_cast<std::size_t>(slot.sequence.tokens()) * n_vocab;
    m.cache->reserve(slot, static_cast<int>(chunk));
    const Segment segment = {
        .ids = ids.first(chunk), .sequence = &slot.sequence, .rows = LogitRows::kAll};
    m.network->forward({&segment, 1}, &rows[at], [] { return false; });
    ids = ids.subspan(chunk);
  }
  m.cache->forget(slot);
  return rows;
}

Engine::Memory Engine::memory() const {
  const LoadedModel& m = *impl_->model;
  return {.file_bytes = m.file.size_bytes(),
          .packed_bytes = m.weights.packed_bytes,
          .kv_bytes = m.kv->bytes(),
          .scratch_bytes = m.network->scratch_bytes() + m.logits.size() * sizeof(float)};
}

Expected<double> Engine::time_prefill(int prompt_tokens, int depth, std::stop_token stop) {
  Expected<double> seconds =
      time_evaluation(*impl_->model, depth, prompt_tokens, prompt_tokens, stop);
  if (!seconds) return std::move(seconds.error()).during("time prefill");
  return seconds;
}

Expected<double> Engine::time_decode(int new_tokens, int depth, std::stop_token stop) {
  Expected<double> seconds = time_evaluation(*impl_->model, depth, new_tokens, 1, stop);
  if (!seconds) return std::move(seconds.error()).during("time decode");
  return seconds;
}

void Engine::clear_cache() {
  LoadedModel& m = *impl_->model;
  const Turn turn(m.gate, {});
  m.cache->clear();
}

}  // namespace curlew::model
