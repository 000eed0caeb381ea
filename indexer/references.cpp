#include "indexer/references.h"

#include <algorithm>
#include <set>

#include "indexer/resolve.h"
#include "indexer/source/lines.h"

namespace curlew::indexer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDefinersMax = 1000, kFilesMax = 100'000, kTargetsMax = 100;

bool is_local_kind(const std::string& kind) {
  return kind == "local" || kind == "parameter";
}

struct NameAt {
  std::string_view name;
  std::size_t start = 0;
};
NameAt name_at(std::string_view text, std::size_t offset) {
  std::size_t start = offset, end = offset;
  while (start > 0 && is_word_byte(text[start - 1])) --start;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  return {text.substr(start, end - start), start};
}

// Definitions of one thing: the same, or a declaration and its definition.
bool is_same(const SearchHit& a, const SearchHit& b) {
  if (a.path == b.path && a.name_range.start_byte == b.name_range.start_byte) return true;
  return !a.container.empty() && a.container == b.container && a.kind == b.kind;
}

class ReferenceFinder {
 public:
  ReferenceFinder(View& view, const ReferencesQuery& query, const ParseFile& parse)
      : view_(view),
        query_(query),
        parse_(parse),
        language_(language_of(query.path, query.text.substr(0, 256))),
        until_(Clock::now() + query.time_max) {}

  Expected<FoundReferences> run(const std::stop_token& stop) {
    FoundReferences found;
    const NameAt word = name_at(query_.text, query_.offset);
    if (word.name.empty()) return found;
    name_ = word.name;
    auto resolved = FileResolver(view_, query_.path, query_.text, view_.document(query_.path))
                        .at(query_.offset, kTargetsMax);
    if (!resolved) return std::move(resolved.error()).pass();
    for (Resolved& each : *resolved) targets_.push_back(std::move(each.definition));
    // Behind an alias the name is another one, known in this file only.
    const bool is_alias = !targets_.empty() && targets_.front().name != name_;
    const bool is_local = targets_.size() == 1 && is_local_kind(targets_.front().kind);
    if (is_alias || is_local) {
      if (const Document* document = view_.document(query_.path))
        add_bound(*document, word.start, found);
      if (is_local) return found;
      name_ = targets_.front().name;
    }
    Expected<std::vector<std::string>> paths = files();
    if (!paths) return std::move(paths.error()).pass();
    for (const std::string& path : *paths) {
      if (stop.stop_requested()) return fail(Errc::kCancelled, "references: stopped");
      if (Clock::now() > until_ || found.places.size() >= query_.limit) {
        found.is_complete = false;
        break;
      }
      if (Status added = add_places(path, found); !added) return std::move(added.error()).pass();
    }
    return found;
  }

 private:
  static void add_bound(const Document& document, std::size_t start, FoundReferences& found) {
    const Binding* binding = document.scopes.at(static_cast<std::uint32_t>(start));
    if (binding == nullptr) return;
    const LineTable lines(*document.text);
    for (const ByteSpan place : document.scopes.places_of(*binding))
      found.places.push_back(
          {document.path, lines.range_of(place), place.start == binding->definition.start});
  }

  // This one first. Who defines the name, who uses it, and what is open.
  Expected<std::vector<std::string>> files() {
    std::set<std::string> all;
    auto definers = find_definitions(view_, name_, kDefinersMax);
    if (!definers) return std::move(definers.error()).pass();
    is_ambiguous_ = !std::all_of(definers->begin(), definers->end(),
                                 [&](const SearchHit& hit) { return is_target(hit); });
    for (const SearchHit& hit : *definers) all.insert(hit.path);
    auto users = view_.reader().references_to(name_, kFilesMax);
    if (!users) return std::move(users.error()).pass();
    for (const ReferenceRow& row : *users) all.insert(row.path);
    for (const DocumentPtr& open : view_.documents()) all.insert(open->path);
    all.erase(query_.path);
    std::vector<std::string> paths = {query_.path};
    for (const std::string& path : all)
      if (are_kin(language_, language_of(path, ""))) paths.push_back(path);
    return paths;
  }

  Status add_places(const std::string& path, FoundReferences& found) {
    const Document* open = view_.document(path);
    DocumentPtr parsed = open == nullptr ? parse_(path) : nullptr;
    const Document* document = open == nullptr ? parsed.get() : open;
    if (document == nullptr) return {};
    std::map<std::uint32_t, Range> places;  // by their beginning
    std::set<std::uint32_t> defined;
    for (const Symbol& symbol : document->parsed.symbols)
      if (symbol.name == name_) {
        places.emplace(symbol.name_range.start_byte, symbol.name_range);
        defined.insert(symbol.name_range.start_byte);
      }
    for (const Reference& reference : document->parsed.references)
      if (reference.name == name_) places.emplace(reference.range.start_byte, reference.range);
    FileResolver resolver(view_, path, *document->text, document);
    for (const auto& [start, range] : places) {
      Expected<bool> is_other = is_another(resolver, start);
      if (!is_other) return std::move(is_other.error()).pass();
      if (!*is_other) found.places.push_back({path, range, defined.contains(start)});
    }
    return {};
  }

  Expected<bool> is_another(FileResolver& resolver, std::size_t start) {
    if (Clock::now() > until_) return false;
    auto resolved = resolver.at(start, kTargetsMax);
    if (!resolved) return std::move(resolved.error()).pass();
    if (resolved->empty()) return false;
    const Resolved& first = resolved->front();
    if (is_local_kind(first.definition.kind)) return true;
    const bool is_sure = first.by == ResolvedBy::kScope || first.by == ResolvedBy::kReceiver ||
                         first.by == ResolvedBy::kFile || first.by == ResolvedBy::kImport;
    return is_ambiguous_ && is_sure && !targets_.empty() &&
           std::none_of(resolved->begin(), resolved->end(),
                        [&](const Resolved& each) { return is_target(each.definition); });
  }

  bool is_target(const SearchHit& hit) const {
    return std::any_of(targets_.begin(), targets_.end(),
                       [&](const SearchHit& target) { return is_same(target, hit); });
  }

  View& view_;
  const ReferencesQuery& query_;
  const ParseFile& parse_;
  const Language* language_;
  const Clock::time_point until_;
  std::string name_;
  std::vector<SearchHit>
      targets_;  // what is looked for; empty where the workspace defines no such thing
  bool is_ambiguous_ = false;  // other things have that name
};

}  // namespace

Expected<FoundReferences> find_references(View& view, const ReferencesQuery& query,
                                          const ParseFile& parse, const std::stop_token& stop) {
  return ReferenceFinder(view, query, parse).run(stop);
}

}  // namespace curlew::indexer
