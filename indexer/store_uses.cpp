// The reading half of the store: who uses a name, and who inherits from it.
#include <algorithm>

#include "indexer/store.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kUsersRead = 2000;  // files; of more the first ones count

}  // namespace

Expected<std::vector<StoreReader::Place>> StoreReader::users(std::string_view name) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::vector<Place> users;
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    const std::optional<std::uint32_t> word = state.segment->words().find(name);
    if (!word) continue;
    const PostingList list = state.segment->word_postings().at(*word);
    for (PostingCursor use(list.bytes, kWordFlagBits); use.next() && users.size() < kUsersRead;) {
      if ((use.flags() & kWordRefers) == 0) continue;
      for (const std::string& path : state.paths.of(use.number()))
        users.push_back({.segment = &state, .document = use.number(), .word = *word, .path = path});
    }
  }
  std::sort(users.begin(), users.end(),
            [](const Place& a, const Place& b) { return a.path < b.path; });
  return users;
}

Expected<std::vector<ReferenceRow>> StoreReader::references_to(std::string_view name,
                                                               int files_max) {
  Expected<std::vector<Place>> users = this->users(name);
  if (!users) return std::move(users.error()).pass();
  const auto most = static_cast<std::size_t>(std::max(files_max, 0));
  if (users->size() > most) users->resize(most);
  std::vector<ReferenceRow> rows;
  for (const Place& user : *users) {
    const Segment& segment = *user.segment->segment;
    const std::optional<DocumentRecord> record = segment.document(user.document);
    if (!record) continue;
    const DocumentRows packed = segment.rows(*record);
    const std::optional<std::uint32_t> own = packed.place_of(user.word);
    if (!own) continue;
    for (const ReferencePlace& place : packed.references_to(*own))
      rows.push_back({user.path, place.line, place.role});
  }
  return rows;
}

Expected<std::vector<BaseRow>> StoreReader::heirs_of(std::string_view base, int files_max) {
  Expected<std::vector<Place>> users = this->users(base);
  if (!users) return std::move(users.error()).pass();
  std::vector<BaseRow> rows;
  int files = 0;
  for (const Place& user : *users) {
    const Segment& segment = *user.segment->segment;
    const std::optional<DocumentRecord> record = segment.document(user.document);
    if (!record) continue;
    const DocumentRows packed = segment.rows(*record);
    const std::vector<PackedBase> bases = packed.bases();
    if (bases.empty()) continue;
    const std::vector<std::uint32_t> names = packed.names();
    const std::size_t before = rows.size();
    for (const PackedBase& each : bases) {
      if (each.base >= names.size() || names[each.base] != user.word || each.type >= names.size())
        continue;
      rows.push_back(
          {user.path, segment.words().at(names[each.type]), std::string(base), each.line});
    }
    if (rows.size() > before && ++files >= files_max) break;
  }
  return rows;
}

Expected<std::vector<BaseRow>> StoreReader::bases_of(std::string_view path) {
  Expected<std::optional<Place>> place = place_of(path);
  if (!place) return std::move(place.error()).pass();
  std::vector<BaseRow> rows;
  if (!*place) return rows;
  const Segment& segment = *(*place)->segment->segment;
  const DocumentRows packed = segment.rows((*place)->record);
  const std::vector<PackedBase> bases = packed.bases();
  if (bases.empty()) return rows;
  const std::vector<std::uint32_t> names = packed.names();
  for (const PackedBase& each : bases) {
    if (each.type >= names.size() || each.base >= names.size()) continue;
    rows.push_back({(*place)->path, segment.words().at(names[each.type]),
                    segment.words().at(names[each.base]), each.line});
  }
  return rows;
}

}  // namespace curlew::indexer
