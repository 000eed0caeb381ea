#include "indexer/context.h"

#include <algorithm>

#include "indexer/facts.h"
#include "indexer/locals.h"
#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

Expected<std::vector<std::string>> imported_files(View& view, const std::string& path) {
  std::vector<std::string> files;
  if (path.empty()) return files;
  Expected<std::vector<std::string>> imports = view.imports_of(path);
  if (!imports) return imports;
  int tried = 0;
  for (const std::string& import : *imports) {
    if (files.size() >= rank::kImportsMax || ++tried > rank::kImportsTried) break;
    Expected<PathList> resolved = view.facts().paths().import(view, import, path);
    if (!resolved) return std::move(resolved.error()).pass();
    for (const std::string& file : **resolved) {
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    }
  }
  return files;
}

Status check(const ContextQuery& query) {
  if (query.cursor > query.text.size())
    return fail(Errc::kInvalidInput, "context: byte {} lies behind the end of {} ({} bytes)",
                query.cursor, query.path.empty() ? "the buffer" : query.path, query.text.size());
  if (query.chunks_max < 0 || query.bytes_max < 0 || query.spare_bytes_max < 0)
    return fail(Errc::kInvalidInput, "context: negative limit ({} chunks, {} bytes, {} to spare)",
                query.chunks_max, query.bytes_max, query.spare_bytes_max);
  return {};
}

// Similar code that is not shown, the likest first, behind what is.
void add_spare(const std::vector<Candidate>& similar, int bytes_max,
               std::vector<ContextChunk>& chunks) {
  const std::size_t shown = chunks.size();
  auto room = static_cast<std::size_t>(bytes_max);
  for (const Candidate& candidate : similar) {
    if (candidate.text.size() > room) continue;
    const bool is_shown = std::any_of(
        chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(shown),
        [&](const ContextChunk& chunk) {
          return chunk.source != ContextSource::kDefinition &&
                 chunk.source != ContextSource::kImport && chunk.path == candidate.path &&
                 chunk.start_line <= candidate.start_line && candidate.end_line <= chunk.end_line;
        });
    if (is_shown) continue;
    room -= candidate.text.size();
    chunks.push_back({.path = candidate.path,
                      .start_line = candidate.start_line,
                      .end_line = candidate.end_line,
                      .text = std::string(candidate.text),
                      .score = candidate.score,
                      .source = candidate.source,
                      .why = candidate.why,
                      .is_spare = true});
  }
}

}  // namespace

Expected<Place> place_of(View& view, const ContextQuery& query) {
  if (Status valid = check(query); !valid) return std::move(valid.error()).pass();
  Expected<std::vector<std::string>> imported = imported_files(view, query.path);
  if (!imported) return std::move(imported.error()).pass();
  const Language* language = language_of(query.path, query.text.substr(0, 256));
  Place place{query, look_around(query.text, query.cursor, language), std::move(*imported)};
  if (const Document* document = view.document(query.path))
    mark_locals(place.cursor, *document, query.text);
  return place;
}

Expected<std::vector<ContextChunk>> retrieve_context(View& view, const ContextQuery& query) {
  Expected<Place> place = place_of(view, query);
  if (!place) return std::move(place.error()).pass();
  Expected<std::vector<Candidate>> candidates = similar_candidates(view, *place);
  if (!candidates) return std::move(candidates.error()).pass();
  Expected<std::vector<Candidate>> symbols = symbol_candidates(view, *place, *candidates);
  if (!symbols) return std::move(symbols.error()).pass();
  const std::vector<Candidate> similar =
      query.spare_bytes_max > 0 ? *candidates : std::vector<Candidate>();
  std::move(symbols->begin(), symbols->end(), std::back_inserter(*candidates));
  for (auto source : {recent_candidates, usage_candidates, sibling_candidates}) {
    Expected<std::vector<Candidate>> found = source(view, *place);
    if (!found) return std::move(found.error()).pass();
    std::move(found->begin(), found->end(), std::back_inserter(*candidates));
  }
  Expected<std::vector<ContextChunk>> chunks = select_chunks(view, query, std::move(*candidates));
  if (chunks) add_spare(similar, query.spare_bytes_max, *chunks);
  return chunks;
}

}  // namespace curlew::indexer
