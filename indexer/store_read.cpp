// The reading half of the store. Every query is one prepared statement.
#include <algorithm>

#include "indexer/packed.h"
#include "indexer/store.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace {

using Next = Database::Next;

// A name with more definers ("main", "test") is cut off here before its paths are compared.
constexpr int kDefinersRead = 2000;

FileRow file_from(const SqlRow& row) {
  return {.id = row.integer(0),
          .path = std::string(row.text(1)),
          .language = language_by_name(row.text(2)),
          .size = static_cast<std::uint64_t>(row.integer(3)),
          .mtime_ns = row.integer(4),
          .hash = static_cast<std::uint64_t>(row.integer(5)),
          .skip = static_cast<SkipReason>(row.integer(6))};
}

ChunkRow chunk_from(const SqlRow& row) {
  ChunkRow chunk;
  chunk.id = row.integer(0);
  chunk.path = row.text(1);
  chunk.name = row.text(2);
  chunk.start_byte = row.u32(3);
  chunk.end_byte = chunk.start_byte + row.u32(4);
  chunk.start_line = row.u32(5);
  chunk.end_line = chunk.start_line + row.u32(6);
  chunk.terms = row.u32(7);
  return chunk;
}

#define CURLEW_FILE_COLUMNS "SELECT id, path, language, size, mtime_ns, hash, skip FROM files "
#define CURLEW_CHUNK_COLUMNS                                                           \
  "SELECT k.id, f.path, n.name, k.start_byte, k.bytes, k.start_line, k.lines, k.terms" \
  " FROM chunks k JOIN files f ON f.id = k.file LEFT JOIN names n ON n.id = k.name "

// Collects every row of a query.
template <class T, class From>
Expected<std::vector<T>> all(Database& database, std::string_view sql, Database::Args args,
                             From from) {
  std::vector<T> rows;
  Status status = database.query(sql, args, [&](const SqlRow& row) {
    rows.push_back(from(row));
    return Next::kMore;
  });
  if (!status) return std::move(status.error()).pass();
  return rows;
}

std::string text_from(const SqlRow& row) {
  return std::string(row.text(0));
}

}  // namespace

Expected<StoreReader> StoreReader::open(const std::string& name) {
  Expected<Database> database = Database::open(name, Database::Mode::kRead);
  if (!database) return std::move(database.error()).pass();
  Status set = database->script("PRAGMA cache_size=-16384;");
  if (!set) return std::move(set.error()).pass();
  return StoreReader(std::move(*database));
}

// Neither can fail in a way the next query would not report.
void StoreReader::begin_snapshot() {
  (void)database_.run("BEGIN");
}
void StoreReader::end_snapshot() {
  (void)database_.run("COMMIT");
}

Expected<std::optional<FileRow>> StoreReader::file(std::string_view path) {
  std::optional<FileRow> found;
  Status status =
      database_.query(CURLEW_FILE_COLUMNS "WHERE path = ?", {{path, true}}, [&](const SqlRow& row) {
        found = file_from(row);
        return Next::kEnough;
      });
  if (!status) return std::move(status.error()).pass();
  return found;
}

Status StoreReader::files(const std::function<void(FileRow)>& take) {
  return database_.query(CURLEW_FILE_COLUMNS "ORDER BY path", {}, [&](const SqlRow& row) {
    take(file_from(row));
    return Next::kMore;
  });
}

Expected<std::int64_t> StoreReader::name_id(std::string_view name) {
  return database_.integer("SELECT id FROM names WHERE hash = ? AND name = ?",
                           {static_cast<std::int64_t>(name_hash(name)), name}, 0);
}

Expected<std::string> StoreReader::name(std::uint64_t id) {
  if (id == 0) return std::string();
  return database_.text("SELECT name FROM names WHERE id = ?", {static_cast<std::int64_t>(id)});
}

