#include "model/decode/engine.h"

#include <chrono>

#include "model/decode/embedding.h"
#include "model/decode/generation.h"
#include "model/decode/loaded_model.h"

namespace curlew::model {
namespace {

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

// Appends ids to the sequence in chunks, making room in the cache. False: stopped, or no room.
Expected<bool> evaluate(Runtime& r, KvSequence& sequence, std::span<const TokenId> ids,
                        float* logits, const StopCheck& should_stop) {
  while (!ids.empty()) {
    const std::size_t chunk =
        std::min(ids.size(), static_cast<std::size_t>(r.executor->chunk_tokens()));
    while (!sequence.reserve(static_cast<int>(chunk)))
      if (!r.tree.evict()) return false;
    const Segment segment = {ids.first(chunk), &sequence,
                             chunk == ids.size() ? LogitRows::kLast : LogitRows::kNone};
    Expected<bool> ran = r.executor->forward({&segment, 1}, logits, should_stop);
    if (!ran || !*ran) return ran;
    ids = ids.subspan(chunk);
  }
  return true;
}

// Evaluates ids[0, depth), then ids[depth, end) in pieces of `step`; seconds of the second part.
Expected<double> time_evaluation(LoadedModel& m, int depth, int count, int step,
                                 const std::stop_token& stop) {
  if (depth < 0 || count < 1 || depth + count > m.context_tokens)
    return fail(Errc::kInvalidInput, "{} tokens at a depth of {} do not fit a context of {}", count,
                depth, m.context_tokens);
  const std::vector<TokenId> ids = arbitrary_tokens(depth + count, m.config.n_vocab);
  std::vector<float> logits(static_cast<std::size_t>(m.config.n_vocab));
  const StopCheck should_stop = [&stop] { return stop.stop_requested(); };
  Expected<std::shared_ptr<Runtime>> runtime = m.runtime->get();
  if (!runtime) return std::move(runtime.error()).pass();
  Expected<bool> done = false;
  std::chrono::duration<double> seconds{};
  (*runtime)->stepper.between_steps([&] {
    KvSequence sequence((*runtime)->executor->kv());
    const auto piece = [&](int from, int to) {
      const auto some = std::span(ids).subspan(static_cast<std::size_t>(from),
                                               static_cast<std::size_t>(to - from));
      return evaluate(**runtime, sequence, some, logits.data(), should_stop);
    };
    done = piece(0, depth);
    const auto start = std::chrono::steady_clock::now();
    for (int at = depth; done && *done && at < depth + count; at += step)
      done = piece(at, std::min(at + step, depth + count));
    seconds = std::chrono::steady_clock::now() - start;
  });
  if (!done) return std::move(done.error()).pass();
  if (!*done) return cancelled();
  return seconds.count();
}

// Every position's logits.
class LogitsTask final : public StepTask {
 public:
  LogitsTask(std::span<const TokenId> ids, std::size_t n_vocab)
      : StepTask(Lane::kMain, {}, std::nullopt, Cache::kNone), ids_(ids), n_vocab_(n_vocab) {
    logits.reserve(ids.size() * n_vocab);
  }

  Wish wish(int max) override {
    const std::size_t at = static_cast<std::size_t>(sequence()->tokens());
    logits.resize(at * n_vocab_);  // its blocks may have been taken away: then it begins anew
    const auto rest = ids_.subspan(at);
    const int count = std::min(max, Stepper::kLogitRowsMax);
    return {rest.first(std::min(rest.size(), static_cast<std::size_t>(count))), LogitRows::kAll};
  }
  bool take(const Outcome& outcome) override {
    logits.insert(logits.end(), outcome.logits,
                  outcome.logits + static_cast<std::size_t>(outcome.rows) * n_vocab_);
    return sequence()->tokens() == static_cast<int>(ids_.size());
  }
  void end(Finish) override {}
  void fail(Error why) override { error = std::move(why); }
  std::span<const TokenId> text() const override { return ids_; }

