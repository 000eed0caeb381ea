// Digests: of every file that has some, the symbols that the line at the cursor is likely to use.
#include "indexer/context_symbols.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "indexer/context.h"
#include "indexer/imports.h"
#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

using Detail = DigestSymbol::Detail;

// Names of similar code, by how much of it uses them.
struct AlikeName {
  std::string_view text;
  double weight = 0;
};

struct Alike {
  UsedAlike used;
  std::vector<AlikeName> names;  // not seen before the cursor, most used first
};

Alike names_used_alike(const std::vector<Candidate>& similar, const VisibleText& visible) {
  struct Use {
    std::string_view text;
    double weight = 0;
    const Candidate* last = nullptr;
  };
  FlatMap<Use> uses;
  double all = 1e-9;  // of chunks without a common word, too
  std::size_t taken = 0;
  for (const Candidate& chunk : similar) {
    if (++taken > rank::kAlikeChunksMax) break;
    const double weight = chunk.score * chunk.score;
    all += weight;
    for_each_word(chunk.text, [&](Word word) {
      if (word.text.size() < 3) return;
      Use& use = uses[name_hash(word.text)];
      if (use.last == &chunk) return;
      use = {word.text, use.weight + weight, &chunk};
    });
  }
  Alike alike;
  uses.for_each([&](std::uint32_t hash, const Use& use) {
    alike.used[hash] = use.weight / all;
    if (!visible.words.contains(hash) && !is_keyword(use.text) && use.text.size() > 3)
      alike.names.push_back({use.text, use.weight / all});
  });
  std::sort(alike.names.begin(), alike.names.end(), [](const AlikeName& a, const AlikeName& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.text < b.text;
  });
  return alike;
}

// Files that define names near the cursor, names that similar code uses, or names that stand further
// up, and that nothing else reaches.
class NamedFiles {
 public:
  NamedFiles(View& view, const Place& place, ReachedFiles& files)
      : view_(view), place_(place), files_(files) {
    for (const ReachedFile& file : files.files()) {
      for (const SymbolFacts& symbol : file.facts->symbols) known_[symbol.name] = true;
    }
    for (const DocumentPtr& open : view.documents()) {
      if (open->path == place.query.path) continue;
      for (const SymbolRow& symbol : open->symbols) open_[name_hash(symbol.name)] = open.get();
    }
  }

  Status add(const Alike& alike, const VisibleText& visible) {
    int looked_up = 0;
    for (const NearName& name : place_.cursor.names) {
      if (name.is_local) known_[name_hash(name.text)] = true;
      if (is_keyword(name.text) || is_known(name.text)) continue;
      if (++looked_up > rank::kNamesLookedUp) break;
      if (Status done = look_up(name.text, rank::kNamedFilesMax); !done) return done;
    }
    looked_up = 0;
    for (const AlikeName& name : alike.names) {
      if (is_known(name.text)) continue;
      if (++looked_up > rank::kAlikeNamesLookedUp) break;
      if (Status done = look_up(name.text, rank::kNamedFilesMax); !done) return done;
    }
    looked_up = 0;
    for (std::string_view name : seen_names(visible)) {
      if (is_known(name)) continue;
      if (++looked_up > rank::kSeenNamesLookedUp) break;
      if (Status done = look_up(name, rank::kNamedFilesMax + rank::kSeenFilesMax); !done)
        return done;
    }
    return {};
  }

 private:
  bool is_known(std::string_view name) const { return known_.contains(name_hash(name)); }

  // Names that stand before the cursor, the last one first, as far as no file in reach defines them.
  std::vector<std::string_view> seen_names(const VisibleText& visible) const {
    std::vector<std::uint32_t> places;
    visible.words.for_each([&](std::uint32_t hash, const SeenWord& seen) {
      if (!known_.contains(hash)) places.push_back(seen.last_offset);
    });
    std::sort(places.begin(), places.end(), std::greater<>());
    std::vector<std::string_view> names;
    const std::string_view text = place_.query.text;
    for (std::uint32_t start : places) {
      std::size_t end = start;
      while (end < text.size() && is_word_byte(text[end])) ++end;
      const std::string_view name = text.substr(start, end - start);
      if (name.size() >= kSeenNameBytesMin && !is_keyword(name)) names.push_back(name);
    }
    return names;
  }

