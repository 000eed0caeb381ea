#include "lsp/assist/evaluate.h"

#include <algorithm>
#include <numeric>

#include "lsp/assist/place.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kComparedBytesMax = 2000;  // edit distance is quadratic

std::string_view trim_right(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

struct Score {
  bool exact = false;
  double similarity = 0, prefix_share = 0;
};

// What the user would have on the line: the proposal, and what it leaves standing behind it.
Score score(const EvaluationCase& wanted, const Completion& got) {
  std::string_view answer = trim_right(wanted.middle);
  std::string_view text = trim_right(got.text);
  if (answer.find('\n') == answer.npos) text = trim_right(first_line(text));
  answer = answer.substr(0, kComparedBytesMax);
  text = text.substr(0, kComparedBytesMax);
  Score s;
  s.exact = text == answer;
  const std::size_t longer = std::max(answer.size(), text.size());
  s.similarity = longer == 0 ? 1.0
                             : 1.0 - static_cast<double>(edit_distance(answer, text)) /
                                         static_cast<double>(longer);
  const auto differs = std::mismatch(answer.begin(), answer.end(), text.begin(), text.end()).first;
  s.prefix_share = answer.empty() ? 1.0
                                  : static_cast<double>(differs - answer.begin()) /
                                        static_cast<double>(answer.size());
  return s;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

}  // namespace

Expected<EvaluationReport> evaluate(
    const Sources& sources, const std::vector<EvaluationCase>& cases, const CompletionRequest& base,
    const std::function<void(std::size_t case_idx, const Completion&)>& on_case,
    std::stop_token stop) {
  EvaluationReport report;
  std::vector<double> ms;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const EvaluationCase& wanted = cases[i];
    const std::string text = wanted.prefix + wanted.suffix;
    CompletionRequest request = base;
    request.text = text;
    request.cursor = wanted.prefix.size();
    if (!wanted.path.empty()) request.path = wanted.path;
    if (wanted.context) request.context = &*wanted.context;
    const Expected<Completion> got = complete(sources, request, stop);
    if (!got) return Error(got.error()).during(fmt::format("evaluate case {}", i + 1));
    const Score s = score(wanted, *got);
    ++report.n;
    report.exact_match += s.exact;
    report.edit_similarity += s.similarity;
    report.prefix_share += s.prefix_share;
    report.shown += !got->text.empty();
    EvaluationReport::BySource& by = report.by_source[completion_source_name(got->source)];
    ++by.n;
    by.exact_match += s.exact;
    ms.push_back(got->timings.total_ms);
    if (on_case) on_case(i, *got);
  }
  const double n = std::max(1, report.n);
  report.exact_match /= n;
  report.edit_similarity /= n;
  report.prefix_share /= n;
  report.shown /= n;
  for (auto& [name, by] : report.by_source) by.exact_match /= std::max(1, by.n);
  report.ms_p50 = percentile(ms, 0.5);
  report.ms_p95 = percentile(ms, 0.95);
  return report;
}

}  // namespace curlew::assist
