// curlew complete, curlew context: what an editor would get at a place, once.
#include "lsp/assist/complete.h"
#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "lsp/assist/retrieve.h"
#include "lsp/server/completion_json.h"

namespace curlew::cli {
namespace {

// A chunk's rows are about three bytes a token in code; the model's own tokenizer counts when there
// is one.
constexpr int kBytesPerToken = 3;

assist::Lines parse_lines(const std::string& name) {
  if (name == "one") return assist::Lines::kOne;
  if (name == "many") return assist::Lines::kMany;
  return assist::Lines::kAuto;
}

std::string describe(const assist::Completion& c) {
  std::string out = c.text + "\n";
  out += fmt::format("-- {} ({}), confidence {:.2f}, {:.1f} ms", completion_source_name(c.source),
                     c.finish, c.confidence, c.timings.total_ms);
  if (c.prompt_tokens > 0)
    out += fmt::format(", {} prompt tokens ({} cached), {} new", c.prompt_tokens, c.cached_tokens,
                       c.tokens);
  out += "\n";
  for (const assist::ContextEntry& entry : c.context)
    out += fmt::format("   {}:{}-{}  {:.2f}  {}\n", entry.path, entry.start_line, entry.end_line,
                       entry.score, entry.why);
  return out;
}

}  // namespace

int run_complete(const CommonOptions& common, const CompleteOptions& options) {
  Expected<Place> place = resolve_place(options.place);
  if (!place) return report(place.error());
  const std::filesystem::path root = workspace_root(common, place->file);
  const server::Settings settings = effective_settings(common, root);

  std::unique_ptr<indexer::Index> index;
  if (settings.index_enabled) {
    auto opened = open_index(settings, root);
    if (!opened) return report(opened.error());
    index = std::move(*opened);
  }
  auto generator = open_generator(settings);
  if (!generator) return report(generator.error());
  if (*generator != nullptr)
    if (const std::string warning = assist::no_fim_warning((*generator)->info()); !warning.empty())
      return report_error(warning);
  model::CopyPredictor copy;

  assist::CompletionRequest request;
  request.path = relative_path(place->file, root);
  request.text = place->text;
  request.cursor = place->offset;
  request.lines = parse_lines(options.lines == "auto" ? settings.lines : options.lines);
  request.new_tokens_max = options.new_tokens_max;
  request.repo_name = root.filename().string();
  request.explicit_request = true;
  request.sampling.temperature = static_cast<float>(settings.temperature);
  request.sampling.seed = settings.seed;
  auto completion =
      assist::complete({index.get(), generator->get(), &copy}, request, std::stop_token());
  if (!completion) return report(completion.error());
  return print(common.json ? dump(server::completion_to_json(*completion)) + "\n"
                           : describe(*completion));
}

int run_context(const CommonOptions& common, const ContextOptions& options) {
  Expected<Place> place = resolve_place(options.place);
  if (!place) return report(place.error());
  const std::filesystem::path root = workspace_root(common, place->file);
  auto index = open_index(effective_settings(common, root), root);
  if (!index) return report(index.error());

  indexer::ContextQuery query;
  query.path = relative_path(place->file, root);
  query.text = place->text;
  query.cursor = place->offset;
  query.chunks_max = options.limit;
  query.bytes_max = options.budget_tokens * kBytesPerToken;
  auto chunks = (*index)->context(query);
  if (!chunks) return report(chunks.error());
  assist::put_best_first(*chunks);

  if (common.json) {
    Json list = Json::array();
    for (const indexer::ContextChunk& chunk : *chunks)
      list.push_back(Json(server::chunk_to_json(chunk)));
    return print(dump(list) + "\n");
  }
  std::string out;
  for (const indexer::ContextChunk& chunk : *chunks)
    out += fmt::format("{}:{}-{}  {:.2f}  {}\n{}\n", chunk.path, chunk.start_line + 1,
                       chunk.end_line, chunk.score, chunk.why, chunk.text);
  return print(out.empty() ? "nothing worth showing a model here\n" : out);
}

}  // namespace curlew::cli
