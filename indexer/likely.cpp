#include "indexer/likely.h"

#include <algorithm>
#include <cmath>

#include "indexer/imports.h"

namespace curlew::indexer {
namespace {

using rank::Feature;

double at(const FlatMap<double>& map, std::uint32_t key) {
  const double* found = map.find(key);
  return found ? *found : 0;
}

// "open" may be an English word; "open_file" and "openFile" are names.
bool is_plain_word(std::string_view name) {
  const bool has_mark = name.find('_', 1) != name.npos;
  const bool has_hump =
      std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return !has_mark && !has_hump && name.size() < 10;
}

int kind_class(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kFunction:
      return 0;
    case SymbolKind::kMethod:
      return 1;
    case SymbolKind::kClass:
    case SymbolKind::kStruct:
    case SymbolKind::kInterface:
    case SymbolKind::kEnum:
    case SymbolKind::kType:
      return 2;
    case SymbolKind::kConstant:
    case SymbolKind::kMacro:
    case SymbolKind::kEnumMember:
      return 3;
    case SymbolKind::kField:
    case SymbolKind::kProperty:
    case SymbolKind::kVariable:
      return 4;
    case SymbolKind::kConstructor:
      return 5;
    case SymbolKind::kModule:
    case SymbolKind::kSection:
      return 6;
  }
  return 6;
}

bool is_test_path(std::string_view path) {
  return path.find("test") != path.npos || path.find("Test") != path.npos ||
         path.find("spec") != path.npos;
}

// Names of all candidates, with what the files of the neighbourhood do with them.
class Neighbourhood {
 public:
  explicit Neighbourhood(const ReachedFiles& files) {
    for (const ReachedFile& file : files.files()) {
      for (const SymbolFacts& symbol : file.facts->symbols) {
        Name& name = names_[symbol.name];
        if (name.last_definer != &file) ++name.definers;
        name.last_definer = &file;
      }
    }
    for (const ReachedFile& file : files.files()) {
      const double weight = file.likeness * file.likeness;
      all_ += weight;
      for (std::uint32_t word : file.facts->words) {
        if (Name* name = names_.find(word)) {
          name->used += weight;
          ++name->users;
        }
      }
    }
  }
  int definers(std::uint32_t name) const { return names_.find(name)->definers; }
  // The share of the neighbouring files that use the name, those counted more that are more alike.
  // The definer's own use says nothing.
  double used_by(std::uint32_t name, const ReachedFile& definer) const {
    const double own = definer.likeness * definer.likeness;
    return all_ > own ? std::clamp((names_.find(name)->used - own) / (all_ - own), 0.0, 1.0) : 0;
  }
  int users(std::uint32_t name) const { return names_.find(name)->users; }

 private:
  struct Name {
    int definers = 0, users = 0;
    double used = 0;
    const ReachedFile* last_definer = nullptr;
  };
  FlatMap<Name> names_{4096};
  double all_ = 1e-9;
};

// Of one file: which of its symbols stand before the cursor.
struct SeenIn {
  double near = 0;  // the nearest of them
  int count = 0;
  std::vector<std::uint32_t> owners;  // of them
  std::vector<std::size_t> places;    // their places among the file's symbols
};

SeenIn seen_in(const ReachedFile& file, const VisibleText& visible) {
  SeenIn seen;
  for (std::size_t i = 0; i < file.facts->symbols.size(); ++i) {
    const SymbolFacts& symbol = file.facts->symbols[i];
    if (!visible.words.contains(symbol.name)) continue;
    seen.near = std::max(seen.near, at(visible.near, symbol.name));
    ++seen.count;
    seen.places.push_back(i);
    if (symbol.owner) seen.owners.push_back(symbol.owner);
  }
  return seen;
}

class Scorer {
 public:
  Scorer(const Place& place, const VisibleText& visible, const ReachedFiles& files,
         const UsedAlike& alike)
      : place_(place),
        visible_(visible),
        alike_(alike),
        neighbourhood_(files),
        in_test_(is_test_path(place.query.path)) {}

  bool is_candidate(const SymbolFacts& symbol, const ReachedFile& file) const {
    if (symbol.row.name.size() < 2 || kind_class(symbol.row.kind) == 6) return false;
    if (file.reach == Reach::kSelf) {
      const bool shown = place_.cursor.in_prompt(symbol.row.start_line, symbol.row.end_line + 1);
      return !shown && at(visible_.near, symbol.name) > 0;
    }
    return symbol.visibility != Visibility::kFile || file.reach == Reach::kCounterpart;
  }

