// How fast a tree is indexed and asked, beside the bare parser in the same run. Not a test: it
// prints figures.
//
//   index_speed DIR STORE [THREADS [--write | --queries-only]]
//
// Each phase is a process of its own, so that its processor time and its memory are its own. The
// bare parse reads and parses the files that the index indexes, with as many threads, and does
// nothing with the trees. STORE is deleted first and kept afterwards. Queries are timed by the
// processor time of their thread: others may be at work.
//
// With --write a file of DIR is saved 40 times, and 5,000 files are replaced and written back, as by
// a switch of branches: DIR must be a copy of its own (cp -al will do, no file is written in place).
// With --queries-only STORE is one that an earlier run left, and only asked.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <tree_sitter/api.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "indexer/index.h"
#include "indexer/segment/segment.h"
#include "indexer/store.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Cost {
  double cpu_s = 0, wall_s = 0, peak_mb = 0;
};

// Runs `phase` in a child; what it returns is its exit code.
Cost measured(const char* name, const std::function<int()>& phase) {
  const auto start = Clock::now();
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    const int code = phase();
    std::fflush(stdout);
    ::_exit(code);
  }
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) != child || status != 0) {
    fmt::print(stderr, "{}: failed ({})\n", name, status);
    std::exit(1);
  }
  const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec / 1e6; };
  const Cost cost{seconds(used.ru_utime) + seconds(used.ru_stime), ms_since(start) / 1e3,
                  used.ru_maxrss / 1024.0};
  fmt::print("{:<28} {:8.2f} s of processor {:8.2f} s passed {:7.0f} MB at most\n", name,
             cost.cpu_s, cost.wall_s, cost.peak_mb);
  return cost;
}

int parse_bare(const fs::path& root, int threads) {
  Expected<WalkResult> walked = walk(root, {});
  if (!walked) return 1;
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  const auto work = [&] {
    TSParser* parser = ts_parser_new();
    for (std::size_t i = next++; i < walked->files.size(); i = next++) {
      const std::string& path = walked->files[i].path;
      const LoadedFile file = load_file(root, path, {});
      if (file.reason != SkipReason::kNone) continue;
      const std::string_view text = file.text;
      const Language* language = language_of(path, text.substr(0, 256));
      if (!language || !language->grammar) continue;
      ts_parser_set_language(parser, language->grammar());
      ts_tree_delete(ts_parser_parse_string(parser, nullptr, text.data(),
                                            static_cast<std::uint32_t>(text.size())));
      bytes += text.size();
    }
    ts_parser_delete(parser);
  };
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) pool.emplace_back(work);
  for (std::thread& thread : pool) thread.join();
  fmt::print("  {} files listed, {:.1f} MB parsed\n", walked->files.size(), bytes / 1e6);
  return 0;
}

std::unique_ptr<Index> opened(const IndexOptions& options) {
  Expected<std::unique_ptr<Index>> index = Index::open(options);
  if (index) return std::move(*index);
  fmt::print(stderr, "{}\n", index.error().message());
  std::exit(1);
}

int build(const IndexOptions& options) {
  const Expected<IndexStats> stats = opened(options)->update();
  if (!stats) return fmt::print(stderr, "{}\n", stats.error().message()), 1;
  fmt::print(
      "  {} files, {} symbols, {} references, {} chunks; {:.1f} MB of {:.1f} MB text: {:.1f} %\n",
      stats->files, stats->symbols, stats->references, stats->chunks, stats->index_bytes / 1e6,
      stats->bytes / 1e6,
      100.0 * static_cast<double>(stats->index_bytes) / std::max<double>(stats->bytes, 1));
  return 0;
}

void print_sections(const fs::path& store, std::uint64_t text_bytes) {
  static constexpr const char* kNames[kSections] = {"languages",
                                                    "documents",
                                                    "documents by hash",
                                                    "rows",
                                                    "chunk lengths",
                                                    "words",
                                                    "word blocks",
                                                    "word postings",
                                                    "word posting blocks",
                                                    "trigrams",
                                                    "trigram postings",
                                                    "trigram posting blocks",
                                                    "terms",
                                                    "term blocks",
                                                    "term postings",
                                                    "term posting blocks",
                                                    "name rows"};
  std::uint64_t bytes[kSections] = {};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(store.string() + ".segments", ignored)) {
    Expected<Segment::Ptr> segment = Segment::map(entry.path());
    if (!segment) continue;
    for (std::uint32_t i = 0; i < kSections; ++i) bytes[i] += (*segment)->header().places[i].bytes;
  }
  for (std::uint32_t i = 0; i < kSections; ++i)
    fmt::print("    {:<24} {:8.2f} MB {:6.2f} %\n", kNames[i], bytes[i] / 1e6,
               100.0 * static_cast<double>(bytes[i]) / static_cast<double>(text_bytes));
  fmt::print("    {:<24} {:8.2f} MB\n", "rows of files (SQLite)",
             static_cast<double>(fs::file_size(store, ignored)) / 1e6);
}