Expected<SymbolRow> StoreReader::row_of(const PackedSymbol& packed, std::int64_t file,
                                        std::string path, std::string name) {
  Expected<std::string> container = this->name(packed.container);
  if (!container) return std::move(container.error()).pass();
  return SymbolRow{.file_id = file,
                   .path = std::move(path),
                   .name = std::move(name),
                   .container = std::move(*container),
                   .kind = packed.kind,
                   .is_definition = packed.is_definition,
                   .start_byte = packed.start_byte,
                   .end_byte = packed.end_byte,
                   .start_line = packed.start_line,
                   .end_line = packed.end_line,
                   .name_byte = packed.name_byte,
                   .name_line = packed.name_line,
                   .signature_bytes = packed.signature_bytes};
}

Expected<std::vector<StoreReader::Definer>> StoreReader::definers(std::int64_t name, int files_max,
                                                                  const PathTest& is_preferred) {
  std::vector<Definer> found;
  Status read = database_.query(
      "SELECT f.id, f.path FROM definers d JOIN files f ON f.id = d.file WHERE d.name = ? LIMIT ?",
      {name, kDefinersRead}, [&](const SqlRow& row) {
        Definer definer{row.integer(0), std::string(row.text(1))};
        definer.is_preferred = is_preferred && is_preferred(definer.path);
        found.push_back(std::move(definer));
        return Next::kMore;
      });
  if (!read) return std::move(read.error()).pass();
  std::sort(found.begin(), found.end(), [](const Definer& a, const Definer& b) {
    return a.is_preferred != b.is_preferred ? a.is_preferred : a.path < b.path;
  });
  if (found.size() > static_cast<std::size_t>(files_max)) found.resize(files_max);
  std::sort(found.begin(), found.end(),
            [](const Definer& a, const Definer& b) { return a.path < b.path; });
  return found;
}

Expected<std::vector<SymbolRow>> StoreReader::symbols_named(std::string_view name, int files_max,
                                                            const PathTest& is_preferred) {
  Expected<std::int64_t> id = name_id(name);
  if (!id) return std::move(id.error()).pass();
  std::vector<SymbolRow> rows;
  if (*id == 0) return rows;
  Expected<std::vector<Definer>> files = definers(*id, files_max, is_preferred);
  if (!files) return std::move(files.error()).pass();
  for (const Definer& file : *files) {
    std::vector<PackedSymbol> symbols;
    Status read = database_.query(
        "SELECT packed FROM symbols WHERE file = ?", {file.id}, [&](const SqlRow& row) {
          symbols = unpack_symbols(row.text(0), static_cast<std::uint64_t>(*id));
          return Next::kEnough;
        });
    if (!read) return std::move(read.error()).pass();
    for (const PackedSymbol& symbol : symbols) {
      Expected<SymbolRow> row = row_of(symbol, file.id, file.path, std::string(name));
      if (!row) return std::move(row.error()).pass();
      rows.push_back(std::move(*row));
    }
  }
  return rows;
}

Expected<std::vector<SymbolRow>> StoreReader::symbols_of(std::string_view path) {
  std::vector<PackedSymbol> symbols;
  std::int64_t file = 0;
  Status read = database_.query(
      "SELECT file, packed FROM symbols WHERE file = (SELECT id FROM files WHERE path = ?)",
      {{path, true}}, [&](const SqlRow& row) {
        file = row.integer(0);
        symbols = unpack_symbols(row.text(1));
        return Next::kEnough;
      });
  if (!read) return std::move(read.error()).pass();
  std::vector<SymbolRow> rows;
  for (const PackedSymbol& symbol : symbols) {
    Expected<std::string> own_name = name(symbol.name);
    if (!own_name) return std::move(own_name.error()).pass();
    Expected<SymbolRow> row = row_of(symbol, file, std::string(path), std::move(*own_name));
    if (!row) return std::move(row.error()).pass();
    rows.push_back(std::move(*row));
  }
  return rows;
}

Expected<int> StoreReader::files_using(std::string_view name, int limit) {
  Expected<std::int64_t> id = name_id(name);
  if (!id) return std::move(id.error()).pass();
  Expected<std::int64_t> count = database_.integer(
      "SELECT count(*) FROM (SELECT 1 FROM refs WHERE name = ?1 LIMIT ?2)", {*id, limit});
  if (!count) return std::move(count.error()).pass();
  return static_cast<int>(*count);
}

