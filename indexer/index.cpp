#include "indexer/index.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "indexer/buffers.h"
#include "indexer/context.h"
#include "indexer/facts.h"
#include "indexer/hierarchy.h"
#include "indexer/locals.h"
#include "indexer/private_files.h"
#include "indexer/references.h"
#include "indexer/resolve.h"
#include "indexer/search.h"
#include "indexer/search_pattern.h"
#include "indexer/source/git_facts.h"
#include "indexer/source/lines.h"
#include "indexer/source/user_folders.h"
#include "indexer/update.h"
#include "indexer/view.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

constexpr int kQueryTries = 4;   // each finds another damaged segment
constexpr int kUpdateTries = 3;  // as above
constexpr int kDamageTold = 8;   // times; on a disk that fails there is no end of it

// Worktrees of one repository share a store, so that what one has parsed the others know.
fs::path default_store(const fs::path& root) {
  const fs::path shared = git_common_folder_of(root).value_or(root);
  return user_cache_folder() / "index" /
         fmt::format("{:016x}.sqlite", content_hash(shared.native()));
}

std::string describe(std::uint8_t why, const StoreTotals::Missing& missing) {
  const std::string_view what =
      why == kParseStopped    ? "no symbols: parsing takes longer than 500 ms"
      : why == kNotUnderstood ? "no symbols: the language's grammar makes nothing of them"
                              : "part of their symbols and references: they have too many";
  const bool is_one = missing.files == 1;
  return fmt::format("{} {} {} ({}{})", missing.files, is_one ? "file has" : "files have", what,
                     fmt::join(missing.first, ", "),
                     missing.files > static_cast<int>(missing.first.size()) ? ", ..." : "");
}

}  // namespace

std::string_view context_source_name(ContextSource source) {
  switch (source) {
    case ContextSource::kDefinition:
      return "definition";
    case ContextSource::kSimilar:
      return "similar";
    case ContextSource::kRecentEdit:
      return "recent edit";
    case ContextSource::kImport:
      return "import";
    case ContextSource::kUsage:
      return "usage";
    case ContextSource::kSibling:
      return "sibling";
  }
  return "";
}

struct Index::Impl {
  Impl(IndexOptions given, std::unique_ptr<Store> opened)
      : options(std::move(given)),
        store(std::move(opened)),
        texts(options.root, options.limits),
        includes(options.root) {}

  const IndexOptions options;
  const std::unique_ptr<Store> store;
  Buffers buffers;
  TextCache texts;
  FactsCache facts;
  IncludeFolders includes;

  std::atomic<int> damage_told = 0;

  mutable std::mutex mutex;  // guards what the last update left
  UpdateReport last;
  double seconds = 0;

  // The open document if it has this very text, else one parsed for the caller.
  DocumentPtr document_of(const std::string& path, std::string_view text) {
    DocumentPtr open = buffers.document(path);
    if (open && *open->text == text) return open;
    return buffers.parse(path, std::make_shared<const std::string>(text));
  }

  // What is open, with `path` as it stands in `text`.
  std::vector<DocumentPtr> documents_with(const std::string& path, std::string_view text) {
    std::vector<DocumentPtr> documents = buffers.documents_nearly(path, text);
    if (path.empty()) return documents;
    const auto place = std::lower_bound(documents.begin(), documents.end(), path,
                                        [](const DocumentPtr& document, const std::string& wanted) {
                                          return document->path < wanted;
                                        });
    if (place != documents.end() && (*place)->path == path) {
      *place = document_of(path, text);
    } else {
      documents.insert(place, document_of(path, text));
    }
    return documents;
  }

  // Runs `ask` on a view of the present state; again without the segments that turn out to be
  // damaged on the way, for what was read from them may make a wrong answer.
  template <class Ask>
  auto query(const std::vector<DocumentPtr>& documents, Ask ask)
      -> decltype(ask(std::declval<View&>())) {
    for (int tries_left = kQueryTries;;) {
      bool is_whole = true;
      auto answer = ask_once(documents, ask, is_whole);
      if (tell_damage()) is_whole = false;
      if (is_whole || --tries_left == 0) return answer;
    }
  }

  template <class Ask>
  auto ask_once(const std::vector<DocumentPtr>& documents, Ask& ask, bool& is_whole)
      -> decltype(ask(std::declval<View&>())) {
    Expected<Store::Lease> reader = store->reader();
    if (!reader) return std::move(reader.error()).pass();
    View view(**reader, texts, documents, facts, includes.table());
    auto answer = ask(view);
    is_whole = !(*reader)->met_damage();
    return answer;
  }

  // Whether there was something to tell. No reader is held.
  bool tell_damage() {
    if (!options.on_damage || damage_told >= kDamageTold || !store->take_damage()) return false;
    ++damage_told;
    options.on_damage();
    return true;
  }