double thread_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Asks every question twice and times the second answer.
void time_queries(const char* name, const std::vector<std::string>& questions,
                  const std::function<bool(const std::string&)>& ask) {
  std::vector<double> times;
  for (const std::string& question : questions) {
    if (!ask(question)) continue;
    const double start = thread_ms();
    (void)ask(question);
    times.push_back(thread_ms() - start);
  }
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  fmt::print("  {:<26} {:8.2f} ms median {:8.2f} ms p95 {:8.2f} ms most ({})\n", name,
             times[times.size() / 2], times[times.size() * 95 / 100], times.back(), times.size());
}

struct Questions {
  std::vector<std::string> names, prefixes, humps, texts;
};

Questions make_questions(const IndexOptions& options) {
  Questions questions;
  Expected<std::unique_ptr<Store>> store = Store::open(options.store, false, options.root);
  if (!store) return questions;
  Expected<Store::Lease> reader = (*store)->reader();
  if (!reader) return questions;
  std::mt19937 random(5);
  std::vector<std::string> names;
  int seen = 0;
  (void)(*reader)->defined_names([&](std::string_view name) {
    if (name.size() < 5) return;
    if (names.size() < 300)
      names.emplace_back(name);
    else if (const unsigned at = random() % ++seen; at < 300)
      names[at] = name;
  });
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (i % 3 == 0) questions.names.push_back(name);
    if (i % 3 == 1) questions.prefixes.push_back(name.substr(0, 3 + name.size() / 2));
    if (i % 10 == 2) {
      std::string humps;
      for (const std::string& piece : split_identifier(name)) humps += piece[0];
      if (humps.size() >= 3) questions.humps.push_back(humps);
    }
    if (i + 1 < names.size() && i % 2 == 0) {
      std::string text;
      for (const std::string& piece : split_identifier(name)) text += piece + " ";
      questions.texts.push_back(text);
    }
  }
  return questions;
}

int ask(const IndexOptions& options) {
  const Questions questions = make_questions(options);
  const std::unique_ptr<Index> index = opened(options);
  const auto search = [&](SearchKind kind) {
    return [&index, kind](const std::string& text) {
      return index->search({.text = text, .kind = kind}).has_value();
    };
  };
  time_queries("definitions by name", questions.names,
               [&](const std::string& name) { return index->definitions(name).has_value(); });
  time_queries("symbols, whole name", questions.names, search(SearchKind::kSymbol));
  time_queries("symbols, prefix", questions.prefixes, search(SearchKind::kSymbol));
  time_queries("symbols, humps", questions.humps, search(SearchKind::kSymbol));
  time_queries("full text", questions.texts, search(SearchKind::kText));
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < questions.names.size(); i += 10)
    patterns.push_back(questions.names[i].substr(0, 6) + "\\w*\\(");
  time_queries("regular expressions", patterns, [&](const std::string& pattern) {
    return index->search_pattern({.pattern = pattern}).has_value();
  });
  return 0;
}

int save_one_file(const IndexOptions& options) {
  const std::unique_ptr<Index> index = opened(options);
  (void)index->definitions("nothing");
  const std::string path = "curlew_index_speed.c";
  std::vector<double> times, passed;
  for (int i = 0; i < 40; ++i) {
    std::ofstream(options.root / path) << "int curlew_saved_" << i << "(int x) { return x; }\n";
    const auto begun = Clock::now();
    const double start = thread_ms();
    if (!index->update_files({path})) return 1;
    const auto found = index->definitions(fmt::format("curlew_saved_{}", i));
    times.push_back(thread_ms() - start);
    passed.push_back(ms_since(begun));
    if (!found || found->size() != 1) return 2;
  }
  fs::remove(options.root / path);
  if (!index->update_files({path})) return 3;
  std::sort(times.begin(), times.end());
  std::sort(passed.begin(), passed.end());
  fmt::print("  saved to found: {:.2f} ms median, {:.2f} ms at most; passed {:.2f}, {:.2f} ms\n",
             times[20], times.back(), passed[20], passed.back());
  return 0;
}

