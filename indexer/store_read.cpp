// The reading half of the store: rows of files, symbols, references and chunks. Searching by terms
// and by pieces of words is in store_search.cpp.
#include <algorithm>

#include "indexer/store.h"
#include "indexer/store_keys.h"

namespace curlew::indexer {
namespace {

using Next = Database::Next;

// A name with more definers ("main", "test") is cut off here before its paths are compared.
constexpr std::size_t kDefinersRead = 2000;
constexpr std::size_t kMissingNamed = 3;  // files without symbols
// A state whose segments are gone was merged away while it was read; a newer one is there.
constexpr int kSnapshotTries = 3;

#define CURLEW_FILE_COLUMNS "SELECT path, language, size, mtime_ns, hash, skip FROM files "

FileRow file_from(const SqlRow& row) {
  return {.path = std::string(row.text(0)),
          .language = language_by_name(row.text(1)),
          .size = static_cast<std::uint64_t>(row.integer(2)),
          .mtime_ns = row.integer(3),
          .hash = static_cast<std::uint64_t>(row.integer(4)),
          .skip = static_cast<SkipReason>(row.integer(5))};
}

void count_missing(const DocumentRecord& record, const std::vector<std::string>& paths,
                   StoreTotals& totals) {
  const auto why = static_cast<std::uint8_t>(record.flags & ~kHasLongWords);
  if (why == 0) return;
  StoreTotals::Missing& missing = totals.missing[why];
  missing.files += static_cast<int>(paths.size());
  missing.first.insert(paths.begin(), paths.end());
  while (missing.first.size() > kMissingNamed) missing.first.erase(std::prev(missing.first.end()));
}

std::ptrdiff_t damaged_in(const StoreState& state) {
  return std::count_if(state.segments.begin(), state.segments.end(),
                       [](const SegmentState& part) { return !part.is_sound(); });
}

SymbolRow row_of(const std::string& path, std::string name, std::string container,
                 const PackedSymbol& packed) {
  return {.path = path,
          .name = std::move(name),
          .container = std::move(container),
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

ChunkRow row_of(const std::string& path, std::string name, const PackedChunk& packed) {
  return {.path = path,
          .start_byte = packed.start_byte,
          .end_byte = packed.end_byte,
          .start_line = packed.start_line,
          .end_line = packed.end_line,
          .terms = packed.terms,
          .name = std::move(name)};
}

// The names of one document's rows, looked up once each.
class Names {
 public:
  Names(const Segment& segment, const DocumentRows& rows)
      : segment_(segment), words_(rows.names()), texts_(words_.size()) {}
  const std::string& at(std::uint32_t place) {
    static const std::string kNone;
    if (place >= words_.size()) return kNone;
    if (texts_[place].empty()) texts_[place] = segment_.words().at(words_[place]);
    return texts_[place];
  }
  // Where 0 stands for none.
  const std::string& at_optional(std::uint32_t place) { return at(place - 1); }

 private:
  const Segment& segment_;
  std::vector<std::uint32_t> words_;
  std::vector<std::string> texts_;
};

}  // namespace

Expected<StoreReader> StoreReader::open(Store& store) {
  Expected<Database> database = Database::open(store.name_, Database::Mode::kRead);
  if (!database) return std::move(database.error()).pass();
  Status set = database->script("PRAGMA cache_size=-8192;");
  if (!set) return std::move(set.error()).pass();
  return StoreReader(store, std::move(*database));
}

Status StoreReader::try_snapshot() {
  if (Status begun = database_.run("BEGIN"); !begun) return begun;
  Expected<std::int64_t> tree = store_->tree_in(database_);
  if (!tree) return std::move(tree.error()).pass();
  tree_ = *tree;
  Expected<StatePtr> state = store_->state_in(database_, tree_);
  if (!state) return std::move(state.error()).pass();
  state_ = std::move(*state);
  return {};
}

void StoreReader::begin_snapshot() {
  for (int i = 0; i < kSnapshotTries; ++i) {
    const std::uint64_t before = state_ ? state_->generation : 0;
    begun_ = try_snapshot();
    if (!begun_) return;
    const auto is_gone = [](const SegmentState& part) { return part.segment == nullptr; };
    const bool all_there = std::none_of(state_->segments.begin(), state_->segments.end(), is_gone);
    if (all_there || state_->generation == before) break;
    (void)database_.run("COMMIT");
  }
  if (sqlite3_get_autocommit(database_.handle())) begun_ = database_.run("BEGIN");
  store_->note_damage(*state_);
  damaged_ = damaged_in(*state_);
}

bool StoreReader::met_damage() const {
  return state_ && damaged_in(*state_) > damaged_;
}

std::uint64_t StoreReader::generation() const {
  return state_ ? state_->generation : 0;
}

// What fails here fails again at the next query, which says so.
void StoreReader::end_snapshot() {
  if (state_) store_->note_damage(*state_);
  state_.reset();
  if (!sqlite3_get_autocommit(database_.handle())) (void)database_.run("COMMIT");
}

Expected<std::optional<FileRow>> StoreReader::file(std::string_view path) {
  std::optional<FileRow> found;
  Status status = database_.query(CURLEW_FILE_COLUMNS "WHERE place = ? AND path = ?",
                                  {path_key(tree_, path), {path, true}}, [&](const SqlRow& row) {
                                    found = file_from(row);
                                    return Next::kEnough;
                                  });
  if (!status) return std::move(status.error()).pass();
  return found;
}

Status StoreReader::files(const std::function<void(FileRow)>& take) {
  return database_.query(CURLEW_FILE_COLUMNS "WHERE tree = ? ORDER BY path", {tree_},
                         [&](const SqlRow& row) {
                           take(file_from(row));
                           return Next::kMore;
                         });
}

Expected<std::optional<StoreReader::Place>> StoreReader::place_of(std::string_view path) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::optional<Place> place;
  Status status = database_.query(
      "SELECT segment, document FROM files WHERE place = ? AND path = ? AND segment <> 0",
      {path_key(tree_, path), {path, true}}, [&](const SqlRow& row) {
        const SegmentState* segment = state_->segment(row.integer(0));
        if (!segment || !segment->is_sound()) return Next::kEnough;
        const std::optional<DocumentRecord> record = segment->segment->document(row.u32(1));
        if (record)
          place = Place{.segment = segment,
                        .document = row.u32(1),
                        .record = *record,
                        .path = std::string(path)};
        return Next::kEnough;
      });
  if (!status) return std::move(status.error()).pass();
  return place;
}

Expected<std::vector<StoreReader::Place>> StoreReader::definers(std::string_view name,
                                                                int files_max,
                                                                const PathTest& is_preferred) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::vector<Place> found;
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    const std::optional<std::uint32_t> word = state.segment->words().find(name);
    if (!word) continue;
    const PostingList list = state.segment->word_postings().at(*word);
    if (!list.marked) continue;
    for (PostingCursor use(list.bytes, kWordFlagBits);
         use.next() && found.size() < kDefinersRead;) {
      if ((use.flags() & kWordDefines) == 0) continue;
      for (const std::string& path : state.paths.of(use.number())) {
        Place place{.segment = &state, .document = use.number(), .path = path};
        place.is_preferred = is_preferred && is_preferred(path);
        found.push_back(std::move(place));
      }
    }
  }
  const auto by_path = [](const Place& a, const Place& b) { return a.path < b.path; };
  std::sort(found.begin(), found.end(), [&](const Place& a, const Place& b) {
    return a.is_preferred != b.is_preferred ? a.is_preferred : by_path(a, b);
  });
  const auto most = static_cast<std::size_t>(std::max(files_max, 0));
  if (found.size() > most) found.resize(most);
  std::sort(found.begin(), found.end(), by_path);
  return found;
}

