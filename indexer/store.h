// Stage 3 of 3: walk -> parse -> [store]. What is kept of the workspaces of one repository.
//
// A SQLite file says which file has which content (a *tree* for each root) and which segments there
// are; segments, immutable files beside it, hold what parsing found, once for each content. Format
// and limits: docs/formats/index.md; why it is so: docs/adr/0005-segments-beside-sqlite.md.
//
// One writer, any number of readers (a pool): a reader sees the state before or after a whole
// commit. `Store` is thread-safe; a `Reader` is leased to one thread at a time, the `Writer` is used
// under the update lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "indexer/error.h"
#include "indexer/segment/builder.h"
#include "indexer/segment/name_pattern.h"
#include "indexer/source/parse.h"
#include "indexer/source/walk.h"
#include "indexer/sqlite.h"
#include "indexer/store_state.h"

namespace curlew::indexer {

class Store;

struct FileRow {
  std::string path;
  const Language* language = nullptr;  // null for a skipped file
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t hash = 0;
  SkipReason skip = SkipReason::kNone;
};

// A symbol as stored: positions in bytes; columns follow from the text.
struct SymbolRow {
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
  std::string path;
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, end_line = 0;  // end exclusive
  std::uint32_t terms = 0;                     // distinct search terms in it
  std::string name;
};

// A use of a name. Its byte is found in the line's text.
struct ReferenceRow {
  std::string path;
  std::uint32_t line = 0;
  ReferenceRole role = ReferenceRole::kName;
};

// A type and what it inherits from: see Inheritance.
struct BaseRow {
  std::string path;  // of the file that says so
  std::string type, base;
  std::uint32_t line = 0;
};

// Everything about one file that the parse stage hands to the writer.
struct PreparedFile {
  WalkedFile walked;
  std::uint64_t hash = 0;
  SkipReason skip = SkipReason::kNone;
  const Language* language = nullptr;
  bool unchanged = false;  // same content as stored: only the times are renewed
  bool known = false;      // another file or another time had this content: nothing was parsed
  DocumentDraft draft;     // of a text that the store did not know
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
  // Files without their symbols, by why (kParseStopped, ...): how many, and the first by path.
  struct Missing {
    int files = 0;
    std::set<std::string> first;
  };
  std::map<std::uint8_t, Missing> missing;
};

// Chunks by how well they answer a query, by BM25.
struct ScoredChunk {
  std::int64_t id = 0;
  float score = 0;
};
struct RankedChunks {
  std::vector<ScoredChunk> best;
  std::vector<float> weights;  // of the query's terms: how rare each is
};
// What a term adds to a chunk's score that holds it `count` times and has `length` terms.
float bm25(float weight, float count, float length);

struct MatchingName {
  NameMatch how = NameMatch::kPrefix;
  std::string name;
};

// How far names are looked for that do not begin as was typed. Groups are of 16 words; those with
// short names come first.
struct NameLimits {
  std::size_t groups_max = 0;         // that are looked at for humps, and again for pieces
  std::size_t spread_groups_max = 0;  // and for spread letters
  std::size_t spread_length_max = 0;  // of names with spread letters, about
};

// Queries. Rows come in a fixed order (path, position), so equal states give equal answers. What a
// damaged segment held is missing until the next update; Store::notes says so.
class StoreReader {
 public:
  static Expected<StoreReader> open(Store& store);

  // Between the two every query sees one and the same state.
  void begin_snapshot();
  void end_snapshot();
  // Whether a segment turned out to be damaged since the snapshot began: what was read then may
  // lack its rows, and the next snapshot leaves it out.
  bool met_damage() const;
  // Of the snapshot's state: another number, another state.
  std::uint64_t generation() const;

  Expected<std::optional<FileRow>> file(std::string_view path);
  Status files(const std::function<void(FileRow)>& take);

  // Symbols of that very name, by path and place. Looks into at most `files_max` of the files that
  // have any: the preferred ones first, then by path.
  using PathTest = std::function<bool(const std::string&)>;
  Expected<std::vector<SymbolRow>> symbols_named(std::string_view name, int files_max,
                                                 const PathTest& is_preferred = {});
  Expected<std::vector<SymbolRow>> symbols_of(std::string_view path);
  // Whether more than `limit` files use the name, and how many up to that.
  Expected<int> files_using(std::string_view name, int limit);
  // Uses of the name in at most `files_max` files, by path and line.
  Expected<std::vector<ReferenceRow>> references_to(std::string_view name, int files_max);
  // What inherits from a type of that name, as far as at most `files_max` files say so, by path.
  Expected<std::vector<BaseRow>> heirs_of(std::string_view base, int files_max);
  // What the types of a file inherit from, by line.
  Expected<std::vector<BaseRow>> bases_of(std::string_view path);
  // Every name that some symbol has; one that stands in several segments may come again.
  Status defined_names(const std::function<void(std::string_view)>& take);
  // The `wanted` best of the names that some symbol has, best first: by how they match, then the
  // shorter one, then in the dictionary's order. Only such as begin so where one of them is what was
  // typed.
  Expected<std::vector<MatchingName>> best_names(const NamePattern& pattern, std::size_t wanted,
                                                 const NameLimits& limits);

