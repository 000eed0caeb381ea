// A file mapped for reading that stays readable whatever becomes of the file.
//
// Touching a mapped page raises SIGBUS when somebody has truncated the file in place or the disk
// cannot deliver it. A handler, installed for the process with the first mapping, then puts a page of
// zeros there, sets lost(), and the read goes on: readers of a segment take any bytes whatsoever.
// A SIGBUS of any other address goes to the handler that was there before, or ends the process.
//
// The alternatives: reading into memory costs as much memory as the index has bytes (a third of
// the text); pread for every look-up costs a system call and a copy where there is now a load.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "indexer/error.h"

namespace curlew::indexer {

class MappedFile {
 public:
  // kNotFound, kIo; kCorrupt for an empty file. Thread-safe.
  static Expected<std::unique_ptr<MappedFile>> map(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }
  // Whether some of the bytes are zeros instead of what the file held; stays so.
  bool lost() const;
  // Part of bytes() that is not needed soon: its pages leave this process's memory, not the system's.
  void give_back(std::string_view part) const;

 private:
  struct Mapping;
  struct Handler;
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes_;
  Mapping* mapping_ = nullptr;  // what the handler knows of it
};

}  // namespace curlew::indexer
