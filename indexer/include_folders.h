// Where a build looks for included files: read from compile_commands.json or compile_flags.txt, the
// formats of Clang's JSON compilation database and of clangd.
//
// Looked for in the root and in its usual build folders; the first one found counts. Nothing is run,
// and compilers are not asked for folders of their own. Folders outside of the workspace are left
// out: no file there is indexed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"

namespace curlew::indexer {

// Of one file, relative to the root ("" is the root itself), in the order in which a compiler looks:
// -iquote, -I, -isystem, -idirafter.
using FolderList = std::vector<std::string>;

// Immutable.
class IncludeTable {
 public:
  static constexpr std::size_t kFileBytesMax = 64u << 20;  // of a compile_commands.json
  static constexpr std::size_t kCommandsMax = 100'000;
  static constexpr std::size_t kFoldersMax = 256;             // of one file
  static constexpr std::size_t kResponseBytesMax = 1u << 20;  // of a @file
  static constexpr int kResponseFilesMax = 8;                 // of one command, nested ones too

  // `text` of a file in `folder`. kInvalidInput says where the text is no compilation database.
  static Expected<IncludeTable> read_commands(std::string_view text,
                                              const std::filesystem::path& root,
                                              const std::filesystem::path& folder);
  static IncludeTable read_flags(std::string_view text, const std::filesystem::path& root,
                                 const std::filesystem::path& folder);

  // Of a path relative to the root. A file without a command of its own, a header, gets those of the
  // file whose path has most in common with its own. Empty when there is no command at all.
  const FolderList& folders_of(std::string_view path) const;

 private:
  friend class TableBuilder;
  std::map<std::string, std::uint32_t, std::less<>> lists_of_;  // by path
  std::vector<FolderList> lists_;                               // each once
  bool for_all_ = false;  // the first list holds for every file: compile_flags.txt
};
using IncludeTablePtr = std::shared_ptr<const IncludeTable>;

// Keeps the table of a workspace up to date: each time it is asked, the file's time and size are
// looked at (some microseconds), so a changed one counts from the next query on. Thread-safe.
class IncludeFolders {
 public:
  explicit IncludeFolders(std::filesystem::path root) : root_(std::move(root)) {}

  // Null when there is no file, or none that can be read.
  IncludeTablePtr table();
  // "" or why there is a file and no table.
  std::string note();

 private:
  struct Stamp {
    std::filesystem::path file;
    std::uint64_t inode = 0;
    std::int64_t size = 0, mtime_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp look() const;
  void load(const Stamp& stamp);

  const std::filesystem::path root_;
  std::mutex mutex_;  // guards what follows
  Stamp loaded_;
  IncludeTablePtr table_;
  std::string note_;
};

// The words of a command line as a POSIX shell splits them: blanks, quotes, backslashes; nothing is
// expanded.
std::vector<std::string> shell_words(std::string_view command);

}  // namespace curlew::indexer