  // Runs `write` under the update lock; when the store turns out to be damaged, once more on a new
  // one.
  template <class Write>
  auto update(std::stop_token stop, Write write) -> decltype(write(std::declval<StoreWriter&>())) {
    Expected<std::unique_ptr<Store::UpdateLock>> lock = store->lock_updates(stop);
    if (!lock) return std::move(lock.error()).pass();
    auto result = write((*lock)->writer());
    if (result || result.error().kind() != Errc::kCorrupt) return result;
    if (Status rebuilt = store->rebuild(result.error().message()); !rebuilt)
      return std::move(rebuilt.error()).pass();
    return write((*lock)->writer());
  }

  // Once more when damage was met on the way: by a merge, which reads all of a segment.
  Expected<UpdateReport> update_all(const ProgressCallback& progress, std::stop_token stop) {
    int indexed = 0, removed = 0;
    for (int tries_left = kUpdateTries;;) {
      Expected<UpdateReport> report = update(stop, [&](StoreWriter& writer) {
        return indexer::update_all(*store, writer, options, buffers.paths(), progress, stop);
      });
      if (!report) return report;
      (void)store->state();  // who reads it notes what is damaged in it
      report->indexed = indexed += report->indexed;
      report->removed = removed += report->removed;
      if (!store->take_damage() || --tries_left == 0) return report;
    }
  }
};

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::~Index() = default;

Expected<std::unique_ptr<Index>> Index::open(const IndexOptions& options) {
  std::error_code code;
  IndexOptions settled = options;
  settled.root = fs::canonical(options.root, code);
  if (code || !fs::is_directory(settled.root, code))
    return fail(Errc::kNotFound, "{}: no folder that can be indexed", options.root.string());
  if (settled.store.empty()) {
    settled.store = default_store(settled.root);
    make_private(user_cache_folder());
    make_private(settled.store.parent_path());
  }
  Expected<std::unique_ptr<Store>> store =
      Store::open(settled.store, settled.read_only_memory, settled.root);
  if (!store) return std::move(store.error()).during("open index of " + settled.root.string());
  return std::unique_ptr<Index>(
      new Index(std::make_unique<Impl>(std::move(settled), std::move(*store))));
}

Expected<IndexStats> Index::update(const ProgressCallback& progress, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  Expected<UpdateReport> report = impl_->update_all(progress, stop);
  if (!report) return std::move(report.error()).during("update index");
  {
    std::lock_guard lock(impl_->mutex);
    impl_->last = std::move(*report);
    impl_->seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return stats();
}

Status Index::update_files(const std::vector<std::string>& paths) {
  Status done = impl_->update({}, [&](StoreWriter& writer) -> Status {
    Expected<bool> is_filled = writer.is_filled();
    if (!is_filled) return std::move(is_filled.error()).pass();
    if (*is_filled) return update_some(*impl_->store, writer, impl_->options, paths);
    Expected<UpdateReport> all =
        indexer::update_all(*impl_->store, writer, impl_->options, impl_->buffers.paths(), {}, {});
    if (!all) return std::move(all.error()).pass();
    return {};
  });
  if (!done) return std::move(done.error()).during("update index");
  return {};
}

bool Index::needs_update() const {
  return impl_->store->needs_update();
}

Status Index::check(std::stop_token stop) const {
  Status checked = impl_->store->check(stop);
  if (!checked) return std::move(checked.error()).during("check index");
  impl_->tell_damage();
  return {};
}

void Index::set_buffer(const std::string& path, std::shared_ptr<const std::string> text) {
  impl_->buffers.set(path, std::move(text));
}

void Index::close_buffer(const std::string& path) {
  impl_->buffers.close(path);
}

Expected<std::vector<SearchHit>> Index::search(const SearchQuery& query) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return indexer::search(view, query); });
}

Expected<PatternMatches> Index::search_pattern(const PatternQuery& query) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return indexer::search_pattern(view, query); });
}

Expected<std::vector<SearchHit>> Index::definitions(std::string_view name, int limit) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return find_definitions(view, name, limit); });
}

Expected<std::vector<SearchHit>> Index::definitions_at(const std::string& path,
                                                       std::string_view text, std::size_t offset,
                                                       int limit) const {
  auto resolved = impl_->query(impl_->documents_with(path, text), [&](View& view) {
    return resolve(view, path, text, offset, limit);
  });
  if (!resolved) return std::move(resolved.error()).pass();
  std::vector<SearchHit> hits;
  for (Resolved& each : *resolved) hits.push_back(std::move(each.definition));
  return hits;
}

Expected<std::vector<SearchHit>> Index::implementers_of(const SearchHit& type, int limit) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return indexer::implementers_of(view, type, limit); });
}

Expected<std::vector<SearchHit>> Index::bases_of(const SearchHit& type, int limit) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return indexer::bases_of(view, type, limit); });
}

Expected<std::vector<SearchHit>> Index::overrides_of(const SearchHit& method, int limit) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return indexer::overrides_of(view, method, limit); });
}