  Status look_up(std::string_view name, std::size_t most) {
    if (added_ >= most) return {};
    Expected<PathList> definers =
        view_.facts().paths().definers(view_, name, static_cast<int>(rank::kDefinersMax));
    if (!definers) return std::move(definers.error()).pass();
    if ((*definers)->size() > rank::kDefinersMax) return {};
    const std::size_t before = files_.files().size();
    for (const std::string& path : **definers) {
      if (Status done = files_.add(path, Reach::kNamed); !done) return done;
    }
    if (const Document* const* open = open_.find(name_hash(name))) {
      if (Status done = files_.add((*open)->path, Reach::kNamed); !done) return done;
    }
    added_ += files_.files().size() - before;
    return {};
  }

  static constexpr std::size_t kSeenNameBytesMin = 4;
  View& view_;
  const Place& place_;
  ReachedFiles& files_;
  FlatMap<bool> known_{4096};
  FlatMap<const Document*> open_;  // an open document that defines the name
  std::size_t added_ = 0;
};

std::string where(int distance) {
  if (distance == 0) return "on the cursor's line";
  const int lines = std::abs(distance);
  return fmt::format("{} line{} {} the cursor", lines, lines == 1 ? "" : "s",
                     distance < 0 ? "above" : "below");
}

// Takes symbols, best first, as long as there is room for them; whole where that is cheap for how
// likely they are, else by their signature.
class DigestBuilder {
 public:
  DigestBuilder(const ContextQuery& query)
      : query_(query),
        room_(static_cast<double>(query.bytes_max) * rank::weights_of_symbols().share) {}

  void take(const LikelySymbol& likely) {
    const SymbolRow& row = likely.symbol->row;
    Digest& digest = digests_[row.path];
    if (digest.symbols.size() >= rank::kDigestSymbolsMax || digest.covers(row)) return;
    const double whole = row.end_byte - row.start_byte;
    const bool has_body = row.kind == SymbolKind::kFunction || row.kind == SymbolKind::kMethod ||
                          row.kind == SymbolKind::kConstructor;
    const double allowed = std::max<double>(
        rank::kWholeBytesAlways, rank::kWholeShare * std::sqrt(likely.chance) * query_.bytes_max);
    const bool wanted = !has_body || likely.chance >= rank::kBodyChanceMin;
    const bool fits =
        wanted && whole <= allowed && row.end_line - row.start_line < rank::kDefinitionLinesMax;
    const double cost = (fits ? whole : std::min<double>(row.signature_bytes, kSignatureBytes)) + 4;
    if (cost > room_) return;
    room_ -= cost;
    if (digest.symbols.empty() || likely.chance > digest.best->chance) digest.best = &likely;
    digest.chance = likely.file_chance;
    digest.symbols.push_back({row, likely.chance, fits ? Detail::kWhole : Detail::kSignature});
  }
  bool is_full() const { return room_ < kSignatureBytes / 4; }

  std::vector<Candidate> candidates(const Place& place) && {
    std::vector<Candidate> found;
    for (auto& [path, digest] : digests_) {
      if (!digest.symbols.empty()) found.push_back(candidate(place, path, std::move(digest)));
    }
    return found;
  }

 private:
  static constexpr double kSignatureBytes = 120;
  struct Digest {
    std::vector<DigestSymbol> symbols;
    const LikelySymbol* best = nullptr;
    double chance = 0;
    bool covers(const SymbolRow& row) const {
      return std::any_of(symbols.begin(), symbols.end(), [&](const DigestSymbol& taken) {
        const bool inside =
            taken.row.start_byte <= row.start_byte && row.end_byte <= taken.row.end_byte;
        return inside && (taken.detail == Detail::kWhole || taken.row.name == row.name);
      });
    }
  };

