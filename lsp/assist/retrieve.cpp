#include "lsp/assist/retrieve.h"

#include <chrono>

namespace curlew::assist {
namespace {

constexpr std::size_t kRecentPathsMax = 16;
constexpr std::size_t kOpenDocumentsMax = 16;           // searched by the copy predictor
constexpr std::size_t kOpenDocumentBytesMax = 1 << 20;  // of one; a larger one is left out

}  // namespace

Expected<Retrieved> retrieve(const indexer::Index* index, const CompletionRequest& request) {
  Retrieved retrieved;
  if (index == nullptr) return retrieved;
  const auto start = std::chrono::steady_clock::now();
  indexer::ContextQuery query;
  query.path = request.path;
  query.text = request.text;
  query.cursor = request.cursor;
  for (const OpenDocument& document : request.open_documents)
    if (query.recent_paths.size() < kRecentPathsMax) query.recent_paths.push_back(document.path);
  auto chunks = index->context(query);
  if (!chunks) return Error(std::move(chunks.error())).during("retrieve context");
  for (indexer::ContextChunk& chunk : *chunks) {
    const bool stale =
        chunk.path == request.path && request.text.find(chunk.text) == std::string_view::npos;
    if (!stale) retrieved.chunks.push_back(std::move(chunk));
  }
  retrieved.ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return retrieved;
}

std::vector<model::ContextBlock> context_blocks(const Retrieved& retrieved) {
  std::vector<model::ContextBlock> blocks;
  for (const indexer::ContextChunk& chunk : retrieved.chunks)
    blocks.push_back({chunk.path, chunk.text});
  return blocks;
}

ContextEntry context_entry(const indexer::ContextChunk& chunk) {
  return {chunk.path, chunk.start_line + 1, chunk.end_line, chunk.score, chunk.why};
}

std::vector<model::CopySource> copy_sources(const CompletionRequest& request,
                                            const Retrieved& retrieved) {
  std::vector<model::CopySource> sources;
  for (const OpenDocument& document : request.open_documents) {
    if (sources.size() >= kOpenDocumentsMax) break;
    if (document.text == nullptr || document.text->size() > kOpenDocumentBytesMax) continue;
    if (!document.path.empty() && document.path == request.path) continue;
    sources.push_back({*document.text, model::CopyOrigin::kOpenFile});
  }
  for (const indexer::ContextChunk& chunk : retrieved.chunks)
    if (chunk.path != request.path) sources.push_back({chunk.text, model::CopyOrigin::kRetrieved});
  return sources;
}

}  // namespace curlew::assist