Expected<std::vector<SymbolRow>> StoreReader::symbols_named(std::string_view name, int files_max,
                                                            const PathTest& is_preferred) {
  Expected<std::vector<Place>> places = definers(name, files_max, is_preferred);
  if (!places) return std::move(places.error()).pass();
  std::vector<SymbolRow> rows;
  for (const Place& place : *places) {
    const Segment& segment = *place.segment->segment;
    const std::optional<std::uint32_t> word = segment.words().find(name);
    const std::optional<DocumentRecord> record = segment.document(place.document);
    if (!word || !record) continue;
    const DocumentRows packed = segment.rows(*record);
    const std::optional<std::uint32_t> own = packed.place_of(*word);
    if (!own) continue;
    std::optional<Names> names;  // most symbols of most languages have no container
    for (const PackedSymbol& symbol : unpack_symbols(packed.symbols(), *own)) {
      if (symbol.container != 0 && !names) names.emplace(segment, packed);
      std::string container = symbol.container ? names->at_optional(symbol.container) : "";
      rows.push_back(row_of(place.path, std::string(name), std::move(container), symbol));
    }
  }
  return rows;
}

Expected<std::vector<SymbolRow>> StoreReader::symbols_of(std::string_view path) {
  Expected<std::optional<Place>> place = place_of(path);
  if (!place) return std::move(place.error()).pass();
  std::vector<SymbolRow> rows;
  if (!*place) return rows;
  const Segment& segment = *(*place)->segment->segment;
  const DocumentRows packed = segment.rows((*place)->record);
  Names names(segment, packed);
  for (const PackedSymbol& symbol : unpack_symbols(packed.symbols())) {
    rows.push_back(row_of((*place)->path, names.at(symbol.name),
                          symbol.container ? names.at_optional(symbol.container) : "", symbol));
  }
  return rows;
}

Expected<int> StoreReader::files_using(std::string_view name, int limit) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  int count = 0;
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    const std::optional<std::uint32_t> word = state.segment->words().find(name);
    if (!word) continue;
    const PostingList list = state.segment->word_postings().at(*word);
    for (PostingCursor use(list.bytes, kWordFlagBits); count < limit && use.next();) {
      if (use.flags() & kWordRefers) count += static_cast<int>(state.paths.of(use.number()).size());
    }
  }
  return std::min(count, limit);
}

