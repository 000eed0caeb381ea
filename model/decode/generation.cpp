#include "model/decode/generation.h"

#include <algorithm>
#include <new>

#include "model/decode/sampler.h"
#include "model/text/text_stream.h"

namespace curlew::model {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The state of one call. text_ is prompt and generated tokens together; the loop keeps one thing
// true: after next_logits() the model's logits are those that follow text_.
class Run {
 public:
  Run(LoadedModel& model, const GenerateRequest& request, std::stop_token stop)
      : model_(model),
        request_(request),
        stop_(std::move(stop)),
        sampler_(request.sampling, model.config.n_vocab),
        stream_(joined(request.stop_strings, format_stop_strings()), request.filter) {}
  ~Run() {
    if (has_turn_) model_.gate.leave();
  }

  Expected<Generation> run();

 private:
  std::vector<std::string> format_stop_strings() const;
  std::optional<Finish> take_turn(LaneGate::Entry entry);
  Status build_prompt();
  Expected<std::vector<TokenId>> fim_tokens(const FimText& text);
  Status check_prompt() const;
  Expected<Finish> decode();
  std::optional<Finish> next_logits();
  bool is_end(TokenId id) const;
  bool past_deadline() const { return request_.deadline && Clock::now() >= *request_.deadline; }
  int generated() const { return static_cast<int>(result_.tokens.size()); }
  Generation finished(Finish finish);

  LoadedModel& model_;
  const GenerateRequest& request_;
  std::stop_token stop_;
  Sampler sampler_;
  TextStream stream_;
  Clock::time_point started_ = Clock::now();

