// Stage 3 of 3: walk -> parse -> [store]. The SQLite file that holds the index of one workspace.
//
// Schema and limits: docs/formats/index.md. Text is not stored; rows point into files by byte.
// One writer connection, any number of readers (a pool), WAL: a reader sees the state before or
// after a whole batch. `Store` is thread-safe; a `Reader` is leased to one thread at a time, the
// `Writer` is used under the update lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "indexer/error.h"
#include "indexer/source/parse.h"
#include "indexer/source/walk.h"
#include "indexer/sqlite.h"

namespace curlew::indexer {

struct PackedSymbol;

struct FileRow {
  std::int64_t id = 0;
  std::string path;
  const Language* language = nullptr;  // null for a skipped file
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t hash = 0;
  SkipReason skip = SkipReason::kNone;
};

// A symbol as stored: positions in bytes; columns follow from the text.
struct SymbolRow {
  std::int64_t file_id = 0;  // 0: it comes from an open buffer
  std::string path;
  std::string name;
  std::string container;
  SymbolKind kind = SymbolKind::kFunction;
  bool is_definition = true;
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, end_line = 0;  // as in Range
  std::uint32_t name_byte = 0, name_line = 0;
  std::uint32_t signature_bytes = 0;  // of raw text from start_byte, before blanks are squeezed
};

struct ChunkRow {
  std::int64_t id = 0;  // 0: it comes from an open buffer
  std::string path;
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, end_line = 0;  // end exclusive
  std::uint32_t terms = 0;                     // distinct search terms in it
  std::string name;
};

// The line after the last one of a chunk's range, whose end may stand at the next line's start.
inline std::uint32_t line_after(const Range& range) {
  const bool at_line_start = range.end_col == 0 && range.end_line > range.start_line;
  return at_line_start ? range.end_line : range.end_line + 1;
}

// Everything about one file that the parse stage hands to the writer.
struct PreparedFile {
  WalkedFile walked;
  std::uint64_t hash = 0;
  SkipReason skip = SkipReason::kNone;
  bool unchanged = false;  // same content as stored: only the times are renewed
  ParsedFile parsed;
  std::vector<std::uint32_t> signature_bytes;  // one a symbol
  std::vector<std::string> chunk_terms;        // one a chunk, see joined_terms
  std::vector<std::uint32_t> chunk_term_counts;
};

struct StoreTotals {
  int files = 0;  // indexed ones
  std::int64_t symbols = 0, references = 0, chunks = 0, bytes = 0, index_bytes = 0;
  std::map<std::string, int> skipped;
  struct PerLanguage {
    int files = 0;
    std::int64_t bytes = 0, symbols = 0;
  };
  std::map<std::string, PerLanguage> by_language;
};

// Queries. Rows come in a fixed order (path, position), so equal states give equal answers.
class StoreReader {
 public:
  static Expected<StoreReader> open(const std::string& name);

  // Between the two every query sees one and the same state.
  void begin_snapshot();
  void end_snapshot();

  Expected<std::optional<FileRow>> file(std::string_view path);
  Status files(const std::function<void(FileRow)>& take);

  // Symbols of that very name, by path and place. Looks into at most `files_max` of the files that
  // have any: the preferred ones first, then by path.
  using PathTest = std::function<bool(const std::string&)>;
  Expected<std::vector<SymbolRow>> symbols_named(std::string_view name, int files_max,
                                                 const PathTest& is_preferred = {});
  Expected<std::vector<SymbolRow>> symbols_of(std::string_view path);
  // Whether more than `limit` files use or define the name, and how many up to that.
  Expected<int> files_using(std::string_view name, int limit);
  // Every name that some symbol has, each once.
  Status defined_names(const std::function<void(std::string_view)>& take);

  // Ids of the chunks that hold the term, ascending, at most `limit`.
  Expected<std::vector<std::int64_t>> chunks_with(std::string_view term, int limit);
  Expected<std::optional<ChunkRow>> chunk(std::int64_t id);
  Expected<std::vector<ChunkRow>> chunks_of(std::string_view path);

  Expected<std::vector<std::string>> imports_of(std::string_view path);
  // Paths of files whose name without extension is `stem`; whose folder's name is `folder`.
  Expected<std::vector<std::string>> files_with_stem(std::string_view stem, int limit);
  Expected<std::vector<std::string>> files_in_folder(std::string_view folder, int limit);

  Expected<StoreTotals> totals();

