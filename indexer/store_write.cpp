// The writing half of the store: what was collected becomes one segment and one transaction.
#include <algorithm>
#include <chrono>

#include "indexer/store.h"
#include "indexer/store_keys.h"
#include "indexer/store_schema.h"

namespace curlew::indexer {
namespace {

using Next = Database::Next;

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Expected<StoreWriter> StoreWriter::open(Store& store) {
  Expected<Database> database = Database::open(store.name_, Database::Mode::kWrite);
  if (!database) return std::move(database.error()).pass();
  // A crash of the machine may lose the last commits, never the file's soundness.
  Status set = database->script(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
      "PRAGMA cache_size=-16384; PRAGMA journal_size_limit=16777216;");
  if (!set) return std::move(set.error()).pass();
  return StoreWriter(store, std::move(*database));
}

Status StoreWriter::settle() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    Expected<std::int64_t> tree = store_->tree_in(database_);
    if (!tree) return std::move(tree.error()).pass();
    tree_ = *tree;
    if (tree_ != 0) break;
    // Where another process is faster, its row will do.
    Status added = database_.run("INSERT OR IGNORE INTO trees(root) VALUES (?)",
                                 {{store_->root_.native(), true}});
    if (!added) return added;
  }
  return {};
}

void StoreWriter::put(PreparedFile file) {
  Change change{.path = file.walked.path,
                .unchanged = file.unchanged,
                .known = file.known,
                .walked = std::move(file.walked),
                .hash = file.hash,
                .skip = file.skip,
                .language = file.language};
  const bool has_draft = !file.unchanged && !file.known && file.draft.language;
  if (has_draft) {
    const auto [place, is_new] = building_.try_emplace({file.hash, file.language}, 0);
    if (is_new) place->second = builder_.add(file.draft);
    change.document = place->second;
  }
  changes_.push_back(std::move(change));
}

void StoreWriter::remove(const std::string& path) {
  changes_.push_back({.path = path, .removed = true});
}

void StoreWriter::rollback() {
  changes_.clear();
  building_.clear();
  if (!builder_.empty()) builder_ = SegmentBuilder();
  if (!sqlite3_get_autocommit(database_.handle())) (void)database_.run("ROLLBACK");
}

Expected<StoreWriter::NewSegment> StoreWriter::write_segment(std::uint64_t text_bytes,
                                                             const SegmentFiles::Finish& finish) {
  NewSegment made;
  made.in_database = text_bytes < kYoungTextBytes && !store_->in_memory_;
  Expected<Segment::Ptr> segment = fail(Errc::kInternal, "not written");
  if (made.in_database) {
    std::string bytes;
    const Expected<std::uint64_t> identity = finish([&](std::string_view part) -> Status {
      bytes += part;
      return {};
    });
    segment = identity ? store_->files_->adopt(std::move(bytes))
                       : tl::unexpected<Error>(identity.error());
  } else {
    segment = store_->files_->write(finish);
  }
  if (!segment) return std::move(segment.error()).pass();
  made.segment = std::move(*segment);
  return made;
}

Status StoreWriter::insert_segment(NewSegment& made) {
  const Segment& segment = *made.segment;
  const auto bytes = static_cast<std::int64_t>(segment.bytes());
  Status added = database_.run("INSERT INTO segments(identity, bytes, text_bytes) VALUES (?,?,?)",
                               {static_cast<std::int64_t>(segment.identity()), bytes,
                                static_cast<std::int64_t>(segment.header().text_bytes)});
  if (!added) return added;
  made.id = sqlite3_last_insert_rowid(database_.handle());
  if (!made.in_database) return {};
  return database_.run("UPDATE segments SET content = ?2 WHERE id = ?1",
                       {made.id, {segment.content(), /*blob=*/true}});
}

