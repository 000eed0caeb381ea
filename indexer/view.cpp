#include "indexer/view.h"

#include <algorithm>
#include <cmath>

#include "indexer/facts.h"

namespace curlew::indexer {
namespace {

// Length normalisation of BM25 (Robertson & Zaragoza 2009, 3.4) with every term counted once.
constexpr double kLengthPart = 0.4;
constexpr double kTermsUsual = 60;
// Limits of the look-ups of one term, see look_up.
constexpr int kFirstPostings = 64, kPostingsGrowth = 4;
// Files with one and the same text among which one that is not open is looked for.
constexpr int kSameTextsMax = 8;

double against_length(double sum, std::uint32_t terms) {
  return sum / (1 - kLengthPart + kLengthPart * terms / kTermsUsual);
}

bool before(const SymbolRow& a, const SymbolRow& b) {
  if (a.is_definition != b.is_definition) return a.is_definition;
  if (a.path != b.path) return a.path < b.path;
  return a.start_byte < b.start_byte;
}

}  // namespace

View::View(StoreReader& reader, TextCache& texts, std::vector<DocumentPtr> documents)
    : reader_(reader), texts_(texts), documents_(std::move(documents)) {}

View::View(StoreReader& reader, TextCache& texts, std::vector<DocumentPtr> documents,
           FactsCache& facts, IncludeTablePtr includes)
    : View(reader, texts, std::move(documents)) {
  facts_ = &facts;
  includes_ = std::move(includes);
}

View::~View() = default;

FactsCache& View::facts() {
  if (!facts_) {
    own_facts_ = std::make_unique<FactsCache>();
    facts_ = own_facts_.get();
  }
  return *facts_;
}

const Document* View::document(std::string_view path) const {
  auto found = std::lower_bound(
      documents_.begin(), documents_.end(), path,
      [](const DocumentPtr& document, std::string_view key) { return document->path < key; });
  return found != documents_.end() && (*found)->path == path ? found->get() : nullptr;
}

std::shared_ptr<const std::string> View::text(const std::string& path) {
  if (const Document* open = document(path)) return open->text;
  auto [place, is_new] = read_.try_emplace(path);
  if (is_new) place->second = texts_.get(path);
  return place->second.text;
}

Expected<std::vector<SymbolRow>> View::symbols_named(std::string_view name, int files_max,
                                                     const StoreReader::PathTest& is_preferred) {
  Expected<std::vector<SymbolRow>> rows = reader_.symbols_named(name, files_max, is_preferred);
  if (!rows) return rows;
  std::erase_if(*rows, [&](const SymbolRow& row) { return document(row.path) != nullptr; });
  for (const DocumentPtr& open : documents_) {
    for (const SymbolRow& symbol : open->symbols) {
      if (symbol.name == name) rows->push_back(symbol);
    }
  }
  std::sort(rows->begin(), rows->end(), before);
  return rows;
}

Expected<std::vector<SymbolRow>> View::symbols_of(std::string_view path) {
  if (const Document* open = document(path)) return open->symbols;
  return reader_.symbols_of(path);
}

Expected<std::vector<ChunkRow>> View::chunks_of(std::string_view path) {
  if (const Document* open = document(path)) return open->chunks;
  return reader_.chunks_of(path);
}

namespace {

void append_bases(const Document& document, std::vector<BaseRow>& rows) {
  for (const Inheritance& each : document.parsed.bases)
    rows.push_back({document.path, each.type, each.base, each.line});
}

}  // namespace

Expected<std::vector<BaseRow>> View::bases_of(std::string_view path) {
  const Document* open = document(path);
  if (!open) return reader_.bases_of(path);
  std::vector<BaseRow> rows;
  append_bases(*open, rows);
  return rows;
}

Expected<std::vector<BaseRow>> View::heirs_of(std::string_view base, int files_max) {
  Expected<std::vector<BaseRow>> rows = reader_.heirs_of(base, files_max);
  if (!rows) return rows;
  std::erase_if(*rows, [&](const BaseRow& row) { return document(row.path) != nullptr; });
  for (const DocumentPtr& open : documents_) {
    std::vector<BaseRow> own;
    append_bases(*open, own);
    std::copy_if(own.begin(), own.end(), std::back_inserter(*rows),
                 [&](const BaseRow& row) { return row.base == base; });
  }
  std::stable_sort(rows->begin(), rows->end(),
                   [](const BaseRow& a, const BaseRow& b) { return a.path < b.path; });
  return rows;
}

Expected<std::vector<std::string>> View::imports_of(std::string_view path) {
  if (const Document* open = document(path)) return open->parsed.imports;
  return reader_.imports_of(path);
}

bool View::open_documents_hold(std::string_view term) const {
  for (const DocumentPtr& open : documents_) {
    for (const std::vector<std::string>& held : open->chunk_terms) {
      if (std::binary_search(held.begin(), held.end(), term)) return true;
    }
  }
  return false;
}

// The rarest terms with their chunks. Rarity is not known before the look-up, and the look-up of a
// common term is dear, so it is tried with a small limit first; what overflows it waits for a
// larger one and is only looked up again if too few rarer terms were found.
Expected<std::vector<View::Term>> View::look_up(const std::vector<std::string>& terms,
                                                int terms_max, int postings_max) {
  std::vector<Term> kept;
  std::vector<std::string_view> waiting(terms.begin(), terms.end());
  for (int limit = std::min(kFirstPostings, postings_max);; limit *= kPostingsGrowth) {
    limit = std::min(limit, postings_max);
    std::vector<std::string_view> overflowed;
    for (std::string_view text : waiting) {
      Expected<std::vector<std::int64_t>> chunks = reader_.chunks_with(text, limit + 1);
      if (!chunks) return std::move(chunks.error()).pass();
      const bool fits = chunks->size() <= static_cast<std::size_t>(limit);
      // Everything is common: better the beginning of a long list than nothing.
      const bool last_resort = limit == postings_max && kept.empty();
      if (!fits && !last_resort) overflowed.push_back(text);
      const bool held = !chunks->empty() || open_documents_hold(text);
      if (held && (fits || last_resort)) kept.push_back({text, std::move(*chunks)});
    }
    waiting = std::move(overflowed);
    const bool enough = 2 * kept.size() >= static_cast<std::size_t>(terms_max);
    if (enough || limit == postings_max) break;
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const Term& a, const Term& b) { return a.chunks.size() < b.chunks.size(); });
  if (kept.size() > static_cast<std::size_t>(terms_max)) kept.resize(terms_max);
  for (Term& term : kept) {
    const double count = static_cast<double>(term.chunks.size());
    term.rarity = std::log(1 + postings_max / (0.5 + count));
  }
  return kept;
}