  std::vector<float> logits;
  std::optional<Error> error;

 private:
  std::span<const TokenId> ids_;
  std::size_t n_vocab_;
};

}  // namespace

struct Engine::Impl {
  std::unique_ptr<LoadedModel> model;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() {
  (void)store_prefixes();  // a cache: nobody is left to hear why it could not be kept
}

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
  const RuntimeKeeper::Facts facts = m.runtime->facts();
  return {.model = m.config.name,
          .architecture = m.config.architecture,
          .weights = kernels::weight_type_name(m.main_type),
          .device = facts.device,
          .why_no_card = facts.why_no_card,
          .context_tokens = m.context_tokens,
          .keeps_prompts = true,
          .fim = m.fim().has_value(),
          .fim_family = m.fim() ? m.fim()->family : "",
          .takes_grammar = true,
          .chat = m.chat().has_value(),
          .chat_family = m.chat() ? m.chat()->family : "",
          .why_no_chat = m.chat() ? "" : m.chat().error().message(),
          .next_edit = m.next_edit().has_value(),
          .next_edit_family = m.next_edit() ? m.next_edit()->family : "",
          .why_no_next_edit = m.next_edit() ? "" : m.next_edit().error().message(),
          .adapter = facts.adapter};
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
  return impl_->model->threads;
}
kernels::KvType Engine::kv_type() const {
  return impl_->model->kv_shape.type;
}
std::size_t Engine::kv_bytes_per_token() const {
  return impl_->model->kv_shape.block_bytes() / kernels::kKvBlockTokens;
}
const PromptFormats& Engine::formats() const {
  return *impl_->model->formats;
}

Expected<std::vector<float>> Engine::logits(std::span<const TokenId> ids) try {
  LoadedModel& m = *impl_->model;
  if (ids.empty() || ids.size() > static_cast<std::size_t>(m.context_tokens))
    return fail(Errc::kInvalidInput, "logits: {} tokens, expected 1 to {}", ids.size(),
                m.context_tokens);
  if (Status s = m.check_ids(ids); !s) return std::move(s.error()).during("logits");
  Expected<std::shared_ptr<Runtime>> runtime = m.runtime->get();
  if (!runtime) return std::move(runtime.error()).during("logits");
  LogitsTask task(ids, static_cast<std::size_t>(m.config.n_vocab));
  (*runtime)->stepper.run(task);
  if (task.error) return std::move(*task.error).during("logits");
  return std::move(task.logits);
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "logits: no memory for {} rows", ids.size());
}

Expected<std::vector<std::vector<float>>> Engine::embed(std::span<const std::string> texts,
                                                        Pooling pooling, Lane lane,
                                                        std::stop_token stop) {
  return embed_texts(*impl_->model, texts, pooling, lane, std::move(stop));
}

Engine::Memory Engine::memory() const {
  const LoadedModel& m = *impl_->model;
  const RuntimeKeeper::Facts facts = m.runtime->facts();
  return {.file_bytes = m.file.size_bytes(),
          .packed_bytes = facts.memory.weight_bytes,
          .kv_bytes = facts.memory.kv_bytes,
          .scratch_bytes = facts.memory.scratch_bytes,
          .adapter_bytes = facts.adapter_bytes};
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

Status Engine::use_adapter(const std::filesystem::path& path) {
  Status used = impl_->model->runtime->use_adapter(path);
  if (!used) return std::move(used.error()).during("use adapter");
  return {};
}

bool Engine::give_back_card() {
  return impl_->model->runtime->give_back();
}

void Engine::clear_cache() {
  LoadedModel& m = *impl_->model;
  m.bursts.clear();
  m.runtime->clear_cache();
}

Status Engine::store_prefixes() {
  return impl_->model->runtime->store_prefixes();
}

const Expected<int>& Engine::restored_tokens() const {
  return impl_->model->runtime->restored_tokens();
}

}  // namespace curlew::model
