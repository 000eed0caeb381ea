// One completion at one place: context from the index, a proposal from the copy predictor, a
// generation from the model, and the choice between them, cut to what a user would want to see.
//
// Stateless and synchronous: everything it needs is in the arguments, it touches no file, and it
// looks at `stop` between its steps (the model does so at every token). Thread-safe when index,
// generator and copy predictor are.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/error.h"
#include "model/copy/copy_predictor.h"
#include "model/generator.h"

namespace curlew::assist {

// Whom to ask. Any of them may be null: without a generator the copy predictor stands alone
// (`--model none`); without an index there is no context from other files.
struct Sources {
  const indexer::Index* index = nullptr;
  model::Generator* generator = nullptr;
  model::CopyPredictor* copy = nullptr;
};

enum class Lines {
  kAuto,
  kOne,
  kMany
};  // kAuto: many at the start of a block or an empty line, else one

// Whether the prompt and the open documents have a say in the model's tokens
// (model/decode/copy_mixer.h). kAuto: where several lines may come; for one line the copy predictor
// already says what the mix would (docs/completion.md).
enum class CopyMix { kAuto, kOn, kOff };

struct OpenDocument {
  std::string path;
  std::shared_ptr<const std::string> text;
};

struct CompletionRequest {
  std::string path;        // relative to the workspace root; "" for an unsaved document
  std::string language;    // LSP languageId, for documents whose path says nothing; may be ""
  std::string_view text;   // the whole document
  std::size_t cursor = 0;  // byte offset, 0..text.size(), at a character's start
  Lines lines = Lines::kAuto;
  int new_tokens_max = 0;  // 0: 24 for one line, 96 for many
  std::optional<std::chrono::milliseconds>
      budget;  // whole request; the best so far is returned at its end
  model::SamplingOptions sampling;
  CopyMix copy_mix = CopyMix::kAuto;
  model::Lane lane = model::Lane::kTyping;
  std::string repo_name;
  std::vector<OpenDocument> open_documents;  // most recently viewed first, this one left out
  // Text the popup menu has selected, which the completion must extend (LSP
  // selectedCompletionInfo): the text that would replace [replace_start, cursor).
  std::optional<std::string> selected_text;
  std::size_t selected_start = 0;
  bool explicit_request =
      false;  // the user asked: answer even where an automatic one would stay quiet
  // Taken for what the index would find, to compare ways of finding context; null: the index's.
  const std::vector<indexer::ContextChunk>* context = nullptr;
};

struct ContextEntry {
  std::string path;
  std::uint32_t start_line = 0, end_line = 0;  // 1-based, inclusive, as people read them
  double score = 0;
  std::string why;
};

enum class CompletionSource { kNone, kModel, kCopy };
const char* completion_source_name(CompletionSource source);

struct CompletionTimings {
  double retrieve_ms = 0, copy_ms = 0, prefill_ms = 0, decode_ms = 0, total_ms = 0;
};

struct Completion {
  // Goes in place of the bytes from `replaces_from` to the cursor (and `replaces_after` behind it).
  // "" when there is nothing worth showing.
  std::string text;
  // The cursor; with selected_text, selected_start: the text then begins with selected_text.
  std::size_t replaces_from = 0;
  // Bytes behind the cursor that the text already contains and so replaces: auto-inserted `)` `"`
  // `;`. Same line.
  std::size_t replaces_after = 0;
  CompletionSource source = CompletionSource::kNone;
  float confidence = 0;  // calibrated chance that the line is exactly right
  std::string finish;    // model finish, or "copy", "quiet: <reason>", "nothing: <reason>"
  int prompt_tokens = 0, cached_tokens = 0, tokens = 0;
  CompletionTimings timings;
  // What stood in the prompt; where the model was not asked, what would have stood there at most. Similar code
  // beyond the prompt (ContextChunk::is_spare) is not among it.
  std::vector<ContextEntry> context;
  std::string model, device;
};

// What to tell the user of a model that only continues text: "" for one that fills in the middle.
std::string no_fim_warning(const model::GeneratorInfo& info);

// kInvalidInput names the place: a cursor outside the text, inside a character or a line break.
Expected<Completion> complete(const Sources& sources, const CompletionRequest& request,
                              std::stop_token stop);

// Whether a completion came without the model's having seen the place: a sure copy.
bool answered_without_model(const Completion& completion);

// Evaluates the prompt that complete() would give the model for this request, in the background
// lane, so that the next one near the place finds it in the cache. Nothing to do without a
// generator that keeps prompts.
Status evaluate_ahead(const Sources& sources, const CompletionRequest& request,
                      std::stop_token stop);

}  // namespace curlew::assist
