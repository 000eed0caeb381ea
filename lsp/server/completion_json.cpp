#include "lsp/server/completion_json.h"

namespace curlew::server {

using protocol::Json;

Json completion_to_json(const assist::Completion& completion) {
  Json context = Json::array();
  for (const assist::ContextEntry& entry : completion.context)
    context.push_back({{"path", entry.path},
                       {"start_line", entry.start_line},
                       {"end_line", entry.end_line},
                       {"score", entry.score},
                       {"why", entry.why}});
  const assist::CompletionTimings& timings = completion.timings;
  return {{"text", completion.text},
          {"finish", completion.finish},
          {"source", assist::completion_source_name(completion.source)},
          {"confidence", completion.confidence},
          {"replaces_after", completion.replaces_after},
          {"prompt_tokens", completion.prompt_tokens},
          {"cached_tokens", completion.cached_tokens},
          {"tokens", completion.tokens},
          {"timings",
           {{"retrieve_ms", timings.retrieve_ms},
            {"copy_ms", timings.copy_ms},
            {"prefill_ms", timings.prefill_ms},
            {"decode_ms", timings.decode_ms},
            {"total_ms", timings.total_ms}}},
          {"context", std::move(context)},
          {"model", completion.model},
          {"device", completion.device}};
}

Json chunk_to_json(const indexer::ContextChunk& chunk) {
  return {{"path", chunk.path},
          {"start_line", chunk.start_line + 1},  // as people read them: from 1, inclusive
          {"end_line", chunk.end_line},
          {"score", chunk.score},
          {"source", indexer::context_source_name(chunk.source)},
          {"why", chunk.why},
          {"text", chunk.text}};
}

}  // namespace curlew::server
