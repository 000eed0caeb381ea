// curlew evaluate: completion cases with known answers, through the whole pipeline.
#include <fstream>

#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "lsp/assist/evaluate.h"

namespace curlew::cli {
namespace {

// [{"path", "text", "score", "spare"}], best first: context that something else than the index has found.
std::optional<std::vector<indexer::ContextChunk>> parse_context(const Json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<indexer::ContextChunk> chunks;
  for (const Json& each : list) {
    if (!each.is_object() || !each.contains("path") || !each.contains("text")) return std::nullopt;
    const Json score = each.value("score", Json(0.0));
    const Json spare = each.value("spare", Json(false));
    if (!each["path"].is_string() || !each["text"].is_string() || !score.is_number() ||
        !spare.is_boolean())
      return std::nullopt;
    indexer::ContextChunk& chunk = chunks.emplace_back();
    chunk.path = each["path"];
    chunk.text = each["text"];
    chunk.score = score;
    chunk.is_spare = spare;
  }
  return chunks;
}

// {"path" or "text", "prefix", "suffix", "middle"}, one a line, and maybe "context", which is shown
// instead of what the index finds. "text" is accepted and not used.
std::optional<assist::EvaluationCase> parse_case(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  assist::EvaluationCase out;
  for (const auto& [key, field] :
       {std::pair("prefix", &out.prefix), std::pair("suffix", &out.suffix),
        std::pair("middle", &out.middle)}) {
    const auto value = json.find(key);
    if (value == json.end() || !value->is_string()) return std::nullopt;
    *field = value->get<std::string>();
  }
  if (const auto path = json.find("path"); path != json.end() && path->is_string())
    out.path = path->get<std::string>();
  if (const auto context = json.find("context"); context != json.end()) {
    out.context = parse_context(*context);
    if (!out.context) return std::nullopt;
  }
  return out;
}

Expected<std::vector<assist::EvaluationCase>> read_cases(const EvaluateOptions& options) {
  std::ifstream in(options.file, std::ios::binary);
  if (!in)
    return assist::fail(assist::Errc::kNotFound, "{}: cannot be read", options.file.string());
  std::vector<assist::EvaluationCase> cases;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    auto parsed = parse_case(line);
    if (!parsed)
      return assist::fail(assist::Errc::kInvalidInput,
                          "{}, line {}: expected an object with the strings prefix, suffix and "
                          "middle, and a context "
                          "that is missing or a list of {{path, text, score, spare}}",
                          options.file.string(), number);
    cases.push_back(std::move(*parsed));
    if (options.limit > 0 && cases.size() == static_cast<std::size_t>(options.limit)) break;
  }
  return cases;
}

}  // namespace

int run_evaluate(const CommonOptions& common, const EvaluateOptions& options) {
  auto cases = read_cases(options);
  if (!cases) return report(cases.error());
  const std::filesystem::path root = workspace_root(common, options.file);
  const server::Settings settings = effective_settings(common, root);
  auto generator = open_generator(settings);
  if (!generator) return report(generator.error());
  std::unique_ptr<indexer::Index> index;
  if (common.workspace) {  // context only where the cases' own workspace was named
    auto opened = open_index(settings, root);
    if (!opened) return report(opened.error());
    index = std::move(*opened);
  }
  model::CopyPredictor copy;

  assist::CompletionRequest base;
  base.lines = options.lines == "many" ? assist::Lines::kMany : assist::Lines::kOne;
  base.explicit_request = true;
  base.sampling.temperature = static_cast<float>(settings.temperature);
  base.sampling.seed = settings.seed;
  ProgressLine progress;
  std::string rows;
  const auto on_case = [&](std::size_t i, const assist::Completion& completion) {
    progress.show(static_cast<double>(i + 1) / static_cast<double>(cases->size()),
                  fmt::format("case {}", i + 1));
    if (!options.per_case) return;
    rows += dump({{"case", i},
                  {"middle", (*cases)[i].middle},
                  {"text", completion.text},
                  {"source", assist::completion_source_name(completion.source)},
                  {"confidence", completion.confidence},
                  {"ms", completion.timings.total_ms}}) +
            "\n";
  };
  auto result = assist::evaluate({index.get(), generator->get(), &copy}, *cases, base, on_case,
                                 std::stop_token());
  progress.clear();
  if (!result) return report(result.error());
  if (common.json) return print(rows + dump(to_json(*result)) + "\n");
  return print(rows + fmt::format("{} cases: {:.1f}% exact, edit similarity {:.3f}, leading share "
                                  "{:.3f}, shown {:.1f}%, {:.1f} ms (p95 {:.1f})\n",
                                  result->n, 100 * result->exact_match, result->edit_similarity,
                                  result->prefix_share, 100 * result->shown, result->ms_p50,
                                  result->ms_p95));
}

}  // namespace curlew::cli
