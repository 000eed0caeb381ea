#include "lsp/assist/complete.h"

#include <algorithm>

#include "lsp/assist/choose.h"
#include "lsp/assist/proposals.h"

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void take(Completion& completion, const Proposal& proposal, CompletionSource source,
          std::string finish) {
  completion.text = proposal.shaped.text;
  completion.replaces_after = proposal.shaped.replaces_after;
  completion.confidence = proposal.confidence;
  completion.source = source;
  completion.finish = std::move(finish);
}

void note_model(Completion& completion, const model::Generator& generator,
                const std::optional<ModelProposal>& proposed, const Retrieved& retrieved) {
  const model::GeneratorInfo info = generator.info();
  completion.model = info.model;
  completion.device = info.device;
  if (!proposed) return;
  const model::Generation& generation = proposed->generation;
  completion.prompt_tokens = generation.prompt_tokens;
  completion.cached_tokens = generation.cached_tokens;
  completion.tokens = static_cast<int>(generation.tokens.size());
  completion.timings.prefill_ms = generation.timings.prefill_ms;
  completion.timings.decode_ms = generation.timings.decode_ms;
  for (const std::size_t i : proposed->context_chunk_idxs)
    completion.context.push_back(context_entry(retrieved.chunks[i]));
}

// The surer of the two; the reason why there is none, when there is none.
void choose(Completion& completion, const Proposal& copy,
            const std::optional<ModelProposal>& generated) {
  const bool has_copy = !copy.shaped.text.empty();
  const bool has_model = generated && !generated->proposal.shaped.text.empty();
  if (has_model && (!has_copy || generated->proposal.confidence >= copy.confidence))
    take(completion, generated->proposal, CompletionSource::kModel,
         model::finish_name(generated->generation.finish));
  else if (has_copy)
    take(completion, copy, CompletionSource::kCopy, "copy");
  else
    completion.finish =
        "nothing: " + (generated ? generated->proposal.shaped.refused : copy.shaped.refused);
}

void stay_quiet(Completion& completion) {
  completion.finish = "quiet: confidence " + fmt::format("{:.2f}", completion.confidence) +
                      " is below " + fmt::format("{:.2f}", kQuietBelow);
  completion.text.clear();
  completion.replaces_after = 0;
  completion.source = CompletionSource::kNone;
}

// The item replaces what the popup menu would replace, and so has to begin with its text.
void extend_selection(Completion& completion, const CompletionRequest& request) {
  if (!request.selected_text) return;
  completion.replaces_from = request.selected_start;
  if (!completion.text.empty()) completion.text.insert(0, *request.selected_text);
}

}  // namespace

const char* completion_source_name(CompletionSource source) {
  switch (source) {
    case CompletionSource::kModel:
      return "model";
    case CompletionSource::kCopy:
      return "copy";
    case CompletionSource::kNone:
      break;
  }
  return "none";
}

std::string no_fim_warning(const model::GeneratorInfo& info) {
  if (info.fim) return {};
  return fmt::format(
      "model {} has no fill-in-the-middle tokens, so it cannot complete between what stands before "
      "and behind the cursor: choose a code model ('curlew models info FILE' says what was looked "
      "for), or 'none' for the copy predictor alone",
      info.model);
}

Expected<Completion> complete(const Sources& sources, const CompletionRequest& request,
                              std::stop_token stop) {
  const Clock::time_point start = Clock::now();
  std::optional<Clock::time_point> deadline;
  if (request.budget) deadline = start + *request.budget;
  const Expected<CompletionPlace> place = completion_place(request);
  if (!place) return tl::unexpected(place.error());
  if (stop.stop_requested()) return fail(Errc::kCancelled, "complete: before it began");

  Completion completion;
  completion.replaces_from = request.cursor;
  const Expected<Retrieved> retrieved = retrieve(sources.index, request);
  if (!retrieved) return Error(retrieved.error()).during("complete");
  completion.timings.retrieve_ms = retrieved->ms;
  if (stop.stop_requested()) return fail(Errc::kCancelled, "complete: after retrieval");

  Proposal copy{.shaped = {.text = "", .replaces_after = 0, .refused = "no source"}};
  if (sources.copy != nullptr) {
    const Clock::time_point copy_start = Clock::now();
    copy = propose_copy(*sources.copy, *place, request, *retrieved);
    completion.timings.copy_ms = ms_since(copy_start);
  }

  std::optional<ModelProposal> generated;
  const bool in_time = !deadline || Clock::now() < *deadline;
  if (sources.generator != nullptr && copy.confidence < kSureCopy && in_time) {
    auto proposed = propose_model(*sources.generator, *place, request, *retrieved, deadline, stop);
    // A broken model does not take the copy away; a cancelled request wants no answer.
    const bool fatal =
        !proposed && (copy.shaped.text.empty() || proposed.error().kind() == Errc::kCancelled);
    if (fatal) return std::move(proposed.error()).during("complete");
    if (proposed) generated = std::move(*proposed);
    note_model(completion, *sources.generator, generated, *retrieved);
  }
  if (stop.stop_requested()) return fail(Errc::kCancelled, "complete: superseded");
  if (!generated)  // nothing went into a prompt: what might have
    for (const indexer::ContextChunk& chunk : retrieved->chunks)
      if (!chunk.is_spare) completion.context.push_back(context_entry(chunk));

  choose(completion, copy, generated);
  if (!completion.text.empty() && !request.explicit_request && completion.confidence < kQuietBelow)
    stay_quiet(completion);
  extend_selection(completion, request);
  completion.timings.total_ms = ms_since(start);
  return completion;
}

bool answered_without_model(const Completion& completion) {
  return completion.source == CompletionSource::kCopy && completion.model.empty();
}

Status evaluate_ahead(const Sources& sources, const CompletionRequest& request,
                      std::stop_token stop) {
  if (sources.generator == nullptr || !sources.generator->info().keeps_prompts) return {};
  const Expected<CompletionPlace> place = completion_place(request);
  if (!place) return tl::unexpected(place.error());
  const Expected<Retrieved> retrieved = retrieve(sources.index, request);
  if (!retrieved) return Error(retrieved.error()).during("evaluate ahead");
  if (stop.stop_requested()) return fail(Errc::kCancelled, "evaluate ahead: after retrieval");
  return evaluate_prompt(*sources.generator, *place, request, *retrieved, stop);
}

}  // namespace curlew::assist
