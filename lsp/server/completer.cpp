#include "lsp/server/completer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lsp/server/completion_json.h"

namespace curlew::server {

using protocol::Json;

namespace {

using Clock = std::chrono::steady_clock;

assist::Lines lines_by_name(std::string_view name) {
  return name == "one"    ? assist::Lines::kOne
         : name == "many" ? assist::Lines::kMany
                          : assist::Lines::kAuto;
}

assist::CopyMix copy_mix_by_name(std::string_view name) {
  return name == "on"    ? assist::CopyMix::kOn
         : name == "off" ? assist::CopyMix::kOff
                         : assist::CopyMix::kAuto;
}

// Why nothing is suggested here at all; "" when something may be.
std::string quiet_reason(const Settings& settings, const Snapshot& document, bool is_paused) {
  if (is_paused) return "quiet: paused";
  if (!settings.completion_enabled) return "quiet: completion is switched off";
  const auto& off = settings.disabled_languages;
  if (std::find(off.begin(), off.end(), document.language()) != off.end())
    return "quiet: switched off for " + document.language();
  return {};
}

std::vector<assist::OpenDocument> other_documents(const Documents& documents,
                                                  const Snapshot& document) {
  std::vector<assist::OpenDocument> out;
  for (const auto& other : documents.recent(kOpenDocumentsShared + 1)) {
    if (other->uri() == document.uri() || other->text().size() > kOpenDocumentBytesMax) continue;
    // Paths are relative to one root: another workspace's would be mistaken for this one's.
    if (other->place().workspace != document.place().workspace) continue;
    out.push_back({other->place().path, other->shared_text()});
  }
  return out;
}

Expected<assist::CompletionRequest> make_request(const Settings& settings,
                                                 const Documents& documents,
                                                 const Snapshot& document, std::size_t cursor,
                                                 const CompletionAsk& ask) {
  const bool is_invoked = ask.trigger == Trigger::kInvoked;
  assist::CompletionRequest request;
  request.path = document.place().path;
  request.language = document.language();
  request.text = document.text();
  request.cursor = cursor;
  request.lines = ask.lines.value_or(lines_by_name(settings.lines));
  request.new_tokens_max = ask.new_tokens_max;
  request.budget = std::chrono::milliseconds(settings.completion_budget_ms * (is_invoked ? 2 : 1));
  request.sampling.temperature = static_cast<float>(settings.temperature);
  request.sampling.seed = settings.seed;
  request.copy_mix = copy_mix_by_name(settings.copy_mix);
  if (document.place().workspace) request.repo_name = document.place().workspace->name();
  request.open_documents = other_documents(documents, document);
  request.explicit_request = is_invoked;
  if (ask.selected) {
    const Expected<std::size_t> start = document.offset_at(ask.selected->range.start);
    if (!start) return tl::unexpected<Error>(start.error());
    request.selected_text = ask.selected->text;
    request.selected_start = std::min(*start, cursor);
  }
  return request;
}

}  // namespace

Expected<Suggestion> Completer::complete(const std::shared_ptr<const Snapshot>& document,
                                         protocol::Position position, const CompletionAsk& ask,
                                         std::stop_token stop) {
  const Expected<const Snapshot*> here = required(document);
  if (!here) return tl::unexpected<Error>(here.error());
  const Expected<std::size_t> cursor = document->offset_at(position);
  if (!cursor) return tl::unexpected<Error>(cursor.error());
  {
    std::lock_guard lock(mutex_);
    ++counts_.requests;
  }
  const Settings settings = state_.settings.get();
  Suggestion suggestion{.cursor = *cursor};
  suggestion.completion.finish = quiet_reason(settings, *document, state_.progress->is_paused());
  if (!suggestion.completion.finish.empty()) return suggestion;
  if (ask.trigger == Trigger::kAutomatic && !ask.selected)
    if (auto rest = typed_through(*document, *cursor)) return std::move(*rest);

  auto request = make_request(settings, state_.documents, *document, *cursor, ask);
  if (!request) return std::move(request.error()).pass();
  auto completion = state_.services.complete(document->place().workspace.get(), *request, stop);
  if (!completion) return std::move(completion.error()).pass();
  suggestion.completion = std::move(*completion);
  if (stop.stop_requested()) return suggestion;
  remember(document, suggestion);
  if (assist::answered_without_model(suggestion.completion))
    state_.services.evaluate_ahead(document->place().workspace, std::move(*request), document);
  return suggestion;
}

std::optional<Suggestion> Completer::typed_through(const Snapshot& document, std::size_t cursor) {
  const auto start = Clock::now();
  std::lock_guard lock(mutex_);
  const auto found = remembered_.find(document.uri());
  if (found == remembered_.end()) return std::nullopt;
  const Remembered& old = found->second;
  const std::size_t old_cursor = old.suggestion.cursor;
  const std::string_view text = document.text(), old_text = old.document->text();
  if (cursor < old_cursor || text.size() - (cursor - old_cursor) != old_text.size())
    return std::nullopt;
  const std::string_view typed = text.substr(old_cursor, cursor - old_cursor);
  const std::string& said = old.suggestion.completion.text;
  if (typed.size() >= said.size() || !said.starts_with(typed) ||
      text.substr(0, old_cursor) != old_text.substr(0, old_cursor) ||
      text.substr(cursor) != old_text.substr(old_cursor))
    return std::nullopt;
  Suggestion rest = old.suggestion;
  rest.cursor = cursor;
  rest.is_typed_through = true;
  rest.completion.text.erase(0, typed.size());
  rest.completion.replaces_from = cursor;
  rest.completion.cached_tokens = rest.completion.prompt_tokens;  // none was evaluated again
  rest.completion.timings = {};
  rest.completion.timings.total_ms =
      std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  ++counts_.typed_through;
  last_ = rest;
  return rest;
}

void Completer::remember(const std::shared_ptr<const Snapshot>& document, Suggestion& suggestion) {
  std::lock_guard lock(mutex_);
  remembered_.erase(document->uri());
  if (suggestion.completion.text.empty()) return;
  suggestion.id = fmt::format("s{}", next_id_++);
  ++counts_.shown;
  last_ = suggestion;
  // One that replaces the menu's selection does not go on from where the cursor is.
  if (suggestion.completion.replaces_from != suggestion.cursor) return;
  if (remembered_.size() >= kRememberedMax) remembered_.clear();
  remembered_[document->uri()] = {document, suggestion};
}

// The text changed as the suggestion said, so it must not be offered again.
void Completer::note_accepted(const std::string& id) {
  std::lock_guard lock(mutex_);
  ++counts_.accepted;
  std::erase_if(remembered_, [&](const auto& entry) { return entry.second.suggestion.id == id; });
}

void Completer::note_partly_accepted() {
  std::lock_guard lock(mutex_);
  ++counts_.partly_accepted;
}

void Completer::forget(const std::string& uri) {
  std::lock_guard lock(mutex_);
  remembered_.erase(uri);
}

CompletionCounts Completer::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

std::optional<Suggestion> Completer::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

Json suggestion_data(const Suggestion& suggestion) {
  Json data = completion_to_json(suggestion.completion);
  data.erase("text");
  data["id"] = suggestion.id;
  if (suggestion.is_typed_through) data["source"] = "typed-through";
  return data;
}

}  // namespace curlew::server
