#include "indexer/likely.h"

#include <algorithm>
#include <cmath>

#include "indexer/imports.h"
#include "indexer/rank_weights.h"

namespace curlew::indexer {
namespace {

using rank::Feature;
static_assert(std::size(rank::kWeights) == rank::kFeatureCount);

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

// Of one file: which of its symbols stand before the cursor, and what its name has to do with it.
struct FileView {
  double near = 0;  // the nearest of them
  int count = 0;
  std::vector<std::uint32_t> owners;  // of them
  std::vector<std::size_t> places;    // their places among the file's symbols
  bool is_used = false;               // one of them by more than an import
  bool is_package = false;            // of the folder, in a language where that needs no import
  double stem_near = 0, stem_used = 0, stem_pieces = 0;
};

// Whether the files of a folder see each other's names without an import.
bool shares_folders(const Language* language) {
  if (!language) return false;
  for (std::string_view name :
       {"go", "java", "c_sharp", "kotlin", "scala", "swift", "php", "ruby"}) {
    if (language->name == name) return true;
  }
  return false;
}

double share_near(const std::vector<std::uint32_t>& pieces, const FlatMap<double>& near) {
  double sum = 0;
  for (std::uint32_t piece : pieces) sum += at(near, piece);
  return pieces.empty() ? 0 : sum / static_cast<double>(pieces.size());
}

FileView look_at(const ReachedFile& file, const VisibleText& visible) {
  FileView view;
  const FileFacts& facts = *file.facts;
  for (std::size_t i = 0; i < facts.symbols.size(); ++i) {
    const SymbolFacts& symbol = facts.symbols[i];
    const SeenWord* seen = visible.words.find(symbol.name);
    if (!seen) continue;
    view.near = std::max(view.near, at(visible.near, symbol.name));
    ++view.count;
    view.is_used |= !seen->only_imported;
    view.places.push_back(i);
    if (symbol.owner) view.owners.push_back(symbol.owner);
  }
  view.is_package = (file.reach == Reach::kFolder || file.reach == Reach::kNearFolder) &&
                    shares_folders(facts.language);
  view.stem_near = at(visible.near, facts.stem);
  view.stem_used = visible.words.contains(facts.stem) ? 1 : 0;
  view.stem_pieces = share_near(facts.stem_pieces, visible.pieces);
  return view;
}

// Types that names near the cursor have to do with by what their definitions' heads say, the
// nearest one's nearness: what a function returns or takes, what a field holds.
FlatMap<double> types_by_signature(const VisibleText& visible, const ReachedFiles& files) {
  FlatMap<double> types(256);
  for (const ReachedFile& file : files.files()) {
    for (const SymbolFacts& symbol : file.facts->symbols) {
      const double near = at(visible.near, symbol.name);
      if (near == 0) continue;
      for (std::uint32_t word : symbol.signature) {
        double& place = types[word];
        place = std::max(place, near);
      }
    }
  }
  return types;
}

// What the types of this file inherit from, as far as the files in reach say.
FlatMap<bool> types_above(const ReachedFiles& files) {
  constexpr int kGenerations = 4;
  FlatMap<bool> above;
  const ReachedFile* own = files.files().empty() || files.files().front().reach != Reach::kSelf
                               ? nullptr
                               : &files.files().front();
  if (!own) return above;
  for (const FileFacts::Base& base : own->facts->bases) above[base.base] = true;
  for (int i = 1; i < kGenerations; ++i) {
    for (const ReachedFile& file : files.files()) {
      for (const FileFacts::Base& base : file.facts->bases) {
        if (above.contains(base.type)) above[base.base] = true;
      }
    }
  }
  return above;
}

class Scorer {
 public:
  Scorer(const Place& place, const VisibleText& visible, const ReachedFiles& files,
         const UsedAlike& alike)
      : place_(place),
        visible_(visible),
        alike_(alike),
        neighbourhood_(files),
        returned_(types_by_signature(visible, files)),
        above_(types_above(files)),
        in_test_(is_test_path(place.query.path)) {
    for (std::uint32_t piece : piece_hashes(bare_stem(place.query.path))) own_pieces_[piece] = 1;
  }

  bool is_candidate(const SymbolFacts& symbol, const ReachedFile& file) const {
    if (symbol.row.name.size() < 2 || kind_class(symbol.row.kind) == 6) return false;
    if (file.reach == Reach::kSelf) {
      const bool shown = place_.cursor.in_prompt(symbol.row.start_line, symbol.row.end_line + 1);
      return !shown && at(visible_.near, symbol.name) > 0;
    }
    return symbol.visibility != Visibility::kFile || file.reach == Reach::kCounterpart;
  }

