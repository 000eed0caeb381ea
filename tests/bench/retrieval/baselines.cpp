#include "tests/bench/retrieval/baselines.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "indexer/texts.h"

namespace curlew::bench {
namespace {

using namespace indexer;

constexpr int kQueryLines = 10, kWindowLines = 60, kWindowStep = 30;

std::string_view last_lines(std::string_view text, int lines) {
  std::size_t at = text.size();
  for (int i = 0; i < lines && at > 0; ++i) at = line_start_at(text, at - 1);
  return text.substr(at);
}

// The best `limit` of (score, item index), higher first, then in order.
std::vector<std::size_t> best_of(std::vector<std::pair<double, std::size_t>> scored, int limit) {
  const std::size_t kept = std::min<std::size_t>(scored.size(), limit);
  std::partial_sort(scored.begin(), scored.begin() + kept, scored.end(),
                    [](const auto& a, const auto& b) {
                      return a.first != b.first ? a.first > b.first : a.second < b.second;
                    });
  std::vector<std::size_t> best;
  for (std::size_t i = 0; i < kept; ++i) best.push_back(scored[i].second);
  return best;
}

class Bm25 : public Baseline {
 public:
  explicit Bm25(const Corpus& corpus) : corpus_(corpus) {
    for (std::size_t f = 0; f < corpus.files.size(); ++f) {
      for (const Chunk& chunk : corpus.files[f].parsed.chunks) add(f, chunk);
    }
    for (const Piece& piece : pieces_) mean_ += piece.length / pieces_.size();
  }
  std::string_view name() const override { return "BM25 over chunks"; }

  std::vector<Item> rank(const Case& c, std::string_view prefix, int limit) const override {
    std::unordered_map<std::size_t, double> sums;
    for (const std::string& term : search_terms(last_lines(prefix, kQueryLines))) {
      const auto found = postings_.find(term);
      if (found == postings_.end()) continue;
      const double n = static_cast<double>(found->second.size());
      const double idf = std::log(1 + (pieces_.size() - n + 0.5) / (n + 0.5));
      for (const auto& [piece, count] : found->second) {
        const double norm = kK1 * (1 - kB + kB * pieces_[piece].length / mean_);
        sums[piece] += idf * count * (kK1 + 1) / (count + norm);
      }
    }
    std::vector<std::pair<double, std::size_t>> scored;
    for (const auto& [piece, sum] : sums) {
      if (corpus_.files[pieces_[piece].file].path != c.path) scored.emplace_back(sum, piece);
    }
    std::vector<Item> items;
    for (std::size_t piece : best_of(std::move(scored), limit)) {
      const Piece& p = pieces_[piece];
      const SourceFile& file = corpus_.files[p.file];
      items.push_back({file.path, p.first, p.last, file.lines(p.first, p.last)});
    }
    return items;
  }

 private:
  static constexpr double kK1 = 1.2, kB = 0.75;
  struct Piece {
    std::size_t file;
    std::uint32_t first, last;
    double length = 0;  // terms
  };
  void add(std::size_t file, const Chunk& chunk) {
    const Range& range = chunk.range;
    const bool at_start = range.end_col == 0 && range.end_line > range.start_line;
    Piece piece{file, range.start_line, at_start ? range.end_line : range.end_line + 1};
    std::unordered_map<std::string, int> counts;
    for_each_word(std::string_view(corpus_.files[file].text)
                      .substr(range.start_byte, range.end_byte - range.start_byte),
                  [&](Word word) {
                    for (std::string& term : search_terms(word.text)) ++counts[std::move(term)];
                  });
    for (const auto& [term, count] : counts) {
      postings_[term].emplace_back(pieces_.size(), count);
      piece.length += count;
    }
    pieces_.push_back(piece);
  }
  const Corpus& corpus_;
  std::vector<Piece> pieces_;
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, int>>> postings_;
  double mean_ = 0;
};

class Jaccard : public Baseline {
 public:
  explicit Jaccard(const Corpus& corpus) : corpus_(corpus) {
    for (std::size_t f = 0; f < corpus.files.size(); ++f) {
      const auto lines = static_cast<std::uint32_t>(corpus.files[f].line_starts.size());
      for (std::uint32_t at = 0; at == 0 || at + kWindowStep < lines; at += kWindowStep)
        windows_.push_back(
            {f, at, word_set(corpus.files[f].lines(at, std::min(lines, at + kWindowLines)))});
    }
  }
  std::string_view name() const override { return "Jaccard, 60-line windows"; }

