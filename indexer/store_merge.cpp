// Keeping segments few: which are joined when, and what is left out on the way.
#include <algorithm>
#include <bit>

#include "indexer/segment/merge.h"
#include "indexer/store.h"
#include "indexer/store_schema.h"

namespace curlew::indexer {
namespace {

using Next = Database::Next;

constexpr std::size_t kYoungMax = 16;  // segments of less text than that
constexpr std::size_t kAlikeMax = 8;   // of text within a factor of four
constexpr std::uint64_t kMergedTextBytesMax = 2ull << 30;
// Texts of documents that no file has: as much as this, or a third of all that is stored, is kept,
// the latest first, and none that nobody has wanted for so long.
constexpr std::uint64_t kSupersededBytesMin = 64u << 20;
constexpr std::int64_t kSupersededSecondsMax = 14 * 24 * 3600;

int tier_of(std::uint64_t text_bytes) {
  return (std::bit_width(text_bytes / kYoungTextBytes) + 1) / 2;
}

using DocumentSet = std::set<std::pair<std::int64_t, std::uint32_t>>;

std::uint64_t text_bytes_of(const StoreState& state, std::int64_t segment, std::uint32_t number) {
  const SegmentState* part = state.segment(segment);
  if (!part || !part->segment) return 0;
  const std::optional<DocumentRecord> record = part->segment->document(number);
  return record ? record->text_bytes : 0;
}

// Superseded documents that stay.
Expected<DocumentSet> kept_superseded(Database& database, const StoreState& state) {
  std::uint64_t all = 0, kept_bytes = 0;
  for (const SegmentState& part : state.segments)
    all += part.segment ? part.segment->header().text_bytes : 0;
  const std::uint64_t most = std::max(kSupersededBytesMin, all / 3);
  DocumentSet kept;
  Status read = database.query(
      "SELECT segment, document FROM superseded WHERE at > unixepoch() - ? ORDER BY at DESC",
      {kSupersededSecondsMax}, [&](const SqlRow& row) {
        kept_bytes += text_bytes_of(state, row.integer(0), row.u32(1));
        if (kept_bytes > most) return Next::kEnough;
        kept.emplace(row.integer(0), row.u32(1));
        return Next::kMore;
      });
  if (!read) return std::move(read.error()).pass();
  return kept;
}

}  // namespace

// Segments that become one.
struct StoreWriter::MergeJob {
  std::vector<std::int64_t> ids;
  std::vector<MergeInput> inputs;
  std::uint64_t text_bytes = 0;     // of all documents
  std::uint64_t dropped_bytes = 0;  // of those left out
};

// Every document that some file of any tree has, or that is kept for a while, is numbered.
Status StoreWriter::add_input(MergeJob& job, const SegmentState& part,
                              const std::set<std::pair<std::int64_t, std::uint32_t>>& kept) {
  std::vector<std::uint32_t> numbers(part.segment->documents(), kDropped);
  Status read = database_.query("SELECT document FROM files WHERE segment = ?", {part.id},
                                [&](const SqlRow& row) {
                                  if (row.u32(0) < numbers.size()) numbers[row.u32(0)] = 0;
                                  return Next::kMore;
                                });
  if (!read) return read;
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    if (kept.contains({part.id, i})) numbers[i] = 0;
    const std::optional<DocumentRecord> record = part.segment->document(i);
    if (!record) continue;
    job.text_bytes += record->text_bytes;
    if (numbers[i] == kDropped) job.dropped_bytes += record->text_bytes;
  }
  job.ids.push_back(part.id);
  job.inputs.push_back({part.segment, std::move(numbers)});
  return {};
}

