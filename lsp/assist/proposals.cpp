#include "lsp/assist/proposals.h"

#include <algorithm>

#include "lsp/assist/choose.h"

namespace curlew::assist {
namespace {

constexpr int kOneLineTokens = 24;
constexpr int kManyLinesTokens = 96;
constexpr int kCopiesTried = 3;
constexpr float kContextFitShare = 0.8f;  // of the prompt's share: what is left is room to be wrong
constexpr std::size_t kMixedFilesMax = 8;     // open documents with a say in the tokens
constexpr int kPlainPromptBytesPerToken = 2;  // of a model without fill-in-the-middle; cautious

Shaped shape_and_parse(const CompletionPlace& place, std::string_view text, bool explicit_request) {
  Shaped shaped = shape(place, text, explicit_request);
  if (shaped.refused.empty() && breaks_parse(place, shaped))
    return {.text = "", .replaces_after = 0, .refused = "breaks the parse"};
  return shaped;
}

model::Prompt prompt_of(const model::Generator& generator, const CompletionPlace& place,
                        const CompletionRequest& request, PromptContext& context) {
  const model::GeneratorInfo info = generator.info();
  if (info.fim)
    return model::FimText{.prefix = place.prefix,
                          .suffix = place.suffix,
                          .path = request.path,
                          .repo_name = request.repo_name,
                          .context = std::move(context.blocks)};
  // A model that only continues text gets what stands before the cursor, from a line's start.
  const std::size_t bytes_max =
      static_cast<std::size_t>(std::max(64, info.context_tokens * kPlainPromptBytesPerToken));
  std::string_view tail = place.prefix;
  if (tail.size() > bytes_max) {
    tail.remove_prefix(tail.size() - bytes_max);
    tail.remove_prefix(std::min(tail.size(), tail.find('\n') + 1));
  }
  return model::TextPrompt{.text = std::string(tail)};
}

// What goes into a prompt, and how many tokens may follow: all that decides how the prompt is laid
// out.
model::GenerateRequest generation_request(const model::Generator& generator,
                                          const CompletionPlace& place,
                                          const CompletionRequest& request,
                                          const Retrieved& retrieved, PromptContext& context) {
  model::GenerateRequest generate;
  const float share = generate.fim_budget.context_share * kContextFitShare;
  context =
      fit_context(generator, retrieved,
                  static_cast<int>(static_cast<float>(generator.info().context_tokens) * share));
  generate.prompt = prompt_of(generator, place, request, context);
  generate.new_tokens_max = request.new_tokens_max > 0 ? request.new_tokens_max
                            : place.many_lines         ? kManyLinesTokens
                                                       : kOneLineTokens;
  generate.sampling = request.sampling;
  generate.lane = request.lane;
  generate.copy_mix.enabled =
      request.copy_mix == CopyMix::kOn || (request.copy_mix == CopyMix::kAuto && place.many_lines);
  if (generate.copy_mix.enabled)
    for (const OpenDocument& document : request.open_documents)
      if (generate.copy_mix.files.size() < kMixedFilesMax && document.text != nullptr &&
          document.text->size() <= kOpenDocumentBytesMax)
        generate.copy_mix.files.push_back(document.text);
  return generate;
}

// How many of the tokens make up the first line of what was generated. Their texts are not at hand,
// so the share of the bytes decides; exact where the text is one line, which is the usual case.
std::size_t first_line_tokens(const model::Generation& generation) {
  const std::size_t bytes = generation.text.size();
  std::size_t line = generation.text.find('\n', generation.text.find_first_not_of(" \t\r\n"));
  if (line == std::string::npos || bytes == 0) return generation.logprobs.size();
  return std::max<std::size_t>(1, generation.logprobs.size() * line / bytes);
}

}  // namespace

Proposal propose_copy(model::CopyPredictor& copy, const CompletionPlace& place,
                      const CompletionRequest& request, const Retrieved& retrieved) {
  model::CopyQuery query;
  // After a line that opens a block the completion is the block's lines: ask at the next one.
  const bool next_line = place.opens_block && place.many_lines;
  const std::string below = next_line ? place.prefix + "\n" : "";
  query.prefix = next_line ? below : place.prefix;
  query.suffix = place.suffix;
  query.sources = copy_sources(request, retrieved);
  query.multi_line = place.many_lines;
  Proposal proposal{.shaped = {.text = "", .replaces_after = 0, .refused = "no match"}};
  for (const model::CopyPrediction& prediction : copy.predict(query, kCopiesTried)) {
    const std::string text = next_line ? "\n" + prediction.text : prediction.text;
    proposal.shaped = shape_and_parse(place, text, request.explicit_request);
    proposal.confidence = prediction.confidence;
    if (proposal.shaped.refused.empty()) return proposal;
  }
  proposal.confidence = 0;
  return proposal;
}

Expected<ModelProposal> propose_model(model::Generator& generator, const CompletionPlace& place,
                                      const CompletionRequest& request, const Retrieved& retrieved,
                                      std::optional<std::chrono::steady_clock::time_point> deadline,
                                      std::stop_token stop) {
  PromptContext context;
  model::GenerateRequest generate =
      generation_request(generator, place, request, retrieved, context);
  generate.deadline = deadline;
  generate.whole = [&place](std::string_view text) { return whole_bytes(place, text); };
  generate.filter = [&place](std::string_view text) { return natural_end(place, text); };
  generate.logprobs = true;
  auto generation = generator.generate(generate, stop);
  if (!generation) return Error(std::move(generation.error())).during("generate");
  if (generation->finish == model::Finish::kCancelled)
    return fail(Errc::kCancelled, "generate: stopped after {} tokens", generation->tokens.size());

  ModelProposal out{.proposal = {}, .generation = std::move(*generation)};
  context.chunk_idxs.resize(std::min(context.chunk_idxs.size(), out.generation.context_used));
  out.context_chunk_idxs = std::move(context.chunk_idxs);
  out.proposal.shaped = shape_and_parse(place, out.generation.text, request.explicit_request);
  if (!out.proposal.shaped.refused.empty()) return out;
  const bool line_is_whole = out.generation.text.find('\n') != std::string::npos;
  const bool ended = line_is_whole || (out.generation.finish != model::Finish::kLength &&
                                       out.generation.finish != model::Finish::kDeadline);
  const bool mixed = !out.generation.mixed_logprobs.empty();
  const std::span<const float> logprobs(mixed ? out.generation.mixed_logprobs
                                              : out.generation.logprobs);
  out.proposal.confidence =
      model_confidence(logprobs.first(first_line_tokens(out.generation)), ended,
                       mixed ? LineOrigin::kMixed : LineOrigin::kModel);
  return out;
}

Status evaluate_prompt(model::Generator& generator, const CompletionPlace& place,
                       const CompletionRequest& request, const Retrieved& retrieved,
                       std::stop_token stop) {
  PromptContext context;
  model::GenerateRequest generate =
      generation_request(generator, place, request, retrieved, context);
  generate.copy_mix = {};
  generate.lane = model::Lane::kBackground;
  // Its token is of no interest, but asking for none would lay the prompt out for a longer one.
  generate.filter = [](std::string_view) { return std::size_t{0}; };
  auto generation = generator.generate(generate, stop);
  if (!generation) return Error(std::move(generation.error())).during("evaluate ahead");
  return {};
}

}  // namespace curlew::assist
