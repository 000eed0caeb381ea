#include "lsp/server/inline_completion.h"

#include <condition_variable>

namespace curlew::server {

using protocol::InlineCompletionItem;
using protocol::InlineCompletionList;
using protocol::InlineCompletionParams;

namespace {

// The item replaces the popup menu's selection (else nothing) before the cursor, and what the
// suggestion repeats of the line behind it.
InlineCompletionItem make_item(const Snapshot& document, const Suggestion& suggestion) {
  const assist::Completion& completion = suggestion.completion;
  InlineCompletionItem item;
  item.insertText = completion.text;
  item.filterText = completion.text;
  item.range = {document.position_at(completion.replaces_from),
                document.position_at(suggestion.cursor + completion.replaces_after)};
  item.command = {"Accepted", "curlew.accepted", protocol::Json::array({suggestion.id})};
  item.data = suggestion_data(suggestion);
  item.data["version"] = document.version();
  return item;
}

// False when the request was cancelled meanwhile.
bool wait_out_debounce(int wait_ms, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

void InlineCompletionFeature::bind(Binder& bind, protocol::Json& capabilities) {
  capabilities["inlineCompletionProvider"] = protocol::Json::object();
  bind.method("textDocument/inlineCompletion", Lane::kTyping, this,
              &InlineCompletionFeature::complete, Freshness::kLatestOnly);
  bind.notification("textDocument/didShowCompletion", this, &InlineCompletionFeature::did_show);
  bind.notification("textDocument/didPartiallyAcceptCompletion", this,
                    &InlineCompletionFeature::did_partially_accept);
}

void InlineCompletionFeature::complete(const InlineCompletionParams& params, const Call& call,
                                       Reply<InlineCompletionList> reply) {
  CompletionAsk ask;
  ask.selected = params.context.selectedCompletionInfo;
  if (params.context.triggerKind == protocol::InlineCompletionTriggerKind::kInvoked)
    ask.trigger = Trigger::kInvoked;
  const int debounce_ms = state_.settings.get().debounce_ms;
  if (ask.trigger == Trigger::kAutomatic && debounce_ms > 0 &&
      !wait_out_debounce(debounce_ms, call.stop))
    return reply(fail(Errc::kCancelled, "cancelled before it began"));

  Expected<Suggestion> suggestion =
      completer_.complete(call.document, params.position, ask, call.stop);
  if (!suggestion) return reply(std::move(suggestion.error()).during("inlineCompletion"));
  InlineCompletionList list;
  if (!suggestion->completion.text.empty())
    list.items.push_back(make_item(*call.document, *suggestion));
  reply(std::move(list));
}

// What was shown is what was answered: Completer counts it. Bound so that clients which report it
// are understood.
void InlineCompletionFeature::did_show(const protocol::NoParams&) {}

void InlineCompletionFeature::did_partially_accept(const protocol::NoParams&) {
  completer_.note_partly_accepted();
}

}  // namespace curlew::server
