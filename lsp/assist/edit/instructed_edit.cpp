#include "lsp/assist/edit/instructed_edit.h"

#include <algorithm>
#include <optional>

#include "lsp/assist/edit/answer.h"
#include "lsp/assist/edit/parse_errors.h"
#include "lsp/assist/edit/rename.h"
#include "lsp/assist/place.h"
#include "lsp/assist/retrieve.h"
#include "model/constrain/grammar.h"

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;
using model::ChatMessage;
using model::ChatRole;

constexpr int kTokensPerAnswerMin = 64;
constexpr double kContextShare = 0.35;    // of the model's context, for what was retrieved
constexpr std::size_t kAroundLines = 20;  // shown above and below what is edited
constexpr float kRetryTemperature = 0.4f;

constexpr const char* kSystem =
    "You edit source code. You are given a piece of a file and an instruction. Answer with the "
    "piece as it should be after the instruction is carried out: the whole piece, the lines that "
    "stay included, in one fenced block and nothing else. Change nothing that the instruction does "
    "not ask for.";

// Of a piece that is long, only what changes.
constexpr const char* kBlocksSystem =
    "You edit source code. You are given a piece of a file and an instruction. Answer with blocks, "
    "each of which replaces some lines of the piece by others, in the piece's order:\n"
    "<<<<<<< SEARCH\n"
    "whole lines of the piece exactly as they are, enough of them to occur only once\n"
    "=======\n"
    "the lines that take their place\n"
    ">>>>>>> REPLACE\n"
    "Write nothing else. Change nothing that the instruction does not ask for.";
constexpr int kWholeTokensMax = 500;  // longer pieces are edited by blocks
constexpr int kBlocksTokensMax = 1500;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

const indexer::Language* language_of(const InstructedEditRequest& request) {
  return indexer::language_of(request.path, request.text.substr(0, 256));
}

// --- What needs no model ------------------------------------------------------------------------

Expected<InstructedEdit> renamed(const InstructedEditRequest& request, const LineRange& lines,
                                 const Rename& rename) {
  Expected<RenameEdit> made = rename_in(request.path, request.text, lines.start, lines.end, rename);
  if (!made) return std::move(made.error()).pass();
  InstructedEdit out;
  out.edits = std::move(made->edits);
  out.notes = std::move(made->notes);
  out.used_outside = std::move(made->used_outside);
  out.why = fmt::format("renamed `{}` to `{}` {} times", rename.from, rename.to, out.edits.size());
  return out;
}

// --- The prompt ---------------------------------------------------------------------------------

// The starts of lines above and below a line's start.
std::size_t lines_back(std::string_view text, std::size_t at, std::size_t count) {
  while (at > 0 && count-- > 0) at = at < 2 ? 0 : text.rfind('\n', at - 2) + 1;
  return at;
}

