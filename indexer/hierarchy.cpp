#include "indexer/hierarchy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "indexer/facts.h"
#include "indexer/imports.h"
#include "indexer/resolve.h"

namespace curlew::indexer {
namespace {

using Rows = std::vector<SymbolRow>;

constexpr int kHeirFilesMax = 400;    // files that inherit from one name
constexpr int kTypesMax = 1000;       // of one answer, all generations
constexpr int kDefinersMax = 60;      // files that define a type of one name
constexpr int kMethodFilesMax = 400;  // files that define a method of one name
constexpr int kImportsTried = 48;

bool is_type(SymbolKind kind) {
  return kind == SymbolKind::kClass || kind == SymbolKind::kStruct ||
         kind == SymbolKind::kInterface || kind == SymbolKind::kEnum ||
         kind == SymbolKind::kModule || kind == SymbolKind::kType;
}

bool is_method(SymbolKind kind) {
  return kind == SymbolKind::kMethod || kind == SymbolKind::kFunction ||
         kind == SymbolKind::kProperty;
}

bool is_go(std::string_view path) {
  const Language* language = language_of(path, "");
  return language && language->name == "go";
}

using Key = std::pair<std::string, std::uint32_t>;  // path and place of a symbol's name

// Types above and below others, found from their rows.
class Hierarchy {
 public:
  explicit Hierarchy(View& view) : view_(view) {}

  // Types that inherit from `type` directly.
  Expected<Rows> below(const SymbolRow& type) {
    Expected<std::vector<BaseRow>> heirs = view_.heirs_of(type.name, kHeirFilesMax);
    if (!heirs) return std::move(heirs.error()).pass();
    Rows rows;
    for (const BaseRow& heir : *heirs) {
      Expected<bool> is_meant = means(heir.path, type);
      if (!is_meant) return std::move(is_meant.error()).pass();
      if (!*is_meant) continue;
      Expected<std::optional<SymbolRow>> row = type_at(heir);
      if (!row) return std::move(row.error()).pass();
      if (*row) rows.push_back(std::move(**row));
    }
    if (type.kind != SymbolKind::kInterface || !is_go(type.path)) return rows;
    Expected<Rows> silent = go_implementers(type);
    if (!silent) return silent;
    std::move(silent->begin(), silent->end(), std::back_inserter(rows));
    return rows;
  }

  // Types that `type` inherits from directly.
  Expected<Rows> above(const SymbolRow& type) {
    Expected<std::vector<BaseRow>> own = bases_in(type);
    if (!own) return std::move(own.error()).pass();
    Rows rows;
    for (const BaseRow& base : *own) {
      Expected<Rows> definers = types_named(base.base);
      if (!definers) return definers;
      for (const SymbolRow& definer : *definers) {
        Expected<bool> is_meant = means(base.path, definer);
        if (!is_meant) return std::move(is_meant.error()).pass();
        if (*is_meant) rows.push_back(definer);
      }
    }
    return rows;
  }

  // All generations, the nearest first. `step` is above() or below().
  Expected<Rows> closure(const SymbolRow& type, Expected<Rows> (Hierarchy::*step)(const SymbolRow&),
                         std::size_t limit) {
    std::set<Key> known{{type.path, type.name_byte}};
    Rows found, generation{type};
    while (!generation.empty() && found.size() < limit) {
      Rows next;
      for (const SymbolRow& each : generation) {
        Expected<Rows> rows = (this->*step)(each);
        if (!rows) return rows;
        for (SymbolRow& row : *rows) {
          if (known.size() < kTypesMax && known.emplace(row.path, row.name_byte).second)
            next.push_back(std::move(row));
        }
      }
      std::sort(next.begin(), next.end(), [](const SymbolRow& a, const SymbolRow& b) {
        return std::tie(a.path, a.start_byte) < std::tie(b.path, b.start_byte);
      });
      found.insert(found.end(), next.begin(), next.end());
      generation = std::move(next);
    }
    if (found.size() > limit) found.resize(limit);
    return found;
  }

  // Types of the name, those with a body before mere declarations.
  Expected<Rows> types_named(std::string_view name) {
    const auto [known, is_new] = types_.try_emplace(std::string(name));
    if (!is_new) return known->second;
    Expected<Rows> rows = view_.symbols_named(name, kDefinersMax);
    if (!rows) return rows;
    std::erase_if(*rows, [](const SymbolRow& row) { return !is_type(row.kind); });
    known->second = *rows;
    return rows;
  }

