// Choosing among candidates by score, and laying out the chosen ones in a stable order.
#include <algorithm>
#include <array>
#include <cmath>

#include "indexer/context.h"
#include "indexer/excerpt.h"
#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

const rank::SourceWeights& weights_of(ContextSource source) {
  return rank::kSources[static_cast<int>(source)];
}

// Weighed, and rounded to a step, so that small changes near the cursor reorder nothing.
double final_score(const Candidate& candidate) {
  const double score = candidate.score * weights_of(candidate.source).weight;
  return std::pow(rank::kScoreStep, std::round(std::log(score) / std::log(rank::kScoreStep)));
}

bool better(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.source != b.source) return a.source < b.source;
  if (a.path != b.path) return a.path < b.path;
  return a.start_line < b.start_line;
}

// Where a source stands in the prompt: what changes least from one keystroke to the next comes
// first, so that the longest beginning of the prompt stays the same.
int place_in_prompt(ContextSource source) {
  switch (source) {
    case ContextSource::kImport:
      return 0;
    case ContextSource::kDefinition:
      return 1;
    case ContextSource::kRecentEdit:
      return 2;
    case ContextSource::kSimilar:
      return 5;
    case ContextSource::kSibling:
      return 3;
    case ContextSource::kUsage:
      return 4;
  }
  return 6;
}

class Selection {
 public:
  Selection(View& view, const ContextQuery& query) : view_(view), query_(query) {}

  // Takes the candidate if it fits: into what its source may use at first, or (`all`) into what is
  // left of everything.
  enum class Room : std::uint8_t { kShare, kAll };
  Status offer(Candidate& candidate, Room room) {
    if (chunks_.size() >= static_cast<std::size_t>(query_.chunks_max) || repeats(candidate))
      return {};
    Expected<Excerpt> shown = excerpt(view_, candidate);
    if (!shown) return std::move(shown.error()).pass();
    const std::size_t bytes = shown->text.size();
    std::size_t& used_by_source = used_by_[static_cast<int>(candidate.source)];
    const double share = room == Room::kShare ? weights_of(candidate.source).share : 1.0;
    if (bytes == 0 || used_ + bytes > static_cast<std::size_t>(query_.bytes_max)) return {};
    if (static_cast<double>(used_by_source + bytes) > share * query_.bytes_max) return {};
    used_ += bytes;
    used_by_source += bytes;
    remember(candidate, *shown);
    chunks_.push_back({.path = std::move(candidate.path),
                       .start_line = shown->start_line,
                       .end_line = shown->end_line,
                       .text = std::move(shown->text),
                       .score = candidate.score,
                       .source = candidate.source,
                       .why = std::move(candidate.why)});
    candidate.path.clear();
    return {};
  }

  std::vector<ContextChunk> in_prompt_order() && {
    std::sort(chunks_.begin(), chunks_.end(), [](const ContextChunk& a, const ContextChunk& b) {
      const int place_a = place_in_prompt(a.source), place_b = place_in_prompt(b.source);
      if (place_a != place_b) return place_a < place_b;
      if (a.path != b.path) return a.path < b.path;
      return a.start_line < b.start_line;
    });
    return std::move(chunks_);
  }

 private:
  struct Span {
    std::string path;
    std::uint32_t first, last;  // lines, end exclusive
  };

  // Already taken, in whole or mostly. A digest loses the symbols that are.
  bool repeats(Candidate& candidate) const {
    if (candidate.path.empty()) return true;
    if (candidate.shape == Candidate::Shape::kDigest) {
      std::erase_if(candidate.symbols, [&](const DigestSymbol& symbol) {
        return shown_of(candidate.path, symbol.row.start_line, symbol.row.end_line + 1) ==
               symbol.row.end_line + 1 - symbol.row.start_line;
      });
      return candidate.symbols.empty();
    }
    const std::uint32_t lines = candidate.end_line - candidate.start_line;
    return 2 * shown_of(candidate.path, candidate.start_line, candidate.end_line) >= lines;
  }
  // How many of these lines are shown already.
  std::uint32_t shown_of(const std::string& path, std::uint32_t first, std::uint32_t last) const {
    std::uint32_t lines = 0;
    for (const Span& span : shown_) {
      if (span.path != path) continue;
      const std::uint32_t start = std::max(first, span.first), end = std::min(last, span.last);
      if (start < end) lines += end - start;
    }
    return lines;
  }
  void remember(const Candidate& candidate, const Excerpt& shown) {
    if (candidate.shape != Candidate::Shape::kDigest) {
      shown_.push_back({candidate.path, shown.start_line, shown.end_line});
      return;
    }
    for (const DigestSymbol& symbol : candidate.symbols) {
      if (symbol.detail == DigestSymbol::Detail::kWhole)
        shown_.push_back({candidate.path, symbol.row.start_line, symbol.row.end_line + 1});
    }
  }

  View& view_;
  const ContextQuery& query_;
  std::vector<ContextChunk> chunks_;
  std::vector<Span> shown_;
  std::size_t used_ = 0;
  std::array<std::size_t, std::size(rank::kSources)> used_by_{};
};

}  // namespace

Expected<std::vector<ContextChunk>> select_chunks(View& view, const ContextQuery& query,
                                                  std::vector<Candidate> candidates) {
  std::erase_if(candidates, [](const Candidate& candidate) {
    return candidate.score < weights_of(candidate.source).threshold;
  });
  for (Candidate& candidate : candidates) candidate.score = final_score(candidate);
  std::sort(candidates.begin(), candidates.end(), better);
  Selection selection(view, query);
  for (Selection::Room room : {Selection::Room::kShare, Selection::Room::kAll}) {
    for (Candidate& candidate : candidates) {
      if (Status offered = selection.offer(candidate, room); !offered)
        return std::move(offered.error()).pass();
    }
  }
  return std::move(selection).in_prompt_order();
}

}  // namespace curlew::indexer
