#include "model/decode/prompt.h"

#include <algorithm>
#include <utility>

namespace curlew::model {
namespace {

// The prompt falls apart at its control tokens. What follows the prefix token, and in formats that
// put the middle behind the suffix what follows the middle token, is the text up to the cursor.
void take_apart(const FimFormat& format, const Tokenizer& tokenizer, LaidOutPrompt& prompt) {
  enum class Part { kText, kOther } part = Part::kOther;
  std::vector<TokenId> other;
  const auto end_part = [&] {
    if (!other.empty()) prompt.around.push_back(std::exchange(other, {}));
  };
  for (const TokenId id : prompt.tokens) {
    const bool is_mark = id == format.prefix || id == format.suffix || id == format.middle ||
                         id == format.repo_name || id == format.file_sep ||
                         tokenizer.type(id) == TokenType::kControl;
    if (!is_mark) {
      (part == Part::kText ? prompt.text : other).push_back(id);
      continue;
    }
    end_part();
    part = id == format.prefix || id == format.middle ? Part::kText : Part::kOther;
  }
  end_part();
}

Expected<LaidOutPrompt> lay_out(LoadedModel& model, const FimText& text,
                                const GenerateRequest& request) {
  if (!model.fim()) return tl::unexpected(model.fim().error());
  FimBudget budget = request.fim_budget;
  const int context = model.context_tokens;
  if (budget.prompt_tokens_max == 0)  // at least half the context, however much shall be generated
    budget.prompt_tokens_max = std::max(context - request.new_tokens_max, context / 2);
  budget.prompt_tokens_max = std::min(budget.prompt_tokens_max, context - 1);

  // Where the suffix comes first, typing appends to the prompt anyway.
  const bool prefix_first = model.fim()->order == FimOrder::kPsm;
  FimText burst = prefix_first && text.typed.empty() ? model.bursts.continue_burst(text) : text;
  FimPrompt prompt = build_fim_prompt(*model.tokenizer, *model.fim(), burst, budget);
  model.bursts.remember(std::move(burst));
  LaidOutPrompt result = {.tokens = std::move(prompt.tokens), .context_used = prompt.context_used};
  take_apart(*model.fim(), *model.tokenizer, result);
  return result;
}

Expected<LaidOutPrompt> lay_out(LoadedModel& model, NextEditText text) {
  if (!model.next_edit()) return tl::unexpected(model.next_edit().error());
  if (text.editable.size() == 0)
    text.editable = editable_region(*model.next_edit(), text.text, text.cursor);
  // The answer, about as long as the region, has to fit behind it.
  const NextEditBudget budget{.prompt_tokens_max = model.context_tokens / 4 * 3};
  Expected<NextEditPrompt> prompt =
      build_next_edit_prompt(*model.tokenizer, *model.next_edit(), text, budget);
  if (!prompt) return tl::unexpected(prompt.error());
  LaidOutPrompt result{.copy_from = std::move(prompt->copy_from),
                       .answer_tokens_max = prompt->answer_tokens_max};
  result.context_used = prompt->context_used;
  result.text = result.tokens = std::move(prompt->tokens);
  result.next_edit = std::move(text);
  return result;
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
    prompt.text = prompt.tokens = *ids;
  } else if (const auto* plain = std::get_if<TextPrompt>(&request.prompt)) {
    prompt.text = prompt.tokens = model.tokenizer->encode(plain->text, plain->encode);
  } else if (const auto* chat = std::get_if<ChatPrompt>(&request.prompt)) {
    if (!model.chat()) return Error(model.chat().error()).pass();
    prompt.text = prompt.tokens =
        build_chat_prompt(*model.tokenizer, *model.chat(), chat->messages);
  } else if (const auto* text = std::get_if<NextEditText>(&request.prompt)) {
    Expected<LaidOutPrompt> next = lay_out(model, *text);
    if (!next) return next;
    prompt = std::move(*next);
  } else {
    Expected<LaidOutPrompt> fim = lay_out(model, std::get<FimText>(request.prompt), request);
    if (!fim) return fim;
    prompt = std::move(*fim);
  }
  if (Status s = check(model, prompt.tokens); !s) return std::move(s.error()).pass();
  return prompt;
}

}  // namespace curlew::model