Status StoreReader::defined_names(const std::function<void(std::string_view)>& take) {
  return database_.query(
      "SELECT name FROM names WHERE EXISTS (SELECT 1 FROM definers WHERE definers.name = names.id)"
      " ORDER BY id",
      {}, [&](const SqlRow& row) {
        take(row.text(0));
        return Next::kMore;
      });
}

Expected<std::vector<std::int64_t>> StoreReader::chunks_with(std::string_view term, int limit) {
  // In quotes nothing is syntax; terms hold no quote, being pieces of words.
  const std::string match = fmt::format("\"{}\"", term);
  return all<std::int64_t>(database_,
                           "SELECT rowid FROM chunk_terms WHERE chunk_terms MATCH ?1 LIMIT ?2",
                           {match, limit}, [](const SqlRow& row) { return row.integer(0); });
}

Expected<std::optional<ChunkRow>> StoreReader::chunk(std::int64_t id) {
  std::optional<ChunkRow> found;
  Status status =
      database_.query(CURLEW_CHUNK_COLUMNS "WHERE k.id = ?", {id}, [&](const SqlRow& row) {
        found = chunk_from(row);
        return Next::kEnough;
      });
  if (!status) return std::move(status.error()).pass();
  return found;
}

Expected<std::vector<ChunkRow>> StoreReader::chunks_of(std::string_view path) {
  return all<ChunkRow>(
      database_,
      CURLEW_CHUNK_COLUMNS
      "WHERE k.id >= (SELECT first_chunk FROM files WHERE path = ?1)"
      " AND k.id < (SELECT first_chunk + chunks FROM files WHERE path = ?1) ORDER BY k.id",
      {{path, true}}, chunk_from);
}

Expected<std::vector<std::string>> StoreReader::imports_of(std::string_view path) {
  return all<std::string>(database_,
                          "SELECT n.name FROM imports i JOIN names n ON n.id = i.name"
                          " WHERE i.file = (SELECT id FROM files WHERE path = ?) ORDER BY i.place",
                          {{path, true}}, text_from);
}

Expected<std::vector<std::string>> StoreReader::files_with_stem(std::string_view stem, int limit) {
  return all<std::string>(
      database_, "SELECT path FROM files WHERE stem = ? AND skip = 0 ORDER BY path LIMIT ?",
      {{stem, true}, limit}, text_from);
}

Expected<std::vector<std::string>> StoreReader::files_in_folder(std::string_view folder,
                                                                int limit) {
  return all<std::string>(
      database_, "SELECT path FROM files WHERE folder = ? AND skip = 0 ORDER BY path LIMIT ?",
      {{folder, true}, limit}, text_from);
}

Expected<StoreTotals> StoreReader::totals() {
  StoreTotals totals;
  Status status = database_.query(
      "SELECT language, skip, count(*), sum(size), sum(symbols), sum(chunks), sum(refs) FROM files"
      " GROUP BY language, skip",
      {}, [&](const SqlRow& row) {
        const auto skip = static_cast<SkipReason>(row.integer(1));
        const int files = static_cast<int>(row.integer(2));
        if (skip != SkipReason::kNone) {
          totals.skipped[std::string(skip_reason_name(skip))] += files;
          return Next::kMore;
        }
        totals.files += files;
        totals.bytes += row.integer(3);
        totals.symbols += row.integer(4);
        totals.chunks += row.integer(5);
        totals.references += row.integer(6);
        totals.by_language[std::string(row.text(0))] = {files, row.integer(3), row.integer(4)};
        return Next::kMore;
      });
  if (!status) return std::move(status.error()).pass();
  Expected<std::int64_t> pages = database_.integer("PRAGMA page_count");
  Expected<std::int64_t> page_bytes = database_.integer("PRAGMA page_size");
  if (!pages) return std::move(pages.error()).pass();
  if (!page_bytes) return std::move(page_bytes.error()).pass();
  totals.index_bytes = *pages * *page_bytes;
  return totals;
}

}  // namespace curlew::indexer
