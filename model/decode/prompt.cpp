#include "model/decode/prompt.h"

#include <algorithm>

namespace curlew::model {
namespace {

Expected<LaidOutPrompt> lay_out(LoadedModel& model, const FimText& text,
                                const GenerateRequest& request) {
  if (!model.fim) return tl::unexpected(model.fim.error());
  FimBudget budget = request.fim_budget;
  const int context = model.context_tokens;
  if (budget.prompt_tokens_max == 0)  // at least half the context, however much shall be generated
    budget.prompt_tokens_max = std::max(context - request.new_tokens_max, context / 2);
  budget.prompt_tokens_max = std::min(budget.prompt_tokens_max, context - 1);

  // Where the suffix comes first, typing appends to the prompt anyway.
  const bool prefix_first = model.fim->order == FimOrder::kPsm;
  FimText burst = prefix_first && text.typed.empty() ? model.bursts.continue_burst(text) : text;
  FimPrompt prompt = build_fim_prompt(*model.tokenizer, *model.fim, burst, budget);
  model.bursts.remember(std::move(burst));
  return LaidOutPrompt{std::move(prompt.tokens), prompt.context_used};
}

Status check(const LoadedModel& model, const std::vector<TokenId>& tokens) {
  if (tokens.empty()) return fail(Errc::kInvalidInput, "the prompt is empty");
  if (tokens.size() > static_cast<std::size_t>(model.context_tokens))
    return fail(Errc::kInvalidInput, "the prompt has {} tokens, the context holds {}",
                tokens.size(), model.context_tokens);
  return model.check_ids(tokens);
}

}  // namespace

Expected<LaidOutPrompt> lay_out_prompt(LoadedModel& model, const GenerateRequest& request) {
  LaidOutPrompt prompt;
  if (const auto* ids = std::get_if<std::vector<TokenId>>(&request.prompt)) {
    prompt.tokens = *ids;
  } else if (const auto* plain = std::get_if<TextPrompt>(&request.prompt)) {
    prompt.tokens = model.tokenizer->encode(plain->text, plain->encode);
  } else {
    Expected<LaidOutPrompt> fim = lay_out(model, std::get<FimText>(request.prompt), request);
    if (!fim) return fim;
    prompt = std::move(*fim);
  }
  if (Status s = check(model, prompt.tokens); !s) return std::move(s.error()).pass();
  return prompt;
}

}  // namespace curlew::model