Expected<std::vector<ChunkMatch>> View::chunks_like(const std::vector<std::string>& terms,
                                                    int terms_max, int postings_max, int limit) {
  Expected<std::vector<Term>> found = look_up(terms, terms_max, postings_max);
  if (!found) return std::move(found.error()).pass();

  std::unordered_map<std::int64_t, double> sums;
  for (const Term& term : *found) {
    for (std::int64_t id : term.chunks) sums[id] += term.rarity;
  }
  std::vector<std::pair<double, std::int64_t>> best;
  for (const auto& [id, sum] : sums) best.emplace_back(-sum, id);
  // More than asked for: some ids are of replaced chunks, some of files open as buffers, and
  // lengths reorder them.
  const std::size_t read = std::min<std::size_t>(best.size(), limit + limit / 2 + 16);
  std::partial_sort(best.begin(), best.begin() + read, best.end());

  std::vector<ChunkMatch> matches;
  for (std::size_t i = 0; i < read; ++i) {
    // Of files with one and the same text one will do, but none that is open with another text.
    Expected<std::vector<ChunkRow>> same = reader_.chunk(best[i].second, kSameTextsMax);
    if (!same) return std::move(same.error()).pass();
    const auto closed = std::find_if(same->begin(), same->end(),
                                     [&](const ChunkRow& chunk) { return !document(chunk.path); });
    if (closed == same->end()) continue;
    const double score = against_length(-best[i].first, closed->terms);
    matches.push_back({std::move(*closed), score});
  }
  for (const DocumentPtr& open : documents_) {
    for (std::size_t i = 0; i < open->chunks.size(); ++i) {
      double sum = 0;
      for (const Term& term : *found) {
        const auto& held = open->chunk_terms[i];
        if (std::binary_search(held.begin(), held.end(), term.text)) sum += term.rarity;
      }
      if (sum > 0) matches.push_back({open->chunks[i], against_length(sum, open->chunks[i].terms)});
    }
  }
  std::sort(matches.begin(), matches.end(), [](const ChunkMatch& a, const ChunkMatch& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.chunk.path != b.chunk.path) return a.chunk.path < b.chunk.path;
    return a.chunk.start_byte < b.chunk.start_byte;
  });
  if (matches.size() > static_cast<std::size_t>(limit)) matches.resize(limit);
  return matches;
}

Expected<bool> View::is_as_indexed(const std::string& path) {
  if (document(path)) return true;
  if (auto known = as_indexed_.find(path); known != as_indexed_.end()) return known->second;
  Expected<std::optional<FileRow>> row = reader_.file(path);
  if (!row) return std::move(row.error()).pass();
  const std::shared_ptr<const std::string> now = text(path);
  const DiskText& disk = read_[path];
  bool same = now && *row && (*row)->size == disk.size;
  // A time of 0 was too fresh to be trusted when the file was indexed.
  if (same && (*row)->mtime_ns != disk.mtime_ns) same = (*row)->hash == content_hash(*now);
  return as_indexed_[path] = same;
}

Expected<bool> View::is_current(const SymbolRow& symbol) {
  Expected<bool> same = is_as_indexed(symbol.path);
  if (!same || *same) return same;
  const std::shared_ptr<const std::string> now = text(symbol.path);
  return now && symbol.end_byte <= now->size() && symbol.name_byte < symbol.end_byte &&
         now->compare(symbol.name_byte, symbol.name.size(), symbol.name) == 0;
}

std::string View::signature(const SymbolRow& symbol) {
  const std::shared_ptr<const std::string> all = text(symbol.path);
  if (!all || symbol.start_byte > all->size()) return "";
  constexpr std::size_t kSignatureBytesMax = 240;
  return squeezed(std::string_view(*all).substr(symbol.start_byte, symbol.signature_bytes),
                  kSignatureBytesMax);
}

std::string_view View::text_of(const ChunkRow& chunk) {
  const std::shared_ptr<const std::string> all = text(chunk.path);  // kept alive by read_
  if (!all || chunk.end_byte > all->size() || chunk.start_byte > chunk.end_byte) return {};
  // A stale row may point into the middle of a line.
  if (chunk.start_byte > 0 && (*all)[chunk.start_byte - 1] != '\n') return {};
  return std::string_view(*all).substr(chunk.start_byte, chunk.end_byte - chunk.start_byte);
}

}  // namespace curlew::indexer