  // The type that a method belongs to.
  Expected<std::optional<SymbolRow>> owner_of(const SearchHit& method) {
    Expected<Rows> types = types_named(last_part(method.container));
    if (!types) return std::move(types.error()).pass();
    std::optional<SymbolRow> owner;
    for (const SymbolRow& type : *types) {
      if (type.path == method.path) return type;
      Expected<bool> is_meant = means(method.path, type);
      if (!is_meant) return std::move(is_meant.error()).pass();
      if (*is_meant && !owner) owner = type;
    }
    return owner;
  }

 private:
  // How sure a file's word for a type means that one: 3 its own, 2 imported, 1 of its folder.
  Expected<int> nearness(const std::string& from, const SymbolRow& type) {
    if (type.path == from) return 3;
    Expected<const std::set<std::string>*> imported = imported_by(from);
    if (!imported) return std::move(imported.error()).pass();
    if ((*imported)->contains(type.path)) return 2;
    return folder_of(type.path) == folder_of(from) ? 1 : 0;
  }

  Expected<bool> means(const std::string& from, const SymbolRow& type) {
    Expected<Rows> namesakes = types_named(type.name);
    if (!namesakes) return std::move(namesakes.error()).pass();
    if (namesakes->size() < 2) return true;
    int best = 0, own = 0;
    for (const SymbolRow& each : *namesakes) {
      Expected<int> near = nearness(from, each);
      if (!near) return std::move(near.error()).pass();
      best = std::max(best, *near);
      if (each.path == type.path) own = std::max(own, *near);
    }
    return own == best;
  }

  Expected<const std::set<std::string>*> imported_by(const std::string& path) {
    const auto [known, is_new] = imported_.try_emplace(path);
    if (!is_new) return &known->second;
    Expected<std::vector<std::string>> imports = view_.imports_of(path);
    if (!imports) return std::move(imports.error()).pass();
    int tried = 0;
    for (const std::string& import : *imports) {
      if (++tried > kImportsTried) break;
      Expected<std::vector<std::string>> files = resolve_import(view_, import, path);
      if (!files) return std::move(files.error()).pass();
      known->second.insert(files->begin(), files->end());
    }
    return &known->second;
  }

  // The heir's own row: the class around the line, or, of a Rust impl, the type of that name.
  Expected<std::optional<SymbolRow>> type_at(const BaseRow& heir) {
    Expected<Rows> types = types_named(heir.type);
    if (!types) return std::move(types.error()).pass();
    std::optional<SymbolRow> found;
    for (const SymbolRow& type : *types) {
      const bool is_here = type.path == heir.path;
      if (is_here && type.start_line <= heir.line && heir.line <= type.end_line) return type;
      Expected<bool> is_meant = means(heir.path, type);
      if (!is_meant) return std::move(is_meant.error()).pass();
      if (*is_meant && !found) found = type;
    }
    return found;
  }

  // What is said of a type's bases: in its own file, and by impls and extensions of its folder.
  Expected<std::vector<BaseRow>> bases_in(const SymbolRow& type) {
    Expected<std::vector<BaseRow>> rows = view_.bases_of(type.path);
    if (!rows) return rows;
    std::erase_if(*rows, [&](const BaseRow& row) { return row.type != type.name; });
    return rows;
  }

  // ---- Go
  using TypeKey = std::pair<std::string, std::string>;  // folder and name

  // Method names that the interface asks for, those of embedded ones included.
  Expected<std::set<std::string>> methods_of(const SymbolRow& interface) {
    Expected<Rows> above_it = closure(interface, &Hierarchy::above, kDefinersMax);
    if (!above_it) return std::move(above_it.error()).pass();
    above_it->push_back(interface);
    std::set<std::string> methods;
    for (const SymbolRow& each : *above_it) {
      Expected<Rows> rows = view_.symbols_of(each.path);
      if (!rows) return std::move(rows.error()).pass();
      for (const SymbolRow& row : *rows) {
        if (is_method(row.kind) && !row.is_definition && last_part(row.container) == each.name)
          methods.insert(row.name);
      }
    }
    return methods;
  }

  Expected<Rows> go_implementers(const SymbolRow& interface) {
    Expected<std::set<std::string>> methods = methods_of(interface);
    if (!methods) return std::move(methods.error()).pass();
    std::optional<std::set<TypeKey>> left;
    for (const std::string& method : *methods) {
      Expected<Rows> rows = view_.symbols_named(method, kMethodFilesMax);
      if (!rows) return rows;
      std::set<TypeKey> having;
      for (const SymbolRow& row : *rows) {
        if (row.is_definition && row.kind == SymbolKind::kMethod && is_go(row.path))
          having.emplace(folder_of(row.path), last_part(row.container));
      }
      if (left) std::erase_if(having, [&](const TypeKey& key) { return !left->contains(key); });
      left = std::move(having);
    }
    Rows found;
    if (!left) return found;
    for (const TypeKey& key : *left) {
      Expected<Rows> types = types_named(key.second);
      if (!types) return types;
      for (const SymbolRow& type : *types) {
        if (folder_of(type.path) == key.first && is_go(type.path)) found.push_back(type);
      }
    }
    return found;
  }

