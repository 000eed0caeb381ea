// The index of one workspace: what is defined where, what is used where, and text to search.
//
//   Expected<std::unique_ptr<Index>> index = Index::open({.root = root});
//   (*index)->update(progress, stop);            // bring it up to date with the disk
//   (*index)->set_buffer("src/a.cpp", text);     // an open document shadows its file
//   for (const ContextChunk& c : (*index)->context({...})) ...
//
// Thread-safe: any number of readers, one update at a time; readers see the state before or after
// each commit of an update. Queries always see the open buffers' text. The store is a SQLite file in
// the cache folder with segments beside it (docs/formats/index.md), shared by the worktrees of a
// repository; one that is broken or of another version is rebuilt, with a word in `notes`.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"
#include "indexer/source/parse.h"
#include "indexer/source/walk.h"

namespace curlew::indexer {

struct IndexOptions {
  std::filesystem::path root;
  // "": $XDG_CACHE_HOME/curlew/index/<hash of the repository's common folder, else the root>.sqlite
  std::filesystem::path store;
  int threads = 0;  // 0: two fewer than cores, at least 1, at most 8
  WalkLimits limits;
  bool read_only_memory =
      false;  // keep the store in memory (tests, or a cache folder that cannot be written)
  // Called by a query that met damage, without locks; it is asked again afterwards. update() mends
  // the damage: at once, or by having another thread do it. At most a few times in an index's life.
  std::function<void()> on_damage;
};

struct IndexStats {
  int files = 0;    // known to the index
  int indexed = 0;  // parsed in this update (the rest was unchanged)
  int removed = 0;
  std::map<std::string, int> skipped;  // by reason
  std::int64_t symbols = 0, references = 0, chunks = 0;
  std::int64_t bytes = 0;        // of indexed text
  std::int64_t index_bytes = 0;  // of the store
  double seconds = 0;
  struct PerLanguage {
    int files = 0;
    std::int64_t bytes = 0, symbols = 0;
  };
  std::map<std::string, PerLanguage> by_language;
  std::vector<std::string> notes;
  // What limits have cost: "2 files have no symbols: parsing them takes too long (a.hs, b.yaml)".
  std::vector<std::string> limits;
};

struct IndexProgress {
  int files_done = 0, files_total = 0;
  std::string_view path;
};
using ProgressCallback = std::function<void(const IndexProgress&)>;

enum class SearchKind : std::uint8_t { kSymbol, kText, kBoth };

struct SearchQuery {
  std::string text;
  int limit = 20;
  SearchKind kind = SearchKind::kBoth;
};

struct SearchHit {
  std::string path;
  Range range;       // of the whole definition, or of the matching part of a line
  Range name_range;  // where to put the cursor: the symbol's name; `range` for text
  double score = 0;  // higher is better; comparable within one answer only
  bool is_symbol = false;
  std::string kind;  // symbol kind, or "text"
  std::string name;  // symbol or enclosing definition; may be ""
  std::string container;
  std::string text;  // the signature, or the best line
};

// A regular expression (PCRE2), matched within the text of every file.
struct PatternQuery {
  std::string pattern;
  int limit = 100;
};

struct PatternMatches {
  std::vector<SearchHit> hits;  // by path and place
  bool is_complete = true;      // all there are; else `limit` was reached, or `note` says why not
  std::string note;
};

// A local variable or parameter, or what is introduced in this file by the same name, with every
// place where it is meant: an inner one that hides it is another one (source/scopes.h).
struct LocalName {
  std::string name;
  std::string kind;           // "local", "parameter", "member", "file"
  Range definition;           // the name, where it is introduced first
  std::vector<Range> places;  // rising, definitions included
};

struct ReferencesQuery {
  std::string path;
  std::string_view text;  // of the document, as it stands in the editor
  std::size_t offset = 0;
  std::size_t limit = 10'000;
  std::chrono::milliseconds time_max{5'000};  // then what was found so far
};

struct FoundReference {
  std::string path;
  Range range;  // the name
  bool is_definition = false;
};

struct FoundReferences {
  std::vector<FoundReference> places;  // this file's first, then by path and place
  bool is_complete = true;             // else `limit` or `time_max` was reached
};

// A place to complete at, and what the editor knows about its user's attention.
struct ContextQuery {
  std::string path;                       // relative to the root; "" for an unsaved buffer
  std::string_view text;                  // the document as it stands in the editor
  std::size_t cursor = 0;                 // byte offset into text
  std::vector<std::string> recent_paths;  // most recently edited or viewed first
  int chunks_max = 12;
  int bytes_max = 6000;  // of all chunk texts together; the caller fits tokens
  // Of similar code beyond that. Most of it is not worth a prompt's room, but a line may be copied from it.
  int spare_bytes_max = 0;
};

enum class ContextSource : std::uint8_t {
  kDefinition,  // definitions of what is used near
  kSimilar,     // chunks like the lines around
  kRecentEdit,  // the same, of files edited or viewed last
  kImport,      // what is likely used next, of files in reach
  kUsage,       // where the enclosing function is called or tested
  kSibling,     // other implementations of the enclosing function
};
std::string_view context_source_name(ContextSource source);  // "definition", "similar", ...

struct ContextChunk {
  std::string path;
  std::uint32_t start_line = 0, end_line = 0;  // from 0, end exclusive
  std::string text;
  double score = 0;
  ContextSource source = ContextSource::kDefinition;
  std::string why;  // "defines Index::open, used 2 lines above the cursor"
  bool is_spare = false;
};

class Index {
 public:
  static Expected<std::unique_ptr<Index>> open(const IndexOptions& options);
  ~Index();