std::size_t lines_on(std::string_view text, std::size_t at, std::size_t count) {
  while (at < text.size() && count-- > 0) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

std::string fenced(std::string_view text) {
  return fmt::format("```\n{}{}```\n", text, text.ends_with('\n') ? "" : "\n");
}

std::string context_text(const Sources& sources, const InstructedEditRequest& request,
                         const LineRange& lines, double& ms) {
  CompletionRequest place;
  place.path = request.path;
  place.text = request.text;
  place.cursor = lines.end;
  const Expected<Retrieved> retrieved = retrieve(sources.index, place);
  if (!retrieved) return {};
  ms = retrieved->ms;
  const int tokens_max = static_cast<int>(sources.generator->info().context_tokens * kContextShare);
  std::string out;
  for (const model::ContextBlock& block :
       fit_context(*sources.generator, *retrieved, tokens_max).blocks)
    out += fmt::format("From {}:\n{}", block.path, fenced(block.text));
  return out;
}

std::string question(const Sources& sources, const InstructedEditRequest& request,
                     const LineRange& lines, double& retrieve_ms) {
  const std::string_view text = request.text;
  const std::size_t above = lines_back(text, lines.start, kAroundLines);
  const std::size_t below = lines_on(text, lines.end, kAroundLines);
  std::string out = context_text(sources, request, lines, retrieve_ms);
  if (above < lines.start)
    out += fmt::format("In {}, above the piece:\n{}", request.path,
                       fenced(text.substr(above, lines.start - above)));
  if (lines.end < below)
    out += fmt::format("Below the piece:\n{}", fenced(text.substr(lines.end, below - lines.end)));
  out += fmt::format("The piece of {} to edit:\n{}", request.path,
                     fenced(text.substr(lines.start, lines.end - lines.start)));
  return out + "Instruction: " + request.instruction + "\n";
}

// --- The model ----------------------------------------------------------------------------------

class Editor {
 public:
  Editor(const Sources& sources, const InstructedEditRequest& request, const LineRange& lines,
         std::stop_token stop)
      : sources_(sources),
        request_(request),
        lines_(lines),
        original_(request.text.substr(lines.start, lines.end - lines.start)),
        language_(language_of(request)),
        errors_before_(parse_errors(language_, request.text)),
        stop_(std::move(stop)),
        deadline_(Clock::now() + request.budget) {}

  Expected<InstructedEdit> run() {
    if (Status ready = prepare(); !ready) return std::move(ready.error()).pass();
    for (out_.attempts = 1; out_.attempts <= request_.attempts_max; ++out_.attempts) {
      Expected<std::string> answer = ask();
      if (!answer) return std::move(answer.error()).pass();
      if (wrong_.empty()) wrong_ = take(*answer);
      if (wrong_.empty()) {
        out_.by_model = true;
        out_.why = sources_.generator->info().model;
        return std::move(out_);
      }
      tell(*answer);
    }
    return fail(Errc::kUnavailable, "{}: no edit: {} in {} attempts", request_.path, last_wrong_,
                request_.attempts_max);
  }

 private:
  Status prepare() {
    const model::GeneratorInfo info = sources_.generator->info();
    if (!info.chat)
      return fail(Errc::kUnavailable,
                  "model {} does not follow instructions ({}): choose one that was made for chat, "
                  "or ask for what needs none: \"rename A to B\"",
                  info.model, info.why_no_chat);
    const int piece = sources_.generator->count_tokens(original_);
    by_blocks_ = piece > kWholeTokensMax;
    messages_ = {{ChatRole::kSystem, by_blocks_ ? kBlocksSystem : kSystem},
                 {ChatRole::kUser, question(sources_, request_, lines_, out_.retrieve_ms)}};
    const int answer = by_blocks_ ? kWholeTokensMax : piece;  // as a rule
    tokens_max_ = by_blocks_ ? kBlocksTokensMax : kTokensPerAnswerMin + 2 * piece;
    int prompt = 0;
    for (const ChatMessage& message : messages_)
      prompt += sources_.generator->count_tokens(message.text);
    if (prompt + kTokensPerAnswerMin + answer > info.context_tokens)
      return fail(Errc::kInvalidInput,
                  "{}: the piece and what it needs take {} tokens, and the answer some {}; the "
                  "context of {} holds {}: edit fewer lines",
                  request_.path, prompt, answer, info.model, info.context_tokens);
    tokens_max_ = std::min(tokens_max_, info.context_tokens - prompt);
    return {};
  }

  // The answer's text. wrong_ is what can be said of it already.
  Expected<std::string> ask() {
    model::GenerateRequest generate;
    const bool is_local = sources_.generator->info().takes_grammar;
    std::vector<ChatMessage> messages = messages_;
    if (is_local) {
      using model::EditForm;
      auto grammar = model::Grammar::edit_of(
          original_, {.form = by_blocks_ ? EditForm::kBlocks : EditForm::kWhole});
      if (!grammar) return Error(std::move(grammar.error())).during(request_.path);
      generate.grammar = *grammar;
      if (!by_blocks_) messages.push_back({ChatRole::kAssistant, "```\n"});
      if (!by_blocks_) generate.stop_strings = {"\n```"};
    }
    generate.prompt = model::ChatPrompt{std::move(messages)};
    generate.draft_texts = {std::string(original_)};
    generate.new_tokens_max = tokens_max_;
    generate.deadline = deadline_;
    generate.lane = request_.lane;
    if (const int sample = request_.sample + out_.attempts - 1; sample > 0) {
      generate.sampling.temperature = kRetryTemperature;  // greedy decoding would repeat itself
      generate.sampling.seed = static_cast<std::uint64_t>(sample);
    }
    auto made = sources_.generator->generate(generate, stop_);
    if (!made) return Error(std::move(made.error())).during("edit");
    note(*made);
    if (made->finish == model::Finish::kCancelled) return fail(Errc::kCancelled, "cancelled");
    if (made->finish == model::Finish::kDeadline)
      return fail(Errc::kUnavailable, "{}: no edit: the time was up", request_.path);
    wrong_ = made->finish == model::Finish::kLength ? "the answer did not come to an end" : "";
    return std::move(made->text);
  }

  void note(const model::Generation& made) {
    out_.prompt_tokens += made.prompt_tokens;
    out_.cached_tokens += made.cached_tokens;
    out_.tokens += static_cast<int>(made.tokens.size());
    out_.drafted_tokens += made.drafted_tokens;
    out_.accepted_tokens += made.accepted_tokens;
    out_.generate_ms += made.timings.total_ms;
  }

  // What is wrong with it, or "".
  std::string take(const std::string& answer) {
    const Expected<std::string> piece = edited_by(original_, answer);
    if (!piece) return piece.error().message();
    if (piece->empty() && !original_.empty()) return "the answer is empty";
    std::string after(request_.text);
    after.replace(lines_.start, original_.size(), *piece);
    if (const int errors = parse_errors(language_, after); errors > errors_before_)
      return fmt::format("the answer does not parse ({} errors more than before)",
                         errors - errors_before_);
    out_.edits = edits_between(request_.text, after);
    for (const TextEdit& edit : out_.edits)
      if (edit.start < lines_.start || edit.end > lines_.end)
        return "the answer changes lines that it was not asked to";
    return {};
  }

  void tell(const std::string& answer) {
    messages_.resize(2);
    messages_.push_back({ChatRole::kAssistant, by_blocks_ ? answer : fenced(answer)});
    messages_.push_back(
        {ChatRole::kUser, fmt::format("This is not right: {}. Write {} again.\n", wrong_,
                                      by_blocks_ ? "all blocks" : "the whole piece")});
    last_wrong_ = std::exchange(wrong_, {});
  }

  const Sources& sources_;
  const InstructedEditRequest& request_;
  const LineRange lines_;
  const std::string_view original_;
  const indexer::Language* language_;
  const int errors_before_;
  const std::stop_token stop_;
  const Clock::time_point deadline_;
  std::vector<ChatMessage> messages_;
  bool by_blocks_ = false;
  int tokens_max_ = 0;
  std::string wrong_, last_wrong_;
  InstructedEdit out_;
};

// Whoever made the edit: what parses worse is none.
Status look_at_parse(const InstructedEditRequest& request, InstructedEdit& edit) {
  const indexer::Language* language = language_of(request);
  if (language == nullptr || language->grammar == nullptr) return {};
  const int before = parse_errors(language, request.text);
  edit.parse_errors = parse_errors(language, edit.after);
  if (*edit.parse_errors <= before) return {};
  return fail(Errc::kInvalidInput,
              "{}: no edit: the text would not parse ({} errors more than before)", request.path,
              *edit.parse_errors - before);
}

}  // namespace