// Changes the tables and, alongside, a copy of the present state, which becomes the new one.
Status StoreWriter::transaction(const std::function<Status(StoreState&)>& change) {
  if (Status begun = database_.run("BEGIN IMMEDIATE"); !begun) return begun;
  Expected<StatePtr> present = store_->state_in(database_, tree_);
  Status done;
  if (!present) done = std::move(present.error()).pass();
  std::shared_ptr<StoreState> next;
  if (done) {
    next = std::make_shared<StoreState>(**present);
    ++next->generation;
    done = change(*next);
  }
  if (done)
    done = database_.run("UPDATE meta SET value = ? WHERE key = 'generation'",
                         {static_cast<std::int64_t>(next->generation)});
  if (done) {
    // Known before it is true: no reader then has to put it together from the tables.
    store_->keep(next);
    done = database_.run("COMMIT");
    if (!done) store_->forget(next->generation);
  }
  if (!done && !sqlite3_get_autocommit(database_.handle())) (void)database_.run("ROLLBACK");
  return done;
}

Status StoreWriter::commit() {
  if (changes_.empty()) return {};
  NewSegment made;
  if (!builder_.empty()) {
    Expected<NewSegment> written =
        write_segment(builder_.text_bytes(),
                      [&](const SegmentAssembler::Write& write) { return builder_.finish(write); });
    if (!written) {
      rollback();
      return std::move(written.error()).pass();
    }
    made = std::move(*written);
  }
  Status done = transaction([&](StoreState& state) -> Status {
    if (made.segment) {
      if (Status inserted = insert_segment(made); !inserted) return inserted;
      state.segments.push_back({.id = made.id, .segment = made.segment});
    }
    for (Change& each : changes_) {
      if (Status applied = apply(each, made, state); !applied)
        return std::move(applied.error()).during(each.path);
    }
    return {};
  });
  rollback();  // what was collected is stored, or given up
  return done;
}

// A document that no file has any more is kept for a while: branches are switched back.
Status StoreWriter::supersede(std::int64_t segment, std::int64_t document) {
  if (segment == 0) return {};
  return database_.run(
      "INSERT OR REPLACE INTO superseded SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
      " (SELECT 1 FROM files WHERE segment = ?1 AND document = ?2)",
      {segment, document, now_s()});
}

Status StoreWriter::apply(Change& change, const NewSegment& made, StoreState& state) {
  const std::int64_t place = path_key(tree_, change.path);
  std::int64_t id = 0, old_segment = 0, old_document = 0;
  Status read =
      database_.query("SELECT id, segment, document FROM files WHERE place = ? AND path = ?",
                      {place, {change.path, true}}, [&](const SqlRow& row) {
                        id = row.integer(0);
                        old_segment = row.integer(1);
                        old_document = row.integer(2);
                        return Next::kEnough;
                      });
  if (!read) return read;
  const auto size = static_cast<std::int64_t>(change.walked.size);
  if (change.unchanged && id != 0)
    return database_.run("UPDATE files SET size = ?2, mtime_ns = ?3 WHERE id = ?1",
                         {id, size, change.walked.mtime_ns});
  std::int64_t segment = 0, document = 0;
  if (change.document) {
    segment = made.id;
    document = *change.document;
  } else if (!change.removed && change.language) {  // known content
    if (const auto found = state.find(change.hash, change.language->name)) {
      segment = found->segment;
      document = found->document;
    } else if (change.known) {  // it has just been dropped: to be looked at again
      change.hash = 0;
      change.walked.mtime_ns = 0;
    }
  }
  Status done;
  if (change.removed) {
    if (id == 0) return {};
    done = database_.run("DELETE FROM files WHERE id = ?", {id});
  } else if (id != 0) {
    done = database_.run(
        "UPDATE files SET language = ?2, size = ?3, mtime_ns = ?4, hash = ?5, skip = ?6,"
        " segment = ?7, document = ?8 WHERE id = ?1",
        {id, change.language ? change.language->name : "", size, change.walked.mtime_ns,
         static_cast<std::int64_t>(change.hash), static_cast<std::int64_t>(change.skip), segment,
         document});
  } else {
    done = database_.run(
        "INSERT INTO files(tree, path, place, stem_key, folder_key, language, size, mtime_ns, hash,"
        " skip, segment, document) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        {tree_,
         {change.path, true},
         place,
         path_key(tree_, stem_of(change.path)),
         path_key(tree_, folder_name_of(change.path)),
         change.language ? change.language->name : "",
         size,
         change.walked.mtime_ns,
         static_cast<std::int64_t>(change.hash),
         static_cast<std::int64_t>(change.skip),
         segment,
         document});
  }
  if (!done) return done;
  if (SegmentState* old = old_segment ? state.segment(old_segment) : nullptr)
    old->paths.remove(static_cast<std::uint32_t>(old_document), change.path);
  if (SegmentState* now = segment ? state.segment(segment) : nullptr)
    now->paths.add(static_cast<std::uint32_t>(document), change.path);
  if (segment != 0) {
    Status revived = database_.run("DELETE FROM superseded WHERE segment = ? AND document = ?",
                                   {segment, document});
    if (!revived) return revived;
  }
  return supersede(old_segment, old_document);
}

