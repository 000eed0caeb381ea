// How well and how fast definitions are found that a hidden line needs, beside baselines.
//
//   measure_retrieval CASES.jsonl PACKAGES [VOCABULARY.gguf] [--context-only] [--rows FILE]
//                     [--evaluate FOLDER]
//
// Cases: make_cases.py; PACKAGES is the folder that holds the packages by name. Of each retriever:
// whether the definition is among its first 5 and 20 items, whether its file is among their first 5
// files, and whether it is shown within 1024 tokens of items, best first. A definition counts as
// found where an item shows the line that introduces its name, be it the definition, a window or an
// outline. Tokens are the vocabulary's, else bytes / 3.2. The hidden half of the file is hidden from
// the index, too. --evaluate writes cases for `curlew evaluate`, a file for each retriever with the
// context that it found within 1024 tokens, and one without: to be continued are the hidden lines
// from the name on, so that the same file, line and budget are asked for each time. Times are of one thread's processor, of the second of two equal calls.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "indexer/index.h"
#include "model/files/model_file.h"
#include "model/text/tokenizer.h"
#include "tests/bench/retrieval/baselines.h"

namespace curlew::bench {
namespace {

constexpr int kItems = 20;
constexpr int kTokensMax = 1024;
constexpr double kBytesPerToken = 3.2;

double thread_ms() {
  timespec now;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

using TokenCount = std::function<std::size_t(std::string_view)>;

struct Outcome {
  bool at_5 = false, at_20 = false, file_at_5 = false, in_context = false, answered = false;
};

// Hits of a retriever, by who asks: "all", "first use", a language, ...
struct Tally {
  struct Row {
    int cases = 0, at_5 = 0, at_20 = 0, file_at_5 = 0, in_context = 0, answered = 0;
  };
  std::map<std::string, Row> rows;
  void add(const std::string& key, const Outcome& outcome) {
    Row& row = rows[key];
    ++row.cases;
    row.at_5 += outcome.at_5;
    row.at_20 += outcome.at_20;
    row.file_at_5 += outcome.file_at_5;
    row.in_context += outcome.in_context;
    row.answered += outcome.answered;
  }
};

// Where in the list the definition is; how far the budget reaches.
Outcome judge(const std::vector<Item>& ranked, const std::vector<Item>& within, const Case& c,
              const Corpus& corpus, const TokenCount& tokens) {
  Outcome outcome{.answered = !within.empty()};
  std::set<std::string> files;
  for (std::size_t i = 0; i < ranked.size() && i < kItems; ++i) {
    if (files.size() < 5 || files.contains(ranked[i].path)) {
      files.insert(ranked[i].path);
      outcome.file_at_5 |= is_of_answer_file(ranked[i], c);
    }
    if (!shows(ranked[i], c, corpus)) continue;
    outcome.at_5 |= i < 5;
    outcome.at_20 = true;
  }
  std::size_t used = 0;
  for (const Item& item : within) {
    const std::size_t cost = tokens(item.text);
    if (used + cost > kTokensMax) continue;  // a smaller one may still fit
    used += cost;
    if (shows(item, c, corpus)) outcome.in_context = true;
  }
  return outcome;
}

// How often a chunk showed the definition, by the score it had: a power of two a row.
class Calibration {
 public:
  void add(double score, bool right) {
    Row& row = rows_[std::max(-8, static_cast<int>(std::floor(std::log2(std::max(score, 1e-9)))))];
    ++row.chunks;
    row.right += right;
  }
  void print() const {
    fmt::print("\n| score | chunks | show the definition |\n|---|---|---|\n");
    for (const auto& [power, row] : rows_)
      fmt::print("| {:.3f}-{:.3f} | {} | {:.1f}% |\n", std::exp2(power), std::exp2(power + 1),
                 row.chunks, 100.0 * row.right / row.chunks);
  }

 private:
  struct Row {
    int chunks = 0, right = 0;
  };
  std::map<int, Row> rows_;
};

class Measurement {
 public:
  Measurement(std::filesystem::path packages, TokenCount tokens, bool context_only,
              const std::string& rows, std::filesystem::path evaluate)
      : packages_(std::move(packages)),
        tokens_(std::move(tokens)),
        context_only_(context_only),
        evaluate_(std::move(evaluate)) {
    if (!rows.empty()) rows_.open(rows);
  }

  bool run(const std::string& package, const std::vector<Case>& cases) {
    const Corpus corpus = read_corpus(packages_ / package);
    const std::filesystem::path store = std::filesystem::temp_directory_path() /
                                        fmt::format("curlew-measure-{}.sqlite", ::getpid());
    indexer::Expected<std::unique_ptr<indexer::Index>> index =
        indexer::Index::open({.root = packages_ / package, .store = store});
    if (!index) return complain(index.error().message());
    if (auto updated = (*index)->update(); !updated) return complain(updated.error().message());
    std::vector<std::unique_ptr<Baseline>> baselines;
    if (!context_only_) {
      for (auto make : {bm25_over_chunks, jaccard_windows, page_rank_map, symbol_lookup})
        baselines.push_back(make(corpus));
    }
    for (const Case& c : cases) one(**index, corpus, baselines, c);
    index->reset();
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(store.parent_path(), ignored)) {
      if (entry.path().filename().native().starts_with(store.filename().native()))
        std::filesystem::remove_all(entry.path(), ignored);
    }
    return true;
  }

  void print() const {
    for (const auto& [retriever, tally] : tallies_) {
      fmt::print(
          "\n{}\n| cases | | definition@5 | @20 | file@5 | in {} tokens | answered "
          "|\n|---|---|---|---|---|---|---|\n",
          retriever, kTokensMax);
      for (const auto& [key, row] : tally.rows) {
        auto share = [&](int hits) { return 100.0 * hits / row.cases; };
        fmt::print("| {} | {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |\n", key, row.cases,
                   share(row.at_5), share(row.at_20), share(row.file_at_5), share(row.in_context),
                   share(row.answered));
      }
    }
    calibration_.print();
    std::vector<double> times = times_;
    std::sort(times.begin(), times.end());
    if (!times.empty())
      fmt::print("\ncontext(): {:.2f} ms at the median, {:.2f} ms at p95, {:.2f} ms at most\n",
                 times[times.size() / 2], times[times.size() * 95 / 100], times.back());
  }

 private:
  static bool complain(const std::string& message) {
    fmt::print(stderr, "measure_retrieval: {}\n", message);
    return false;
  }

  void one(indexer::Index& index, const Corpus& corpus,
           const std::vector<std::unique_ptr<Baseline>>& baselines, const Case& c) {
    const SourceFile* file = corpus.find(c.path);
    if (!file || c.cursor > file->text.size()) {
      fmt::print(stderr, "measure_retrieval: {}: no such place in {}\n", c.path, c.package);
      return;
    }
    const std::string prefix = file->text.substr(0, c.cursor);
    index.set_buffer(c.path, std::make_shared<const std::string>(prefix));
    const std::vector<Item> ranked = context(index, c, prefix, kItems, kRankedBytes);
    const auto bytes = static_cast<int>(kTokensMax * kBytesPerToken);
    const std::vector<Item> within = context(index, c, prefix, kItems, bytes);
    std::vector<indexer::ContextChunk> spare = std::move(spare_);
    index.close_buffer(c.path);
    for (const Item& item : within) calibration_.add(item.score, shows(item, c, corpus));
    add("context()", c, judge(ranked, within, c, corpus, tokens_));
    write_case("none", c, file->text, {});
    write_case("context", c, file->text, within);
    write_case("context and spare code", c, file->text, within, spare);
    for (const auto& baseline : baselines) {
      const std::vector<Item> items = baseline->rank(c, prefix, 3 * kItems);
      add(fmt::format("{}", baseline->name()), c, judge(items, items, c, corpus, tokens_));
      write_case(baseline->name(), c, file->text, items);
    }
  }

  // By score, best first. The time counted is of the smaller of the two budgets.
  std::vector<Item> context(indexer::Index& index, const Case& c, std::string_view prefix,
                            int chunks, int bytes) {
    const indexer::ContextQuery query{.path = c.path,
                                      .text = prefix,
                                      .cursor = prefix.size(),
                                      .chunks_max = chunks,
                                      .bytes_max = bytes,
                                      .spare_bytes_max = kSpareBytes};
    (void)index.context(query);
    const double start = thread_ms();
    auto found = index.context(query);
    if (bytes != kRankedBytes) times_.push_back(thread_ms() - start);
    std::vector<Item> items;
    if (!found) return items;
    const auto first_spare = std::find_if(found->begin(), found->end(),
                                          [](const auto& chunk) { return chunk.is_spare; });
    spare_.assign(std::move_iterator(first_spare), std::move_iterator(found->end()));
    found->erase(first_spare, found->end());
    std::stable_sort(found->begin(), found->end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    for (auto& chunk : *found)
      items.push_back({std::move(chunk.path), chunk.start_line, chunk.end_line,
                       std::move(chunk.text), chunk.score});
    return items;
  }

  void add(const std::string& retriever, const Case& c, const Outcome& outcome) {
    Tally& tally = tallies_[retriever];
    const std::string use = c.first_use ? "first use" : "later use";
    for (const std::string& key : {std::string("all"), use, c.language, c.language + ", " + use})
      tally.add(key, outcome);
    if (rows_.is_open())
      rows_ << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{:d}{:d}{:d}{:d}\n", retriever, c.package,
                           c.path, c.cursor, c.name, c.language, use, outcome.at_5, outcome.at_20,
                           outcome.file_at_5, outcome.in_context);
  }

  // A line for `curlew evaluate`: the items that fit into the budget, and the line from the name on.
  void write_case(std::string_view retriever, const Case& c, const std::string& text,
                  const std::vector<Item>& items,
                  const std::vector<indexer::ContextChunk>& spare = {}) {
    if (evaluate_.empty()) return;
    const std::size_t end = std::min(text.find('\n', c.cursor), text.size());
    const std::size_t name = text.find(c.name, c.cursor);
    if (name >= end) return;
    nlohmann::json context = nlohmann::json::array();
    std::size_t used = 0;
    for (const Item& item : items) {
      const std::size_t cost = tokens_(item.text);
      if (used + cost > kTokensMax) continue;
      used += cost;
      context.push_back({{"path", item.path}, {"text", item.text}, {"score", item.score}});
    }
    for (const indexer::ContextChunk& chunk : spare)
      context.push_back(
          {{"path", chunk.path}, {"text", chunk.text}, {"score", chunk.score}, {"spare", true}});
    const nlohmann::json row = {{"path", c.path},
                                {"prefix", text.substr(0, name)},
                                {"suffix", ""},
                                {"middle", text.substr(name, end - name)},
                                {"context", std::move(context)}};
    std::string file(retriever);
    std::replace_if(
        file.begin(), file.end(), [](char each) { return !is_plain(each); }, '_');
    std::ofstream(evaluate_ / (file + ".jsonl"), std::ios::app)
        << row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }
  static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  static constexpr int kRankedBytes = 60'000;
  static constexpr int kSpareBytes = 48 << 10;  // as completions ask for
  const std::filesystem::path packages_;
  const TokenCount tokens_;
  const bool context_only_;
  const std::filesystem::path evaluate_;  // "" for none
  std::ofstream rows_;
  std::map<std::string, Tally> tallies_;
  std::vector<double> times_;
  std::vector<indexer::ContextChunk> spare_;  // of the last context()
  Calibration calibration_;
};

int run(int argc, char** argv) {
  std::vector<std::string> places;
  bool context_only = false;
  std::string rows, evaluate;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--context-only") == 0) {
      context_only = true;
    } else if (std::strcmp(argv[i], "--rows") == 0 && i + 1 < argc) {
      rows = argv[++i];
    } else if (std::strcmp(argv[i], "--evaluate") == 0 && i + 1 < argc) {
      evaluate = argv[++i];
    } else {
      places.push_back(argv[i]);
    }
  }
  if (places.size() < 2) {
    fmt::print(stderr,
               "usage: measure_retrieval CASES.jsonl PACKAGES [VOCABULARY.gguf] [--context-only] "
               "[--rows FILE] [--evaluate FOLDER]\n");
    return 2;
  }
  TokenCount tokens = [](std::string_view text) {
    return static_cast<std::size_t>(static_cast<double>(text.size()) / kBytesPerToken);
  };
  std::unique_ptr<const model::Tokenizer> tokenizer;
  if (places.size() > 2) {
    const auto file = model::ModelFile::open(places[2]);
    auto loaded = file ? model::load_tokenizer(*file)
                       : model::Expected<std::unique_ptr<const model::Tokenizer>>(nullptr);
    if (!file || !loaded) {
      fmt::print(stderr, "measure_retrieval: {}\n",
                 (file ? loaded.error() : file.error()).message());
      return 2;
    }
    tokenizer = std::move(*loaded);
    tokens = [&](std::string_view text) { return tokenizer->encode(text).size(); };
  }
  std::map<std::string, std::vector<Case>> by_package;
  for (Case& c : read_cases(places[0])) by_package[c.package].push_back(std::move(c));
  Measurement measurement(places[1], tokens, context_only, rows, evaluate);
  for (const auto& [package, cases] : by_package) {
    if (!measurement.run(package, cases)) return 1;
  }
  measurement.print();
  return 0;
}

}  // namespace
}  // namespace curlew::bench

int main(int argc, char** argv) {
  return curlew::bench::run(argc, argv);
}
