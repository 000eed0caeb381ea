// From the tables to a state: which segments there are, and which files have which document.
#include <algorithm>

#include "indexer/store.h"

namespace curlew::indexer {
namespace {

using Next = Database::Next;

}  // namespace

// A young one lies in its row.
Expected<Segment::Ptr> Store::segment_of(Database& database, std::int64_t id,
                                         std::uint64_t identity) {
  if (Segment::Ptr known = files_->find(identity)) return known;
  Expected<Segment::Ptr> segment = fail(Errc::kNotFound, "segment {} is gone", id);
  bool is_young = false;
  Status read = database.query("SELECT content FROM segments WHERE id = ? AND content IS NOT NULL",
                               {id}, [&](const SqlRow& row) {
                                 is_young = true;
                                 segment = files_->adopt(std::string(row.text(0)));
                                 return Next::kEnough;
                               });
  if (!read) segment = std::move(read.error()).pass();
  if (read && !is_young) segment = files_->open(identity);
  if (segment && (*segment)->identity() != identity)
    return fail(Errc::kCorrupt, "segment {}: another one's content", id);
  return segment;
}

Expected<StatePtr> Store::state_in(Database& database, std::int64_t tree) {
  Expected<std::int64_t> generation =
      database.integer("SELECT value FROM meta WHERE key = 'generation'");
  if (!generation) return std::move(generation.error()).pass();
  {
    std::lock_guard lock(mutex_);
    for (const StatePtr& state : states_) {
      if (state->generation == static_cast<std::uint64_t>(*generation)) return state;
    }
  }
  auto state = std::make_shared<StoreState>();
  state->generation = static_cast<std::uint64_t>(*generation);
  std::vector<std::pair<std::int64_t, std::uint64_t>> listed;
  Status read =
      database.query("SELECT id, identity FROM segments ORDER BY id", {}, [&](const SqlRow& row) {
        listed.emplace_back(row.integer(0), static_cast<std::uint64_t>(row.integer(1)));
        return Next::kMore;
      });
  if (!read) return std::move(read.error()).pass();
  const Expected<std::set<std::int64_t>> damaged = known_damage(database);
  if (!damaged) return tl::unexpected<Error>(damaged.error());
  for (const auto& [id, identity] : listed) {
    SegmentState& added = state->segments.emplace_back(SegmentState{.id = id});
    if (damaged->contains(id)) {
      added.complaint = kWrongChecksum;
      continue;
    }
    Expected<Segment::Ptr> segment = segment_of(database, id, identity);
    if (segment)
      added.segment = std::move(*segment);
    else
      added.complaint = segment.error().message();
  }
  read = database.query("SELECT segment, document, path FROM files WHERE tree = ? AND segment <> 0",
                        {tree}, [&](const SqlRow& row) {
                          SegmentState* segment = state->segment(row.integer(0));
                          const bool exists =
                              segment && segment->segment &&
                              row.integer(1) < std::int64_t{segment->segment->documents()};
                          if (exists) segment->paths.add(row.u32(1), std::string(row.text(2)));
                          return Next::kMore;
                        });
  if (!read) return std::move(read.error()).pass();
  keep(state);
  return StatePtr(std::move(state));
}

}  // namespace curlew::indexer
