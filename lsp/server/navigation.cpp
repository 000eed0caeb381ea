#include "lsp/server/navigation.h"

#include <algorithm>
#include <set>

#include "lsp/server/file_texts.h"

namespace curlew::server {

using protocol::Json;
using protocol::Location;
using protocol::PlaceParams;

struct NavigationFeature::Word {
  const Snapshot& document;
  const Workspace& workspace;
  const indexer::Index& index;
  std::size_t offset;
  std::string name;  // "" where none stands there

  const std::string& path() const { return document.place().path; }
};

namespace {

bool is_word_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string word_around(std::string_view text, std::size_t offset) {
  std::size_t begin = offset, end = offset;
  while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  return std::string(text.substr(begin, end - begin));
}

}  // namespace

void NavigationFeature::bind(Binder& bind) {
  bind.method("textDocument/definition", Lane::kQuery, this, &NavigationFeature::definition);
  bind.method("textDocument/implementation", Lane::kQuery, this,
              &NavigationFeature::implementation);
  bind.method("textDocument/references", Lane::kQuery, this, &NavigationFeature::references);
  bind.method("textDocument/documentHighlight", Lane::kQuery, this, &NavigationFeature::highlight);
}

void NavigationFeature::announce(const Settings& settings, Json& capabilities) {
  if (!settings.navigation) return;
  for (const char* provider : {"definitionProvider", "implementationProvider", "referencesProvider",
                               "documentHighlightProvider"})
    capabilities[provider] = true;
}

Expected<std::optional<NavigationFeature::Word>> NavigationFeature::word_at(
    const PlaceParams& params, const Call& call) const {
  const Expected<const Snapshot*> document = required(call.document);
  if (!document) return tl::unexpected<Error>(document.error());
  const Expected<std::size_t> offset = (*document)->offset_at(params.position);
  if (!offset) return tl::unexpected<Error>(offset.error());
  const DocumentPlace& place = (*document)->place();
  if (!place.workspace || place.workspace->index() == nullptr) return std::nullopt;
  return Word{**document, *place.workspace, *place.workspace->index(), *offset,
              word_around((*document)->text(), *offset)};
}

NavigationFeature::Locations NavigationFeature::locations(
    const Workspace& workspace, const std::vector<indexer::SearchHit>& hits) const {
  FileTexts texts(state_);
  Locations out;
  for (const indexer::SearchHit& hit : hits)
    if (const Snapshot* text = texts.find(workspace, hit.path))
      out.push_back({text->uri(), to_lsp(hit.name_range, *text)});
  return out;
}

void NavigationFeature::definition(const PlaceParams& params, const Call& call,
                                   Reply<Locations> reply) {
  auto word = word_at(params, call);
  if (!word) return reply(tl::unexpected<Error>(word.error()));
  if (!*word) return reply(Locations());
  auto hits =
      (*word)->index.definitions_at((*word)->path(), (*word)->document.text(), (*word)->offset);
  if (!hits) return reply(Error(std::move(hits.error())).during("textDocument/definition"));
  reply(locations((*word)->workspace, *hits));
}

void NavigationFeature::implementation(const PlaceParams& params, const Call& call,
                                       Reply<Locations> reply) {
  auto word = word_at(params, call);
  if (!word) return reply(tl::unexpected<Error>(word.error()));
  if (!*word) return reply(Locations());
  auto hits =
      (*word)->index.implementations_at((*word)->path(), (*word)->document.text(), (*word)->offset);
  if (!hits) return reply(Error(std::move(hits.error())).during("textDocument/implementation"));
  reply(locations((*word)->workspace, *hits));
}

void NavigationFeature::references(const PlaceParams& params, const Call& call,
                                   Reply<Locations> reply) {
  auto word = word_at(params, call);
  if (!word) return reply(tl::unexpected<Error>(word.error()));
  if (!*word || (*word)->name.empty()) return reply(Locations());
  const auto local =
      (*word)->index.local_at((*word)->path(), (*word)->document.text(), (*word)->offset);
  if (local && *local && (*local)->kind != "file") {
    Locations out;
    for (const indexer::Range& place : (*local)->places)
      out.push_back({(*word)->document.uri(), to_lsp(place, (*word)->document)});
    return reply(std::move(out));
  }
  reply(uses_by_name(**word, call.stop));
}

Expected<NavigationFeature::Locations> NavigationFeature::uses_by_name(
    const Word& word, const std::stop_token& stop) const {
  std::string pattern = "(?<![\\w$])\\Q";
  pattern += word.name;
  pattern += "\\E(?![\\w$])";
  auto matches = word.index.search_pattern({.pattern = pattern, .limit = kReferencesMax});
  if (!matches) return Error(std::move(matches.error())).during("textDocument/references");
  std::vector<std::string> paths = {word.path()};
  for (const indexer::SearchHit& hit : matches->hits)
    if (hit.path != paths.back() && hit.path != word.path()) paths.push_back(hit.path);
  if (paths.size() > kReferencedFilesMax) paths.resize(kReferencedFilesMax);
  FileTexts texts(state_);
  Locations out;
  for (const std::string& path : paths) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "cancelled");
    const Snapshot* text = texts.find(word.workspace, path);
    const auto parsed = word.index.file(path);
    if (text == nullptr || !parsed) continue;  // gone since it was indexed
    std::set<std::pair<std::uint32_t, std::uint32_t>> places;
    for (const indexer::Symbol& symbol : parsed->symbols)
      if (symbol.name == word.name)
        places.emplace(symbol.name_range.start_byte, symbol.name_range.end_byte);
    for (const indexer::Reference& reference : parsed->references)
      if (reference.name == word.name)
        places.emplace(reference.range.start_byte, reference.range.end_byte);
    for (const auto& [start, end] : places)
      out.push_back({text->uri(), {text->position_at(start), text->position_at(end)}});
  }
  return out;
}

void NavigationFeature::highlight(const PlaceParams& params, const Call& call, Reply<Json> reply) {
  auto word = word_at(params, call);
  if (!word) return reply(tl::unexpected<Error>(word.error()));
  Json out = Json::array();
  if (!*word) return reply(std::move(out));
  const auto local =
      (*word)->index.local_at((*word)->path(), (*word)->document.text(), (*word)->offset);
  if (!local) return reply(Error(local.error()).during("textDocument/documentHighlight"));
  if (*local)
    for (const indexer::Range& place : (*local)->places)
      out.push_back({{"range", to_lsp(place, (*word)->document)}});
  reply(std::move(out));
}

}  // namespace curlew::server
