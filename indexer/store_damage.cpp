// What makes the index need an update that no file asked for. Segments that turn out to be damaged:
// left out from the next query on, and given up by the next update, of whichever process.
#include "indexer/store.h"

namespace curlew::indexer {
namespace {

// A mark for others is not worth waiting for: who met the damage has it mended.
constexpr int kMarkWaitMs = 100;

}  // namespace

void Store::note_damage(const StoreState& state) {
  std::vector<std::int64_t> found;
  {
    std::lock_guard lock(mutex_);
    for (const SegmentState& part : state.segments) {
      if (part.is_sound() || !damaged_.insert(part.id).second) continue;
      found.push_back(part.id);
      unhealed_.insert(part.id);
      is_damage_news_ = true;
      notes_.push_back(
          fmt::format("a part of the index was unreadable ({}): its files are indexed again",
                      part.segment ? kWrongChecksum : part.complaint));
    }
  }
  if (!found.empty()) remember_damage(found);
}

// Numbers of segments mean nothing in another file: where this one was replaced, nothing is marked.
void Store::remember_damage(const std::vector<std::int64_t>& segments) {
  if (in_memory_ || !is_in_place()) return;
  Expected<Database> database = Database::open(name_, Database::Mode::kWrite);
  if (!database) return;
  sqlite3_busy_timeout(database->handle(), kMarkWaitMs);
  for (const std::int64_t segment : segments)
    (void)database->run("INSERT OR IGNORE INTO damaged VALUES (?)", {segment});
}

Expected<std::set<std::int64_t>> Store::known_damage(Database& database) const {
  std::set<std::int64_t> segments;
  {
    std::lock_guard lock(mutex_);
    segments = unhealed_;
  }
  Status read = database.query("SELECT segment FROM damaged", {}, [&](const SqlRow& row) {
    segments.insert(row.integer(0));
    return Database::Next::kMore;
  });
  if (!read) return std::move(read.error()).pass();
  return segments;
}

void Store::forget_damage(const std::set<std::int64_t>& segments) {
  std::lock_guard lock(mutex_);
  for (const std::int64_t segment : segments) unhealed_.erase(segment);
  is_damage_news_ = is_damage_news_ && !unhealed_.empty();
}

bool Store::take_damage() {
  std::lock_guard lock(mutex_);
  return std::exchange(is_damage_news_, false);
}

Status Store::check(const std::stop_token& stop) {
  Expected<StatePtr> state = this->state();  // no snapshot is held meanwhile
  if (!state) return std::move(state.error()).pass();
  for (const SegmentState& part : (*state)->segments) {
    if (part.is_sound()) part.segment->check(stop);
  }
  note_damage(**state);
  return {};
}

bool Store::needs_update() {
  {
    std::lock_guard lock(mutex_);
    if (!unhealed_.empty()) return true;
  }
  if (!in_memory_ && !is_in_place()) return true;
  Expected<Lease> reader = this->reader();
  if (!reader) return true;
  Expected<std::int64_t> filled =
      (*reader)->database_.integer("SELECT filled FROM trees WHERE id = ?", {(*reader)->tree_});
  return !filled || *filled == 0;
}

}  // namespace curlew::indexer
