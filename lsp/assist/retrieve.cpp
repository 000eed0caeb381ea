#include "lsp/assist/retrieve.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>
#include <unordered_map>

#include "indexer/source/language.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kRecentPathsMax = 16;
constexpr std::size_t kOpenDocumentsMax = 16;  // searched by the copy predictor
constexpr int kSpareBytesMax = 48 << 10;       // of similar code that is only copied from
constexpr int kBlockOverheadTokens = 4;        // control tokens and line ends around a block
constexpr int kContextTokensMin = 16;          // with less room no chunk is worth a try
constexpr std::size_t kBytesPerTokenMax = 6;   // of code, in any vocabulary
constexpr std::size_t kCountsRememberedMax = 4096;
constexpr std::size_t kCutLinesMin = 3;  // of a chunk that does not fit whole

// Prose quotes code, with marks and omissions of its own: not something to show or to copy while
// code is written.
bool is_prose(std::string_view path) {
  const indexer::Language* language = indexer::language_of(path, "");
  return language != nullptr && language->name == "markdown";
}

// Tokens of a text, remembered by the thread: from one keystroke to the next the chunks are the
// same. By hash; a collision would make one estimate wrong, which the prompt's own budget mends.
int count_tokens(const model::Generator& generator, std::string_view text) {
  struct Memo {
    const model::Generator* generator = nullptr;
    std::unordered_map<std::size_t, int> tokens;
  };
  thread_local Memo memo;
  if (memo.generator != &generator || memo.tokens.size() >= kCountsRememberedMax)
    memo = {.generator = &generator, .tokens = {}};
  const auto [entry, is_new] = memo.tokens.try_emplace(std::hash<std::string_view>()(text));
  if (is_new) entry->second = generator.count_tokens(text);
  return entry->second;
}

// The whole text where it fits, else as many whole lines as fit; "" when fewer than a few do.
std::string first_lines(const model::Generator& generator, const std::string& text,
                        int tokens_max) {
  if (tokens_max < kContextTokensMin) return {};
  // Counting is dear: texts that cannot fit whole are not counted whole.
  const bool may_fit = text.size() / kBytesPerTokenMax <= static_cast<std::size_t>(tokens_max);
  if (may_fit && count_tokens(generator, text) <= tokens_max) return text;
  std::size_t end = 0, lines = 0;
  for (int tokens = 0; end < text.size(); ++lines) {
    const std::size_t next = std::min(text.find('\n', end), text.size() - 1) + 1;
    tokens += count_tokens(generator, std::string_view(text).substr(end, next - end));
    if (tokens > tokens_max) break;
    end = next;
  }
  return lines >= kCutLinesMin ? text.substr(0, end) : std::string();
}

}  // namespace

Expected<Retrieved> retrieve(const indexer::Index* index, const CompletionRequest& request) {
  Retrieved retrieved;
  if (request.context) retrieved.chunks = *request.context;
  if (index == nullptr || request.context) return retrieved;
  const auto start = std::chrono::steady_clock::now();
  indexer::ContextQuery query;
  query.path = request.path;
  query.text = request.text;
  query.cursor = request.cursor;
  query.spare_bytes_max = kSpareBytesMax;
  for (const OpenDocument& document : request.open_documents)
    if (query.recent_paths.size() < kRecentPathsMax) query.recent_paths.push_back(document.path);
  auto chunks = index->context(query);
  if (!chunks) return Error(std::move(chunks.error())).during("retrieve context");
  const bool prose_helps = is_prose(request.path);
  for (indexer::ContextChunk& chunk : *chunks) {
    if (!prose_helps && is_prose(chunk.path)) continue;
    const bool stale =
        chunk.path == request.path && request.text.find(chunk.text) == std::string_view::npos;
    if (!stale) retrieved.chunks.push_back(std::move(chunk));
  }
  retrieved.ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return retrieved;
}

PromptContext fit_context(const model::Generator& generator, const Retrieved& retrieved,
                          int tokens_max) {
  const auto& chunks = retrieved.chunks;
  std::vector<std::size_t> by_score(chunks.size());
  std::iota(by_score.begin(), by_score.end(), std::size_t{0});
  std::stable_sort(by_score.begin(), by_score.end(),
                   [&](std::size_t a, std::size_t b) { return chunks[a].score > chunks[b].score; });
  std::map<std::size_t, std::string> chosen;  // by place in the retrieved order, which is stable
  for (const std::size_t i : by_score) {
    if (chunks[i].is_spare) continue;
    if (tokens_max < kContextTokensMin) break;
    const int room = tokens_max - count_tokens(generator, chunks[i].path) - kBlockOverheadTokens;
    std::string text = first_lines(generator, chunks[i].text, room);
    if (text.empty()) continue;
    tokens_max = room - count_tokens(generator, text);
    chosen.emplace(i, std::move(text));
  }
  PromptContext out;
  for (auto& [i, text] : chosen) {
    out.blocks.push_back({chunks[i].path, std::move(text)});
    out.chunk_idxs.push_back(i);
  }
  return out;
}

void put_best_first(std::vector<indexer::ContextChunk>& chunks) {
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
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