std::string parse_words(const InstructedEdit& edit) {
  if (!edit.parse_errors) return "not parsed (no parser for such files)";
  if (*edit.parse_errors == 0) return "parses";
  return fmt::format("parses no worse than before ({} errors)", *edit.parse_errors);
}

LineRange edited_lines(const InstructedEditRequest& request) {
  const std::string_view text = request.text;
  LineRange lines{request.start, request.end};
  if (lines.start == lines.end) {
    lines = {0, text.size()};
    const indexer::Language* language = language_of(request);
    if (language == nullptr || language->grammar == nullptr) return lines;
    thread_local indexer::Parser parser;
    for (const indexer::Symbol& symbol : parser.parse(*language, text).symbols) {
      const indexer::Range& range = symbol.range;
      if (symbol.is_definition && range.start_byte <= request.start &&
          request.start < range.end_byte &&
          range.end_byte - range.start_byte < lines.end - lines.start)
        lines = {range.start_byte, range.end_byte};
    }
  }
  lines.start = lines.start == 0 ? 0 : text.rfind('\n', lines.start - 1) + 1;
  if (lines.end > lines.start && text[lines.end - 1] != '\n')
    lines.end = std::min(text.find('\n', lines.end), text.size() - 1) + 1;
  return lines;
}

Expected<InstructedEdit> instructed_edit(const Sources& sources,
                                         const InstructedEditRequest& request,
                                         std::stop_token stop) {
  const Clock::time_point began = Clock::now();
  if (trim(request.instruction).empty())
    return fail(Errc::kInvalidInput, "{}: expected an instruction", request.path);
  if (request.start > request.end || request.end > request.text.size())
    return fail(Errc::kInvalidInput, "{}: bytes {} to {} of {}", request.path, request.start,
                request.end, request.text.size());
  const LineRange lines = edited_lines(request);
  Expected<InstructedEdit> edit;
  if (const std::optional<Rename> rename = rename_asked_for(request.instruction))
    edit = renamed(request, lines, *rename);
  else if (sources.generator == nullptr)
    edit = fail(Errc::kUnavailable,
                "no model: without one only \"rename A to B\" can be done; choose a model that was "
                "made for chat");
  else
    edit = Editor(sources, request, lines, std::move(stop)).run();
  if (!edit) return edit;
  Expected<std::string> after = apply_edits(request.text, edit->edits);
  if (!after) return std::move(after.error()).pass();
  edit->after = std::move(*after);
  if (Status parsed = look_at_parse(request, *edit); !parsed)
    return std::move(parsed.error()).pass();
  edit->start = lines.start;
  edit->end = lines.end;
  edit->total_ms = ms_since(began);
  return edit;
}

}  // namespace curlew::assist
