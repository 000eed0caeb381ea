// Where candidates come from. Each source scores its own in 0..1; select_chunks weighs them.
#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "indexer/context.h"
#include "indexer/imports.h"
#include "indexer/rank.h"

namespace curlew::indexer {
namespace {

double kind_weight(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kFunction:
    case SymbolKind::kMethod:
    case SymbolKind::kClass:
    case SymbolKind::kStruct:
    case SymbolKind::kInterface:
      return 1.0;
    case SymbolKind::kEnum:
    case SymbolKind::kType:
      return 0.9;
    case SymbolKind::kMacro:
      return 0.7;
    case SymbolKind::kConstructor:
    case SymbolKind::kConstant:
      return 0.6;
    case SymbolKind::kEnumMember:
    case SymbolKind::kField:
    case SymbolKind::kProperty:
    case SymbolKind::kVariable:
      return 0.35;
    case SymbolKind::kModule:
    case SymbolKind::kSection:
      return 0.1;
  }
  return 0;
}

// "open" may be an English word; "open_file" and "openFile" are names.
double shape_weight(std::string_view name) {
  const bool has_mark = name.find('_', 1) != name.npos;
  const bool has_hump =
      std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return has_mark || has_hump || name.size() >= 10 ? 1.0 : rank::kPlainWordPenalty;
}

double rarity_weight(int files_using) {
  return 1.0 - 0.75 * std::log1p(files_using) / std::log1p(rank::kUsersLookedAt);
}

std::string where(int distance) {
  if (distance == 0) return "on the cursor's line";
  const int lines = std::abs(distance);
  return fmt::format("{} line{} {} the cursor", lines, lines == 1 ? "" : "s",
                     distance < 0 ? "above" : "below");
}

// How near the defining file is to the one being edited.
class Relations {
 public:
  Relations(const View& view, const Place& place)
      : language_(language_of(place.query.path, place.query.text.substr(0, 256))),
        folder_(folder_of(place.query.path)) {
    imported_.insert(place.imported.begin(), place.imported.end());
    open_.insert(place.query.recent_paths.begin(), place.query.recent_paths.end());
    for (const DocumentPtr& document : view.documents()) open_.insert(document->path);
  }

  bool is_imported(const std::string& path) const { return imported_.contains(path); }
  double weight(const std::string& path) const {
    if (imported_.contains(path)) return rank::kImported;
    const Language* other = language_of(path, "");
    if (language_ && other && !related(*language_, *other)) return rank::kOtherLanguage;
    if (open_.contains(path)) return rank::kOpenOrRecent;
    return folder_of(path) == folder_ ? rank::kSameFolder : rank::kElsewhere;
  }

 private:
  // Languages that call each other's code freely.
  static int family(std::string_view name) {
    if (name == "c" || name == "cpp" || name == "cuda") return 1;
    if (name == "javascript" || name == "typescript" || name == "tsx") return 2;
    return 0;
  }
  static bool related(const Language& a, const Language& b) {
    return a.name == b.name || (family(a.name) != 0 && family(a.name) == family(b.name));
  }

  const Language* language_;
  std::string folder_;
  std::unordered_set<std::string> imported_, open_;
};

// Names that need no look-up: what the prompt shows already.
std::unordered_set<std::string_view> defined_in_prompt(const Place& place,
                                                       const std::vector<SymbolRow>& own) {
  std::unordered_set<std::string_view> names;
  for (const SymbolRow& symbol : own) {
    if (symbol.name_line >= place.cursor.prompt_first &&
        symbol.name_line < place.cursor.prompt_last)
      names.insert(symbol.name);
  }
  return names;
}

struct Definers {
  std::vector<SymbolRow> rows;
  double ambiguity = 1;  // 1 for the only definer, less the more there are
};

// Rows of one name that may be meant. Where an imported file defines it, the others are not meant.
Expected<Definers> definers_of(View& view, const Place& place, const Relations& relations,
                               const NearName& name) {
  Expected<std::vector<SymbolRow>> rows =
      view.symbols_named(name.text, rank::kDefinersLookedAt,
                         [&](const std::string& path) { return relations.is_imported(path); });
  if (!rows) return std::move(rows.error()).pass();
  std::erase_if(*rows, [&](const SymbolRow& row) {
    return row.path == place.query.path && place.cursor.in_prompt(row.start_line, row.end_line + 1);
  });
  auto narrow = [&](auto matches) {
    if (std::any_of(rows->begin(), rows->end(), matches))
      std::erase_if(*rows, std::not_fn(matches));
  };
  if (!name.qualifier.empty()) {
    narrow([&](const SymbolRow& row) { return row.container.ends_with(name.qualifier); });
  }
  narrow([&](const SymbolRow& row) { return relations.is_imported(row.path); });
  std::unordered_set<std::string_view> paths;
  for (const SymbolRow& row : *rows) paths.insert(row.path);
  Definers definers{.rows = std::move(*rows)};
  if (!paths.empty()) definers.ambiguity = 1 / std::sqrt(static_cast<double>(paths.size()));
  if (paths.size() > rank::kDefinersMax) definers.ambiguity *= 0.3;
  return definers;
}

bool container_is_near(const CursorView& cursor, const SymbolRow& row) {
  if (row.container.empty()) return false;
  const std::size_t last = row.container.find_last_of(":.");
  const std::string_view container = std::string_view(row.container).substr(last + 1);
  return std::any_of(cursor.names.begin(), cursor.names.end(),
                     [&](const NearName& name) { return name.text == container; });
}

Candidate lines_of(const ChunkRow& chunk, ContextSource source, double score, std::string why) {
  return {.source = source,
          .shape = Candidate::Shape::kLines,
          .path = chunk.path,
          .start_line = chunk.start_line,
          .end_line = chunk.end_line,
          .score = score,
          .why = std::move(why)};
}

}  // namespace

