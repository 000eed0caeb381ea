#include "kernels/sampling.h"

#include <algorithm>
#include <cmath>

namespace curlew::kernels {
namespace {

// Of the candidates, the likeliest that hold `target` of the weight: the last of them. Puts the
// candidates out of order.
DrawCandidate last_of_likeliest(std::span<DrawCandidate> candidates, std::uint64_t target) {
  const auto less_likely = [](const DrawCandidate& a, const DrawCandidate& b) {
    return a.p < b.p || (a.p == b.p && a.id > b.id);
  };
  std::ranges::make_heap(candidates, less_likely);
  auto heap_end = candidates.end();
  DrawCandidate last = candidates.front();
  for (std::uint64_t mass = 0; mass < target && heap_end != candidates.begin(); --heap_end) {
    last = candidates.front();
    mass += draw_weight(last.p);
    std::ranges::pop_heap(candidates.begin(), heap_end, less_likely);
  }
  return last;
}

}  // namespace

std::int32_t draw_token(std::span<const float> logits, std::int32_t best,
                        const DrawOptions& options, std::uint64_t random,
                        std::vector<DrawCandidate>& scratch) {
  const float top = logits[static_cast<std::size_t>(best)];
  scratch.clear();
  std::uint64_t sum = 0;  // of every token, dropped ones too
  for (std::size_t id = 0; id < logits.size(); ++id) {
    const float p = draw_probability((logits[id] - top) / options.temperature);
    if (p == 0.f) continue;
    sum += draw_weight(p);
    if (p >= options.min_p) scratch.push_back({p, static_cast<std::int32_t>(id)});
  }
  DrawCandidate last = {0.f, -1};
  const std::size_t count = scratch.size();
  if (options.top_p < 1) {
    const double target = std::ceil(double{options.top_p} * static_cast<double>(sum));
    scratch.insert(scratch.end(), scratch.begin(), scratch.end());
    last = last_of_likeliest(std::span(scratch).subspan(count), static_cast<std::uint64_t>(target));
  }
  const auto is_kept = [&](const DrawCandidate& c) {
    return c.p > last.p || (c.p == last.p && c.id <= last.id);
  };
  std::uint64_t kept = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (is_kept(scratch[i])) kept += draw_weight(scratch[i].p);
  const auto drawn = high_product(random, kept);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_kept(scratch[i])) continue;
    seen += draw_weight(scratch[i].p);
    if (seen > drawn) return scratch[i].id;
  }
  return best;  // never: drawn is less than the sum, and the best token is always kept
}

}  // namespace curlew::kernels
