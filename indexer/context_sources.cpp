// Where candidates come from. Each source scores its own in 0..1; select_chunks weighs them.
#include <algorithm>

#include "indexer/context.h"
#include "indexer/imports.h"
#include "indexer/rank.h"
#include "indexer/reach.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kUsageNameMin = 4;

// Whether the text has the name right before a bracket.
bool calls(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || !is_word_byte(text[at - 1]);
    if (begins && end < text.size() && text[end] == '(') return true;
  }
  return false;
}

Candidate lines_of(const ChunkRow& chunk, std::string_view text, ContextSource source, double score,
                   std::string why) {
  return {.source = source,
          .shape = Candidate::Shape::kLines,
          .path = chunk.path,
          .start_line = chunk.start_line,
          .end_line = chunk.end_line,
          .score = score,
          .why = std::move(why),
          .text = text};
}

}  // namespace

Expected<std::vector<Candidate>> similar_candidates(View& view, const Place& place) {
  Expected<std::vector<ChunkMatch>> matches = view.chunks_like(
      place.cursor.terms, rank::kQueryTermsMax, rank::kPostingsMax, rank::kRerankedMax);
  if (!matches) return std::move(matches.error()).pass();
  std::vector<Candidate> candidates;
  for (const ChunkMatch& match : *matches) {
    const ChunkRow& chunk = match.chunk;
    if (chunk.path == place.query.path && place.cursor.in_prompt(chunk.start_line, chunk.end_line))
      continue;
    const std::string_view text = view.text_of(chunk);
    const double score = likeness(place.cursor.words, word_set(text));
    candidates.push_back(lines_of(
        chunk, text, ContextSource::kSimilar, score,
        fmt::format("shares {:.0f}% of its words with the lines around the cursor", score * 100)));
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  return candidates;
}

Expected<std::vector<Candidate>> recent_candidates(View& view, const Place& place) {
  std::vector<Candidate> candidates;
  int nth = 0;
  for (const std::string& path : place.query.recent_paths) {
    if (path == place.query.path) continue;
    if (++nth > rank::kRecentFilesMax) break;
    Expected<std::vector<ChunkRow>> chunks = view.chunks_of(path);
    if (!chunks) return std::move(chunks.error()).pass();
    if (chunks->size() > rank::kRecentChunksMax) chunks->resize(rank::kRecentChunksMax);
    const double recency = 1.0 - 0.06 * (nth - 1);
    for (const ChunkRow& chunk : *chunks) {
      const std::string_view text = view.text_of(chunk);
      const double score = recency * likeness(place.cursor.words, word_set(text));
      candidates.push_back(
          lines_of(chunk, text, ContextSource::kRecentEdit, score,
                   fmt::format("edited recently (file {} of {}), similar to the lines here", nth,
                               place.query.recent_paths.size())));
    }
  }
  return candidates;
}

// Chunks of other files that call or test the function around the cursor.
Expected<std::vector<Candidate>> usage_candidates(View& view, const Place& place) {
  std::vector<Candidate> candidates;
  const std::string_view function = place.cursor.function;
  if (function.size() < kUsageNameMin) return candidates;
  Expected<std::vector<ChunkMatch>> matches = view.chunks_like(
      search_terms(function), rank::kQueryTermsMax, rank::kPostingsMax, rank::kUsageChunksRead);
  if (!matches) return std::move(matches.error()).pass();
  for (const ChunkMatch& match : *matches) {
    const ChunkRow& chunk = match.chunk;
    if (chunk.path == place.query.path || chunk.name == function) continue;
    const std::string_view text = view.text_of(chunk);
    if (!calls(text, function)) continue;
    const bool tests = bare_stem(chunk.path) == bare_stem(place.query.path);
    candidates.push_back(lines_of(
        chunk, text, ContextSource::kUsage, tests ? 0.6 : 0.4,
        fmt::format("{} {}, the function around the cursor", tests ? "tests" : "calls", function)));
    if (candidates.size() == rank::kUsagesMax) break;
  }
  return candidates;
}

// What the class around the cursor inherits from; empty where no class is seen.
Expected<std::vector<std::string>> bases_around(View& view, const Place& place) {
  std::vector<std::string> bases;
  if (place.query.path.empty()) return bases;
  Expected<std::vector<BaseRow>> rows = view.bases_of(place.query.path);
  if (!rows) return std::move(rows.error()).pass();
  if (rows->empty()) return bases;
  Expected<std::vector<SymbolRow>> symbols = view.symbols_of(place.query.path);
  if (!symbols) return std::move(symbols.error()).pass();
  const SymbolRow* around = nullptr;  // the innermost that has bases
  for (const SymbolRow& symbol : *symbols) {
    const bool holds =
        symbol.start_line <= place.cursor.line && place.cursor.line <= symbol.end_line;
    const bool inherits = std::any_of(rows->begin(), rows->end(),
                                      [&](const BaseRow& row) { return row.type == symbol.name; });
    if (holds && inherits) around = &symbol;
  }
  for (const BaseRow& row : *rows) {
    if (around && row.type == around->name) bases.push_back(row.base);
  }
  return bases;
}

// How the function is a sibling of one in a class with these bases.
struct Kinship {
  double score = 0.3;
  std::string why;
};

Expected<Kinship> kinship(View& view, const SymbolRow& row, const std::vector<std::string>& bases,
                          std::string_view folder) {
  const std::string_view owner = last_part(row.container);
  const auto is_base = [&](std::string_view name) {
    return std::find(bases.begin(), bases.end(), name) != bases.end();
  };
  if (!owner.empty() && is_base(owner))
    return Kinship{0.65, fmt::format("{}::{}, which this one overrides", owner, row.name)};
  if (!owner.empty() && !bases.empty()) {
    Expected<std::vector<BaseRow>> rows = view.bases_of(row.path);
    if (!rows) return std::move(rows.error()).pass();
    for (const BaseRow& other : *rows) {
      if (other.type == owner && is_base(other.base))
        return Kinship{0.6, fmt::format("another implementation of {}::{}", other.base, row.name)};
    }
  }
  return Kinship{folder_of(row.path) == folder ? 0.5 : 0.3,
                 fmt::format("another implementation of {}", row.name)};
}

// Functions of the same name in other places: the one that this one overrides, other
// implementations of an interface, the same entry point of a similar file.
Expected<std::vector<Candidate>> sibling_candidates(View& view, const Place& place) {
  std::vector<Candidate> candidates;
  const std::string_view function = place.cursor.function;
  const Language* language = language_of(place.query.path, place.query.text.substr(0, 256));
  if (function.empty() || !language) return candidates;
  const std::string_view folder = folder_of(place.query.path);
  Expected<std::vector<std::string>> bases = bases_around(view, place);
  if (!bases) return std::move(bases.error()).pass();
  Expected<std::vector<SymbolRow>> rows =
      view.symbols_named(function, bases->empty() ? rank::kSiblingsMax + 1 : rank::kSiblingFilesMax,
                         [&](const std::string& path) { return folder_of(path) == folder; });
  if (!rows) return std::move(rows.error()).pass();
  for (SymbolRow& row : *rows) {
    const Language* other = language_of(row.path, "");
    if (row.path == place.query.path || !other || !mixes(*language, *other)) continue;
    Expected<Kinship> kin = kinship(view, row, *bases, folder);
    if (!kin) return std::move(kin.error()).pass();
    const bool is_declared_above = kin->score > 0.6;
    if (!row.is_definition && !is_declared_above) continue;
    candidates.push_back({.source = ContextSource::kSibling,
                          .shape = Candidate::Shape::kDefinition,
                          .path = row.path,
                          .start_line = row.start_line,
                          .end_line = row.end_line + 1,
                          .score = kin->score,
                          .why = std::move(kin->why),
                          .symbol = std::move(row)});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  if (candidates.size() > rank::kSiblingsMax) candidates.resize(rank::kSiblingsMax);
  return candidates;
}

}  // namespace curlew::indexer
