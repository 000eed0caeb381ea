#include "model/decode/generation.h"

#include <algorithm>
#include <new>

#include "model/decode/copy_mixer.h"
#include "model/decode/distribution.h"
#include "model/decode/prompt.h"
#include "model/decode/sampler.h"
#include "model/decode/speculator.h"
#include "model/decode/stepper.h"
#include "model/text/text_stream.h"

namespace curlew::model {
namespace {

using Clock = StepTask::Clock;

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::vector<std::string> stop_strings(const LoadedModel& model, const GenerateRequest& request) {
  std::vector<std::string> all = request.stop_strings;
  if (is_fim(request) && model.fim())
    all.insert(all.end(), model.fim()->stop_strings.begin(), model.fim()->stop_strings.end());
  if (is_next_edit(request) && model.next_edit())
    all.insert(all.end(), model.next_edit()->stop_strings.begin(),
               model.next_edit()->stop_strings.end());
  if (is_chat(request) && model.chat())
    all.insert(all.end(), model.chat()->stop_strings.begin(), model.chat()->stop_strings.end());
  return all;
}

std::vector<std::vector<TokenId>> originals(const LoadedModel& model,
                                            const GenerateRequest& request,
                                            const LaidOutPrompt& prompt) {
  std::vector<std::vector<TokenId>> texts;
  if (request.draft_tokens_max == 0) return texts;
  if (!prompt.copy_from.empty())
    texts.push_back(
        model.tokenizer->encode(prompt.copy_from, {.literal = true, .continues = true}));
  for (const std::string& text : request.draft_texts)
    texts.push_back(model.tokenizer->encode(text, {.literal = true, .continues = true}));
  return texts;
}

// Null where nothing is mixed in.
std::unique_ptr<Mixer> copy_mixer(LoadedModel& model, const GenerateRequest& request,
                                  const LaidOutPrompt& prompt) {
  if (!request.copy_mix.enabled || request.mixer != nullptr) return nullptr;
  std::vector<std::vector<TokenId>> here = prompt.around;
  here.push_back(prompt.text);
  std::vector<MixText> texts = {{MixLevel::kPrompt, std::make_shared<const Continuations>(here)}};
  for (const auto& file : request.copy_mix.files)
    if (file) texts.push_back({MixLevel::kFiles, model.continuations.of(*file, *model.tokenizer)});
  return std::make_unique<CopyMixer>(std::move(texts));
}

// The state of one call. text_ is prompt and generated tokens together. Between steps the sequence
// holds a beginning of it; once it holds all but the last token, the next step gives the logits
// that follow the text, and more of them where drafts are verified.
class GenerationTask final : public StepTask {
 public:
  GenerationTask(LoadedModel& model, const GenerateRequest& request, LaidOutPrompt prompt,
                 std::unique_ptr<Constraint> constraint, std::unique_ptr<Mixer> own_mixer,
                 const Executor& executor, std::stop_token stop)
      : StepTask(request.lane, std::move(stop), request.deadline),
        model_(model),
        request_(request),
        constraint_(std::move(constraint)),
        own_mixer_(std::move(own_mixer)),
        mixer_(own_mixer_ ? own_mixer_.get() : request.mixer),
        device_picks_(executor.can_pick() && mixer_ == nullptr && !request.logprobs),
        new_tokens_max_(std::min(request.new_tokens_max, prompt.answer_tokens_max)),
        text_(std::move(prompt.tokens)),
        sampler_(request.sampling, model.config.n_vocab),
        stream_(stop_strings(model, request), request.filter),
        speculator_(model.draft_record, model.step_cost, request.draft_tokens_max,
                    std::move(prompt.text), originals(model, request, prompt),
                    std::move(prompt.around)) {
    result_.prompt_tokens = static_cast<int>(text_.size());
    result_.context_used = prompt.context_used;
  }

  Wish wish(int max) override;
  bool take(const Outcome& outcome) override;
  void end(Finish why) override;
  void fail(Error error) override { error_ = std::move(error); }
  std::span<const TokenId> text() const override { return text_; }

  Expected<Generation> result(Clock::time_point started, double tokenize_ms);