  View& view_;
  std::map<std::string, Rows, std::less<>> types_;
  std::map<std::string, std::set<std::string>> imported_;
};

std::size_t at_most(int limit) {
  return static_cast<std::size_t>(std::clamp(limit, 0, kTypesMax));
}

Expected<std::vector<SearchHit>> hits_of(View& view, const Rows& rows, std::size_t limit) {
  std::vector<SearchHit> hits;
  for (const SymbolRow& row : rows) {
    Expected<bool> is_current = view.is_current(row);
    if (!is_current) return std::move(is_current.error()).pass();
    if (*is_current && hits.size() < limit) hits.push_back(symbol_hit(view, row, 1));
  }
  return hits;
}

// The row that a hit was made of.
Expected<std::optional<SymbolRow>> row_of(View& view, const SearchHit& hit) {
  Expected<Rows> rows = view.symbols_of(hit.path);
  if (!rows) return std::move(rows.error()).pass();
  for (SymbolRow& row : *rows) {
    if (row.name == hit.name && row.name_byte == hit.name_range.start_byte)
      return std::optional(std::move(row));
  }
  return std::nullopt;
}

using Step = Expected<Rows> (Hierarchy::*)(const SymbolRow&);

Expected<std::vector<SearchHit>> types_from(View& view, const SearchHit& type, Step step,
                                            int limit) {
  Expected<std::optional<SymbolRow>> row = row_of(view, type);
  if (!row) return std::move(row.error()).pass();
  if (!*row || !is_type((*row)->kind)) return std::vector<SearchHit>();
  Expected<Rows> found = Hierarchy(view).closure(**row, step, at_most(limit));
  if (!found) return std::move(found.error()).pass();
  return hits_of(view, *found, at_most(limit));
}

Expected<std::vector<SearchHit>> methods_from(View& view, const SearchHit& method, Step step,
                                              int limit) {
  std::vector<SearchHit> none;
  if (method.container.empty()) return none;
  Hierarchy hierarchy(view);
  Expected<std::optional<SymbolRow>> owner = hierarchy.owner_of(method);
  if (!owner) return std::move(owner.error()).pass();
  if (!*owner) return none;
  Expected<Rows> types = hierarchy.closure(**owner, step, kTypesMax);
  if (!types) return std::move(types.error()).pass();
  Expected<Rows> named = view.symbols_named(method.name, kMethodFilesMax);
  if (!named) return std::move(named.error()).pass();
  Rows found;
  for (const SymbolRow& type : *types) {
    for (const SymbolRow& row : *named) {
      // A Rust impl or a C++ method may stand in another file than its type.
      const bool is_member = is_method(row.kind) && last_part(row.container) == type.name &&
                             (row.path == type.path || folder_of(row.path) == folder_of(type.path));
      if (is_member) found.push_back(row);
    }
  }
  return hits_of(view, found, at_most(limit));
}

}  // namespace

Expected<std::vector<SearchHit>> implementers_of(View& view, const SearchHit& type, int limit) {
  return types_from(view, type, &Hierarchy::below, limit);
}

Expected<std::vector<SearchHit>> bases_of(View& view, const SearchHit& type, int limit) {
  return types_from(view, type, &Hierarchy::above, limit);
}

Expected<std::vector<SearchHit>> overrides_of(View& view, const SearchHit& method, int limit) {
  return methods_from(view, method, &Hierarchy::below, limit);
}

Expected<std::vector<SearchHit>> overridden_by(View& view, const SearchHit& method, int limit) {
  return methods_from(view, method, &Hierarchy::above, limit);
}

Expected<std::vector<SearchHit>> implementations_at(View& view, const std::string& path,
                                                    std::string_view text, std::size_t offset,
                                                    int limit) {
  Expected<std::vector<Resolved>> meant = resolve(view, path, text, offset, limit);
  if (!meant) return std::move(meant.error()).pass();
  std::vector<SearchHit> hits;
  std::set<Key> known;
  for (const Resolved& each : *meant) {
    for (auto ask : {indexer::implementers_of, indexer::overrides_of}) {
      Expected<std::vector<SearchHit>> found = ask(view, each.definition, limit);
      if (!found) return found;
      for (SearchHit& hit : *found) {
        if (hits.size() < at_most(limit) &&
            known.emplace(hit.path, hit.name_range.start_byte).second)
          hits.push_back(std::move(hit));
      }
    }
  }
  return hits;
}

}  // namespace curlew::indexer
