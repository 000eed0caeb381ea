#include "indexer/search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "indexer/rank.h"
#include "indexer/search_names.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Names looked for beyond the hits wanted; times as many when their symbols were not enough; at most.
constexpr std::size_t kNamesMore = 12, kNamesGrowth = 8, kNamesMax = 4000;
constexpr std::size_t kLineBytesMax = 240;
constexpr int kLimitMax = 1000;
constexpr int kFilesMore = 32;

Range range_in(std::string_view text, std::size_t start, std::size_t end, std::uint32_t start_line,
               std::uint32_t end_line) {
  start = std::min(start, text.size());
  end = std::min(end, text.size());
  return {.start_byte = static_cast<std::uint32_t>(start),
          .end_byte = static_cast<std::uint32_t>(end),
          .start_line = start_line,
          .start_col = static_cast<std::uint32_t>(start - line_start_at(text, start)),
          .end_line = end_line,
          .end_col = static_cast<std::uint32_t>(end - line_start_at(text, end))};
}

// Definitions and declarations of the name that still stand, best first.
Status append_symbols(View& view, std::string_view name, double score, std::size_t limit,
                      std::vector<SearchHit>& hits) {
  // Definitions come before declarations among the files looked into, so a few more than needed.
  const auto files_max = static_cast<int>(limit) + kFilesMore;
  Expected<std::vector<SymbolRow>> rows = view.symbols_named(name, files_max);
  if (!rows) return std::move(rows.error()).pass();
  for (const SymbolRow& row : *rows) {
    if (hits.size() >= limit) break;
    Expected<bool> current = view.is_current(row);
    if (!current) return std::move(current.error()).pass();
    if (!*current) continue;
    const double weight = row.is_definition ? 1.0 : rank::kDeclarationInSearch;
    hits.push_back(symbol_hit(view, row, score * weight));
  }
  return {};
}

// Where something may be qualified ("Index::open", "util.parse"), the last name and its container.
std::pair<std::string_view, std::string_view> split_qualified(std::string_view text) {
  const std::size_t place = text.find_last_of(":.#");
  if (place == text.npos || place + 1 == text.size()) return {text, {}};
  std::string_view container = text.substr(0, place);
  while (!container.empty() && container.find_last_of(":.#") == container.size() - 1)
    container.remove_suffix(1);
  return {text.substr(place + 1), container};
}

// Of a qualified name, `client::flags`: so many symbols of the name are looked at for the container.
constexpr std::size_t kQualifiedLook = 2'000;

// The symbols of the best names; more names than hits are asked for, and many more where a name's
// symbols turn out to be gone.
Expected<std::vector<SearchHit>> hits_for(View& view, std::string_view typed, std::size_t limit) {
  for (std::size_t wanted = limit + kNamesMore;; wanted *= kNamesGrowth) {
    Expected<std::vector<NamedScore>> names = matching_names(view, typed, wanted);
    if (!names) return std::move(names.error()).pass();
    std::vector<SearchHit> hits;
    for (const NamedScore& name : *names) {
      if (hits.size() >= limit) break;
      Status appended = append_symbols(view, name.name, name.score, limit, hits);
      if (!appended) return std::move(appended.error()).pass();
    }
    if (hits.size() >= limit || names->size() < wanted || wanted > kNamesMax) return hits;
  }
}

Expected<std::vector<SearchHit>> search_symbols(View& view, std::string_view text,
                                                std::size_t limit) {
  const auto [typed, container] = split_qualified(text);
  const std::size_t looked_at = container.empty() ? limit : std::max(limit, kQualifiedLook);
  Expected<std::vector<SearchHit>> found = hits_for(view, typed, looked_at);
  if (!found) return found;
  std::vector<SearchHit>& hits = *found;
  for (SearchHit& hit : hits) {
    if (!container.empty() && hit.container.ends_with(container)) hit.score *= 2;
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const SearchHit& a, const SearchHit& b) { return a.score > b.score; });
  if (hits.size() > limit)
    hits.erase(hits.begin() + static_cast<std::ptrdiff_t>(limit), hits.end());
  return found;
}

