#include "lsp/server/tools.h"

#include <algorithm>

#include "lsp/assist/retrieve.h"
#include "lsp/server/completion_json.h"

namespace curlew::server {

using protocol::Json;
using protocol::PlaceParams;

namespace {

constexpr int kBytesPerToken = 3;  // of code, roughly: a budget in tokens is a wish here

}  // namespace

void ToolsFeature::bind(Binder& bind) {
  bind.method("curlew/complete", Lane::kTyping, this, &ToolsFeature::complete);
  bind.method("curlew/context", Lane::kQuery, this, &ToolsFeature::context);
}

void ToolsFeature::complete(const PlaceParams& params, const Call& call, Reply<Json> reply) {
  CompletionAsk ask;
  ask.trigger = Trigger::kInvoked;
  ask.new_tokens_max = std::clamp(params.newTokensMax.value_or(0), 0, 4096);
  if (params.lines == "one") ask.lines = assist::Lines::kOne;
  if (params.lines == "many") ask.lines = assist::Lines::kMany;
  Expected<Suggestion> suggestion =
      completer_.complete(call.document, params.position, ask, call.stop);
  if (!suggestion) return reply(std::move(suggestion.error()).during("curlew/complete"));
  reply(completion_to_json(suggestion->completion));
}

void ToolsFeature::context(const PlaceParams& params, const Call& call, Reply<Json> reply) {
  const Expected<const Snapshot*> document = required(call.document);
  if (!document) return reply(tl::unexpected<Error>(document.error()));
  const Expected<std::size_t> cursor = (*document)->offset_at(params.position);
  if (!cursor) return reply(tl::unexpected<Error>(cursor.error()));
  const DocumentPlace& place = (*document)->place();
  if (!place.workspace || place.workspace->index() == nullptr) return reply(Json::array());
  indexer::ContextQuery query;
  query.path = place.path;
  query.text = (*document)->text();
  query.cursor = *cursor;
  if (params.limit) query.chunks_max = std::clamp(*params.limit, 0, 200);
  if (params.budget) query.bytes_max = std::clamp(*params.budget, 0, 100000) * kBytesPerToken;
  auto chunks = place.workspace->index()->context(query);
  if (!chunks) return reply(Error(std::move(chunks.error())).during("curlew/context"));
  assist::put_best_first(*chunks);
  Json out = Json::array();
  for (const indexer::ContextChunk& chunk : *chunks) out.push_back(chunk_to_json(chunk));
  reply(std::move(out));
}

}  // namespace curlew::server