void replace_file(const fs::path& path, const std::string& text) {
  const fs::path beside = path.string() + ".curlew_index_speed";
  std::ofstream(beside, std::ios::binary) << text;
  fs::rename(beside, path);  // as git does: links to the old file keep its content
}

// Updates while another thread asks; how long both took.
bool timed_update(Index& index, const char* what) {
  std::atomic<bool> done{false};
  std::vector<double> waits;
  std::thread asker([&] {
    while (!done) {
      const double start = thread_ms();
      (void)index.search({.text = "init_module", .kind = SearchKind::kSymbol});
      waits.push_back(thread_ms() - start);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const auto start = Clock::now();
  const Expected<IndexStats> stats = index.update();
  const double update_ms = ms_since(start);
  done = true;
  asker.join();
  if (!stats || waits.empty()) return false;
  std::sort(waits.begin(), waits.end());
  fmt::print(
      "  {}: {:.2f} s, {} files parsed; {} queries meanwhile, {:.2f} ms median, {:.2f} ms at "
      "most\n",
      what, update_ms / 1e3, stats->indexed, waits.size(), waits[waits.size() / 2], waits.back());
  return true;
}

// 5,000 files get other contents, as in a switch to a branch that was never seen; then the old
// ones again.
int switch_branch(const IndexOptions& options) {
  constexpr std::size_t kFiles = 5000;
  Expected<WalkResult> walked = walk(options.root, {});
  if (!walked) return 1;
  std::vector<std::pair<fs::path, std::string>> files;
  const std::size_t step = std::max<std::size_t>(1, walked->files.size() / kFiles);
  for (std::size_t i = 0; i < walked->files.size() && files.size() < kFiles; i += step) {
    const std::string& path = walked->files[i].path;
    LoadedFile file = load_file(options.root, path, {});
    if (file.reason == SkipReason::kNone)
      files.emplace_back(options.root / path, std::move(file.text));
  }
  const std::unique_ptr<Index> index = opened(options);
  std::size_t bytes = 0;
  for (const auto& [path, text] : files) {
    replace_file(path, text + "\n");
    bytes += text.size();
  }
  fmt::print("  {} files, {:.1f} MB\n", files.size(), static_cast<double>(bytes) / 1e6);
  const bool there = timed_update(*index, "there");
  for (const auto& [path, text] : files) replace_file(path, text);
  return there && timed_update(*index, "and back") ? 0 : 2;
}

int run(const IndexOptions& options, bool may_write) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", ".lock"})
    fs::remove(options.store.string() + suffix, ignored);
  fs::remove_all(options.store.string() + ".segments", ignored);
  const Cost bare =
      measured("bare parse", [&] { return parse_bare(options.root, options.threads); });
  const Cost index = measured("first index", [&] { return build(options); });
  fmt::print("  {:.2f} times the bare parse's processor time\n", index.cpu_s / bare.cpu_s);
  std::uint64_t text_bytes = 1;
  measured("re-open, first answer", [&] {
    const auto start = Clock::now();
    const std::unique_ptr<Index> again = opened(options);
    const double open_ms = ms_since(start);
    if (!again->definitions("main")) return 1;
    fmt::print("  opened in {:.1f} ms, answered after {:.1f} ms\n", open_ms, ms_since(start));
    text_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(again->stats().bytes, 1));
    print_sections(options.store, text_bytes);
    return 0;
  });
  measured("update without changes", [&] { return opened(options)->update() ? 0 : 1; });
  measured("queries", [&] { return ask(options); });
  if (!may_write) return 0;
  measured("one file saved, 40 times", [&] { return save_one_file(options); });
  measured("switch of a branch", [&] { return switch_branch(options); });
  return 0;
}

int ask_again(const IndexOptions& options) {
  measured("queries", [&] { return ask(options); });
  return 0;
}

}  // namespace
}  // namespace curlew::indexer

int main(int argc, char** argv) {
  const std::string_view choice = argc > 4 ? argv[4] : "";
  const bool may_write = choice == "--write", only_queries = choice == "--queries-only";
  if (argc < 3 || argc > 5 || (argc == 5 && !may_write && !only_queries)) {
    fmt::print(stderr, "usage: index_speed DIR STORE [THREADS [--write | --queries-only]]\n");
    return 2;
  }
  const curlew::indexer::IndexOptions options{
      .root = argv[1], .store = argv[2], .threads = argc > 3 ? std::atoi(argv[3]) : 2};
  if (only_queries) return curlew::indexer::ask_again(options);
  return curlew::indexer::run(options, may_write);
}
