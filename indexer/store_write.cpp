// The writing half of the store: one transaction a batch.
#include <algorithm>
#include <map>

#include "indexer/packed.h"
#include "indexer/store.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace {

// Bounds the memory of name_ids_; beyond it names are looked up in the table again.
constexpr std::size_t kNameIdsMax = 1'000'000;
// Dead full-text entries that are not worth a rebuild.
constexpr std::int64_t kDeadChunksMin = 10'000;

struct PathParts {
  std::string_view stem, folder;
};

// "a/kernels/ops.test.h" -> {"ops.test", "kernels"}
PathParts parts_of(std::string_view path) {
  PathParts parts;
  const std::size_t slash = path.rfind('/');
  std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  parts.stem = dot == name.npos || dot == 0 ? name : name.substr(0, dot);
  if (slash != path.npos) {
    const std::string_view above = path.substr(0, slash);
    const std::size_t before = above.rfind('/');
    parts.folder = before == above.npos ? above : above.substr(before + 1);
  }
  return parts;
}

}  // namespace

Expected<StoreWriter> StoreWriter::open(const std::string& name) {
  Expected<Database> database = Database::open(name, Database::Mode::kWrite);
  if (!database) return std::move(database.error()).pass();
  // A crash of the machine may lose the last batches, never the file's soundness.
  Status set = database->script(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
      "PRAGMA cache_size=-32768; PRAGMA journal_size_limit=16777216;");
  if (!set) return std::move(set.error()).pass();
  return StoreWriter(std::move(*database));
}

Status StoreWriter::begin() {
  if (Status begun = database_.run("BEGIN IMMEDIATE"); !begun) return begun;
  Expected<std::int64_t> chunk =
      database_.integer("SELECT value FROM meta WHERE key = 'next_chunk'", {}, 1);
  if (!chunk) return std::move(chunk.error()).pass();
  next_chunk_ = *chunk;
  return {};
}

Status StoreWriter::commit() {
  Status kept = database_.run("UPDATE meta SET value = ? WHERE key = 'next_chunk'", {next_chunk_});
  if (!kept) return kept;
  return database_.run("COMMIT");
}

void StoreWriter::rollback() {
  if (sqlite3_get_autocommit(database_.handle())) return;
  (void)database_.run("ROLLBACK");
  forget();
}

void StoreWriter::forget() {
  name_ids_.clear();
}

Expected<std::int64_t> StoreWriter::name_id(std::string_view name) {
  const std::string key(name);
  if (auto found = name_ids_.find(key); found != name_ids_.end()) return found->second;
  const auto hash = static_cast<std::int64_t>(name_hash(name));
  Expected<std::int64_t> id =
      database_.integer("SELECT id FROM names WHERE hash = ?1 AND name = ?2", {hash, name}, 0);
  if (!id) return id;
  if (*id == 0) {
    Status added = database_.run("INSERT INTO names(name, hash) VALUES (?, ?)", {name, hash});
    if (!added) return std::move(added.error()).pass();
    *id = sqlite3_last_insert_rowid(database_.handle());
  }
  if (name_ids_.size() >= kNameIdsMax) name_ids_.clear();
  name_ids_.emplace(key, *id);
  return id;
}

// The table is ordered by name, for queries; the file's own symbols say which rows are its.
Status StoreWriter::remove_definers(std::int64_t id) {
  Expected<std::string> packed = database_.text("SELECT packed FROM symbols WHERE file = ?", {id});
  if (!packed) return std::move(packed.error()).pass();
  for (const PackedSymbol& symbol : unpack_symbols(*packed)) {
    Status done = database_.run("DELETE FROM definers WHERE name = ? AND file = ?",
                                {static_cast<std::int64_t>(symbol.name), id});
    if (!done) return done;
  }
  return {};
}

Status StoreWriter::remove(std::int64_t id) {
  static constexpr std::string_view kDeletes[] = {
      "DELETE FROM symbols WHERE file = ?1",
      "DELETE FROM chunks WHERE id >= (SELECT first_chunk FROM files WHERE id = ?1)"
      " AND id < (SELECT first_chunk + chunks FROM files WHERE id = ?1)",
      "DELETE FROM refs WHERE file = ?1", "DELETE FROM imports WHERE file = ?1",
      "DELETE FROM files WHERE id = ?1"};
  if (Status done = remove_definers(id); !done) return done;
  for (std::string_view sql : kDeletes) {
    if (Status done = database_.run(sql, {id}); !done) return done;
  }
  return {};
}

Status StoreWriter::touch(std::int64_t id, const WalkedFile& now) {
  return database_.run("UPDATE files SET size = ?2, mtime_ns = ?3 WHERE id = ?1",
                       {id, static_cast<std::int64_t>(now.size), now.mtime_ns});
}

