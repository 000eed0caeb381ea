#include "indexer/texts.h"

#include <sys/stat.h>

#include <algorithm>

namespace curlew::indexer {

DiskText TextCache::get(const std::string& path) {
  struct stat info;
  if (::stat((root_ / path).c_str(), &info) != 0) return {};
  DiskText now{.text = nullptr,
               .size = static_cast<std::uint64_t>(info.st_size),
               .mtime_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
  {
    std::lock_guard lock(mutex_);
    if (auto found = by_path_.find(path); found != by_path_.end()) {
      const DiskText& kept = found->second->text;
      if (kept.size == now.size && kept.mtime_ns == now.mtime_ns) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return kept;
      }
    }
  }
  LoadedFile loaded = load_file(root_, path, limits_);
  if (loaded.reason != SkipReason::kNone) return {};
  now.text = std::make_shared<const std::string>(std::move(loaded.text));
  keep({path, now});
  return now;
}

void TextCache::keep(Entry entry) {
  std::lock_guard lock(mutex_);
  if (auto old = by_path_.find(entry.path); old != by_path_.end()) {
    bytes_ -= old->second->text.text->size();
    entries_.erase(old->second);
    by_path_.erase(old);
  }
  bytes_ += entry.text.text->size();
  entries_.push_front(std::move(entry));
  by_path_[entries_.front().path] = entries_.begin();
  while (bytes_ > kBytesMax && entries_.size() > 1) {
    bytes_ -= entries_.back().text.text->size();
    by_path_.erase(entries_.back().path);
    entries_.pop_back();
  }
}

std::vector<std::uint32_t> line_starts(std::string_view text) {
  std::vector<std::uint32_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  return starts;
}

std::uint32_t line_at(std::string_view text, std::size_t offset) {
  return static_cast<std::uint32_t>(
      std::count(text.begin(), text.begin() + std::min(offset, text.size()), '\n'));
}

std::size_t line_start_at(std::string_view text, std::size_t offset) {
  if (offset == 0) return 0;
  const std::size_t newline = text.rfind('\n', std::min(offset, text.size()) - 1);
  return newline == text.npos ? 0 : newline + 1;
}

std::string squeezed(std::string_view text, std::size_t bytes_max) {
  std::string out;
  bool blank = false;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      blank = !out.empty();
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += c;
    if (out.size() > bytes_max) break;
  }
  if (out.size() <= bytes_max) return out;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
  out.resize(end);
  return out;
}

}  // namespace curlew::indexer