Expected<std::vector<SearchHit>> Index::overridden_by(const SearchHit& method, int limit) const {
  return impl_->query(impl_->buffers.documents(),
                      [&](View& view) { return indexer::overridden_by(view, method, limit); });
}

Expected<std::vector<SearchHit>> Index::implementations_at(const std::string& path,
                                                           std::string_view text,
                                                           std::size_t offset, int limit) const {
  return impl_->query(impl_->documents_with(path, text), [&](View& view) {
    return indexer::implementations_at(view, path, text, offset, limit);
  });
}

Expected<FoundReferences> Index::references_at(const ReferencesQuery& query,
                                               std::stop_token stop) const {
  const ParseFile parse = [this](const std::string& path) -> DocumentPtr {
    LoadedFile loaded = load_file(impl_->options.root, path, impl_->options.limits);
    if (loaded.reason != SkipReason::kNone) return nullptr;
    return impl_->buffers.parse(path, std::make_shared<const std::string>(std::move(loaded.text)));
  };
  return impl_->query(impl_->documents_with(query.path, query.text),
                      [&](View& view) { return find_references(view, query, parse, stop); });
}

Expected<std::optional<LocalName>> Index::local_at(const std::string& path, std::string_view text,
                                                   std::size_t offset) const {
  if (offset > text.size())
    return fail(Errc::kInvalidInput, "local: byte {} lies behind the end of {} ({} bytes)", offset,
                path, text.size());
  const DocumentPtr document = impl_->document_of(path, text);
  while (offset > 0 && is_word_byte(text[offset - 1])) --offset;
  const Binding* binding = document->scopes.at(static_cast<std::uint32_t>(offset));
  if (!binding) return std::nullopt;
  const LineTable lines(*document->text);
  LocalName local{.name = std::string(binding->name),
                  .kind = std::string(binding_kind_name(binding->kind)),
                  .definition = lines.range_of(binding->definition)};
  for (const ByteSpan place : document->scopes.places_of(*binding))
    local.places.push_back(lines.range_of(place));
  return local;
}

Expected<ParsedFile> Index::file(const std::string& path) const {
  if (DocumentPtr open = impl_->buffers.document(path)) return open->parsed;
  const SkipReason named = skip_reason(impl_->options.root, path, impl_->options.limits);
  if (named != SkipReason::kNone && fs::exists(impl_->options.root / path))
    return fail(Errc::kInvalidInput, "{}: not indexed ({})", path, skip_reason_name(named));
  LoadedFile loaded = load_file(impl_->options.root, path, impl_->options.limits);
  if (loaded.reason == SkipReason::kUnreadable)
    return fail(Errc::kNotFound, "{}: cannot be read", path);
  if (loaded.reason != SkipReason::kNone)
    return fail(Errc::kInvalidInput, "{}: not indexed ({})", path, skip_reason_name(loaded.reason));
  DocumentPtr document =
      impl_->buffers.parse(path, std::make_shared<const std::string>(std::move(loaded.text)));
  if (!document->parsed.language)
    return fail(Errc::kInvalidInput, "{}: not indexed ({})", path,
                skip_reason_name(SkipReason::kLanguage));
  return document->parsed;
}

Expected<std::vector<ContextChunk>> Index::context(const ContextQuery& query) const {
  return impl_->query(impl_->buffers.documents_nearly(query.path, query.text),
                      [&](View& view) { return retrieve_context(view, query); });
}

IndexStats Index::stats() const {
  IndexStats stats;
  stats.notes = impl_->store->notes();
  if (std::string note = impl_->includes.note(); !note.empty())
    stats.notes.push_back(std::move(note));
  if (Expected<Store::Lease> reader = impl_->store->reader()) {
    if (Expected<StoreTotals> totals = (*reader)->totals()) {
      stats.files = totals->files;
      stats.symbols = totals->symbols;
      stats.references = totals->references;
      stats.chunks = totals->chunks;
      stats.bytes = totals->bytes;
      stats.index_bytes = totals->index_bytes;
      stats.skipped = std::move(totals->skipped);
      for (const auto& [why, missing] : totals->missing)
        stats.limits.push_back(describe(why, missing));
      for (const auto& [language, of] : totals->by_language)
        stats.by_language[language] = {of.files, of.bytes, of.symbols};
    } else {
      stats.notes.push_back("totals: " + totals.error().message());
    }
  } else {
    stats.notes.push_back(reader.error().message());
  }
  std::lock_guard lock(impl_->mutex);
  stats.indexed = impl_->last.indexed;
  stats.removed = impl_->last.removed;
  stats.seconds = impl_->seconds;
  for (const auto& [reason, count] : impl_->last.walk_skipped) stats.skipped[reason] += count;
  stats.notes.insert(stats.notes.end(), impl_->last.notes.begin(), impl_->last.notes.end());
  return stats;
}

const std::filesystem::path& Index::root() const {
  return impl_->options.root;
}

}  // namespace curlew::indexer