 private:
  explicit StoreReader(Database database) : database_(std::move(database)) {}
  struct Definer {
    std::int64_t id;
    std::string path;
    bool is_preferred = false;
  };
  Expected<std::vector<Definer>> definers(std::int64_t name, int files_max,
                                          const PathTest& is_preferred);
  Expected<std::int64_t> name_id(std::string_view name);  // 0: unknown
  Expected<std::string> name(std::uint64_t id);
  Expected<SymbolRow> row_of(const PackedSymbol& packed, std::int64_t file, std::string path,
                             std::string name);
  Database database_;
};

// Changes, in transactions. After an error the transaction is rolled back and the old state stands.
class StoreWriter {
 public:
  static Expected<StoreWriter> open(const std::string& name);

  Status begin();
  Status commit();
  void rollback();  // nothing when no transaction is open
  void forget();    // what is remembered of the store between transactions

  Status put(const PreparedFile& file);                  // replaces what the path had
  Status touch(std::int64_t id, const WalkedFile& now);  // same content, other times
  Status remove(std::int64_t id);
  // Entries of replaced chunks stay in the full-text table; when they outnumber the live ones,
  // everything is emptied so that the update under way builds afresh. True when it was.
  Expected<bool> compact();

  Database& database() { return database_; }

 private:
  explicit StoreWriter(Database database) : database_(std::move(database)) {}
  Expected<std::int64_t> name_id(std::string_view name);
  Status put_symbols(const PreparedFile& file, std::int64_t file_id);
  Status put_references(const PreparedFile& file, std::int64_t file_id);
  Status put_chunks(const PreparedFile& file, std::int64_t file_id);
  Status remove_definers(std::int64_t id);

  Database database_;
  std::unordered_map<std::string, std::int64_t> name_ids_;  // of names seen under this lock
  std::int64_t next_chunk_ = 1;                             // read at begin, written at commit
};

class Store {
 public:
  // Opens or creates. A file that is no index, is damaged or of another version is moved aside
  // ("<store>.broken") and a new one begun; when the folder cannot be written the index is kept in
  // memory. Both leave a note.
  static Expected<std::unique_ptr<Store>> open(const std::filesystem::path& path, bool in_memory);

  // A reader for the calling thread, which sees one state until the lease ends. In memory it holds
  // up commits, so a thread that writes holds none.
  class Lease {
   public:
    Lease(Store& store, std::unique_ptr<StoreReader> reader, int generation)
        : store_(&store), reader_(std::move(reader)), generation_(generation) {
      reader_->begin_snapshot();
    }
    Lease(Lease&&) = default;
    ~Lease();
    StoreReader* operator->() const { return reader_.get(); }
    StoreReader& operator*() const { return *reader_; }

   private:
    Store* store_;
    std::unique_ptr<StoreReader> reader_;
    int generation_;
  };
  Expected<Lease> reader();

  // The right to write, against other threads and other processes; waits for it, kCancelled when
  // `stop` comes first. The lock dies with its process.
  class UpdateLock;
  Expected<std::unique_ptr<UpdateLock>> lock_updates(std::stop_token stop);
  // Begins a new, empty file where the present one turned out to be damaged. The caller holds the
  // update lock; readers leased before go on with the old file.
  Status rebuild(const std::string& why);

  std::vector<std::string> notes() const;
  bool in_memory() const { return in_memory_; }

 private:
  Store() = default;
  static Expected<std::unique_ptr<Store>> open_memory(std::string note);
  static Expected<std::unique_ptr<Store>> open_file(const std::filesystem::path& path);

  std::filesystem::path path_;  // "" in memory
  std::string name_;            // what connections open
  bool in_memory_ = false;
  std::mutex update_mutex_;  // this process's part of the update lock
  std::unique_ptr<StoreWriter> writer_;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<StoreReader>> idle_;
  int generation_ = 0;  // counts rebuilds: readers of an older file are not kept
  std::vector<std::string> notes_;
};

class Store::UpdateLock {
 public:
  ~UpdateLock();
  StoreWriter& writer() { return *store_->writer_; }

 private:
  friend class Store;
  UpdateLock(Store& store, std::unique_lock<std::mutex> held, int lock_fd)
      : store_(&store), held_(std::move(held)), lock_fd_(lock_fd) {}
  Store* store_;
  std::unique_lock<std::mutex> held_;
  int lock_fd_;  // -1 in memory
};

}  // namespace curlew::indexer