  rank::Features describe(const SymbolFacts& symbol, const ReachedFile& file,
                          const SeenIn& others) const {
    rank::Features f{};
    const SeenWord* found = visible_.words.find(symbol.name);
    const bool seen = found != nullptr;
    if (seen) describe_use(f, symbol, *found);
    describe_symbol(f, symbol, seen);
    describe_file(f, symbol, file, seen);
    describe_fit(f, symbol, file, seen);
    if (!seen) describe_company(f, symbol, file, others);
    f[seen ? Feature::kSeenPopular : Feature::kPopular] = symbol.popularity;
    return f;
  }

 private:
  // What the text says of a name that it holds.
  void describe_use(rank::Features& f, const SymbolFacts& symbol, const SeenWord& seen) const {
    const double near = at(visible_.near, symbol.name);
    const double distance = visible_.cursor - std::min(visible_.cursor, seen.last_offset);
    f[Feature::kSeen] = 1;
    f[Feature::kNear] = near;
    f[Feature::kNearAndRare] = near / std::sqrt(1.0 + neighbourhood_.definers(symbol.name));
    f[Feature::kNearAndPlain] = is_plain_word(symbol.row.name) ? near : 0;
    f[Feature::kUses] = std::min(1.0, std::log1p(seen.count) / 4);
    f[Feature::kRecent] = 1 - std::log1p(distance) / 12;
    const int kind = kind_class(symbol.row.kind);
    if (kind < 4) f[Feature::kNearKind + kind] = near;
    f[Feature::kVeryNear] = near * near * near;
    f[Feature::kMuchUsed] = seen.count > 2 ? 1 : 0;
    f[Feature::kOnlyImported] = seen.only_imported ? 1 : 0;
  }
  void describe_symbol(rank::Features& f, const SymbolFacts& symbol, bool seen) const {
    const SymbolRow& row = symbol.row;
    const int kind = kind_class(row.kind);
    f[(seen ? Feature::kSeenKind : Feature::kKind) + std::min(kind, 5)] = 1;
    f[seen ? Feature::kSeenDeclaration : Feature::kDeclaration] = row.is_definition ? 0 : 1;
    f[Feature::kPlainWord] = !seen && is_plain_word(row.name) ? 1 : 0;
    f[Feature::kUnderscore] = row.name.front() == '_' ? 1 : 0;
    f[Feature::kMember] = !seen && symbol.owner != 0 ? 1 : 0;
    f[Feature::kDefiners] = std::log1p(neighbourhood_.definers(symbol.name)) / 3;
  }
  void describe_file(rank::Features& f, const SymbolFacts& symbol, const ReachedFile& file,
                     bool seen) const {
    const Reach reach = file.reach == Reach::kSelf ? Reach::kCounterpart : file.reach;
    f[(seen ? Feature::kSeenReach : Feature::kReach) + static_cast<int>(reach) - 1] = 1;
    const bool named = file.reach == Reach::kImport || file.reach == Reach::kFolder;
    f[Feature::kOrder] = named && !seen ? std::log1p(file.order) / 3 : 0;
    f[Feature::kFileSize] =
        seen ? 0 : std::log1p(static_cast<double>(file.facts->symbols.size())) / 8;
    f[seen ? Feature::kSeenLikeness : Feature::kLikeness] = file.likeness;
    f[Feature::kHidden] = symbol.visibility == Visibility::kFile ||
                                  (symbol.visibility == Visibility::kPackage &&
                                   folder_of(file.facts->path) != folder_of(place_.query.path))
                              ? 1
                              : 0;
    f[Feature::kTestFile] = !in_test_ && is_test_path(file.facts->path) ? 1 : 0;
  }
  // How the symbol fits what stands near the cursor.
  void describe_fit(rank::Features& f, const SymbolFacts& symbol, const ReachedFile& file,
                    bool seen) const {
    const double owner = symbol.owner ? at(visible_.types, symbol.owner) : 0;
    f[seen ? Feature::kSeenOwner : Feature::kOwner] = owner;
    double types = 0;
    for (std::uint32_t word : symbol.signature) types = std::max(types, at(visible_.types, word));
    f[seen ? Feature::kSeenSignature : Feature::kSignature] = types;
    double best = 0, sum = 0;
    for (std::uint32_t piece : symbol.pieces) {
      const double near = at(visible_.pieces, piece);
      best = std::max(best, near);
      sum += near;
    }
    if (!seen && !symbol.pieces.empty()) {
      f[Feature::kPieceNear] = best;
      f[Feature::kPiecesNear] = sum / static_cast<double>(symbol.pieces.size());
    }
    f[seen ? Feature::kSeenUsedBy : Feature::kUsedBy] = neighbourhood_.used_by(symbol.name, file);
    f[Feature::kUsers] = seen ? 0 : std::log1p(neighbourhood_.users(symbol.name)) / 4;
    f[seen ? Feature::kSeenUsedAlike : Feature::kUsedAlike] = at(alike_, symbol.name);
  }