  bool has_turn_ = false, opened_before_ = false;
  Slot* slot_ = nullptr;          // ours as long as we have the turn; null: to be opened
  std::optional<FimText> burst_;  // what the slot should remember
  std::vector<TokenId> text_;
  Generation result_;
};

Expected<Generation> Run::run() {
  const auto entry = model_.gate.enter(request_.lane, stop_, request_.deadline);
  result_.timings.queue_ms = ms_since(started_);
  if (const std::optional<Finish> early = take_turn(entry)) return finished(*early);

  const Clock::time_point tokenize = Clock::now();
  if (Status s = build_prompt(); !s) return std::move(s.error()).during("generate");
  result_.timings.tokenize_ms = ms_since(tokenize);
  if (Status s = check_prompt(); !s) return std::move(s.error()).during("generate");

  const Clock::time_point prefill = Clock::now();
  const std::optional<Finish> early = next_logits();
  result_.timings.prefill_ms = ms_since(prefill);
  if (early) return finished(*early);

  const Clock::time_point decoding = Clock::now();
  const Expected<Finish> finish = decode();
  result_.timings.decode_ms = ms_since(decoding);
  if (!finish) return tl::unexpected(finish.error());
  return finished(*finish);
}

std::vector<std::string> Run::format_stop_strings() const {
  const bool fim = std::holds_alternative<FimText>(request_.prompt) && model_.fim;
  return fim ? model_.fim->stop_strings : std::vector<std::string>();
}

// Nothing: it is our turn.
std::optional<Finish> Run::take_turn(LaneGate::Entry entry) {
  has_turn_ = entry == LaneGate::Entry::kEntered;
  if (has_turn_) return std::nullopt;
  return entry == LaneGate::Entry::kCancelled ? Finish::kCancelled : Finish::kDeadline;
}

Status Run::build_prompt() {
  if (const auto* ids = std::get_if<std::vector<TokenId>>(&request_.prompt)) {
    text_ = *ids;
  } else if (const auto* plain = std::get_if<TextPrompt>(&request_.prompt)) {
    text_ = model_.tokenizer->encode(plain->text, plain->encode);
  } else {
    Expected<std::vector<TokenId>> ids = fim_tokens(std::get<FimText>(request_.prompt));
    if (!ids) return std::move(ids.error()).pass();
    text_ = std::move(*ids);
  }
  result_.prompt_tokens = static_cast<int>(text_.size());
  text_.reserve(static_cast<std::size_t>(model_.context_tokens) + 1);
  return {};
}

Expected<std::vector<TokenId>> Run::fim_tokens(const FimText& text) {
  if (!model_.fim) return tl::unexpected(model_.fim.error());
  FimBudget budget = request_.fim_budget;
  const int context = model_.context_tokens;
  if (budget.prompt_tokens_max == 0)  // at least half the context, however much shall be generated
    budget.prompt_tokens_max = std::max(context - request_.new_tokens_max, context / 2);
  budget.prompt_tokens_max = std::min(budget.prompt_tokens_max, context - 1);

  // Where the suffix comes first, typing appends to the prompt anyway.
  const bool prefix_first = model_.fim->order == FimOrder::kPsm;
  FimText burst = prefix_first && text.typed.empty() ? model_.cache->continue_burst(text) : text;
  FimPrompt prompt = build_fim_prompt(*model_.tokenizer, *model_.fim, burst, budget);
  result_.context_used = prompt.context_used;

  if (burst.prefix.ends_with(burst.typed))
    burst.prefix.resize(burst.prefix.size() - burst.typed.size());
  burst.typed.clear();
  burst_ = std::move(burst);
  return std::move(prompt.tokens);
}

Status Run::check_prompt() const {
  if (text_.empty()) return fail(Errc::kInvalidInput, "the prompt is empty");
  if (result_.prompt_tokens > model_.context_tokens)
    return fail(Errc::kInvalidInput, "the prompt has {} tokens, the context holds {}",
                result_.prompt_tokens, model_.context_tokens);
  for (TokenId id : text_)
    if (id < 0 || id >= model_.config.n_vocab)
      return fail(Errc::kInvalidInput, "token id {} is outside the vocabulary of {}", id,
                  model_.config.n_vocab);
  return {};
}

Expected<Finish> Run::decode() {
  while (generated() < request_.new_tokens_max &&
         text_.size() < static_cast<std::size_t>(model_.context_tokens)) {
    const TokenId id = sampler_.sample(model_.logits);
    if (id < 0) return fail(Errc::kInternal, "generate: the network gave no finite logit");
    if (is_end(id)) return Finish::kStopToken;
    if (request_.logprobs) result_.logprobs.push_back(log_probability(model_.logits, id));
    result_.tokens.push_back(id);
    text_.push_back(id);
    if (const std::optional<Finish> end = stream_.add(model_.tokenizer->piece(id))) return *end;

    if (generated() == request_.new_tokens_max) break;  // nobody will ask for what follows
    if (const std::optional<Finish> early = next_logits()) return *early;
  }
  return Finish::kLength;
}

// Evaluates what is new in text_, letting higher lanes pass between layers. A value: it could not.
std::optional<Finish> Run::next_logits() {
  const StopCheck should_stop = [this] {
    return stop_.stop_requested() || past_deadline() || model_.gate.should_yield(request_.lane);
  };
  for (;;) {
    if (slot_ == nullptr) {
      slot_ = &model_.cache->open(text_);
      slot_->burst = burst_;
      if (!opened_before_) result_.cached_tokens = slot_->sequence.tokens();
      opened_before_ = true;
    }
    if (evaluate(*model_.network, *model_.cache, *slot_, text_, model_.logits.data(), should_stop))
      return std::nullopt;
    if (stop_.stop_requested()) return Finish::kCancelled;
    if (past_deadline()) return Finish::kDeadline;

    slot_ = nullptr;  // others may cut or drop it while they have the turn
    has_turn_ = false;
    const auto entry = model_.gate.yield(request_.lane, stop_, request_.deadline);
    if (const std::optional<Finish> early = take_turn(entry)) return early;
  }
}

bool Run::is_end(TokenId id) const {
  if (request_.ignore_end) return false;
  const bool fim = std::holds_alternative<FimText>(request_.prompt);
  return std::ranges::binary_search(model_.tokenizer->special().end_of_generation, id) ||
         (fim && std::ranges::find(model_.fim->stop_tokens, id) != model_.fim->stop_tokens.end());
}

Generation Run::finished(Finish finish) {
  result_.finish = finish;
  if (finish == Finish::kStopString || finish == Finish::kFilter) {
    const std::size_t kept = stream_.tokens_in_text();
    result_.tokens.resize(kept);
    if (request_.logprobs) result_.logprobs.resize(kept);
  }
  result_.text = stream_.take_text();
  result_.timings.total_ms = ms_since(started_);
  return std::move(result_);
}

Status check(const GenerateRequest& request) {
  if (request.new_tokens_max < 0)
    return fail(Errc::kInvalidInput, "new_tokens_max is {}", request.new_tokens_max);
  if (request.fim_budget.prompt_tokens_max < 0)
    return fail(Errc::kInvalidInput, "prompt_tokens_max is {}",
                request.fim_budget.prompt_tokens_max);
  return Sampler::check(request.sampling);
}

}  // namespace

Expected<Generation> run_generation(LoadedModel& model, const GenerateRequest& request,
                                    std::stop_token stop) try {
  if (Status s = check(request); !s) return std::move(s.error()).during("generate");
  return Run(model, request, std::move(stop)).run();
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "generate: not enough memory");
}

const char* finish_name(Finish finish) {
  switch (finish) {
    case Finish::kStopToken:
      return "stop-token";
    case Finish::kStopString:
      return "stop-string";
    case Finish::kFilter:
      return "filter";
    case Finish::kLength:
      return "length";
    case Finish::kDeadline:
      return "deadline";
    case Finish::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace curlew::model
