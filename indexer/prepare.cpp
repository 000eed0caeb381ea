#include "indexer/prepare.h"

#include <algorithm>
#include <chrono>

#include "indexer/buffers.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace {

// File systems stamp files by a clock that ticks this slowly: a file as young as that may still
// change without its time changing.
constexpr std::int64_t kClockTickNs = 20'000'000;
constexpr std::size_t kHeadBytes = 256;  // enough for a "#!" line

std::int64_t settled_mtime(std::int64_t mtime_ns) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  return now - mtime_ns < kClockTickNs ? 0 : mtime_ns;  // 0: look at the content next time
}

void add_terms(PreparedFile& file, std::string_view text) {
  for (const Chunk& chunk : file.parsed.chunks) {
    const Range& range = chunk.range;
    std::string terms =
        joined_terms(text.substr(range.start_byte, range.end_byte - range.start_byte));
    const auto count = terms.empty() ? 0 : 1 + std::count(terms.begin(), terms.end(), ' ');
    file.chunk_term_counts.push_back(static_cast<std::uint32_t>(count));
    file.chunk_terms.push_back(std::move(terms));
  }
}

}  // namespace

PreparedFile prepare_file(Parser& parser, const IndexOptions& options, const WalkedFile& walked,
                          const FileRow* known) {
  PreparedFile file{.walked = walked};
  LoadedFile loaded = load_file(options.root, walked.path, options.limits);
  file.skip = loaded.reason;
  if (file.skip == SkipReason::kNone) {
    file.hash = content_hash(loaded.text);
    file.walked.mtime_ns = settled_mtime(walked.mtime_ns);
    file.unchanged = known && known->hash == file.hash && known->skip == SkipReason::kNone;
    if (file.unchanged) return file;
    const std::string_view text = loaded.text;
    if (const Language* language = language_of(walked.path, text.substr(0, kHeadBytes))) {
      file.parsed = parser.parse(*language, text);
      for (const Symbol& symbol : file.parsed.symbols)
        file.signature_bytes.push_back(signature_bytes(text, symbol));
      add_terms(file, text);
    } else {
      file.skip = SkipReason::kLanguage;
    }
  }
  return file;
}

}  // namespace curlew::indexer