  static Candidate candidate(const Place& place, const std::string& path, Digest digest) {
    std::sort(digest.symbols.begin(), digest.symbols.end(),
              [](const auto& a, const auto& b) { return a.row.start_byte < b.row.start_byte; });
    // What stands in a whole one that was taken later is shown by it.
    std::uint32_t whole_until = 0;
    std::erase_if(digest.symbols, [&](const DigestSymbol& symbol) {
      if (symbol.row.end_byte <= whole_until) return true;
      if (symbol.detail == Detail::kWhole) whole_until = symbol.row.end_byte;
      return false;
    });
    Candidate candidate{
        .source = digest.best->is_seen ? ContextSource::kDefinition : ContextSource::kImport,
        .shape = Candidate::Shape::kDigest,
        .path = path,
        .start_line = digest.symbols.front().row.start_line,
        .score = std::min(1.0, digest.chance),
        .why = reason(place, *digest.best)};
    for (const DigestSymbol& symbol : digest.symbols)
      candidate.end_line = std::max(candidate.end_line, symbol.row.end_line + 1);
    candidate.symbols = std::move(digest.symbols);
    return candidate;
  }
  static std::string reason(const Place& place, const LikelySymbol& best) {
    const SymbolRow& row = best.symbol->row;
    const std::string qualified =
        row.container.empty() ? row.name : row.container + "::" + row.name;
    const std::string_view verb = row.is_definition ? "defines" : "declares";
    for (const NearName& name : place.cursor.names) {
      if (name.text == row.name)
        return fmt::format("{} {}, used {}", verb, qualified, where(name.line_distance));
    }
    if (best.is_seen) return fmt::format("{} {}, used above", verb, qualified);
    return fmt::format("{} {}, likely used next: {}", verb, qualified,
                       reach_name(best.file->reach));
  }

  const ContextQuery& query_;
  double room_;
  std::map<std::string, Digest> digests_;
};

}  // namespace

Expected<std::unique_ptr<SymbolsInReach>> symbols_in_reach(View& view, const Place& place,
                                                           const std::vector<Candidate>& similar,
                                                           Keep keep) {
  const ContextQuery& query = place.query;
  const Language* language = language_of(query.path, query.text.substr(0, 256));
  auto reached = std::make_unique<SymbolsInReach>(
      SymbolsInReach{ReachedFiles(view, view.facts(), query.path, language),
                     read_visible(query.text, query.cursor, place.cursor),
                     {},
                     {}});
  ReachedFiles& files = reached->files;
  if (Status done = files.gather(place.imported, query.recent_paths); !done)
    return std::move(done.error()).pass();
  const Alike alike = names_used_alike(similar, reached->visible);
  if (Status done = NamedFiles(view, place, files).add(alike, reached->visible); !done)
    return std::move(done.error()).pass();
  files.compare(word_set(query.text.substr(0, query.cursor)));
  reached->symbols = likely_symbols(place, reached->visible, files, alike.used,
                                    keep == Keep::kAllWithFeatures ? &reached->features : nullptr);
  return reached;
}

Expected<std::vector<Candidate>> symbol_candidates(View& view, const Place& place,
                                                   const std::vector<Candidate>& similar) {
  Expected<std::unique_ptr<SymbolsInReach>> reached = symbols_in_reach(view, place, similar);
  if (!reached) return std::move(reached.error()).pass();
  DigestBuilder digests(place.query);
  for (const LikelySymbol& likely : (*reached)->symbols) {
    if (likely.chance < rank::kChanceMin || digests.is_full()) break;
    digests.take(likely);
  }
  return std::move(digests).candidates(place);
}

}  // namespace curlew::indexer
