#include "indexer/search_pattern.h"

#include <algorithm>
#include <chrono>

#include "indexer/text_pattern.h"
#include "indexer/texts.h"

namespace curlew::indexer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSearchTimeMax = std::chrono::milliseconds(2000);
constexpr int kLimitMax = 100'000;
constexpr std::size_t kLineBytesMax = 240;

// Walks through a text; lines are counted on the way, each once.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  std::uint32_t line_of(std::size_t offset) {
    line_ +=
        static_cast<std::uint32_t>(std::count(text_.begin() + at_, text_.begin() + offset, '\n'));
    at_ = offset;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;
};

SearchHit hit_at(const std::string& path, std::string_view text, TextPattern::Match match,
                 LineCounter& lines) {
  SearchHit hit{.path = path, .kind = "text"};
  Range& range = hit.range;
  range.start_byte = static_cast<std::uint32_t>(match.start);
  range.end_byte = static_cast<std::uint32_t>(match.end);
  const std::size_t line_start = line_start_at(text, match.start);
  range.start_line = lines.line_of(match.start);
  range.start_col = static_cast<std::uint32_t>(match.start - line_start);
  range.end_line = lines.line_of(match.end);
  range.end_col = static_cast<std::uint32_t>(match.end - line_start_at(text, match.end));
  hit.name_range = range;
  const std::size_t line_end = std::min(text.find('\n', match.start), text.size());
  hit.text = squeezed(text.substr(line_start, line_end - line_start), kLineBytesMax);
  return hit;
}

enum class Searched : std::uint8_t { kAll, kUpToLimit, kTooHard };

// kTooHard when some of the text was, for the pattern.
Searched search_file(const std::string& path, std::string_view text, const TextPattern& pattern,
                     std::size_t limit, std::vector<SearchHit>& hits) {
  LineCounter lines(text);
  TextPattern::Match match;
  std::size_t from = 0;
  for (;;) {
    const TextPattern::Outcome outcome = pattern.find(text, from, match);
    if (outcome == TextPattern::Outcome::kTooHard) return Searched::kTooHard;
    if (outcome == TextPattern::Outcome::kNone) return Searched::kAll;
    if (hits.size() == limit) return Searched::kUpToLimit;
    hits.push_back(hit_at(path, text, match, lines));
    from = std::max(match.end, from + 1);
  }
}

}  // namespace

Expected<PatternMatches> search_pattern(View& view, const PatternQuery& query) {
  if (query.limit <= 0) return fail(Errc::kInvalidInput, "search: limit {}", query.limit);
  Expected<TextPattern> pattern = TextPattern::compile(query.pattern);
  if (!pattern) return std::move(pattern.error()).during("search");
  const std::vector<std::string> pieces = required_pieces(query.pattern);
  Expected<std::vector<std::string>> paths = view.reader().files_holding(pieces);
  if (!paths) return std::move(paths.error()).pass();
  for (const DocumentPtr& open : view.documents()) paths->push_back(open->path);
  std::sort(paths->begin(), paths->end());
  paths->erase(std::unique(paths->begin(), paths->end()), paths->end());

  const auto limit = static_cast<std::size_t>(std::min(query.limit, kLimitMax));
  const auto end = Clock::now() + kSearchTimeMax;
  PatternMatches matches;
  std::size_t looked_at = 0, too_hard = 0;
  bool is_cut = false;
  for (const std::string& path : *paths) {
    if (is_cut || Clock::now() > end) break;
    ++looked_at;
    const std::shared_ptr<const std::string> text = view.text_once(path);
    if (!text) continue;
    const Searched searched = search_file(path, *text, *pattern, limit, matches.hits);
    is_cut = searched == Searched::kUpToLimit;
    if (searched == Searched::kTooHard) ++too_hard;
  }
  matches.is_complete = looked_at == paths->size() && too_hard == 0 && !is_cut;
  if (is_cut)
    matches.note = fmt::format("the first {} matches; there are more", limit);
  else if (looked_at < paths->size())
    matches.note = fmt::format(
        "stopped after {} of {} files: a word of three letters that every "
        "match holds makes it fast",
        looked_at, paths->size());
  else if (too_hard > 0)
    matches.note = fmt::format("too hard to match in {} files", too_hard);
  return matches;
}

}  // namespace curlew::indexer
