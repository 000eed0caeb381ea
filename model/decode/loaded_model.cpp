#include "model/decode/loaded_model.h"

#include <algorithm>
#include <new>

#include "model/network/forward.h"
#include "model/network/weights.h"

namespace curlew::model {
namespace {

constexpr int kThreadsMax = 256;
constexpr std::size_t kKvDefaultBytesMax = std::size_t{1} << 30;
constexpr std::size_t kKvDefaultSequences = 4, kKvSequencesMax = 64;

Status check_options(const EngineOptions& o) {
  if (o.threads < 0 || o.threads > kThreadsMax)
    return fail(Errc::kInvalidInput, "{} threads, expected 1 to {}, or 0 to choose", o.threads,
                kThreadsMax);
  if (o.context_tokens < 0)
    return fail(Errc::kInvalidInput, "a context of {} tokens", o.context_tokens);
  return {};
}

Expected<int> choose_context(const EngineOptions& options, const ModelConfig& config) {
  if (options.context_tokens == 0) return std::min(config.context_tokens, kContextTokensDefaultMax);
  if (options.context_tokens > config.context_tokens)
    return fail(Errc::kInvalidInput, "a context of {} tokens was asked for; {} was trained for {}",
                options.context_tokens, config.name, config.context_tokens);
  return options.context_tokens;
}

kernels::KvType choose_kv_type(KvPrecision precision, kernels::WeightType weights) {
  using kernels::KvType, kernels::WeightType;
  if (precision == KvPrecision::kF32) return KvType::kF32;
  if (precision == KvPrecision::kF16) return KvType::kF16;
  if (precision == KvPrecision::kQ8_0) return KvType::kQ8_0;
  const bool quantised =
      weights != WeightType::kF32 && weights != WeightType::kF16 && weights != WeightType::kBF16;
  return quantised ? KvType::kF16 : KvType::kF32;
}

Status check_kv_shape(const KvShape& shape) {
  constexpr int kGroup = 32;
  if (shape.type == kernels::KvType::kQ8_0 &&
      (shape.key_dim % kGroup != 0 || shape.value_dim % kGroup != 0))
    return fail(
        Errc::kUnsupported,
        "a KV cache in Q8_0 needs heads of a multiple of {} elements; keys have {}, values {}",
        kGroup, shape.key_dim, shape.value_dim);
  return {};
}

// One whole sequence must always fit: then a step can always be made, if need be for one task
// alone.
Expected<int> choose_kv_blocks(std::size_t budget_bytes, const KvShape& shape, int context_tokens) {
  const std::size_t one = static_cast<std::size_t>(kv_blocks_for(context_tokens));
  const std::size_t bytes = shape.block_bytes();
  if (budget_bytes == 0)
    return static_cast<int>(
        std::max(one, std::min(kKvDefaultSequences * one, kKvDefaultBytesMax / bytes)));
  if (budget_bytes / bytes < one)
    return fail(Errc::kInvalidInput,
                "a KV cache of {} bytes is too small: a context of {} tokens takes {}",
                budget_bytes, context_tokens, one * bytes);
  return static_cast<int>(std::min(budget_bytes / bytes, one * kKvSequencesMax));
}

Status load_vocabulary(LoadedModel& m, const PromptFormatNames& names) {
  Expected<std::unique_ptr<const Tokenizer>> tokenizer = load_tokenizer(m.file);
  if (!tokenizer) return std::move(tokenizer.error()).pass();
  m.tokenizer = std::move(*tokenizer);
  if (m.tokenizer->size() != m.config.n_vocab)
    return fail(Errc::kCorrupt, "{}: the tokenizer has {} tokens, the network {}", m.file.name(),
                m.tokenizer->size(), m.config.n_vocab);
  m.formats = choose_prompt_formats(m.file, *m.tokenizer, names);
  const auto wrong_name = [](const auto& format) {
    return !format && format.error().kind() == Errc::kInvalidInput;
  };
  if (wrong_name(m.formats->fim)) return Error(m.formats->fim.error()).pass();
  if (wrong_name(m.formats->next_edit)) return Error(m.formats->next_edit.error()).pass();
  if (wrong_name(m.formats->chat)) return Error(m.formats->chat.error()).pass();
  return {};
}

// What decides how much memory a runtime takes.
Expected<ExecutorOptions> plan_memory(LoadedModel& m, const EngineOptions& options) {
  Expected<int> context = choose_context(options, m.config);
  if (!context) return std::move(context.error()).pass();
  m.context_tokens = *context;
  m.kv_shape = kv_shape(m.config, choose_kv_type(options.kv, m.main_type));
  if (Status s = check_kv_shape(m.kv_shape); !s) return std::move(s.error()).pass();
  Expected<int> blocks = choose_kv_blocks(options.kv_budget_bytes, m.kv_shape, m.context_tokens);
  if (!blocks) return std::move(blocks.error()).pass();
  return ExecutorOptions{.kv_type = m.kv_shape.type,
                         .kv_blocks = *blocks,
                         .kv_blocks_min = kv_blocks_for(m.context_tokens),
                         .context_tokens = m.context_tokens,
                         .on_progress = options.on_progress};
}

Status fill(LoadedModel& m, const EngineOptions& options) {
  Expected<ModelConfig> config = read_config(m.file);
  if (!config) return std::move(config.error()).pass();
  m.config = std::move(*config);
  m.main_type = main_weight_type(m.file);
  if (Status s = load_vocabulary(m, options.formats); !s) return s;
  Expected<ExecutorOptions> executor = plan_memory(m, options);
  if (!executor) return std::move(executor.error()).pass();
  m.threads = options.threads > 0 ? options.threads : kernels::default_thread_count();
  m.runtime = std::make_unique<RuntimeKeeper>(
      m.file, m.config,
      RuntimeKeeper::Options{.device = options.device,
                             .cards = options.cards,
                             .card_idle_max = options.card_idle_max,
                             .threads = m.threads,
                             .executor = std::move(*executor),
                             .adapter = options.adapter,
                             .prefix_file = options.prefix_file,
                             .prefix_file_bytes_max = options.prefix_file_bytes_max});
  Expected<std::shared_ptr<Runtime>> started = m.runtime->get();
  if (!started) return std::move(started.error()).pass();
  m.file.drop_metadata_pages();
  return {};
}

}  // namespace

Expected<std::unique_ptr<LoadedModel>> LoadedModel::load(const EngineOptions& options) try {
  if (Status s = check_options(options); !s) return std::move(s.error()).during("load model");
  Expected<ModelFile> file = ModelFile::open(options.model);
  if (!file) return std::move(file.error()).during("load model");
  auto m = std::make_unique<LoadedModel>(std::move(*file));
  if (Status s = fill(*m, options); !s) return std::move(s.error()).during("load model");
  return m;
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "load model {}: not enough memory", options.model.string());
}

Status LoadedModel::check_ids(std::span<const TokenId> ids) const {
  for (const TokenId id : ids)
    if (id < 0 || id >= config.n_vocab)
      return fail(Errc::kInvalidInput, "token id {} is outside the vocabulary of {}", id,
                  config.n_vocab);
  return {};
}

ConstraintCompiler& LoadedModel::constraints() {
  std::call_once(constraints_once_, [this] { constraints_.emplace(*tokenizer); });
  return *constraints_;
}

}  // namespace curlew::model