Expected<std::vector<Candidate>> definition_candidates(View& view, const Place& place) {
  Expected<std::vector<SymbolRow>> own = view.symbols_of(place.query.path);
  if (!own) return std::move(own.error()).pass();
  const auto shown = defined_in_prompt(place, *own);
  const Relations relations(view, place);

  std::vector<Candidate> candidates;
  int looked_up = 0;
  for (const NearName& name : place.cursor.names) {
    if (shown.contains(name.text)) continue;
    if (++looked_up > rank::kNamesMax) break;
    Expected<Definers> definers = definers_of(view, place, relations, name);
    if (!definers) return std::move(definers.error()).pass();
    if (definers->rows.empty()) continue;
    Expected<int> users = view.reader().files_using(name.text, rank::kUsersLookedAt);
    if (!users) return std::move(users.error()).pass();
    const double of_name =
        name.nearness * shape_weight(name.text) * rarity_weight(*users) * definers->ambiguity;
    for (SymbolRow& row : definers->rows) {
      double score = of_name * kind_weight(row.kind) * relations.weight(row.path);
      if (!row.is_definition) score *= rank::kDeclarationPenalty;
      if (container_is_near(place.cursor, row)) score *= rank::kContainerSeen;
      const std::string qualified =
          row.container.empty() ? row.name : row.container + "::" + row.name;
      candidates.push_back(
          {.source = ContextSource::kDefinition,
           .shape = Candidate::Shape::kDefinition,
           .path = row.path,
           .start_line = row.start_line,
           .end_line = row.end_line + 1,
           .score = std::min(score, 1.0),
           .why = fmt::format("{} {}, used {}", row.is_definition ? "defines" : "declares",
                              qualified, where(name.line_distance)),
           .symbol = std::move(row)});
    }
  }
  return candidates;
}

Expected<std::vector<Candidate>> similar_candidates(View& view, const Place& place) {
  Expected<std::vector<ChunkMatch>> matches = view.chunks_like(
      place.cursor.terms, rank::kQueryTermsMax, rank::kPostingsMax, rank::kRerankedMax);
  if (!matches) return std::move(matches.error()).pass();
  std::vector<Candidate> candidates;
  for (const ChunkMatch& match : *matches) {
    const ChunkRow& chunk = match.chunk;
    if (chunk.path == place.query.path && place.cursor.in_prompt(chunk.start_line, chunk.end_line))
      continue;
    const double score = likeness(place.cursor.words, word_set(view.text_of(chunk)));
    candidates.push_back(lines_of(
        chunk, ContextSource::kSimilar, score,
        fmt::format("shares {:.0f}% of its words with the lines around the cursor", score * 100)));
  }
  return candidates;
}

Expected<std::vector<Candidate>> recent_candidates(View& view, const Place& place) {
  std::vector<Candidate> candidates;
  int nth = 0;
  for (const std::string& path : place.query.recent_paths) {
    if (path == place.query.path) continue;
    if (++nth > rank::kRecentFilesMax) break;
    Expected<std::vector<ChunkRow>> chunks = view.chunks_of(path);
    if (!chunks) return std::move(chunks.error()).pass();
    if (chunks->size() > rank::kRecentChunksMax) chunks->resize(rank::kRecentChunksMax);
    const double recency = 1.0 - 0.06 * (nth - 1);
    for (const ChunkRow& chunk : *chunks) {
      const double score = recency * likeness(place.cursor.words, word_set(view.text_of(chunk)));
      candidates.push_back(
          lines_of(chunk, ContextSource::kRecentEdit, score,
                   fmt::format("edited recently (file {} of {}), similar to the lines here", nth,
                               place.query.recent_paths.size())));
    }
  }
  return candidates;
}

// Earlier imports first; those whose name is spoken near the cursor before all others.
Expected<std::vector<Candidate>> import_candidates(View&, const Place& place) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < place.imported.size(); ++i) {
    const std::string& path = place.imported[i];
    const std::string_view folder = folder_of(path);
    std::string_view stem = std::string_view(path).substr(folder.empty() ? 0 : folder.size() + 1);
    stem = stem.substr(0, stem.find('.'));
    double near = 0;
    for (const NearName& name : place.cursor.names) {
      if (name.text == stem || name.qualifier == stem) near = std::max(near, name.nearness);
    }
    const double order = 0.3 / (1.0 + 0.1 * static_cast<double>(i));
    candidates.push_back({.source = ContextSource::kImport,
                          .shape = Candidate::Shape::kOutline,
                          .path = path,
                          .score = std::min(1.0, order + 0.6 * near),
                          .why = "outline of an imported file"});
  }
  return candidates;
}

}  // namespace curlew::indexer
