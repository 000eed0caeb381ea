#include "indexer/resolve.h"

#include <algorithm>

#include "indexer/context.h"
#include "indexer/imports.h"
#include "indexer/locals.h"
#include "indexer/reach.h"
#include "indexer/source/lines.h"
#include "indexer/store_keys.h"
#include "indexer/visible.h"

namespace curlew::indexer {
namespace {

constexpr int kDefinersMax = 100;
constexpr std::size_t kLineBytesMax = 240;  // of a local's line

// Not the name of a module or type, but a way to one.
bool is_relative(std::string_view word) {
  return word == "self" || word == "Self" || word == "this" || word == "super" || word == "crate" ||
         word == "cls" || word == "base" || word == "parent" || word == "static";
}

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

bool holds(const std::vector<std::string>& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

// Languages whose programs use each other's names as they stand.
constexpr std::string_view kKin[][3] = {{"c", "cpp", "cuda"},
                                        {"javascript", "typescript", "tsx"},
                                        {"java", "kotlin", "scala"},
                                        {"ocaml", "ocaml_interface", ""},
                                        {"css", "scss", ""}};

// "b" where the file says `import b as name`, `from m import b as name`, `use m::b as name`,
// `{ b as name }`, `using name = m.b`; else "".
std::string_view imported_as(std::string_view text, const Binding& binding) {
  if (binding.kind != BindingKind::kFile) return {};
  const auto skip_blanks = [&](std::size_t end) {
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
    return end;
  };
  const auto word_before = [&](std::size_t end) {
    std::size_t start = end;
    while (start > 0 && is_word_byte(text[start - 1])) --start;
    return text.substr(start, end - start);
  };
  const std::size_t start = binding.definition.start;
  if (start > text.size() || binding.definition.end > text.size()) return {};
  const std::size_t before = skip_blanks(start);
  const std::string_view word = before < start ? word_before(before) : std::string_view();
  if (word == "as") return word_before(skip_blanks(before - word.size()));
  if (word != "using") return {};
  const std::size_t end = std::min(text.find_first_of(";\n", start), text.size());
  if (text.substr(start, end - start).find('=') == text.npos) return {};
  return word_before(skip_blanks(end));
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

// What a file's scopes lead to; of a function with it the others of its name there.
bool keep_bound(std::vector<SearchHit>& hits, const std::string& path, const Binding& binding) {
  const auto bound = std::find_if(hits.begin(), hits.end(), [&](const SearchHit& hit) {
    return hit.path == path && hit.name_range.start_byte == binding.definition.start;
  });
  if (bound == hits.end()) return false;
  const std::string container = bound->container, kind = bound->kind;
  const std::uint32_t at = bound->name_range.start_byte;
  return keep(hits, [&](const SearchHit& hit) {
    return hit.path == path &&
           (hit.name_range.start_byte == at || (hit.container == container && hit.kind == kind));
  });
}

ResolvedBy narrow(std::vector<SearchHit>& hits, const std::string& path, const Use& use,
                  const FileResolver::Surroundings& around) {
  if (use.binding && keep_bound(hits, path, *use.binding)) return ResolvedBy::kScope;
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

bool are_kin(const Language* a, const Language* b) {
  if (a == nullptr || b == nullptr || a == b || !a->code || !b->code) return true;
  for (const auto& kin : kKin)
    if (std::find(std::begin(kin), std::end(kin), a->name) != std::end(kin))
      return std::find(std::begin(kin), std::end(kin), b->name) != std::end(kin);
  return false;
}

FileResolver::FileResolver(View& view, std::string path, std::string_view text,
                           const Document* document)
    : view_(view),
      path_(std::move(path)),
      text_(text),
      document_(document),
      language_(language_of(path_, text_.substr(0, 256))) {}

Status FileResolver::look_around_file(std::size_t offset) {
  if (around_) return {};
  const ContextQuery query{.path = path_, .text = text_, .cursor = offset};
  Expected<Place> place = place_of(view_, query);
  if (!place) return std::move(place.error()).pass();
  ReachedFiles files(view_, view_.facts(), path_, language_);
  if (Status done = files.gather(place->imported, {}); !done) return done;
  Surroundings& around = around_.emplace();
  for (const ReachedFile& file : files.files()) {
    const std::string& reached = file.facts->path;
    if (file.reach == Reach::kImport || file.reach == Reach::kCounterpart)
      around.imported.push_back(reached);
    if (file.reach == Reach::kFolder) around.folder.push_back(reached);
    if (file.reach == Reach::kSecond) around.second.push_back(reached);
  }
  return {};
}

Expected<std::vector<SearchHit>> FileResolver::definers(std::string_view name) {
  if (const auto known = definers_.find(name); known != definers_.end()) return known->second;
  Expected<std::vector<SearchHit>> all = find_definitions(view_, name, kDefinersMax);
  if (!all) return all;
  std::erase_if(
      *all, [&](const SearchHit& hit) { return !are_kin(language_, language_of(hit.path, "")); });
  return definers_.emplace(name, std::move(*all)).first->second;
}

// Whether what stands before the name, `os` of os.path.join, is a module or type that this workspace does not have.
Expected<bool> FileResolver::is_outside(std::size_t name_start) {
  std::string_view root;
  for (std::size_t at = name_start;;) {
    const std::string_view before = qualifier_before(text_, at);
    if (before.empty()) break;
    root = before;
    at = static_cast<std::size_t>(before.data() - text_.data());
  }
  const bool is_path = name_start >= 2 && text_.substr(name_start - 2, 2) == "::";
  const bool is_cpp = language_ != nullptr && are_kin(language_, language_by_name("cpp"));
  if (root.empty() || is_relative(root) || document_ == nullptr) return false;
  const auto root_start = static_cast<std::size_t>(root.data() - text_.data());
  const Binding* binding = binding_at(*document_, text_, root_start);
  if (binding != nullptr && is_local(*binding)) return false;
  if (binding != nullptr)
    if (const std::string_view original = imported_as(text_, *binding); !original.empty())
      root = original;
  const auto names_root = [&](const std::string& import) {
    const std::size_t at = import.find(root);
    return at != import.npos && (at == 0 || !is_word_byte(import[at - 1])) &&
           (at + root.size() == import.size() || !is_word_byte(import[at + root.size()]));
  };
  const std::vector<std::string>& imports = document_->parsed.imports;
  const bool is_imported = std::any_of(imports.begin(), imports.end(), names_root);
  // A macro may open a namespace unseen; that one is known.
  if (is_cpp ? root != "std" : !is_imported && !is_path) return false;
  Expected<std::vector<SearchHit>> known = definers(root);
  if (!known) return std::move(known.error()).pass();
  Expected<std::vector<std::string>> files = view_.reader().files_with_stem(root, 1);
  if (!files) return std::move(files.error()).pass();
  Expected<std::vector<std::string>> inside = view_.reader().files_in_folder(root, 1);
  if (!inside) return std::move(inside.error()).pass();
  return known->empty() && files->empty() && inside->empty();
}

// Of the import whose text the offset stands in: "lib/vec.h", './pad' are quoted, pkg.core is bare.
Expected<std::vector<Resolved>> FileResolver::imported_files(std::size_t offset, Written written) {
  std::vector<Resolved> resolved;
  if (document_ == nullptr) return resolved;
  const std::size_t line_start = text_.rfind('\n', offset == 0 ? 0 : offset - 1) + 1;
  const std::size_t line_end = std::min(text_.find('\n', offset), text_.size());
  if (line_start > offset) return resolved;
  const std::string_view line = text_.substr(line_start, line_end - line_start);
  const std::size_t in_line = offset - line_start;
  for (const std::string& import : document_->parsed.imports) {
    const std::size_t at = import.empty() ? line.npos : line.find(import);
    if (at == line.npos || in_line < at || in_line > at + import.size()) continue;
    const bool is_quoted =
        at > 0 && (line[at - 1] == '"' || line[at - 1] == '\'' || line[at - 1] == '<');
    if (is_quoted != (written == Written::kQuoted)) continue;
    Expected<std::vector<std::string>> paths = resolve_import(view_, import, path_);
    if (!paths) return std::move(paths.error()).pass();
    for (std::string& path : *paths) {
      SearchHit hit{
          .score = 1, .is_symbol = true, .kind = "file", .name = std::string(stem_of(path))};
      hit.path = std::move(path);
      resolved.push_back({std::move(hit), ResolvedBy::kImport});
    }
    return resolved;
  }
  return resolved;
}

Expected<std::vector<Resolved>> FileResolver::at(std::size_t offset, int limit) {
  if (offset > text_.size())
    return fail(Errc::kInvalidInput, "resolve: byte {} lies behind the end of {} ({} bytes)",
                offset, path_, text_.size());
  Expected<std::vector<Resolved>> files = imported_files(offset, Written::kQuoted);
  if (!files || !files->empty()) return files;
  std::vector<Resolved> resolved;
  const Use use = use_at(document_, text_, offset);
  if (use.name.empty()) return resolved;
  if (use.binding && is_local(*use.binding)) {
    if (limit > 0) resolved.push_back({local_hit(*document_, *use.binding), ResolvedBy::kScope});
    return resolved;
  }
  std::string_view name = use.name;
  if (use.binding)
    if (const std::string_view original = imported_as(text_, *use.binding); !original.empty())
      name = original;
  Expected<std::vector<SearchHit>> all = definers(name);
  if (!all) return std::move(all.error()).pass();
  if (all->empty()) return imported_files(offset, Written::kBare);
  const Expected<bool> outside =
      is_outside(static_cast<std::size_t>(use.name.data() - text_.data()));
  if (!outside) return tl::unexpected<Error>(outside.error());
  if (*outside) return resolved;
  if (Status looked = look_around_file(offset); !looked) return std::move(looked.error()).pass();
  std::uint32_t& type = around_->receiver_type = 0;
  if (!use.receiver.empty()) {
    const CursorView cursor = look_around(text_, offset, language_);
    const VisibleText visible = read_visible(text_, offset, cursor);
    const std::uint32_t receiver = name_hash(use.receiver);
    const std::uint32_t* known = visible.type_of.find(receiver);
    type = known ? *known : receiver;
  }
  std::vector<SearchHit> hits = *all;
  const ResolvedBy by = narrow(hits, path_, use, *around_);
  add_definitions(hits, *all);
  for (SearchHit& hit : hits) {
    if (resolved.size() >= static_cast<std::size_t>(std::max(limit, 0))) break;
    resolved.push_back({std::move(hit), by});
  }
  return resolved;
}

Expected<std::vector<Resolved>> resolve(View& view, const std::string& path, std::string_view text,
                                        std::size_t offset, int limit) {
  return FileResolver(view, path, text, view.document(path)).at(offset, limit);
}

}  // namespace curlew::indexer