Expected<std::vector<StoreWriter::MergeJob>> StoreWriter::merge_jobs(Merge which) {
  Expected<StatePtr> state = store_->state_in(database_, tree_);
  if (!state) return std::move(state.error()).pass();
  Expected<DocumentSet> kept = kept_superseded(database_, **state);
  if (!kept) return std::move(kept.error()).pass();
  std::map<int, std::vector<const SegmentState*>> tiers;
  for (const SegmentState& part : (*state)->segments) {
    if (part.is_sound()) tiers[tier_of(part.segment->header().text_bytes)].push_back(&part);
  }
  std::vector<MergeJob> jobs;
  for (const auto& [tier, parts] : tiers) {
    if (tier > 0 && which == Merge::kYoung) break;
    const bool together = parts.size() >= (tier == 0 ? kYoungMax : kAlikeMax);
    MergeJob all;
    for (const SegmentState* part : parts) {
      MergeJob alone;
      MergeJob& job = together ? all : alone;
      if (job.text_bytes >= kMergedTextBytesMax) break;
      if (Status added = add_input(job, *part, *kept); !added)
        return std::move(added.error()).pass();
      const bool is_waste = 2 * alone.dropped_bytes > alone.text_bytes;
      if (!together && tier > 0 && is_waste) jobs.push_back(std::move(alone));
    }
    if (together) jobs.push_back(std::move(all));
  }
  return jobs;
}

Status StoreWriter::merge(Merge which, std::stop_token stop) {
  Expected<std::vector<MergeJob>> jobs = merge_jobs(which);
  if (!jobs) return std::move(jobs.error()).pass();
  for (MergeJob& job : *jobs) {
    if (stop.stop_requested()) return {};
    Status done = run(job);
    // A damaged segment stays as it is: the next update gives it up (tidy).
    if (!done && done.error().kind() != Errc::kCorrupt) return done;
  }
  return {};
}

Status StoreWriter::run(MergeJob& job) {
  NewSegment merged;
  if (number_documents(job.inputs) > 0) {
    Expected<NewSegment> written = write_segment(
        job.text_bytes - job.dropped_bytes,
        [&](const SegmentAssembler::Write& write) { return merge_segments(job.inputs, write); });
    if (!written) return std::move(written.error()).pass();
    merged = std::move(*written);
  }
  return transaction([&](StoreState& state) -> Status {
    if (merged.segment) {
      if (Status inserted = insert_segment(merged); !inserted) return inserted;
    }
    return record(job, merged, state);
  });
}

// Everything that spoke of the inputs speaks of the result.
Status StoreWriter::record(const MergeJob& job, const NewSegment& merged, StoreState& state) {
  SegmentState result{.id = merged.id, .segment = merged.segment};
  for (std::size_t i = 0; i < job.ids.size(); ++i) {
    const std::int64_t id = job.ids[i];
    const std::vector<std::uint32_t>& numbers = job.inputs[i].numbers;
    Status done = renumber("SELECT id, document FROM files WHERE segment = ?",
                           "UPDATE files SET segment = ?2, document = ?3 WHERE id = ?1", id,
                           merged.id, numbers);
    if (done)
      done = renumber("SELECT at, document FROM superseded WHERE segment = ?",
                      "INSERT OR REPLACE INTO superseded(at, segment, document) VALUES (?1,?2,?3)",
                      id, merged.id, numbers);
    if (done) done = database_.run("DELETE FROM superseded WHERE segment = ?", {id});
    if (done) done = database_.run("DELETE FROM segments WHERE id = ?", {id});
    if (!done) return done;
    const SegmentState* old = state.segment(id);
    for (std::uint32_t k = 0; old && k < numbers.size(); ++k) {
      if (numbers[k] == kDropped) continue;
      for (const std::string& path : old->paths.of(k)) result.paths.add(numbers[k], path);
    }
    std::erase_if(state.segments, [&](const SegmentState& part) { return part.id == id; });
  }
  if (merged.segment) state.segments.push_back(std::move(result));
  return {};
}

// `select` gives (a key, a document) for a segment; `store` takes the key, and the new segment and
// number of the document.
Status StoreWriter::renumber(std::string_view select, std::string_view store, std::int64_t from,
                             std::int64_t to, const std::vector<std::uint32_t>& numbers) {
  std::vector<std::pair<std::int64_t, std::uint32_t>> rows;
  Status done = database_.query(select, {from}, [&](const SqlRow& row) {
    rows.emplace_back(row.integer(0), row.u32(1));
    return Next::kMore;
  });
  for (const auto& [key, document] : rows) {
    if (!done) break;
    if (document >= numbers.size() || numbers[document] == kDropped) continue;
    done = database_.run(store, {key, to, std::int64_t{numbers[document]}});
  }
  return done;
}

}  // namespace curlew::indexer