  std::vector<Item> rank(const Case& c, std::string_view prefix, int limit) const override {
    const WordSet query = word_set(last_lines(prefix, kWindowLines));
    const SourceFile* here = corpus_.find(c.path);
    std::map<std::size_t, std::pair<double, std::size_t>> best;  // by file
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const SourceFile& file = corpus_.files[windows_[i].file];
      if (&file == here || (here && file.parsed.language != here->parsed.language)) continue;
      const double score = jaccard(query, windows_[i].words);
      auto [place, is_new] = best.try_emplace(windows_[i].file, score, i);
      if (!is_new && score > place->second.first) place->second = {score, i};
    }
    std::vector<std::pair<double, std::size_t>> scored;
    for (const auto& [file, window] : best) scored.push_back(window);
    std::vector<Item> items;
    for (std::size_t i : best_of(std::move(scored), limit)) {
      const Window& w = windows_[i];
      const SourceFile& file = corpus_.files[w.file];
      items.push_back({file.path, w.first, w.first + kWindowLines,
                       file.lines(w.first, w.first + kWindowLines)});
    }
    return items;
  }

 private:
  struct Window {
    std::size_t file;
    std::uint32_t first;
    WordSet words;
  };
  static double jaccard(const WordSet& a, const WordSet& b) {
    std::size_t common = 0;
    for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
      if (*i == *j) {
        ++common, ++i, ++j;
      } else {
        *i < *j ? ++i : ++j;
      }
    }
    const std::size_t all = a.size() + b.size() - common;
    return all ? static_cast<double>(common) / all : 0;
  }
  const Corpus& corpus_;
  std::vector<Window> windows_;
};

// Who defines and who uses which name.
struct NameTable {
  struct Definition {
    std::size_t file;
    std::uint32_t first, last;  // lines, end exclusive
  };
  std::unordered_map<std::string_view, std::vector<Definition>> definitions;
  std::unordered_map<std::string_view, std::map<std::size_t, int>> uses;  // file -> count

  explicit NameTable(const Corpus& corpus) {
    for (std::size_t f = 0; f < corpus.files.size(); ++f) {
      for (const Symbol& symbol : corpus.files[f].parsed.symbols)
        definitions[symbol.name].push_back({f, symbol.range.start_line, symbol.range.end_line + 1});
    }
    for (std::size_t f = 0; f < corpus.files.size(); ++f) {
      for (const Reference& use : corpus.files[f].parsed.references) {
        if (definitions.contains(use.name)) ++uses[use.name][f];
      }
    }
  }
  bool is_defined_in(std::string_view name, std::size_t file) const {
    const auto found = definitions.find(name);
    return found != definitions.end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [&](const Definition& d) { return d.file == file; });
  }
};

constexpr std::uint32_t kShownLinesMax = 40;

Item item_of(const Corpus& corpus, const NameTable::Definition& definition) {
  const SourceFile& file = corpus.files[definition.file];
  const std::uint32_t last = std::min(definition.last, definition.first + kShownLinesMax);
  return {file.path, definition.first, last, file.lines(definition.first, last)};
}

class SymbolLookup : public Baseline {
 public:
  explicit SymbolLookup(const Corpus& corpus) : corpus_(corpus), table_(corpus) {}
  std::string_view name() const override { return "symbol lookup"; }

  std::vector<Item> rank(const Case& c, std::string_view prefix, int limit) const override {
    std::unordered_map<std::string_view, std::size_t> last_at;
    for_each_word(prefix, [&](Word word) { last_at[word.text] = word.offset; });
    std::vector<NameTable::Definition> definitions;
    std::vector<std::pair<double, std::size_t>> scored;
    for (const auto& [name, offset] : last_at) {
      const auto found = table_.definitions.find(name);
      if (found == table_.definitions.end()) continue;
      const auto lines =
          std::count(prefix.begin() + static_cast<std::ptrdiff_t>(offset), prefix.end(), '\n');
      const auto uses = table_.uses.find(name);
      const double users = uses == table_.uses.end() ? 0 : static_cast<double>(uses->second.size());
      const double score = 1 / (1 + static_cast<double>(lines) / 10) / (1 + std::log1p(users)) /
                           static_cast<double>(found->second.size());
      for (const NameTable::Definition& definition : found->second) {
        if (corpus_.files[definition.file].path == c.path) continue;
        scored.emplace_back(score, definitions.size());
        definitions.push_back(definition);
      }
    }
    // The order of a hash map must not decide ties.
    for (auto& [score, i] : scored)
      score -= 1e-9 * static_cast<double>(definitions[i].file) + 1e-12 * definitions[i].first;
    std::vector<Item> items;
    for (std::size_t i : best_of(std::move(scored), limit))
      items.push_back(item_of(corpus_, definitions[i]));
    return items;
  }

 private:
  const Corpus& corpus_;
  const NameTable table_;
};

class PageRankMap : public Baseline {
 public:
  explicit PageRankMap(const Corpus& corpus) : corpus_(corpus), table_(corpus) {
    for (const auto& [name, users] : table_.uses) {
      const double weight = name_weight(name);
      for (const auto& [user, count] : users)
        add_edges(edges_, name, user, weight * std::sqrt(static_cast<double>(count)));
    }
  }
  std::string_view name() const override { return "repository map, PageRank"; }

