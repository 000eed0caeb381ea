// How good and how fast retrieval is on a real tree. Not a test: it prints figures.
//
//   bench_retrieval DIR [CASES [STORE]]     STORE is kept for the next run; without it, a temporary
//   one
//
// Cases are made from the tree itself: a line of code that uses a name whose only definers lie in
// other files. The line and everything after it are hidden; asked is whether the definition is
// among what context() returns, against the chunks that plain full-text ranking of the lines before
// the cursor returns. "first use" are cases where the name does not occur before the cursor.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <unordered_set>

#include "indexer/index.h"
#include "indexer/rank.h"
#include "indexer/texts.h"
#include "indexer/view.h"

namespace curlew::indexer {
namespace {

// Of processor time of this thread, so that a busy machine does not spoil the figures.
double thread_ms() {
  timespec now;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

struct Case {
  std::string path, name, prefix;
  std::vector<SymbolRow> definers;
  bool first_use = false;
};

struct Score {
  int cases = 0, at_5 = 0, at_12 = 0;
  void add(int rank) {
    ++cases;
    at_5 += rank >= 0 && rank < 5;
    at_12 += rank >= 0 && rank < 12;
  }
  std::string text() const {
    const double n = std::max(cases, 1);
    return fmt::format("@5 {:5.1f}%  @12 {:5.1f}%", 100 * at_5 / n, 100 * at_12 / n);
  }
};

bool is_in(const SymbolRow& symbol, std::string_view path, std::uint32_t first,
           std::uint32_t last) {
  return symbol.path == path && symbol.name_line >= first && symbol.name_line < last;
}

// Up to `count` cases spread over the files of code, the same for the same tree.
std::vector<Case> make_cases(Index& index, View& view, const std::vector<std::string>& paths,
                             int count) {
  std::mt19937 random(7);
  std::vector<Case> cases;
  for (int tries = 0; tries < 60 * count && static_cast<int>(cases.size()) < count; ++tries) {
    const std::string& path = paths[random() % paths.size()];
    Expected<ParsedFile> parsed = index.file(path);
    const std::shared_ptr<const std::string> text = view.text(path);
    if (!parsed || !text || parsed->references.empty()) continue;
    const Reference& use = parsed->references[random() % parsed->references.size()];
    if (use.name.size() < 4 || use.role == ReferenceRole::kImport) continue;
    Expected<std::vector<SymbolRow>> definers = view.symbols_named(use.name, 8);
    if (!definers || definers->empty() || definers->size() > 4) continue;
    const bool own = std::any_of(definers->begin(), definers->end(),
                                 [&](const SymbolRow& row) { return row.path == path; });
    if (own) continue;
    std::string prefix = text->substr(0, line_start_at(*text, use.range.start_byte));
    if (std::count(prefix.begin(), prefix.end(), '\n') < 8) continue;
    const bool first_use = prefix.find(use.name) == prefix.npos;
    cases.push_back({path, use.name, std::move(prefix), std::move(*definers), first_use});
  }
  return cases;
}

int rank_in_context(Index& index, const Case& c, double& ms) {
  const double start = thread_ms();
  Expected<std::vector<ContextChunk>> chunks =
      index.context({.path = c.path, .text = c.prefix, .cursor = c.prefix.size()});
  ms = thread_ms() - start;
  if (!chunks) return -1;
  std::stable_sort(chunks->begin(), chunks->end(),
                   [](const ContextChunk& a, const ContextChunk& b) { return a.score > b.score; });
  for (std::size_t i = 0; i < chunks->size(); ++i) {
    const ContextChunk& chunk = (*chunks)[i];
    for (const SymbolRow& row : c.definers) {
      if (is_in(row, chunk.path, chunk.start_line, chunk.end_line) &&
          chunk.text.find(c.name) != std::string::npos)
        return static_cast<int>(i);
    }
  }
  return -1;
}

int rank_in_full_text(View& view, const Case& c) {
  const std::size_t start = [&] {
    std::size_t at = c.prefix.size();
    for (int i = 0; i < 10 && at > 0; ++i) at = line_start_at(c.prefix, at - 1);
    return at;
  }();
  Expected<std::vector<ChunkMatch>> matches =
      view.chunks_like(search_terms(std::string_view(c.prefix).substr(start)), 64, 20000, 24);
  if (!matches) return -1;
  int rank = 0;
  for (const ChunkMatch& match : *matches) {
    if (match.chunk.path == c.path) continue;
    for (const SymbolRow& row : c.definers) {
      if (is_in(row, match.chunk.path, match.chunk.start_line, match.chunk.end_line)) return rank;
    }
    ++rank;
  }
  return -1;
}

int run(const std::filesystem::path& root, int count, const std::filesystem::path& kept_store) {
  const std::filesystem::path store = !kept_store.empty()
                                          ? kept_store
                                          : std::filesystem::temp_directory_path() /
                                                fmt::format("curlew-bench-{}.sqlite", ::getpid());
  Expected<std::unique_ptr<Index>> opened = Index::open({.root = root, .store = store});
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message());
    return 1;
  }
  Index& index = **opened;
  Expected<IndexStats> stats = index.update();
  if (!stats) {
    fmt::print(stderr, "{}\n", stats.error().message());
    return 1;
  }
  fmt::print("{}: {} files, {:.1f} MB, {} symbols, {} references, {} chunks in {:.1f} s\n",
             root.string(), stats->files, stats->bytes / 1e6, stats->symbols, stats->references,
             stats->chunks, stats->seconds);
  fmt::print("index {:.1f} MB, {:.0f}% of the text\n", stats->index_bytes / 1e6,
             100.0 * stats->index_bytes / std::max<double>(stats->bytes, 1));
  const Expected<IndexStats> again = index.update();
  if (again) fmt::print("update without changes: {:.2f} s\n", again->seconds);
  if (count == 0) return 0;

  Expected<std::unique_ptr<Store>> reopened = Store::open(store, false);
  if (!reopened) return 1;
  Expected<Store::Lease> reader = (*reopened)->reader();
  if (!reader) return 1;
  TextCache texts(root, {});
  View view(**reader, texts, {});
  std::vector<std::string> paths;
  (void)(*reader)->files([&](FileRow row) {
    if (row.language && row.language->code) paths.push_back(row.path);
  });
  const std::vector<Case> cases = make_cases(index, view, paths, count);
  Score context[2], full_text[2];
  std::vector<double> times;
  for (const Case& c : cases) {
    double ms = 0;
    context[c.first_use].add(rank_in_context(index, c, ms));  // the first call warms the caches
    (void)rank_in_context(index, c, ms);
    times.push_back(ms);
    full_text[c.first_use].add(rank_in_full_text(view, c));
  }
  for (bool first_use : {false, true}) {
    fmt::print("{:<10} {:4} cases   context {}   full text {}\n",
               first_use ? "first use" : "later use", context[first_use].cases,
               context[first_use].text(), full_text[first_use].text());
  }
  std::sort(times.begin(), times.end());
  if (!times.empty())
    fmt::print(
        "context(): {:.2f} ms of processor time at the median, {:.2f} ms at p95, {:.2f} ms at "
        "most\n",
        times[times.size() / 2], times[times.size() * 95 / 100], times.back());
  if (!kept_store.empty()) return 0;
  for (const char* suffix : {"", "-wal", "-shm", ".lock"})
    std::filesystem::remove(store.string() + suffix);
  return 0;
}

}  // namespace
}  // namespace curlew::indexer

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench_retrieval DIR [CASES [STORE]]\n");
    return 2;
  }
  return curlew::indexer::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 300,
                              argc > 3 ? argv[3] : "");
}