  // Ids of the chunks that hold the term, ascending, at most `limit`.
  Expected<std::vector<std::int64_t>> chunks_with(std::string_view term, int limit);
  // The chunks that answer a query of these terms best; at most `limit`, best first.
  Expected<RankedChunks> chunks_ranked(const std::vector<std::string>& terms, int limit);
  // The chunk in the files that have it, by path, at most `files_max`; none when no file has it.
  Expected<std::vector<ChunkRow>> chunk(std::int64_t id, int files_max);
  Expected<std::vector<ChunkRow>> chunks_of(std::string_view path);

  // Paths of the files whose text holds, as far as words tell, all of `pieces` in any case: texts
  // of word bytes only. No piece: every file. By path.
  Expected<std::vector<std::string>> files_holding(const std::vector<std::string>& pieces);

  Expected<std::vector<std::string>> imports_of(std::string_view path);
  // Paths of files whose name without extension is `stem`; whose folder's name is `folder`.
  Expected<std::vector<std::string>> files_with_stem(std::string_view stem, int limit);
  Expected<std::vector<std::string>> files_in_folder(std::string_view folder, int limit);

  Expected<StoreTotals> totals();

 private:
  StoreReader(Store& store, Database database) : store_(&store), database_(std::move(database)) {}
  friend class Store;
  struct Place {  // of a document in the state
    const SegmentState* segment = nullptr;
    std::uint32_t document = 0;
    std::uint32_t word = 0;  // of the name that was looked for
    DocumentRecord record;
    std::string path;
    bool is_preferred = false;
  };
  Status try_snapshot();
  Expected<std::optional<Place>> place_of(std::string_view path);
  Expected<std::vector<Place>> users(std::string_view name);  // files that refer to it, by path
  Expected<std::vector<Place>> definers(std::string_view name, int files_max,
                                        const PathTest& is_preferred);
  Expected<std::vector<std::string>> paths_keyed(std::string_view sql, std::string_view wanted,
                                                 std::string_view (*part)(std::string_view),
                                                 int limit);

  Store* store_;
  Database database_;
  std::int64_t tree_ = 0;  // 0: the database does not know it yet
  StatePtr state_;         // of the snapshot; null when begun_ says why
  Status begun_;
  std::ptrdiff_t damaged_ = 0;  // segments, when the snapshot began
};

// Changes, collected and then committed together. After an error the old state stands.
class StoreWriter {
 public:
  static Expected<StoreWriter> open(Store& store);

  void put(PreparedFile file);           // replaces what the path had
  void remove(const std::string& path);  // nothing when there is no such file
  // What put() has collected: of texts that were not known, and files in all.
  std::uint64_t pending_text_bytes() const { return builder_.text_bytes(); }
  std::size_t pending_files() const { return changes_.size(); }
  // One segment, then one transaction.
  Status commit();
  void rollback();  // forgets what was collected

  // Whether the whole tree has been brought in once: a new store has only what is put into it.
  Expected<bool> is_filled();
  Status set_filled();

  // Segments that turned out to be damaged are given up: their files count as never indexed. Files
  // of segments that are no longer listed are deleted.
  Status tidy();
  // Joins segments: the young ones when there are many, and with kAll those of like size and those
  // of which little is in use. `stop` is looked at between two merges.
  enum class Merge : std::uint8_t { kYoung, kAll };
  Status merge(Merge which, std::stop_token stop);

  Database& database() { return database_; }

 private:
  StoreWriter(Store& store, Database database) : store_(&store), database_(std::move(database)) {}
  friend class Store;
  Status settle();  // finds or makes the row of the tree
  // What is to become of one path.
  struct Change {
    std::string path;
    bool removed = false, unchanged = false, known = false;
    WalkedFile walked;
    std::uint64_t hash = 0;
    SkipReason skip = SkipReason::kNone;
    const Language* language = nullptr;
    std::optional<std::uint32_t> document;  // in the segment to be
  };
  struct NewSegment {
    std::int64_t id = 0;  // 0: none was needed
    Segment::Ptr segment;
    bool in_database = false;
  };
  struct MergeJob;
  Expected<NewSegment> write_segment(std::uint64_t text_bytes, const SegmentFiles::Finish& finish);
  Status insert_segment(NewSegment& segment);
  Status transaction(const std::function<Status(StoreState&)>& change);
  Status apply(Change& change, const NewSegment& made, StoreState& state);
  Status supersede(std::int64_t segment, std::int64_t document);
  Status forget_gone_trees();
  Expected<std::vector<MergeJob>> merge_jobs(Merge which);
  Status add_input(MergeJob& job, const SegmentState& part,
                   const std::set<std::pair<std::int64_t, std::uint32_t>>& kept);
  Status run(MergeJob& job);
  Status record(const MergeJob& job, const NewSegment& merged, StoreState& state);
  Status renumber(std::string_view select, std::string_view store, std::int64_t from,
                  std::int64_t to, const std::vector<std::uint32_t>& numbers);