Expected<bool> StoreWriter::is_filled() {
  Expected<std::int64_t> filled =
      database_.integer("SELECT filled FROM trees WHERE id = ?", {tree_});
  if (!filled) return std::move(filled.error()).pass();
  return *filled != 0;
}

Status StoreWriter::set_filled() {
  Expected<bool> filled = is_filled();
  if (!filled) return std::move(filled.error()).pass();
  if (*filled) return {};
  return database_.run("UPDATE trees SET filled = 1 WHERE id = ?", {tree_});
}

// A worktree that was removed keeps nothing alive.
Status StoreWriter::forget_gone_trees() {
  std::vector<std::int64_t> gone;
  Status read =
      database_.query("SELECT id, root FROM trees WHERE id <> ?", {tree_}, [&](const SqlRow& row) {
        std::error_code code;
        const bool is_there = std::filesystem::exists(std::filesystem::path(row.text(1)), code);
        if (!is_there && !code) gone.push_back(row.integer(0));
        return Next::kMore;
      });
  if (!read || gone.empty()) return read;
  return transaction([&](StoreState&) {
    Status done;
    for (const std::int64_t tree : gone) {
      if (done) done = database_.run("DELETE FROM files WHERE tree = ?", {tree});
      if (done) done = database_.run("DELETE FROM trees WHERE id = ?", {tree});
    }
    return done;
  });
}

Status StoreWriter::tidy() {
  if (Status cleaned = store_->remove_leftovers(database_); !cleaned) return cleaned;
  if (Status forgotten = forget_gone_trees(); !forgotten) return forgotten;
  Expected<StatePtr> state = store_->state_in(database_, tree_);
  if (!state) return std::move(state.error()).pass();
  store_->note_damage(**state);
  Expected<std::set<std::int64_t>> damaged = store_->known_damage(database_);
  if (!damaged) return std::move(damaged.error()).pass();
  if (damaged->empty()) return {};
  Status given_up = transaction([&](StoreState& next) -> Status {
    for (const std::int64_t id : *damaged) {
      // Of size and time that no file has, so that each is looked at again; in all trees.
      Status done = database_.run(
          "UPDATE files SET segment = 0, document = 0, hash = 0, mtime_ns = 0 WHERE segment = ?",
          {id});
      if (done) done = database_.run("DELETE FROM superseded WHERE segment = ?", {id});
      if (done) done = database_.run("DELETE FROM segments WHERE id = ?", {id});
      if (done) done = database_.run("DELETE FROM damaged WHERE segment = ?", {id});
      if (!done) return done;
      std::erase_if(next.segments, [&](const SegmentState& part) { return part.id == id; });
    }
    return {};
  });
  if (given_up) store_->forget_damage(*damaged);
  return given_up;
}

}  // namespace curlew::indexer