  // What else of the same file and container is used already.
  void describe_company(rank::Features& f, const SymbolFacts& symbol, const ReachedFile& file,
                        const SeenIn& others) const {
    f[Feature::kRootUsedAlike] = std::sqrt(at(alike_, symbol.name));
    f[Feature::kRootUsedBy] = std::sqrt(f[Feature::kUsedBy]);
    f[Feature::kTwoUsers] = neighbourhood_.users(symbol.name) > 1 ? 1 : 0;
    f[Feature::kFileNear] = others.near;
    f[Feature::kFileSeen] = std::min(1.0, std::log1p(others.count) / 4);
    f[Feature::kOwnerSeen] = symbol.owner && std::find(others.owners.begin(), others.owners.end(),
                                                       symbol.owner) != others.owners.end();
    const auto place = static_cast<std::size_t>(&symbol - file.facts->symbols.data());
    const auto after = std::lower_bound(others.places.begin(), others.places.end(), place);
    double distance = 1e9;
    if (after != others.places.end()) distance = static_cast<double>(*after - place);
    if (after != others.places.begin())
      distance = std::min(distance, static_cast<double>(place - *(after - 1)));
    f[Feature::kNeighbourSeen] = 1 / (1 + distance / 3);
    if (!symbol.pieces.empty())
      f[Feature::kFirstPiece] = at(visible_.first_pieces, symbol.pieces[0]);
    if (symbol.pieces.size() > 1)
      f[Feature::kSecondPiece] = at(visible_.pieces, symbol.pieces.back());
  }

  const Place& place_;
  const VisibleText& visible_;
  const UsedAlike& alike_;
  const Neighbourhood neighbourhood_;
  const bool in_test_;
};

double weighed(const rank::Features& features) {
  double sum = 0;
  for (int i = 0; i < rank::kFeatureCount; ++i) sum += rank::kWeights[i] * features[i];
  return sum;
}

bool better(const LikelySymbol& a, const LikelySymbol& b) {
  if (a.chance != b.chance) return a.chance > b.chance;
  if (a.symbol->row.path != b.symbol->row.path) return a.symbol->row.path < b.symbol->row.path;
  return a.symbol->row.start_byte < b.symbol->row.start_byte;
}

}  // namespace

std::vector<LikelySymbol> likely_symbols(const Place& place, const VisibleText& visible,
                                         const ReachedFiles& files, const UsedAlike& alike,
                                         std::vector<rank::Features>* features) {
  const Scorer scorer(place, visible, files, alike);
  std::vector<LikelySymbol> symbols;
  double sum = 1;  // e^0: the line uses none of them
  for (const ReachedFile& file : files.files()) {
    const SeenIn seen = seen_in(file, visible);
    for (const SymbolFacts& symbol : file.facts->symbols) {
      if (!scorer.is_candidate(symbol, file)) continue;
      const rank::Features described = scorer.describe(symbol, file, seen);
      if (features) features->push_back(described);
      const double odds = std::exp(weighed(described));
      sum += odds;
      symbols.push_back({&symbol, &file, static_cast<std::uint32_t>(symbols.size()), odds,
                         described[Feature::kSeen] > 0});
    }
  }
  for (LikelySymbol& likely : symbols) likely.chance /= sum;
  const std::size_t kept = features ? symbols.size() : std::min(symbols.size(), rank::kLikelyMax);
  std::partial_sort(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(kept),
                    symbols.end(), better);
  symbols.resize(kept);
  return symbols;
}

}  // namespace curlew::indexer
