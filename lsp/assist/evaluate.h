// How good completions are on cases whose answer is known: `curlew evaluate`, and the figures in
// docs/completion.md.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lsp/assist/complete.h"

namespace curlew::assist {

struct EvaluationCase {
  std::string path;  // relative to the workspace, for its language and for retrieval; may be ""
  std::string prefix, suffix, middle;
  // Shown instead of what the index finds; may be empty.
  std::optional<std::vector<indexer::ContextChunk>> context = std::nullopt;
};

struct EvaluationReport {
  int n = 0;
  double exact_match =
      0;  // share of cases where the first line equals the answer's, trailing blanks aside
  double edit_similarity = 0;  // mean of 1 - distance / longer length
  double prefix_share = 0;     // mean share of the answer that is right from its start
  double shown = 0;            // share of cases where something was proposed
  double ms_p50 = 0, ms_p95 = 0;
  struct BySource {
    int n = 0;
    double exact_match = 0;
  };
  std::map<std::string, BySource> by_source;
};

// `on_case`, when given, is called after each case with its number and what was proposed.
Expected<EvaluationReport> evaluate(
    const Sources& sources, const std::vector<EvaluationCase>& cases, const CompletionRequest& base,
    const std::function<void(std::size_t case_idx, const Completion&)>& on_case,
    std::stop_token stop);

}  // namespace curlew::assist