Status StoreWriter::put(const PreparedFile& file) {
  const std::string_view path = file.walked.path;
  Expected<std::int64_t> old =
      database_.integer("SELECT id FROM files WHERE path = ?", {{path, /*blob=*/true}}, 0);
  if (!old) return std::move(old.error()).pass();
  if (*old != 0) {
    if (Status removed = remove(*old); !removed) return removed;
  }
  const PathParts parts = parts_of(path);
  std::int64_t references = static_cast<std::int64_t>(file.parsed.references.size());
  const Language* language = file.parsed.language;
  Status added = database_.run(
      "INSERT INTO files(path, stem, folder, language, size, mtime_ns, hash, skip, symbols,"
      " first_chunk, chunks, refs) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
      {{path, true},
       {parts.stem, true},
       {parts.folder, true},
       language ? language->name : std::string_view(),
       static_cast<std::int64_t>(file.walked.size),
       file.walked.mtime_ns,
       static_cast<std::int64_t>(file.hash),
       static_cast<std::int64_t>(file.skip),
       static_cast<std::int64_t>(file.parsed.symbols.size()),
       next_chunk_,
       static_cast<std::int64_t>(file.parsed.chunks.size()),
       references});
  if (!added) return added;
  const std::int64_t id = sqlite3_last_insert_rowid(database_.handle());
  if (Status done = put_symbols(file, id); !done) return done;
  if (Status done = put_references(file, id); !done) return done;
  return put_chunks(file, id);
}

Status StoreWriter::put_symbols(const PreparedFile& file, std::int64_t file_id) {
  SymbolPacker packer;
  for (std::size_t i = 0; i < file.parsed.symbols.size(); ++i) {
    const Symbol& symbol = file.parsed.symbols[i];
    Expected<std::int64_t> name = name_id(symbol.name);
    if (!name) return std::move(name.error()).pass();
    Expected<std::int64_t> container = symbol.container.empty() ? 0 : name_id(symbol.container);
    if (!container) return std::move(container.error()).pass();
    packer.add({.name = static_cast<std::uint64_t>(*name),
                .container = static_cast<std::uint64_t>(*container),
                .kind = symbol.kind,
                .is_definition = symbol.is_definition,
                .start_byte = symbol.range.start_byte,
                .end_byte = symbol.range.end_byte,
                .start_line = symbol.range.start_line,
                .end_line = symbol.range.end_line,
                .name_byte = symbol.name_range.start_byte,
                .name_line = symbol.name_range.start_line,
                .signature_bytes = file.signature_bytes[i]});
    Status added = database_.run("INSERT OR IGNORE INTO definers VALUES (?,?)", {*name, file_id});
    if (!added) return added;
  }
  if (packer.bytes().empty()) return {};
  return database_.run("INSERT INTO symbols VALUES (?,?)",
                       {file_id, {packer.bytes(), /*blob=*/true}});
}

// One row a name: its places in the file as varints of (distance from the last place * 4 + role).
Status StoreWriter::put_references(const PreparedFile& file, std::int64_t file_id) {
  struct Places {
    std::string bytes;
    std::uint32_t last = 0;
  };
  std::map<std::string_view, Places> by_name;
  std::vector<const Reference*> ordered;
  for (const Reference& reference : file.parsed.references) ordered.push_back(&reference);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Reference* a, const Reference* b) {
    return a->range.start_byte < b->range.start_byte;
  });
  for (const Reference* reference : ordered) {
    Places& places = by_name[reference->name];
    const std::uint64_t distance = reference->range.start_byte - places.last;
    append_varint(places.bytes, distance * 4 + static_cast<unsigned>(reference->role));
    places.last = reference->range.start_byte;
  }
  for (const auto& [name, places] : by_name) {
    Expected<std::int64_t> id = name_id(name);
    if (!id) return std::move(id.error()).pass();
    Status added = database_.run("INSERT INTO refs VALUES (?,?,?)",
                                 {file_id, *id, {places.bytes, /*blob=*/true}});
    if (!added) return added;
  }
  std::int64_t place = 0;
  for (const std::string& import : file.parsed.imports) {
    Expected<std::int64_t> id = name_id(import);
    if (!id) return std::move(id.error()).pass();
    Status added = database_.run("INSERT INTO imports VALUES (?,?,?)", {file_id, place++, *id});
    if (!added) return added;
  }
  return {};
}

Status StoreWriter::put_chunks(const PreparedFile& file, std::int64_t file_id) {
  for (std::size_t i = 0; i < file.parsed.chunks.size(); ++i) {
    const Chunk& chunk = file.parsed.chunks[i];
    Expected<std::int64_t> name = chunk.name.empty() ? 0 : name_id(chunk.name);
    if (!name) return std::move(name.error()).pass();
    const Range& range = chunk.range;
    const std::int64_t id = next_chunk_++;
    Status added = database_.run(
        "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?)",
        {id, file_id, *name, range.start_byte, std::int64_t{range.end_byte} - range.start_byte,
         range.start_line, std::int64_t{line_after(range)} - range.start_line,
         file.chunk_term_counts[i]});
    if (!added) return added;
    added = database_.run("INSERT INTO chunk_terms(rowid, terms) VALUES (?,?)",
                          {id, file.chunk_terms[i]});
    if (!added) return added;
  }
  return {};
}

Expected<bool> StoreWriter::compact() {
  Expected<std::int64_t> live = database_.integer("SELECT coalesce(sum(chunks), 0) FROM files");
  if (!live) return std::move(live.error()).pass();
  const std::int64_t dead = next_chunk_ - 1 - *live;
  if (dead <= *live || dead < kDeadChunksMin) return false;
  Status emptied = database_.script(
      "DELETE FROM symbols; DELETE FROM definers; DELETE FROM refs; DELETE FROM imports; DELETE "
      "FROM chunks;"
      "DELETE FROM files; DELETE FROM names;"
      "INSERT INTO chunk_terms(chunk_terms) VALUES ('delete-all');");
  if (!emptied) return std::move(emptied.error()).pass();
  next_chunk_ = 1;
  forget();
  return true;
}

}  // namespace curlew::indexer
