#include "lsp/server/navigation.h"

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

  const std::string& path() const { return document.place().path; }
};

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
  return Word{**document, *place.workspace, *place.workspace->index(), *offset};
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

void NavigationFeature::references(const protocol::ReferenceParams& params, const Call& call,
                                   Reply<Locations> reply) {
  auto word = word_at(params, call);
  if (!word) return reply(tl::unexpected<Error>(word.error()));
  if (!*word) return reply(Locations());
  const indexer::ReferencesQuery query{
      .path = (*word)->path(), .text = (*word)->document.text(), .offset = (*word)->offset};
  const auto found = (*word)->index.references_at(query, call.stop);
  if (!found) return reply(Error(found.error()).during("textDocument/references"));
  FileTexts texts(state_);
  Locations out;
  for (const indexer::FoundReference& place : found->places) {
    const Snapshot* text = texts.find((*word)->workspace, place.path);
    if (text == nullptr || (place.is_definition && !params.includeDeclaration)) continue;
    out.push_back({text->uri(), to_lsp(place.range, *text)});
  }
  reply(std::move(out));
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