  // Walks, parses what changed (by size, time and content hash), stores; what is near open documents
  // first. kCancelled leaves what was done.
  Expected<IndexStats> update(const ProgressCallback& progress = {}, std::stop_token stop = {});
  // The same for named files only (a save, a file event); deleted ones are removed. Of a store that
  // was never filled (it is new, somebody has emptied the cache) all files are.
  Status update_files(const std::vector<std::string>& paths);

  // Whether named files are not enough: the store was emptied or replaced meanwhile, was not filled
  // to its end, or damage was met.
  bool needs_update() const;
  // Reads what of the index nobody has read yet, so that damage anywhere is met now (on_damage).
  Status check(std::stop_token stop = {}) const;

  // Open documents. `text` is shared, not copied; path as in WalkedFile. Parsing happens on the
  // first query after the change, so a burst of keystrokes costs nothing.
  void set_buffer(const std::string& path, std::shared_ptr<const std::string> text);
  void close_buffer(const std::string& path);

  // Best first. Errors are those of the store.
  Expected<std::vector<SearchHit>> search(const SearchQuery& query) const;
  Expected<PatternMatches> search_pattern(const PatternQuery& query) const;
  Expected<std::vector<SearchHit>> definitions(std::string_view name, int limit = 20) const;

  // The definitions that the word at `offset` of `text` stands for: resolved by this file's scopes,
  // its receiver's type, this file, imports, folder and unique name, in this order (resolve.h). A
  // local's is one hit of kind "local" or "parameter". kInvalidInput for an offset behind the text.
  Expected<std::vector<SearchHit>> definitions_at(const std::string& path, std::string_view text,
                                                  std::size_t offset, int limit = 20) const;

  // Who inherits from what (hierarchy.h). Each takes a hit of search(), definitions() or
  // definitions_at(): a type for the first two, a method for the others; of anything else there is
  // nothing. Nearest generation first.
  Expected<std::vector<SearchHit>> implementers_of(const SearchHit& type, int limit = 100) const;
  Expected<std::vector<SearchHit>> bases_of(const SearchHit& type, int limit = 100) const;
  Expected<std::vector<SearchHit>> overrides_of(const SearchHit& method, int limit = 100) const;
  Expected<std::vector<SearchHit>> overridden_by(const SearchHit& method, int limit = 100) const;
  // What textDocument/implementation asks: the implementers of the type, or the overrides of the
  // method, that the word at `offset` stands for. Errors as of definitions_at().
  Expected<std::vector<SearchHit>> implementations_at(const std::string& path,
                                                      std::string_view text, std::size_t offset,
                                                      int limit = 100) const;

  // Where else that word is meant: what textDocument/references asks (references.h). Files are parsed for it,
  // so it takes a while: kCancelled.
  Expected<FoundReferences> references_at(const ReferencesQuery& query,
                                          std::stop_token stop = {}) const;

  // What this file alone says of the word at `offset`: a name that it introduces, and where it is
  // meant. Nothing for a member behind a dot, for what other files define, and for languages without
  // scopes.scm. For highlights, renaming a local, and to know that a name is no workspace symbol.
  Expected<std::optional<LocalName>> local_at(const std::string& path, std::string_view text,
                                              std::size_t offset) const;

  // Symbols and references of one file: from its open buffer, else from the disk. kNotFound,
  // kInvalidInput with the skip reason.
  Expected<ParsedFile> file(const std::string& path) const;

  // What is worth showing a model at this place; most stable first among equals, nothing that
  // already stands near the cursor. Empty when nothing is worth it.
  Expected<std::vector<ContextChunk>> context(const ContextQuery& query) const;

  IndexStats stats() const;
  const std::filesystem::path& root() const;

 private:
  struct Impl;
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::indexer
