// What the weights of likely symbols are fitted on.
//
//   retrieval_features CASES.jsonl PACKAGES OUT [RANKS.tsv]
//
// For fit_rank.py, in float32, a case: the number of its symbols, the number of features, whether
// it is a first use; then a symbol: whether it is the answer, the logarithm of how many symbols it
// stands for, its features. The hundred best by the present weights and the answers are all there,
// of the others a sample. RANKS, for looking at what is missed, has a line for each case: where
// the answer's symbol and file stand, how the file is reached, and the files that stand first.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <random>

#include "indexer/context_symbols.h"
#include "indexer/index.h"
#include "tests/bench/retrieval/corpus.h"

namespace curlew::bench {
namespace {

using namespace indexer;

constexpr std::size_t kBest = 100, kSampled = 120;

bool is_answer(const SymbolRow& row, const Case& c) {
  return row.name == c.name &&
         std::any_of(c.answers.begin(), c.answers.end(), [&](const Answer& a) {
           return a.path == row.path && row.start_line <= a.line && a.line <= row.end_line;
         });
}

class Writer {
 public:
  explicit Writer(const std::string& path) : out_(path, std::ios::binary) {}

  void write(const Case& c, const SymbolsInReach& reached) {
    const std::vector<LikelySymbol>& symbols = reached.symbols;
    std::mt19937 random(static_cast<unsigned>(c.cursor));
    std::vector<std::vector<float>> rows;
    const double rest = symbols.size() > kBest ? static_cast<double>(symbols.size() - kBest) : 1;
    const double share = std::min(1.0, kSampled / rest);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const LikelySymbol& symbol = symbols[i];
      if (symbol.file->reach == Reach::kSelf) continue;
      const bool right = is_answer(symbol.symbol->row, c);
      const bool always = right || i < kBest;
      if (!always && std::generate_canonical<double, 32>(random) >= share) continue;
      std::vector<float> row{right ? 1.F : 0.F,
                             always ? 0.F : static_cast<float>(-std::log(share))};
      const rank::Features& features = reached.features[symbol.index];
      row.insert(row.end(), features.begin(), features.end());
      rows.push_back(std::move(row));
    }
    put({static_cast<float>(rows.size()), static_cast<float>(rank::kFeatureCount),
         c.first_use ? 1.F : 0.F});
    for (const std::vector<float>& row : rows) put(row);
  }

 private:
  void put(const std::vector<float>& values) {
    out_.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
  }
  std::ofstream out_;
};

// Where the answer stands by the present weights, from 0; files by the sum of their symbols' chances.
class Ranks {
 public:
  explicit Ranks(const std::string& path) {
    if (!path.empty()) out_.open(path);
  }

  void write(const Case& c, const SymbolsInReach& reached) {
    if (!out_.is_open()) return;
    std::map<const ReachedFile*, double> sums;
    int symbol_rank = -1;
    for (std::size_t i = 0; i < reached.symbols.size(); ++i) {
      const LikelySymbol& likely = reached.symbols[i];
      sums[likely.file] += likely.chance;
      if (symbol_rank < 0 && is_answer(likely.symbol->row, c)) symbol_rank = static_cast<int>(i);
    }
    std::vector<std::pair<double, const ReachedFile*>> files;
    for (const auto& [file, sum] : sums) files.push_back({sum, file});
    std::sort(files.begin(), files.end(), std::greater<>());
    int file_rank = -1;
    std::string best, how = "out of reach";
    for (std::size_t i = 0; i < files.size(); ++i) {
      const ReachedFile& file = *files[i].second;
      const bool right = std::any_of(c.answers.begin(), c.answers.end(), [&](const Answer& answer) {
        return answer.path == file.facts->path;
      });
      if (right && file_rank < 0) {
        file_rank = static_cast<int>(i);
        how = reach_name(file.reach);
      }
      if (i < kFilesShown) best += fmt::format(" {}={:.2f}", file.facts->path, files[i].first);
    }
    out_ << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", c.package, c.path,
                        c.cursor, c.language, c.first_use ? "first use" : "later use", c.name,
                        c.how, c.answers.empty() ? "" : c.answers.front().path, how, symbol_rank,
                        file_rank, reached.symbols.size(), best);
  }

 private:
  static constexpr std::size_t kFilesShown = 6;
  std::ofstream out_;
};

bool run_package(const std::filesystem::path& root, const std::vector<Case>& cases, Writer& writer,
                 Ranks& ranks) {
  const Corpus corpus = read_corpus(root);
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("curlew-features-{}.sqlite", ::getpid());
  {
    Expected<std::unique_ptr<Index>> index = Index::open({.root = root, .store = path});
    if (!index || !(*index)->update()) return false;
  }
  Expected<std::unique_ptr<Store>> store = Store::open(path, false, root);
  if (!store) return false;
  TextCache texts(root, {});
  FactsCache facts;
  for (const Case& c : cases) {
    const SourceFile* file = corpus.find(c.path);
    if (!file) continue;
    Expected<Store::Lease> reader = (*store)->reader();
    if (!reader) return false;
    const std::string prefix = file->text.substr(0, c.cursor);
    Buffers buffers;
    buffers.set(c.path, std::make_shared<const std::string>(prefix));
    View view(**reader, texts, buffers.documents(), facts);
    const ContextQuery query{.path = c.path, .text = prefix, .cursor = prefix.size()};
    Expected<Place> place = place_of(view, query);
    if (!place) return false;
    Expected<std::vector<Candidate>> similar = similar_candidates(view, *place);
    if (!similar) return false;
    auto reached = symbols_in_reach(view, *place, *similar, Keep::kAllWithFeatures);
    if (!reached) return false;
    writer.write(c, **reached);
    ranks.write(c, **reached);
  }
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path())) {
    if (entry.path().filename().native().starts_with(path.filename().native()))
      std::filesystem::remove_all(entry.path());
  }
  return true;
}

}  // namespace
}  // namespace curlew::bench

int main(int argc, char** argv) {
  using namespace curlew::bench;
  if (argc != 4 && argc != 5) {
    fmt::print(stderr, "usage: retrieval_features CASES.jsonl PACKAGES OUT [RANKS.tsv]\n");
    return 2;
  }
  std::map<std::string, std::vector<Case>> by_package;
  for (Case& c : read_cases(argv[1])) by_package[c.package].push_back(std::move(c));
  Writer writer(argv[3]);
  Ranks ranks(argc == 5 ? argv[4] : "");
  for (const auto& [package, cases] : by_package) {
    const std::filesystem::path root =
        std::filesystem::weakly_canonical(std::filesystem::path(argv[2]) / package);
    if (!run_package(root, cases, writer, ranks)) {
      fmt::print(stderr, "retrieval_features: {} cannot be indexed\n", package);
      return 1;
    }
  }
  return 0;
}
