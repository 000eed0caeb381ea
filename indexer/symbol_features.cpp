#include "indexer/symbol_features.h"

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

// log(1 + n), mostly of few.
double log_of(int n) {
  static const std::array<double, 64> kLogs = [] {
    std::array<double, 64> logs{};
    for (std::size_t i = 0; i < logs.size(); ++i) logs[i] = std::log1p(static_cast<double>(i));
    return logs;
  }();
  return n < static_cast<int>(kLogs.size()) ? kLogs[static_cast<std::size_t>(n)] : std::log1p(n);
}

}  // namespace

Neighbourhood::Neighbourhood(const ReachedFiles& files) {
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

double Neighbourhood::used_by(const Name& name, const ReachedFile& definer) const {
  const double own = definer.likeness * definer.likeness;
  return all_ > own ? std::clamp((name.used - own) / (all_ - own), 0.0, 1.0) : 0;
}

SymbolFeatures::SymbolFeatures(const Place& place, const VisibleText& visible,
                               const ReachedFiles& files, const UsedAlike& alike)
    : place_(place),
      visible_(visible),
      alike_(alike),
      neighbourhood_(files),
      returned_(types_by_signature(visible, files)),
      above_(types_above(files)),
      in_test_(is_test_path(place.query.path)) {
  for (std::uint32_t piece : piece_hashes(bare_stem(place.query.path))) own_pieces_[piece] = 1;
}

FileView SymbolFeatures::look_at(const ReachedFile& file) const {
  FileView view;
  const FileFacts& facts = *file.facts;
  for (std::size_t i = 0; i < facts.symbols.size(); ++i) {
    const SymbolFacts& symbol = facts.symbols[i];
    const SeenWord* found = seen(symbol);
    if (!found) continue;
    view.near = std::max(view.near, at(visible_.near, symbol.name));
    ++view.count;
    view.is_used |= !found->only_imported;
    view.places.push_back(i);
    if (symbol.owner) view.owners.push_back(symbol.owner);
  }
  view.is_package = (file.reach == Reach::kFolder || file.reach == Reach::kNearFolder) &&
                    shares_folders(facts.language);
  view.stem_near = at(visible_.near, facts.stem);
  view.stem_used = visible_.words.contains(facts.stem) ? 1 : 0;
  view.stem_pieces = share_near(facts.stem_pieces, visible_.pieces);
  return view;
}

bool SymbolFeatures::is_candidate(const SymbolFacts& symbol, const ReachedFile& file) const {
  if (symbol.row.name.size() < 2 || kind_class(symbol.row.kind) == 6) return false;
  if (file.reach == Reach::kSelf) {
    const bool shown = place_.cursor.in_prompt(symbol.row.start_line, symbol.row.end_line + 1);
    return !shown && at(visible_.near, symbol.name) > 0;
  }
  return symbol.visibility != Visibility::kFile || file.reach == Reach::kCounterpart;
}

void SymbolFeatures::describe_file(const ReachedFile& file, const FileView& view, bool seen,
                                   FeatureList& f) const {
  const Reach reach = file.reach == Reach::kSelf ? Reach::kCounterpart : file.reach;
  f.set((seen ? Feature::kSeenReach : Feature::kReach) + static_cast<int>(reach) - 1, 1);
  f.set(seen ? Feature::kSeenLikeness : Feature::kLikeness, file.likeness);
  f.set(Feature::kTestFile, !in_test_ && is_test_path(file.facts->path) ? 1 : 0);
  f.set(seen ? Feature::kSeenPackage : Feature::kPackage, view.is_package ? 1 : 0);
  f.set(seen ? Feature::kSeenStemNear : Feature::kStemNear, view.stem_near);
  if (seen) return;
  const bool named = file.reach == Reach::kImport || file.reach == Reach::kFolder;
  f.set(Feature::kOrder, named ? std::log1p(file.order) / 3 : 0);
  f.set(Feature::kFileSize, std::log1p(static_cast<double>(file.facts->symbols.size())) / 8);
  f.set(Feature::kStemUsed, view.stem_used);
  f.set(Feature::kStemPieces, view.stem_pieces);
  f.set(Feature::kUnusedImport, file.reach == Reach::kImport && !view.is_used ? 1 : 0);
  f.set(Feature::kFileNear, view.near);
  f.set(Feature::kFileSeen, std::min(1.0, std::log1p(view.count) / 4));
}

void SymbolFeatures::describe(const SymbolFacts& symbol, const ReachedFile& file,
                              const FileView& view, const SeenWord* seen, FeatureList& f) const {
  const Neighbourhood::Name& name = neighbourhood_.name(symbol.name);
  const bool is_seen = seen != nullptr;
  if (seen) describe_use(symbol, name, *seen, f);
  describe_symbol(symbol, file, name, is_seen, f);
  describe_fit(symbol, file, name, is_seen, f);
  describe_owner(symbol, is_seen, f);
  if (!seen) describe_company(symbol, file, view, f);
}

// What the text says of a name that it holds.
void SymbolFeatures::describe_use(const SymbolFacts& symbol, const Neighbourhood::Name& name,
                                  const SeenWord& seen, FeatureList& f) const {
  const double near = at(visible_.near, symbol.name);
  const double distance = visible_.cursor - std::min(visible_.cursor, seen.last_offset);
  f.set(Feature::kSeen, 1);
  f.set(Feature::kNear, near);
  f.set(Feature::kNearAndRare, near / std::sqrt(1.0 + name.definers));
  f.set(Feature::kNearAndPlain, is_plain_word(symbol.row.name) ? near : 0);
  f.set(Feature::kUses, std::min(1.0, std::log1p(seen.count) / 4));
  f.set(Feature::kRecent, 1 - std::log1p(distance) / 12);
  const int kind = kind_class(symbol.row.kind);
  if (kind < 4) f.set(Feature::kNearKind + kind, near);
  f.set(Feature::kVeryNear, near * near * near);
  f.set(Feature::kMuchUsed, seen.count > 2 ? 1 : 0);
  f.set(Feature::kOnlyImported, seen.only_imported ? 1 : 0);
}

// What it is, and who may name it.
void SymbolFeatures::describe_symbol(const SymbolFacts& symbol, const ReachedFile& file,
                                     const Neighbourhood::Name& name, bool seen,
                                     FeatureList& f) const {
  const SymbolRow& row = symbol.row;
  f.set((seen ? Feature::kSeenKind : Feature::kKind) + std::min(kind_class(row.kind), 5), 1);
  f.set(seen ? Feature::kSeenDeclaration : Feature::kDeclaration, row.is_definition ? 0 : 1);
  f.set(Feature::kPlainWord, !seen && is_plain_word(row.name) ? 1 : 0);
  f.set(Feature::kUnderscore, row.name.front() == '_' ? 1 : 0);
  f.set(Feature::kMember, !seen && symbol.owner != 0 ? 1 : 0);
  f.set(Feature::kDefiners, log_of(name.definers) / 3);
  const bool is_hidden = symbol.visibility == Visibility::kFile ||
                         (symbol.visibility == Visibility::kPackage &&
                          folder_of(file.facts->path) != folder_of(place_.query.path));
  f.set(Feature::kHidden, is_hidden ? 1 : 0);
  const bool as_file = symbol.pieces == file.facts->stem_pieces;
  f.set(seen ? Feature::kSeenNamedAsFile : Feature::kTypeNamedAsFile, as_file ? 1 : 0);
  f.set(seen ? Feature::kSeenPopular : Feature::kPopular, symbol.popularity);
}

// How it fits what stands near the cursor, and what is like it.
void SymbolFeatures::describe_fit(const SymbolFacts& symbol, const ReachedFile& file,
                                  const Neighbourhood::Name& name, bool seen,
                                  FeatureList& f) const {
  const double owner = symbol.owner ? at(visible_.types, symbol.owner) : 0;
  f.set(seen ? Feature::kSeenOwner : Feature::kOwner, owner);
  double types = 0;
  for (std::uint32_t word : symbol.signature) types = std::max(types, at(visible_.types, word));
  f.set(seen ? Feature::kSeenSignature : Feature::kSignature, types);
  const double used_by = neighbourhood_.used_by(name, file);
  const double alike = at(alike_, symbol.name);
  f.set(seen ? Feature::kSeenUsedBy : Feature::kUsedBy, used_by);
  f.set(seen ? Feature::kSeenUsedAlike : Feature::kUsedAlike, alike);
  if (seen) return;
  f.set(Feature::kRootUsedBy, std::sqrt(static_cast<float>(used_by)));
  f.set(Feature::kRootUsedAlike, std::sqrt(alike));
  f.set(Feature::kUsers, log_of(name.users) / 4);
  f.set(Feature::kTwoUsers, name.users > 1 ? 1 : 0);
  if (symbol.pieces.empty()) return;
  double best = 0, sum = 0;
  for (std::uint32_t piece : symbol.pieces) {
    const double near = at(visible_.pieces, piece);
    best = std::max(best, near);
    sum += near;
  }
  f.set(Feature::kPieceNear, best);
  f.set(Feature::kPiecesNear, sum / static_cast<double>(symbol.pieces.size()));
  f.set(Feature::kPathPieces, share_near(symbol.pieces, own_pieces_));
  f.set(Feature::kFirstPiece, at(visible_.first_pieces, symbol.pieces[0]));
  if (symbol.pieces.size() > 1)
    f.set(Feature::kSecondPiece, at(visible_.pieces, symbol.pieces.back()));
}

// What the text has to do with the type that it is a member of.
void SymbolFeatures::describe_owner(const SymbolFacts& symbol, bool seen, FeatureList& f) const {
  if (!symbol.owner) return;
  f.set(seen ? Feature::kSeenOwnerReturned : Feature::kOwnerReturned, at(returned_, symbol.owner));
  f.set(seen ? Feature::kSeenOwnerBase : Feature::kOwnerBase,
        above_.contains(symbol.owner) ? 1 : 0);
  if (seen) return;
  f.set(Feature::kOwnerDeclared, visible_.declared.contains(symbol.owner) ? 1 : 0);
  const SeenWord* owner = visible_.words.find(symbol.owner);
  if (!owner) return;
  const double distance = visible_.cursor - std::min(visible_.cursor, owner->last_offset);
  f.set(Feature::kOwnerUsed, 1);
  f.set(Feature::kOwnerRecent, 1 - std::log1p(distance) / 12);
  f.set(Feature::kOwnerOnlyImported, owner->only_imported ? 1 : 0);
}

// What else of the same file and container is used already.
void SymbolFeatures::describe_company(const SymbolFacts& symbol, const ReachedFile& file,
                                      const FileView& others, FeatureList& f) const {
  const bool is_owner_seen = symbol.owner && std::find(others.owners.begin(), others.owners.end(),
                                                       symbol.owner) != others.owners.end();
  f.set(Feature::kOwnerSeen, is_owner_seen ? 1 : 0);
  const auto place = static_cast<std::size_t>(&symbol - file.facts->symbols.data());
  const auto after = std::lower_bound(others.places.begin(), others.places.end(), place);
  double distance = 1e9;
  if (after != others.places.end()) distance = static_cast<double>(*after - place);
  if (after != others.places.begin())
    distance = std::min(distance, static_cast<double>(place - *(after - 1)));
  f.set(Feature::kNeighbourSeen, 1 / (1 + distance / 3));
}

}  // namespace curlew::indexer