  Store* store_;
  Database database_;
  std::int64_t tree_ = 0;
  SegmentBuilder builder_;
  std::map<std::pair<std::uint64_t, const Language*>, std::uint32_t> building_;  // its documents
  std::vector<Change> changes_;
};

// Tells one file from another of the same name.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;  // 0: there is none
  bool operator==(const FileIdentity&) const = default;
};

class Store {
 public:
  // Opens or creates; `root` names the tree. A file that is no index, is damaged or of another
  // version is moved aside ("<store>.broken") and a new one begun; when the folder cannot be
  // written the index is kept in memory. Both leave a note.
  static Expected<std::unique_ptr<Store>> open(const std::filesystem::path& path, bool in_memory,
                                               const std::filesystem::path& root = {});

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

  // The present state, for looking up contents; it may be older than the next commit.
  Expected<StatePtr> state();

  // The right to write, against other threads and other processes; waits for it, kCancelled when
  // `stop` comes first. The lock dies with its process.
  class UpdateLock;
  Expected<std::unique_ptr<UpdateLock>> lock_updates(std::stop_token stop);
  // Begins a new, empty file where the present one turned out to be damaged. The caller holds the
  // update lock; readers leased before go on with the old file.
  Status rebuild(const std::string& why);

  // Looks at every byte of the segments that nobody has read yet: damage is met as by a query.
  Status check(const std::stop_token& stop);
  // Whether damage was met since this was last asked: the next update mends it.
  bool take_damage();

  // Whether only a look at the whole tree makes the index right: it is new, was deleted or replaced,
  // was not filled to its end, or is damaged.
  bool needs_update();

  std::vector<std::string> notes() const;
  bool in_memory() const { return in_memory_; }

 private:
  friend class StoreReader;
  friend class StoreWriter;
  Store() = default;
  static Expected<std::unique_ptr<Store>> open_memory(std::string note,
                                                      const std::filesystem::path& root);
  static Expected<std::unique_ptr<Store>> open_file(const std::filesystem::path& path,
                                                    const std::filesystem::path& root);
  // Makes `writer_` one of the file that the path now names.
  Status settle();
  Status settle_again();                                     // under the update lock
  Expected<std::int64_t> tree_in(Database& database) const;  // 0 when it is not there
  // Deleted or replaced by another process while this one had it open: what stands there now is
  // the index, and what was known of the old one is forgotten.
  bool is_replaced() const;
  bool is_in_place() const;  // what was opened is what the path names
  void follow();             // readers
  // The state that the connection's transaction sees, kept for the next who asks.
  Expected<StatePtr> state_in(Database& database, std::int64_t tree);
  Expected<Segment::Ptr> segment_of(Database& database, std::int64_t id, std::uint64_t identity);
  void note_damage(const StoreState& state);
  void remember_damage(const std::vector<std::int64_t>& segments);  // for other processes
  Expected<std::set<std::int64_t>> known_damage(Database& database) const;
  void forget_damage(const std::set<std::int64_t>& segments);  // their files are indexed again
  void keep(StatePtr state);
  void forget(std::uint64_t generation);
  Status remove_leftovers(Database& database);

  std::filesystem::path path_;  // "" in memory
  std::string name_;            // what connections open
  bool in_memory_ = false;
  std::filesystem::path root_;  // of the tree; "": the first one there is
  std::unique_ptr<SegmentFiles> files_;
  std::mutex update_mutex_;  // this process's part of the update lock
  std::unique_ptr<StoreWriter> writer_;
  FileIdentity writer_opened_;  // what the path named then

  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<StoreReader>> idle_;
  FileIdentity opened_;           // what the path named
  int generation_ = 0;            // counts rebuilds: readers of an older file are not kept
  std::vector<StatePtr> states_;  // the newest last, a few
  std::vector<std::string> notes_;
  std::set<std::int64_t> damaged_;   // segments that a note was left about
  std::set<std::int64_t> unhealed_;  // of these, the ones that are still listed
  bool is_damage_news_ = false;
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