Expected<std::vector<ChunkRow>> StoreReader::chunk(std::int64_t id, int files_max) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::vector<ChunkRow> chunks;
  const SegmentState* state = state_->segment(id >> 32);
  const auto number = static_cast<std::uint32_t>(id);
  if (!state || !state->is_sound()) return chunks;
  const Segment& segment = *state->segment;
  const std::optional<std::uint32_t> document = segment.document_of_chunk(number);
  if (!document || !state->paths.is_live(*document)) return chunks;
  const std::optional<DocumentRecord> record = segment.document(*document);
  if (!record) return chunks;
  const DocumentRows rows = segment.rows(*record);
  const std::optional<PackedChunk> packed = rows.chunk(number - record->first_chunk);
  if (!packed) return chunks;
  const std::string name = packed->name ? Names(segment, rows).at_optional(packed->name) : "";
  for (const std::string& path : state->paths.of(*document)) {
    if (chunks.size() >= static_cast<std::size_t>(std::max(files_max, 0))) break;
    chunks.push_back(row_of(path, name, *packed));
  }
  return chunks;
}

Expected<std::vector<ChunkRow>> StoreReader::chunks_of(std::string_view path) {
  Expected<std::optional<Place>> place = place_of(path);
  if (!place) return std::move(place.error()).pass();
  std::vector<ChunkRow> rows;
  if (!*place) return rows;
  const Segment& segment = *(*place)->segment->segment;
  const DocumentRows packed = segment.rows((*place)->record);
  Names names(segment, packed);
  for (const PackedChunk& chunk : packed.chunks()) {
    rows.push_back(row_of((*place)->path, chunk.name ? names.at_optional(chunk.name) : "", chunk));
  }
  return rows;
}

Expected<std::vector<std::string>> StoreReader::imports_of(std::string_view path) {
  Expected<std::optional<Place>> place = place_of(path);
  if (!place) return std::move(place.error()).pass();
  std::vector<std::string> imports;
  if (!*place) return imports;
  const Segment& segment = *(*place)->segment->segment;
  const DocumentRows packed = segment.rows((*place)->record);
  Names names(segment, packed);
  for (const std::uint32_t import : packed.imports()) imports.push_back(names.at(import));
  return imports;
}

// Rows whose key is that of `wanted`; `part` of the path tells which are not there by accident.
Expected<std::vector<std::string>> StoreReader::paths_keyed(
    std::string_view sql, std::string_view wanted, std::string_view (*part)(std::string_view),
    int limit) {
  std::vector<std::string> paths;
  Status status = database_.query(sql, {path_key(tree_, wanted)}, [&](const SqlRow& row) {
    if (part(row.text(0)) == wanted) paths.emplace_back(row.text(0));
    return paths.size() < static_cast<std::size_t>(std::max(limit, 0)) ? Next::kMore
                                                                       : Next::kEnough;
  });
  if (!status) return std::move(status.error()).pass();
  return paths;
}

Expected<std::vector<std::string>> StoreReader::files_with_stem(std::string_view stem, int limit) {
  return paths_keyed("SELECT path FROM files WHERE stem_key = ? AND skip = 0 ORDER BY path", stem,
                     stem_of, limit);
}

Expected<std::vector<std::string>> StoreReader::files_in_folder(std::string_view folder,
                                                                int limit) {
  return paths_keyed("SELECT path FROM files WHERE folder_key = ? AND skip = 0 ORDER BY path",
                     folder, folder_name_of, limit);
}

Expected<StoreTotals> StoreReader::totals() {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  StoreTotals totals;
  Status status = database_.query(
      "SELECT skip, count(*) FROM files WHERE tree = ? AND skip <> 0 GROUP BY skip", {tree_},
      [&](const SqlRow& row) {
        const auto skip = static_cast<SkipReason>(row.integer(0));
        totals.skipped[std::string(skip_reason_name(skip))] += static_cast<int>(row.integer(1));
        return Next::kMore;
      });
  if (!status) return std::move(status.error()).pass();
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    totals.index_bytes += static_cast<std::int64_t>(state.segment->bytes());
    for (std::uint32_t i = 0; i < state.segment->documents(); ++i) {
      const auto files = static_cast<int>(state.paths.of(i).size());
      if (files == 0) continue;
      const std::optional<DocumentRecord> record = state.segment->document(i);
      if (!record) break;
      totals.files += files;
      totals.bytes += std::int64_t{record->text_bytes} * files;
      totals.symbols += std::int64_t{record->symbols} * files;
      totals.chunks += std::int64_t{record->chunks} * files;
      totals.references += std::int64_t{record->references} * files;
      auto& of = totals.by_language[std::string(state.segment->language(*record))];
      of.files += files;
      of.bytes += std::int64_t{record->text_bytes} * files;
      of.symbols += std::int64_t{record->symbols} * files;
      count_missing(*record, state.paths.of(i), totals);
    }
  }
  Expected<std::int64_t> rows_bytes = database_.integer(
      "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM "
      "pragma_page_size()) - (SELECT coalesce(sum(length(content)), 0) FROM segments)");
  if (!rows_bytes) return std::move(rows_bytes.error()).pass();
  totals.index_bytes += *rows_bytes;
  return totals;
}

}  // namespace curlew::indexer
