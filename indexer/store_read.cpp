// The reading half of the store. Every query is one prepared statement.
#include "indexer/store.h"

namespace curlew::indexer {
namespace {

using Next = Database::Next;

FileRow file_from(const SqlRow& row) {
  return {.id = row.integer(0),
          .path = std::string(row.text(1)),
          .language = language_by_name(row.text(2)),
          .size = static_cast<std::uint64_t>(row.integer(3)),
          .mtime_ns = row.integer(4),
          .hash = static_cast<std::uint64_t>(row.integer(5)),
          .skip = static_cast<SkipReason>(row.integer(6))};
}

SymbolRow symbol_from(const SqlRow& row) {
  SymbolRow symbol;
  symbol.file_id = row.integer(0);
  symbol.path = row.text(1);
  symbol.name = row.text(2);
  symbol.container = row.text(3);
  symbol.kind = static_cast<SymbolKind>(row.integer(4));
  symbol.is_definition = row.integer(5) != 0;
  symbol.start_byte = row.u32(6);
  symbol.end_byte = symbol.start_byte + row.u32(7);
  symbol.start_line = row.u32(8);
  symbol.end_line = symbol.start_line + row.u32(9);
  symbol.name_byte = symbol.start_byte + row.u32(10);
  symbol.name_line = symbol.start_line + row.u32(11);
  symbol.signature_bytes = row.u32(12);
  return symbol;
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
#define CURLEW_SYMBOL_COLUMNS                                                                   \
  "SELECT s.file, f.path, n.name, c.name, s.kind, s.defined, s.start_byte, s.bytes,"            \
  " s.start_line, s.lines, s.name_offset, s.name_line_offset, s.signature_bytes FROM symbols s" \
  " JOIN files f ON f.id = s.file JOIN names n ON n.id = s.name"                                \
  " LEFT JOIN names c ON c.id = s.container "
#define CURLEW_CHUNK_COLUMNS                                                           \
  "SELECT k.id, f.path, n.name, k.start_byte, k.bytes, k.start_line, k.lines, k.terms" \
  " FROM chunks k JOIN files f ON f.id = k.file LEFT JOIN names n ON n.id = k.name "
#define CURLEW_NAME_ID "(SELECT id FROM names WHERE name = ?1 COLLATE NOCASE AND name = ?1)"

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

// The bytes that end the range of strings beginning with `prefix`, in SQLite's NOCASE order.
std::string end_of_prefix(std::string_view prefix) {
  return std::string(prefix) + "\xf4\x8f\xbf\xbf";  // the last code point
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

Expected<std::vector<SymbolRow>> StoreReader::symbols_named(std::string_view name, int limit) {
  return all<SymbolRow>(database_,
                        CURLEW_SYMBOL_COLUMNS
                        "WHERE s.id IN (SELECT id FROM symbols WHERE name = " CURLEW_NAME_ID
                        " LIMIT 4 * ?2 + 64)"
                        " ORDER BY s.defined DESC, f.path, s.start_byte"
                        " LIMIT ?2",
                        {name, limit}, symbol_from);
}

Expected<std::vector<SymbolRow>> StoreReader::symbols_of(std::string_view path) {
  return all<SymbolRow>(
      database_,
      CURLEW_SYMBOL_COLUMNS
      "WHERE s.id >= (SELECT first_symbol FROM files WHERE path = ?1)"
      " AND s.id < (SELECT first_symbol + symbols FROM files WHERE path = ?1) ORDER BY s.id",
      {{path, true}}, symbol_from);
}

Expected<int> StoreReader::files_using(std::string_view name, int limit) {
  Expected<std::int64_t> count = database_.integer(
      "SELECT count(*) FROM (SELECT 1 FROM refs WHERE name = " CURLEW_NAME_ID " LIMIT ?2)",
      {name, limit});
  if (!count) return std::move(count.error()).pass();
  return static_cast<int>(*count);
}

Expected<std::vector<std::string>> StoreReader::names_with_prefix(std::string_view prefix,
                                                                  int limit) {
  const std::string end = end_of_prefix(prefix);
  return all<std::string>(
      database_,
      "SELECT name FROM names WHERE name >= ?1 COLLATE NOCASE AND name < ?2 COLLATE NOCASE"
      " AND EXISTS (SELECT 1 FROM symbols WHERE symbols.name = names.id)"
      " ORDER BY length(name), name LIMIT ?3",
      {prefix, end, limit}, text_from);
}

Status StoreReader::defined_names(const std::function<void(std::string_view)>& take) {
  return database_.query(
      "SELECT name FROM names WHERE id IN (SELECT DISTINCT name FROM symbols) ORDER BY id", {},
      [&](const SqlRow& row) {
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
