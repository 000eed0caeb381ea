#include "lsp/server/completion.h"

namespace curlew::server {

using protocol::CompletionItem;
using protocol::CompletionList;
using protocol::CompletionParams;
using protocol::Json;

namespace {

constexpr int kTriggerInvoked = 1;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Menus filter by the word before the cursor, so the item begins with it.
CompletionItem make_item(const Snapshot& document, const Suggestion& suggestion) {
  std::size_t word_start = suggestion.cursor;
  while (word_start > 0 && is_word(document.text()[word_start - 1])) --word_start;
  const std::size_t end = suggestion.cursor + suggestion.completion.replaces_after;
  CompletionItem item;
  item.textEdit.newText = document.text().substr(word_start, suggestion.cursor - word_start) +
                          suggestion.completion.text;
  item.textEdit.range = {document.position_at(word_start), document.position_at(end)};
  item.label = item.textEdit.newText.substr(0, item.textEdit.newText.find_first_of("\r\n"));
  item.filterText = item.textEdit.newText;
  item.detail = "Curlew";
  item.command = {"Accepted", "curlew.accepted", Json::array({suggestion.id})};
  item.data = suggestion_data(suggestion);
  return item;
}

}  // namespace

void CompletionFeature::bind(Binder& bind) {
  bind.method("textDocument/completion", Lane::kTyping, this, &CompletionFeature::complete,
              Freshness::kLatestOnly);
}

void CompletionFeature::announce(const ClientFeatures& client, Json& capabilities) {
  if (client.inline_completion) return;
  capabilities["completionProvider"] = {
      {"triggerCharacters", {".", ":", ">", "(", ",", " ", "=", "\""}}, {"resolveProvider", false}};
}

void CompletionFeature::complete(const CompletionParams& params, const Call& call,
                                 Reply<CompletionList> reply) {
  CompletionAsk ask;
  if (params.triggerKind == kTriggerInvoked) ask.trigger = Trigger::kInvoked;
  Expected<Suggestion> suggestion =
      completer_.complete(call.document, params.position, ask, call.stop);
  if (!suggestion) return reply(std::move(suggestion.error()).during("completion"));
  CompletionList list;
  if (!suggestion->completion.text.empty())
    list.items.push_back(make_item(*call.document, *suggestion));
  reply(std::move(list));
}

}  // namespace curlew::server