struct LineMatch {
  std::size_t start = 0, end = 0;  // of the matching part, in the chunk
  double score = 0;
};

// The line of a chunk that shows the match best: one with the whole query in it, else the one with
// most of its words.
LineMatch best_line(std::string_view chunk, std::string_view query,
                    const std::vector<std::string>& terms) {
  LineMatch best;
  std::size_t start = 0;
  while (start < chunk.size()) {
    const std::size_t end = std::min(chunk.find('\n', start), chunk.size());
    const std::string_view line = chunk.substr(start, end - start);
    auto same = [](char a, char b) { return folded(a) == folded(b); };
    const auto whole = std::search(line.begin(), line.end(), query.begin(), query.end(), same);
    LineMatch match{start, end, 0};
    if (whole != line.end()) {
      match.start = start + (whole - line.begin());
      match.end = match.start + query.size();
      match.score = std::equal(query.begin(), query.end(), whole) ? 3 : 2;
    } else {
      int held = 0;
      for (const std::string& term : terms)
        held += std::search(line.begin(), line.end(), term.begin(), term.end(), same) != line.end();
      match.score = terms.empty() ? 0 : static_cast<double>(held) / terms.size();
    }
    if (match.score > best.score) best = match;
    start = end + 1;
  }
  return best;
}

SearchHit text_hit(View& view, const ChunkMatch& match, const LineMatch& line,
                   std::string_view chunk) {
  const std::string_view all = *view.text(match.chunk.path);
  const std::size_t start = match.chunk.start_byte + line.start;
  const std::size_t end = match.chunk.start_byte + line.end;
  const std::uint32_t line_number =
      match.chunk.start_line +
      static_cast<std::uint32_t>(std::count(chunk.begin(), chunk.begin() + line.start, '\n'));
  SearchHit hit{.path = match.chunk.path, .kind = "text", .name = match.chunk.name};
  hit.range = range_in(all, start, end, line_number, line_number);
  hit.name_range = hit.range;
  const std::size_t line_start = line_start_at(all, start);
  hit.text =
      squeezed(all.substr(line_start, all.find('\n', line_start) - line_start), kLineBytesMax);
  hit.score = match.score * (1 + line.score);
  return hit;
}

// Chunks that answer the query, best first by BM25; those of open documents are weighed alike.
Expected<std::vector<ChunkMatch>> matching_chunks(View& view, const std::vector<std::string>& terms,
                                                  int limit) {
  Expected<RankedChunks> ranked = view.reader().chunks_ranked(terms, limit);
  if (!ranked) return std::move(ranked.error()).pass();
  std::vector<ChunkMatch> matches;
  for (const ScoredChunk& scored : ranked->best) {
    Expected<std::vector<ChunkRow>> same = view.reader().chunk(scored.id, limit);
    if (!same) return std::move(same.error()).pass();
    for (ChunkRow& chunk : *same) {
      if (!view.document(chunk.path)) matches.push_back({std::move(chunk), scored.score});
    }
  }
  for (const DocumentPtr& open : view.documents()) {
    for (std::size_t i = 0; i < open->chunks.size(); ++i) {
      const std::vector<std::string>& held = open->chunk_terms[i];
      double score = 0;
      for (std::size_t t = 0; t < terms.size(); ++t) {
        if (std::binary_search(held.begin(), held.end(), terms[t]))
          score += bm25(ranked->weights[t], 1, static_cast<float>(held.size()));
      }
      if (score > 0) matches.push_back({open->chunks[i], score});
    }
  }
  return matches;
}

