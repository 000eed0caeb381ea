#include "indexer/prepare.h"

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

}  // namespace

PreparedFile FilePreparer::prepare(const WalkedFile& walked, const FileRow* known) {
  PreparedFile file{.walked = walked};
  LoadedFile loaded = load_file(options_.root, walked.path, options_.limits);
  file.skip = loaded.reason;
  if (file.skip != SkipReason::kNone) return file;
  const std::string_view text = loaded.text;
  file.hash = content_hash(text);
  file.walked.size = text.size();  // as read; it may have grown since it was listed
  file.walked.mtime_ns = settled_mtime(walked.mtime_ns);
  file.language = language_of(walked.path, text.substr(0, kHeadBytes));
  if (!file.language) {
    file.skip = SkipReason::kLanguage;
    return file;
  }
  file.unchanged = known && known->hash == file.hash && known->skip == SkipReason::kNone &&
                   known->language == file.language;
  if (file.unchanged) return file;
  file.known = state_->find(file.hash, file.language->name).has_value();
  if (file.known) return file;
  const ParsedFile parsed = parser_.parse(*file.language, text);
  signatures_.clear();
  for (const Symbol& symbol : parsed.symbols) signatures_.push_back(signature_bytes(text, symbol));
  file.draft = drafts_.make(text, file.hash, parsed, signatures_);
  return file;
}

}  // namespace curlew::indexer