  rank::Features describe(const SymbolFacts& symbol, const ReachedFile& file,
                          const FileView& others) const {
    rank::Features f{};
    const SeenWord* found = visible_.words.find(symbol.name);
    const bool seen = found != nullptr;
    if (seen) describe_use(f, symbol, *found);
    describe_symbol(f, symbol, seen);
    describe_file(f, symbol, file, seen);
    describe_fit(f, symbol, file, seen);
    describe_owner(f, symbol, seen);
    describe_name(f, symbol, file, others, seen);
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

  // What the text has to do with the type that the symbol is a member of.
  void describe_owner(rank::Features& f, const SymbolFacts& symbol, bool seen) const {
    if (!symbol.owner) return;
    const double returned = at(returned_, symbol.owner);
    const double base = above_.contains(symbol.owner) ? 1 : 0;
    f[seen ? Feature::kSeenOwnerReturned : Feature::kOwnerReturned] = returned;
    f[seen ? Feature::kSeenOwnerBase : Feature::kOwnerBase] = base;
    if (seen) return;
    f[Feature::kOwnerDeclared] = visible_.declared.contains(symbol.owner) ? 1 : 0;
    const SeenWord* owner = visible_.words.find(symbol.owner);
    if (!owner) return;
    const double distance = visible_.cursor - std::min(visible_.cursor, owner->last_offset);
    f[Feature::kOwnerUsed] = 1;
    f[Feature::kOwnerRecent] = 1 - std::log1p(distance) / 12;
    f[Feature::kOwnerOnlyImported] = owner->only_imported ? 1 : 0;
  }
  // What the names of the files say.
  void describe_name(rank::Features& f, const SymbolFacts& symbol, const ReachedFile& file,
                     const FileView& view, bool seen) const {
    f[seen ? Feature::kSeenPackage : Feature::kPackage] = view.is_package ? 1 : 0;
    f[seen ? Feature::kSeenStemNear : Feature::kStemNear] = view.stem_near;
    const bool as_file = symbol.pieces == file.facts->stem_pieces;
    f[seen ? Feature::kSeenNamedAsFile : Feature::kTypeNamedAsFile] = as_file ? 1 : 0;
    if (seen) return;
    f[Feature::kStemUsed] = view.stem_used;
    f[Feature::kStemPieces] = view.stem_pieces;
    f[Feature::kPathPieces] = share_near(symbol.pieces, own_pieces_);
  }

  // What else of the same file and container is used already.
  void describe_company(rank::Features& f, const SymbolFacts& symbol, const ReachedFile& file,
                        const FileView& others) const {
    f[Feature::kUnusedImport] = file.reach == Reach::kImport && !others.is_used ? 1 : 0;
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
  const FlatMap<double> returned_;
  const FlatMap<bool> above_;
  FlatMap<double> own_pieces_;
  const bool in_test_;
};

// A linear score and one layer of hidden units: together near and rare is more than near and rare.
// Most features are 0.
double weighed(const rank::Features& features) {
  std::array<float, rank::kHiddenUnits> units;
  std::copy(std::begin(rank::kHiddenBias), std::end(rank::kHiddenBias), units.begin());
  float score = 0;
  for (int i = 0; i < rank::kFeatureCount; ++i) {
    const float value = features[i];
    if (value == 0) continue;
    const float* const weights = rank::kWeights[i];
    score += value * weights[0];
    for (int unit = 0; unit < rank::kHiddenUnits; ++unit) units[unit] += value * weights[1 + unit];
  }
  for (int unit = 0; unit < rank::kHiddenUnits; ++unit)
    score += std::max(units[unit], 0.F) * rank::kHiddenWeights[unit];
  return score;
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
    const FileView view = look_at(file, visible);
    const std::size_t first = symbols.size();
    double of_file = 0;
    for (const SymbolFacts& symbol : file.facts->symbols) {
      if (!scorer.is_candidate(symbol, file)) continue;
      const rank::Features described = scorer.describe(symbol, file, view);
      if (features) features->push_back(described);
      const double odds = std::exp(weighed(described));
      sum += odds;
      of_file += odds;
      symbols.push_back({&symbol, &file, static_cast<std::uint32_t>(symbols.size()), odds, 0,
                         described[Feature::kSeen] > 0});
    }
    for (std::size_t i = first; i < symbols.size(); ++i) symbols[i].file_chance = of_file;
  }
  for (LikelySymbol& likely : symbols) {
    likely.chance /= sum;
    likely.file_chance /= sum;
  }
  const std::size_t kept = features ? symbols.size() : std::min(symbols.size(), rank::kLikelyMax);
  std::partial_sort(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(kept),
                    symbols.end(), better);
  symbols.resize(kept);
  return symbols;
}

}  // namespace curlew::indexer
