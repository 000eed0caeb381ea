#include "indexer/resolve.h"

#include <algorithm>

#include "indexer/context.h"
#include "indexer/imports.h"
#include "indexer/locals.h"
#include "indexer/reach.h"
#include "indexer/source/lines.h"
#include "indexer/visible.h"

namespace curlew::indexer {
namespace {

constexpr int kDefinersMax = 100;
constexpr std::size_t kLineBytesMax = 240;  // of a local's line

struct Use {
  std::string_view name;
  std::string_view receiver;  // `a` of a.b, a->b, a::b; "" for none
  bool is_member = false;
  // What this file's scopes say; null where they say nothing.
  const Binding* binding = nullptr;
};

Use use_at(const Document* document, std::string_view text, std::size_t offset) {
  std::size_t start = offset, end = offset;
  while (start > 0 && is_word_byte(text[start - 1])) --start;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  Use use{.name = text.substr(start, end - start)};
  use.receiver = qualifier_before(text, start);
  use.is_member = start > 0 && (text[start - 1] == '.' || text.substr(0, start).ends_with("->") ||
                                text.substr(0, start).ends_with("::"));
  if (document) use.binding = binding_at(*document, text, start);
  return use;
}

// What the text says of the place of use, and which files it reaches.
struct Surroundings {
  std::uint32_t receiver_type = 0;  // name_hash; 0 where the text does not say
  std::vector<std::string> imported, second, folder;
};

bool holds(const std::vector<std::string>& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

Expected<Surroundings> look(View& view, const std::string& path, std::string_view text,
                            std::size_t offset, const Use& use) {
  const ContextQuery query{.path = path, .text = text, .cursor = offset};
  Expected<Place> place = place_of(view, query);
  if (!place) return std::move(place.error()).pass();
  const Language* language = language_of(path, text.substr(0, 256));
  ReachedFiles files(view, view.facts(), path, language);
  if (Status done = files.gather(place->imported, {}); !done) return std::move(done.error()).pass();
  Surroundings around;
  for (const ReachedFile& file : files.files()) {
    const std::string& reached = file.facts->path;
    if (file.reach == Reach::kImport || file.reach == Reach::kCounterpart)
      around.imported.push_back(reached);
    if (file.reach == Reach::kFolder) around.folder.push_back(reached);
    if (file.reach == Reach::kSecond) around.second.push_back(reached);
  }
  if (!use.receiver.empty()) {
    const VisibleText visible = read_visible(text, offset, place->cursor);
    const std::uint32_t receiver = name_hash(use.receiver);
    const std::uint32_t* type = visible.type_of.find(receiver);
    around.receiver_type = type ? *type : receiver;
  }
  return around;
}

SearchHit local_hit(const Document& document, const Binding& binding) {
  const LineTable lines(*document.text);
  const Range range = lines.range_of(binding.definition);
  const std::uint32_t start = lines.start(static_cast<int>(range.start_line));
  std::string_view line = std::string_view(*document.text).substr(start);
  line = line.substr(0, line.find_first_of("\r\n"));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return {.path = document.path,
          .range = range,
          .name_range = range,
          .score = 1,
          .is_symbol = true,
          .kind = std::string(binding_kind_name(binding.kind)),
          .name = std::string(binding.name),
          .text = std::string(line.substr(0, kLineBytesMax))};
}

// Keeps the hits that the rule takes; false, and nothing changed, when it takes none.
template <class Rule>
bool keep(std::vector<SearchHit>& hits, Rule takes) {
  if (std::none_of(hits.begin(), hits.end(), takes)) return false;
  std::erase_if(hits, [&](const SearchHit& hit) { return !takes(hit); });
  return true;
}

ResolvedBy narrow(std::vector<SearchHit>& hits, const std::string& path, const Use& use,
                  const Surroundings& around) {
  const bool by_scope =
      use.binding && keep(hits, [&](const SearchHit& hit) {
        return hit.path == path && hit.name_range.start_byte == use.binding->definition.start;
      });
  if (by_scope) return ResolvedBy::kScope;
  // Bound by an import: no other symbol of this file is meant.
  const bool is_imported = use.binding && use.binding->kind == BindingKind::kFile;
  const bool by_receiver = around.receiver_type != 0 && keep(hits, [&](const SearchHit& hit) {
                             return !hit.container.empty() &&
                                    name_hash(last_part(hit.container)) == around.receiver_type;
                           });
  if (by_receiver) return ResolvedBy::kReceiver;
  const bool own =
      (!use.is_member && !is_imported) || use.receiver == "self" || use.receiver == "this";
  if (own && keep(hits, [&](const SearchHit& hit) { return hit.path == path; }))
    return ResolvedBy::kFile;
  if (keep(hits, [&](const SearchHit& hit) { return holds(around.imported, hit.path); }))
    return ResolvedBy::kImport;
  if (keep(hits, [&](const SearchHit& hit) { return holds(around.folder, hit.path); }))
    return ResolvedBy::kFolder;
  if (keep(hits, [&](const SearchHit& hit) { return holds(around.second, hit.path); }))
    return ResolvedBy::kReach;
  const bool one_file = std::all_of(hits.begin(), hits.end(), [&](const SearchHit& hit) {
    return hit.path == hits.front().path;
  });
  return one_file ? ResolvedBy::kUnique : ResolvedBy::kName;
}

// An import leads to a header; what the header declares is defined elsewhere. Those definitions,
// where they stand in one file, come first.
void add_definitions(std::vector<SearchHit>& hits, const std::vector<SearchHit>& all) {
  const double best = all.front().score;  // of a definition, where there is one
  if (hits.empty() || hits.front().score == best) return;
  std::vector<SearchHit> definitions;
  for (const SearchHit& hit : all) {
    if (hit.score == best && hit.container == hits.front().container) definitions.push_back(hit);
  }
  const bool one_file =
      std::all_of(definitions.begin(), definitions.end(),
                  [&](const SearchHit& hit) { return hit.path == definitions.front().path; });
  if (one_file) hits.insert(hits.begin(), definitions.begin(), definitions.end());
}

}  // namespace

std::string_view resolved_by_name(ResolvedBy by) {
  switch (by) {
    case ResolvedBy::kScope:
      return "scope";
    case ResolvedBy::kReceiver:
      return "receiver";
    case ResolvedBy::kFile:
      return "file";
    case ResolvedBy::kImport:
      return "import";
    case ResolvedBy::kFolder:
      return "folder";
    case ResolvedBy::kReach:
      return "reach";
    case ResolvedBy::kUnique:
      return "unique name";
    case ResolvedBy::kName:
      return "name";
  }
  return "";
}

Expected<std::vector<Resolved>> resolve(View& view, const std::string& path, std::string_view text,
                                        std::size_t offset, int limit) {
  if (offset > text.size())
    return fail(Errc::kInvalidInput, "resolve: byte {} lies behind the end of {} ({} bytes)",
                offset, path, text.size());
  std::vector<Resolved> resolved;
  const Document* document = view.document(path);
  const Use use = use_at(document, text, offset);
  if (use.name.empty()) return resolved;
  if (use.binding && is_local(*use.binding)) {
    if (limit > 0) resolved.push_back({local_hit(*document, *use.binding), ResolvedBy::kScope});
    return resolved;
  }
  Expected<std::vector<SearchHit>> all = find_definitions(view, use.name, kDefinersMax);
  if (!all) return std::move(all.error()).pass();
  if (all->empty()) return resolved;
  Expected<Surroundings> around = look(view, path, text, offset, use);
  if (!around) return std::move(around.error()).pass();
  std::vector<SearchHit> hits = *all;
  const ResolvedBy by = narrow(hits, path, use, *around);
  add_definitions(hits, *all);
  for (SearchHit& hit : hits) {
    if (resolved.size() >= static_cast<std::size_t>(std::max(limit, 0))) break;
    resolved.push_back({std::move(hit), by});
  }
  return resolved;
}

}  // namespace curlew::indexer