 private:
  int held() { return sequence()->tokens(); }
  int generated() const { return static_cast<int>(result_.tokens.size()); }
  bool is_full() const {
    return generated() >= new_tokens_max_ ||
           text_.size() >= static_cast<std::size_t>(model_.context_tokens);
  }
  bool is_end(TokenId id) const;
  void draft(int max);
  std::span<const Pick> picks(std::span<const TokenId> tokens);
  void find_masks(std::span<const TokenId> tokens);
  struct Choice {
    TokenId id = -1;  // no finite logit that is allowed
    float logprob = 0, mixed_logprob = 0;
  };
  Choice choose(const Outcome& outcome, int row);
  Choice choose(std::span<float> logits);
  std::optional<Finish> say(const Choice& choice);
  bool finish(Finish finish);

  LoadedModel& model_;
  const GenerateRequest& request_;
  std::unique_ptr<Constraint> constraint_;  // null: anything may be said
  std::unique_ptr<Mixer> own_mixer_;
  Mixer* mixer_;             // the request's, or our own; or null
  const bool device_picks_;  // nothing here needs the logits
  const int new_tokens_max_;
  std::vector<TokenId> text_;
  Sampler sampler_;
  TextStream stream_;
  Speculator speculator_;

  std::vector<TokenId> asked_;  // of a step with drafts: the last token, then the draft
  std::size_t draft_tokens_ = 0;
  std::vector<Pick> picks_;             // of the step to come
  std::vector<std::uint64_t> randoms_;  // likewise
  std::vector<TokenMask> masks_;        // likewise
  std::vector<float> own_logits_;       // of the row, before anything was mixed in or masked out
  std::optional<Clock::time_point> began_, prefilled_;
  std::optional<Error> error_;
  Generation result_;
};

StepTask::Wish GenerationTask::wish(int max) {
  if (!began_) {
    began_ = Clock::now();
    result_.cached_tokens = cached_tokens();
  }
  const auto rest = std::span<const TokenId>(text_).subspan(static_cast<std::size_t>(held()));
  draft_tokens_ = 0;
  if (static_cast<int>(rest.size()) > max)
    return {.ids = rest.first(static_cast<std::size_t>(max))};
  if (rest.size() == 1 && prefilled_) {
    draft(max - 1);
    if (draft_tokens_ > 0) {
      const std::span<const Pick> rows = picks(asked_);
      return {.ids = asked_, .rows = LogitRows::kAll, .picks = rows};
    }
  }
  return {.ids = rest, .rows = LogitRows::kLast, .picks = picks(rest.last(1))};
}

// For the rows of logits that follow these tokens, the first of which is said and the others of
// which are drafts; none where the logits are needed here.
std::span<const Pick> GenerationTask::picks(std::span<const TokenId> tokens) {
  if (!device_picks_) return {};
  if (constraint_) find_masks(tokens);
  const std::size_t rows = constraint_ ? masks_.size() : tokens.size();
  const SamplingOptions& o = sampler_.options();
  picks_.assign(rows, {.temperature = o.temperature,
                       .top_p = o.top_p,
                       .min_p = o.min_p,
                       .random = 0,
                       .allowed = {}});
  randoms_.assign(rows, 0);
  sampler_.peek(randoms_);
  for (std::size_t i = 0; i < rows; ++i) {
    picks_[i].random = randoms_[i];
    if (constraint_) picks_[i].allowed = masks_[i].words();
  }
  return picks_;
}

// What a grammar allows after each of the tokens. A draft ends before what it does not allow: no
// step could accept it.
void GenerationTask::find_masks(std::span<const TokenId> tokens) {
  masks_.assign(1, constraint_->allowed());
  if (tokens.size() == 1) return;
  const std::unique_ptr<Constraint> ahead = constraint_->fork();
  for (const TokenId id : tokens.subspan(1)) {
    if (!masks_.back().has(id)) break;
    ahead->accept(id);
    masks_.push_back(ahead->allowed());
  }
  asked_.resize(masks_.size());
  draft_tokens_ = masks_.size() - 1;
}

// What a constraint forces is right for certain; else what copies foretell.
void GenerationTask::draft(int max) {
  const int wanted = new_tokens_max_ - generated() - 1;
  const int room = model_.context_tokens - static_cast<int>(text_.size()) - 1;
  max = std::min({max, wanted, room});
  if (max <= 0 || request_.draft_tokens_max == 0) return;
  std::vector<TokenId> forced;
  if (constraint_) forced = constraint_->forced(std::min(max, Speculator::kDraftTokensMax));
  const std::span<const TokenId> proposal =
      forced.empty() ? speculator_.propose(max) : std::span<const TokenId>(forced);
  asked_.assign(1, text_.back());
  asked_.insert(asked_.end(), proposal.begin(), proposal.end());
  draft_tokens_ = proposal.size();
}

bool GenerationTask::take(const Outcome& outcome) {
  if (outcome.rows == 0) return false;  // in the middle of the prompt
  const bool decoding = prefilled_.has_value();
  if (!decoding) prefilled_ = Clock::now();
  if (decoding && outcome.alone) model_.step_cost.add(outcome.tokens, outcome.ms);
  result_.steps += decoding;
  if (is_full()) return finish(Finish::kLength);  // nothing was to be generated

  std::optional<Finish> end;
  bool said = true;
  int row = 0;
  for (bool right = true; right && !end && row < outcome.rows; ++row) {
    const std::size_t before = text_.size();
    end = say(choose(outcome, row));
    said = text_.size() > before;
    right =
        said && row + 1 < outcome.rows && asked_[static_cast<std::size_t>(row) + 1] == text_.back();
  }
  result_.drafted_tokens += outcome.rows - 1;
  result_.accepted_tokens += row - 1;
  // The last token said is not evaluated yet; what the sequence holds in its place is a wrong
  // draft.
  const int valid = static_cast<int>(text_.size()) - (said ? 1 : 0);
  sequence()->truncate(std::min(held(), valid));
  return end && finish(*end);
}

// One token further. A value: the generation ends with it, or before it.
std::optional<Finish> GenerationTask::say(const Choice& choice) {
  const auto [id, logprob, mixed_logprob] = choice;
  if (id < 0) {
    fail({Errc::kInternal, constraint_ ? "the network gave no finite logit that is allowed"
                                       : "the network gave no finite logit"});
    return Finish::kCancelled;
  }
  if (is_end(id)) return Finish::kStopToken;
  if (request_.logprobs) result_.logprobs.push_back(logprob);
  if (request_.logprobs && mixer_ != nullptr) result_.mixed_logprobs.push_back(mixed_logprob);
  result_.tokens.push_back(id);
  text_.push_back(id);
  speculator_.append(id);
  if (constraint_) constraint_->accept(id);
  if (mixer_ != nullptr) mixer_->append(id);
  if (const std::optional<Finish> end = stream_.add(model_.tokenizer->piece(id))) return end;
  if (is_full()) return Finish::kLength;
  return std::nullopt;
}

GenerationTask::Choice GenerationTask::choose(const Outcome& outcome, int row) {
  const std::size_t n_vocab = static_cast<std::size_t>(model_.config.n_vocab);
  if (outcome.picked == nullptr)
    return choose({outcome.logits + static_cast<std::size_t>(row) * n_vocab, n_vocab});
  sampler_.skip(1);
  return {.id = outcome.picked[row]};
}

GenerationTask::Choice GenerationTask::choose(std::span<float> logits) {
  std::span<const float> own = logits;
  if (request_.logprobs && (mixer_ != nullptr || constraint_)) {
    own_logits_.assign(logits.begin(), logits.end());
    own = own_logits_;
  }
  if (mixer_ != nullptr) mix_in(mixer_->next(), logits);
  if (constraint_) mask_out(constraint_->allowed(), logits);
  Choice choice{.id = sampler_.sample(logits)};
  if (!request_.logprobs || choice.id < 0) return choice;
  choice.logprob = log_probability(own, choice.id);
  if (mixer_ != nullptr)
    choice.mixed_logprob = mixed_log_probability(mixer_->next(), choice.logprob, choice.id);
  return choice;
}

bool GenerationTask::is_end(TokenId id) const {
  if (request_.ignore_end) return false;
  const auto is_one_of = [id](const std::vector<TokenId>& ids) {
    return std::ranges::find(ids, id) != ids.end();
  };
  return std::ranges::binary_search(model_.tokenizer->special().end_of_generation, id) ||
         (is_fim(request_) && is_one_of(model_.fim()->stop_tokens)) ||
         (is_next_edit(request_) && is_one_of(model_.next_edit()->stop_tokens)) ||
         (is_chat(request_) && is_one_of(model_.chat()->stop_tokens));
}

bool GenerationTask::finish(Finish finish) {
  result_.finish = finish;
  if (finish == Finish::kStopString || finish == Finish::kFilter) {
    const std::size_t kept = stream_.tokens_in_text();
    result_.tokens.resize(kept);
    if (!result_.logprobs.empty()) result_.logprobs.resize(kept);
    if (!result_.mixed_logprobs.empty()) result_.mixed_logprobs.resize(kept);
  }
  return true;
}

void GenerationTask::end(Finish why) {
  finish(why);
}

Expected<Generation> GenerationTask::result(Clock::time_point started, double tokenize_ms) {
  if (error_) return std::move(*error_).during("generate");
  const Clock::time_point now = Clock::now();
  result_.text = stream_.take_text();
  if (result_.finish == Finish::kDeadline && request_.whole)
    result_.text.resize(std::min(result_.text.size(), request_.whole(result_.text)));
  Timings& t = result_.timings;
  t.tokenize_ms = tokenize_ms;
  t.queue_ms = ms_between(started, began_.value_or(now)) - tokenize_ms;
  if (began_) t.prefill_ms = ms_between(*began_, prefilled_.value_or(now));
  if (prefilled_) t.decode_ms = ms_between(*prefilled_, now);
  t.total_ms = ms_between(started, now);
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

Status read_rewrite(const LoadedModel& model, const NextEditText& text, Generation& result) {
  if (result.finish == Finish::kCancelled || result.finish == Finish::kDeadline) return {};
  const bool ended = result.finish == Finish::kStopToken || result.finish == Finish::kStopString;
  const NextEditOutput output{.text = model.tokenizer->decode(result.tokens, /*show_special=*/true),
                              .ended = ended};
  Expected<NextEditAnswer> answer = read_next_edit_answer(*model.next_edit(), text, output);
  if (!answer) return std::move(answer.error()).pass();
  result.rewrite = std::move(*answer);
  return {};
}

Expected<Generation> generate(LoadedModel& model, const GenerateRequest& request,
                              std::stop_token stop) {
  const Clock::time_point started = Clock::now();
  if (Status s = check(request); !s) return std::move(s.error()).pass();
  const Expected<std::shared_ptr<Runtime>> runtime = model.runtime->get();
  if (!runtime) return Error(runtime.error()).pass();
  Expected<LaidOutPrompt> prompt = lay_out_prompt(model, request);
  if (!prompt) return std::move(prompt.error()).pass();
  std::unique_ptr<Constraint> constraint;
  if (request.grammar) constraint = model.constraints().start(request.grammar);
  std::unique_ptr<Mixer> own_mixer = copy_mixer(model, request, *prompt);
  if (Mixer* mixer = own_mixer ? own_mixer.get() : request.mixer) mixer->begin(prompt->text);
  const double tokenize_ms = ms_between(started, Clock::now());
  const std::optional<NextEditText> next_edit = std::move(prompt->next_edit);

  GenerationTask task(model, request, std::move(*prompt), std::move(constraint),
                      std::move(own_mixer), *(*runtime)->executor, std::move(stop));
  (*runtime)->stepper.run(task);
  Expected<Generation> result = task.result(started, tokenize_ms);
  if (result && next_edit) {
    if (Status read = read_rewrite(model, *next_edit, *result); !read)
      return std::move(read.error()).pass();
  }
  return result;
}

}  // namespace

Expected<Generation> run_generation(LoadedModel& model, const GenerateRequest& request,
                                    std::stop_token stop) try {
  Expected<Generation> result = generate(model, request, std::move(stop));
  if (!result) return std::move(result.error()).during("generate");
  return result;
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
