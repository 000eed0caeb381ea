#include "editors/cli/json_output.h"

namespace curlew::cli {

Json to_json(const indexer::SearchHit& hit) {
  return {{"path", hit.path},
          {"start_line", hit.range.start_line + 1},
          {"end_line", hit.range.end_line + 1},
          {"score", hit.score},
          {"kind", hit.kind},
          {"name", hit.name},
          {"container", hit.container},
          {"text", hit.text}};
}

Json to_json(const indexer::IndexStats& stats) {
  std::vector<std::string> notes = stats.notes;
  notes.insert(notes.end(), stats.limits.begin(), stats.limits.end());
  Json languages = Json::object();
  for (const auto& [language, counts] : stats.by_language)
    languages[language] = {
        {"files", counts.files}, {"bytes", counts.bytes}, {"symbols", counts.symbols}};
  return {{"files", stats.files},
          {"indexed", stats.indexed},
          {"removed", stats.removed},
          {"skipped", stats.skipped},
          {"symbols", stats.symbols},
          {"references", stats.references},
          {"chunks", stats.chunks},
          {"bytes", stats.bytes},
          {"seconds", stats.seconds},
          {"index_bytes", stats.index_bytes},
          {"by_language", std::move(languages)},
          {"notes", notes}};
}

Json to_json(const assist::EvaluationReport& report) {
  Json sources = Json::object();
  for (const auto& [source, part] : report.by_source)
    sources[source] = {{"n", part.n}, {"exact_match", part.exact_match}};
  return {{"n", report.n},
          {"exact_match", report.exact_match},
          {"edit_similarity", report.edit_similarity},
          {"prefix_share", report.prefix_share},
          {"shown", report.shown},
          {"ms", {{"p50", report.ms_p50}, {"p95", report.ms_p95}}},
          {"by_source", std::move(sources)}};
}

Json to_json(const model::Generation& generation) {
  const model::Timings& t = generation.timings;
  return {{"text", generation.text},
          {"ids", generation.tokens},
          {"finish", model::finish_name(generation.finish)},
          {"prompt_tokens", generation.prompt_tokens},
          {"cached_tokens", generation.cached_tokens},
          {"tokens", generation.tokens.size()},
          {"steps", generation.steps},
          {"drafted_tokens", generation.drafted_tokens},
          {"accepted_tokens", generation.accepted_tokens},
          {"timings",
           {{"tokenize_ms", t.tokenize_ms},
            {"prefill_ms", t.prefill_ms},
            {"decode_ms", t.decode_ms},
            {"total_ms", t.total_ms}}}};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace curlew::cli
