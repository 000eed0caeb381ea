// Texts of files on disk, kept for a while: queries show text that the store does not hold.
//
// Thread-safe. Each call compares size and time with the disk (one stat); a changed file is read
// again.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "indexer/source/walk.h"

namespace curlew::indexer {

struct DiskText {
  std::shared_ptr<const std::string> text;  // null when the file cannot be read (any more)
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
};

class TextCache {
 public:
  static constexpr std::size_t kBytesMax = 48u << 20;

  TextCache(std::filesystem::path root, WalkLimits limits)
      : root_(std::move(root)), limits_(limits) {}

  DiskText get(const std::string& path);

 private:
  struct Entry {
    std::string path;
    DiskText text;
  };
  void keep(Entry entry);

  const std::filesystem::path root_;
  const WalkLimits limits_;
  std::mutex mutex_;          // guards what follows
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_path_;
  std::size_t bytes_ = 0;
};

// Byte offsets of the starts of lines; offset text.size() ends the last one.
std::vector<std::uint32_t> line_starts(std::string_view text);

// The line, from 0, that holds `offset`; the byte where the line that holds it starts.
std::uint32_t line_at(std::string_view text, std::size_t offset);
std::size_t line_start_at(std::string_view text, std::size_t offset);

// On one line, runs of blanks as one, ends trimmed, at most `bytes_max` (cut between characters).
std::string squeezed(std::string_view text, std::size_t bytes_max);

}  // namespace curlew::indexer
