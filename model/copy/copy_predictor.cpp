#include "model/copy/copy_predictor.h"

#include <algorithm>
#include <numeric>

#include "model/copy/candidates.h"
#include "model/copy/continuation.h"

namespace curlew::model {
namespace {

constexpr float kChanceMin = 0.01f;  // below it nothing is worth saying

// The text of one candidate as it goes behind the cursor.
std::string text_of(const Candidate& candidate, const std::vector<SearchedText>& texts,
                    const CursorContext& context, const CopyQuery& query) {
  const std::string_view source = texts[candidate.best.text_idx].text;
  const std::size_t at = candidate.best.at;
  const bool indents = context.line_prefix.empty();
  std::string indent(indent_of(context.line_prefix));
  if (indents) indent = expected_indent(source, line_begin_of(source, at), context);
  std::string text = indents ? indent : "";
  text += candidate.line;
  const std::size_t bytes_max = static_cast<std::size_t>(std::max(0, query.bytes_max));
  if (query.multi_line && context.rest.empty() && text.size() < bytes_max)
    text += following_lines(source, at, indent, bytes_max - text.size());
  return text;
}

}  // namespace

struct CopyPredictor::Impl {
  explicit Impl(std::size_t cache_bytes_max) : cache(cache_bytes_max) {}
  SegmentCache cache;
};

CopyPredictor::CopyPredictor(std::size_t cache_bytes_max)
    : impl_(std::make_unique<Impl>(cache_bytes_max)) {}
CopyPredictor::~CopyPredictor() = default;

std::vector<CopyPrediction> CopyPredictor::predict(const CopyQuery& query, int count) {
  const CursorContext context = look_around(query);
  const std::vector<SearchedText> texts = searched_texts(query, context, impl_->cache);
  const std::vector<Candidate> candidates =
      find_candidates(context, texts, find_places(context, texts));

  std::vector<CopyFeatures> features;
  for (const Candidate& candidate : candidates) features.push_back(candidate.features);
  const std::vector<float> chances = copy_chances(features);
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return chances[a] > chances[b]; });

  std::vector<CopyPrediction> predictions;
  for (const std::size_t i : order) {
    if (static_cast<int>(predictions.size()) >= count || chances[i] < kChanceMin) break;
    const Candidate& candidate = candidates[i];
    if (static_cast<int>(candidate.line.size()) > query.bytes_max) continue;
    if (candidate.features[kRepeatsNext] > 0) continue;
    const LeftContext& left = candidate.best.in_word ? context.left_of_word : context.left;
    predictions.push_back({text_of(candidate, texts, context, query), chances[i],
                           candidate.best.lexemes, left.tail_bytes[candidate.best.lexemes],
                           candidate.support, texts[candidate.best.text_idx].origin});
  }
  return predictions;
}

}  // namespace curlew::model