  std::vector<Item> rank(const Case& c, std::string_view prefix, int limit) const override {
    const auto here = corpus_.by_path.find(c.path);
    if (here == corpus_.by_path.end()) return {};
    std::unordered_map<std::string_view, int> seen;
    for_each_word(prefix, [&](Word word) {
      if (table_.definitions.contains(word.text)) ++seen[word.text];
    });
    std::vector<Edge> own;  // what the file at hand refers to, as far as it is visible
    for (const auto& [name, count] : seen) {
      if (table_.is_defined_in(name, here->second)) continue;
      add_edges(own, name, here->second, 50 * 10 * name_weight(name) * std::sqrt(count));
    }
    std::sort(own.begin(), own.end());
    const std::vector<double> ranks = page_rank(own, here->second);
    return flow_to_definitions(own, ranks, here->second, limit);
  }

 private:
  struct Edge {
    std::size_t from, to;
    double weight;
    std::string_view name;
    bool operator<(const Edge& o) const { return std::tie(to, name) < std::tie(o.to, o.name); }
  };
  double name_weight(std::string_view name) const {
    double weight = 1;
    const bool compound =
        name.find('_', 1) != name.npos ||
        std::any_of(name.begin() + 1, name.end(), [](char ch) { return ch >= 'A' && ch <= 'Z'; });
    if (compound && name.size() >= 8) weight *= 10;
    if (name.starts_with("_")) weight *= 0.1;
    if (table_.definitions.at(name).size() > 5) weight *= 0.1;
    return weight;
  }
  void add_edges(std::vector<Edge>& edges, std::string_view name, std::size_t from,
                 double weight) const {
    std::set<std::size_t> files;
    for (const auto& definition : table_.definitions.at(name)) files.insert(definition.file);
    for (std::size_t to : files) {
      if (to != from) edges.push_back({from, to, weight, name});
    }
  }
  std::vector<double> page_rank(const std::vector<Edge>& own, std::size_t here) const {
    const std::size_t n = corpus_.files.size();
    std::vector<double> out(n), ranks(n, 1.0 / static_cast<double>(n)), next;
    auto each = [&](auto take) {
      for (const Edge& edge : edges_) {
        if (edge.from != here) take(edge);
      }
      for (const Edge& edge : own) take(edge);
    };
    each([&](const Edge& edge) { out[edge.from] += edge.weight; });
    for (int round = 0; round < 20; ++round) {
      next.assign(n, 0);
      next[here] = 0.15;
      double dangling = 0;
      for (std::size_t i = 0; i < n; ++i) dangling += out[i] == 0 ? ranks[i] : 0;
      each([&](const Edge& edge) {
        next[edge.to] += 0.85 * ranks[edge.from] * edge.weight / out[edge.from];
      });
      next[here] += 0.85 * dangling;
      ranks.swap(next);
    }
    return ranks;
  }
  std::vector<Item> flow_to_definitions(const std::vector<Edge>& own,
                                        const std::vector<double>& ranks, std::size_t here,
                                        int limit) const {
    std::vector<double> out(ranks.size());
    std::map<std::pair<std::size_t, std::string_view>, double> flows;
    auto each = [&](auto take) {
      for (const Edge& edge : edges_) {
        if (edge.from != here) take(edge);
      }
      for (const Edge& edge : own) take(edge);
    };
    each([&](const Edge& edge) { out[edge.from] += edge.weight; });
    each([&](const Edge& edge) {
      if (edge.to != here)
        flows[{edge.to, edge.name}] += ranks[edge.from] * edge.weight / out[edge.from];
    });
    std::vector<NameTable::Definition> definitions;
    std::vector<std::pair<double, std::size_t>> scored;
    for (const auto& [key, flow] : flows) {
      for (const NameTable::Definition& definition : table_.definitions.at(key.second)) {
        if (definition.file != key.first) continue;
        scored.emplace_back(flow, definitions.size());
        definitions.push_back(definition);
        break;
      }
    }
    std::vector<Item> items;
    for (std::size_t i : best_of(std::move(scored), limit))
      items.push_back(item_of(corpus_, definitions[i]));
    return items;
  }
  const Corpus& corpus_;
  const NameTable table_;
  std::vector<Edge> edges_;
};

}  // namespace

std::unique_ptr<Baseline> bm25_over_chunks(const Corpus& corpus) {
  return std::make_unique<Bm25>(corpus);
}
std::unique_ptr<Baseline> jaccard_windows(const Corpus& corpus) {
  return std::make_unique<Jaccard>(corpus);
}
std::unique_ptr<Baseline> page_rank_map(const Corpus& corpus) {
  return std::make_unique<PageRankMap>(corpus);
}
std::unique_ptr<Baseline> symbol_lookup(const Corpus& corpus) {
  return std::make_unique<SymbolLookup>(corpus);
}

}  // namespace curlew::bench
