#include "model/text/fit_lines.h"

#include <algorithm>

namespace curlew::model {
namespace {

// No vocabulary in use has pieces that are longer on average, even over white space; so this much
// text always over-fills the budget, and what lies beyond need not be looked at.
constexpr std::size_t kBytesPerTokenMax = 64;

// Text of up to this much per token of the budget is tried whole, before its lines are counted.
constexpr std::size_t kBytesPerTokenUsual = 3;

// Lines between two possible cuts: about an eighth of the budget at ten tokens a line, in powers of
// two.
std::size_t cut_step_lines(std::size_t tokens_max) {
  std::size_t step = 2;
  while (step < 64 && step * 2 * 80 <= tokens_max) step *= 2;
  return step;
}

// All of text, where it fits at once. Nothing, where it does not or is not likely to.
bool fits_whole(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max,
                const EncodeOptions& options, FittedText& fitted) {
  if (text.size() > tokens_max * kBytesPerTokenUsual) return false;
  fitted.tokens = tokenizer.encode(text, options);
  return fitted.tokens.size() <= tokens_max;
}

// Offsets at which the tail of text may begin, in rising order.
std::vector<std::size_t> possible_cuts(std::string_view text, std::size_t step) {
  std::vector<std::size_t> cuts = {0};
  std::size_t line = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (++line % step == 0 && at + 1 < text.size()) cuts.push_back(at + 1);
  }
  return cuts;
}

}  // namespace

FittedText fit_tail(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max,
                    const EncodeOptions& options) {
  FittedText fitted;
  if (tokens_max == 0 || text.empty()) {
    fitted.cut = !text.empty();
    return fitted;
  }
  if (fits_whole(tokenizer, text, tokens_max, options, fitted)) return fitted;
  EncodeOptions counting = options;
  counting.continues = true;
  const std::vector<std::size_t> cuts = possible_cuts(text, cut_step_lines(tokens_max));
  // Backwards by steps until the budget is full. Counts of pieces nearly add up: the check below
  // settles it.
  std::size_t first = cuts.size(), end = text.size(), count = 0;
  while (first > 0) {
    const std::size_t begin = cuts[first - 1];
    if (end - begin > tokens_max * kBytesPerTokenMax) break;
    count += tokenizer.encode(text.substr(begin, end - begin), counting).size();
    if (count > tokens_max) break;
    end = begin;
    --first;
  }
  for (; first < cuts.size(); ++first) {
    fitted.tokens = tokenizer.encode(text.substr(cuts[first]), options);
    fitted.cut = first > 0;
    if (fitted.tokens.size() <= tokens_max) return fitted;
  }
  // Not even one step fits: the last tokens of it do.
  const std::size_t window = std::min(text.size(), tokens_max * kBytesPerTokenMax);
  fitted.tokens = tokenizer.encode(text.substr(text.size() - window), counting);
  const std::size_t surplus =
      fitted.tokens.size() > tokens_max ? fitted.tokens.size() - tokens_max : 0;
  fitted.tokens.erase(fitted.tokens.begin(),
                      fitted.tokens.begin() + static_cast<std::ptrdiff_t>(surplus));
  fitted.cut = true;
  return fitted;
}

FittedText fit_head(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max,
                    const EncodeOptions& options) {
  FittedText fitted;
  if (tokens_max == 0 || text.empty()) {
    fitted.cut = !text.empty();
    return fitted;
  }
  if (fits_whole(tokenizer, text, tokens_max, options, fitted)) return fitted;
  EncodeOptions counting = options;
  counting.continues = true;
  std::vector<std::size_t> ends;  // of the lines that fit, by the sum of their tokens
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    if (end - begin > tokens_max * kBytesPerTokenMax) break;
    count += tokenizer.encode(text.substr(begin, end - begin), counting).size();
    if (count > tokens_max) break;
    ends.push_back(end);
    begin = end;
  }
  for (; !ends.empty(); ends.pop_back()) {
    fitted.tokens = tokenizer.encode(text.substr(0, ends.back()), options);
    fitted.cut = ends.back() < text.size();
    if (fitted.tokens.size() <= tokens_max) return fitted;
  }
  const std::size_t window = std::min(text.size(), tokens_max * kBytesPerTokenMax);
  fitted.tokens = tokenizer.encode(text.substr(0, window), options);
  fitted.cut = window < text.size() || fitted.tokens.size() > tokens_max;
  fitted.tokens.resize(std::min(fitted.tokens.size(), tokens_max));
  return fitted;
}

}  // namespace curlew::model