Expected<std::vector<SearchHit>> search_text(View& view, const std::string& text,
                                             std::size_t limit) {
  std::vector<std::string> terms = search_terms(text);
  if (terms.size() > static_cast<std::size_t>(rank::kQueryTermsMax))
    terms.resize(rank::kQueryTermsMax);
  const int candidates = std::max<int>(rank::kTextCandidates, static_cast<int>(2 * limit));
  Expected<std::vector<ChunkMatch>> matches = matching_chunks(view, terms, candidates);
  if (!matches) return std::move(matches.error()).pass();
  std::vector<SearchHit> hits;
  for (const ChunkMatch& match : *matches) {
    const std::string_view chunk = view.text_of(match.chunk);
    const LineMatch line = best_line(chunk, text, terms);
    if (line.score > 0) hits.push_back(text_hit(view, match, line, chunk));
  }
  std::stable_sort(hits.begin(), hits.end(), [](const SearchHit& a, const SearchHit& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::tie(a.path, a.range.start_byte) < std::tie(b.path, b.range.start_byte);
  });
  if (hits.size() > limit) hits.resize(limit);
  return hits;
}

// Reciprocal rank fusion: the scores of the two lists do not compare, their ranks do.
std::vector<SearchHit> fused(std::vector<SearchHit> symbols, std::vector<SearchHit> texts,
                             std::size_t limit) {
  std::map<std::pair<std::string, std::uint32_t>, SearchHit> by_line;
  auto add = [&](std::vector<SearchHit>& list, double weight) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const double score = weight / (rank::kFusionK + static_cast<double>(i));
      auto [place, is_new] =
          by_line.try_emplace({list[i].path, list[i].name_range.start_line}, list[i]);
      place->second.score = is_new ? score : place->second.score + score;
    }
  };
  add(symbols, rank::kSymbolList);
  add(texts, rank::kTextList);
  std::vector<SearchHit> hits;
  for (auto& [place, hit] : by_line) hits.push_back(std::move(hit));
  std::stable_sort(hits.begin(), hits.end(),
                   [](const SearchHit& a, const SearchHit& b) { return a.score > b.score; });
  if (hits.size() > limit) hits.resize(limit);
  return hits;
}

}  // namespace

SearchHit symbol_hit(View& view, const SymbolRow& row, double score) {
  const std::shared_ptr<const std::string> text = view.text(row.path);
  const std::string_view all = text ? std::string_view(*text) : std::string_view();
  SearchHit hit{.path = row.path, .score = score, .is_symbol = true};
  hit.range = range_in(all, row.start_byte, row.end_byte, row.start_line, row.end_line);
  hit.name_range =
      range_in(all, row.name_byte, row.name_byte + row.name.size(), row.name_line, row.name_line);
  hit.kind = symbol_kind_name(row.kind);
  hit.name = row.name;
  hit.container = row.container;
  hit.text = view.signature(row);
  return hit;
}

Expected<std::vector<SearchHit>> search(View& view, const SearchQuery& query) {
  if (query.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(Errc::kInvalidInput, "search: the query is empty");
  if (query.limit <= 0) return fail(Errc::kInvalidInput, "search: limit {}", query.limit);
  const auto limit = static_cast<std::size_t>(std::min(query.limit, kLimitMax));
  std::vector<SearchHit> symbols, texts;
  if (query.kind != SearchKind::kText) {
    Expected<std::vector<SearchHit>> found = search_symbols(view, query.text, limit);
    if (!found || query.kind == SearchKind::kSymbol) return found;
    symbols = std::move(*found);
  }
  Expected<std::vector<SearchHit>> found = search_text(view, query.text, limit);
  if (!found || query.kind == SearchKind::kText) return found;
  return fused(std::move(symbols), std::move(*found), limit);
}

Expected<std::vector<SearchHit>> find_definitions(View& view, std::string_view name, int limit) {
  if (name.empty()) return fail(Errc::kInvalidInput, "definitions: the name is empty");
  if (limit <= 0) return fail(Errc::kInvalidInput, "definitions: limit {}", limit);
  std::vector<SearchHit> hits;
  Status appended =
      append_symbols(view, name, 1.0, static_cast<std::size_t>(std::min(limit, kLimitMax)), hits);
  if (!appended) return std::move(appended.error()).pass();
  return hits;
}

}  // namespace curlew::indexer
