// What a snapshot of the store consists of: its segments, and which files have which document.
//
// Immutable once it is shared; copies share what they can, so that a commit of one file on a tree
// of 85,000 costs microseconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/segment/assembler.h"
#include "indexer/segment/segment.h"

namespace curlew::indexer {

// The paths that have each document of one segment; most have one, superseded documents none.
class DocumentPaths {
 public:
  DocumentPaths() = default;
  DocumentPaths(const DocumentPaths& other);  // of which nothing is changed from now on
  DocumentPaths& operator=(const DocumentPaths& other) { return *this = DocumentPaths(other); }
  DocumentPaths(DocumentPaths&&) = default;
  DocumentPaths& operator=(DocumentPaths&&) = default;

  const std::vector<std::string>& of(std::uint32_t document) const;  // sorted
  bool is_live(std::uint32_t document) const { return !of(document).empty(); }
  std::uint32_t live_documents() const { return live_documents_; }
  void add(std::uint32_t document, std::string path);
  void remove(std::uint32_t document, std::string_view path);

 private:
  static constexpr std::uint32_t kPageDocuments = 256;
  using Page = std::vector<std::vector<std::string>>;
  struct Slot {
    std::shared_ptr<Page> page;  // null: no document of it is live
    bool is_own = false;         // not shared with a copy
  };
  std::vector<std::string>& own(std::uint32_t document);

  std::vector<Slot> slots_;
  std::uint32_t live_documents_ = 0;
};

inline constexpr std::string_view kWrongChecksum = "a checksum is wrong";

struct SegmentState {
  std::int64_t id = 0;
  Segment::Ptr segment;   // null: damaged or gone
  std::string complaint;  // why it is null
  DocumentPaths paths;    // of the store's own tree
  bool is_sound() const { return segment && !segment->damaged(); }
};

struct StoreState {
  std::uint64_t generation = 0;
  std::vector<SegmentState> segments;  // by id

  const SegmentState* segment(std::int64_t id) const;
  SegmentState* segment(std::int64_t id);

  struct Found {
    std::int64_t segment = 0;
    std::uint32_t document = 0;
  };
  // The document of a text of that hash and length in that language.
  std::optional<Found> find(std::uint64_t hash, std::string_view language) const;
};
using StatePtr = std::shared_ptr<const StoreState>;

// The folder of segment files, or their stand-in in memory. Thread-safe.
class SegmentFiles {
 public:
  explicit SegmentFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}  // "": memory

  // Clears the folder's way: what is there and is no folder goes. kIo when it cannot be written.
  Status make_usable() const;

  // kNotFound, kIo, kCorrupt. The same object as long as someone holds it.
  Expected<Segment::Ptr> open(std::uint64_t identity);
  // Whatever `finish` writes, under a temporary name; once it is safely on the disk it is renamed.
  using Finish = std::function<Expected<std::uint64_t>(const SegmentAssembler::Write&)>;
  Expected<Segment::Ptr> write(const Finish& finish);
  // A segment whose bytes are kept elsewhere.
  Expected<Segment::Ptr> adopt(std::string bytes);
  Segment::Ptr find(std::uint64_t identity);  // null for one that turned out to be damaged
  // Deletes the files of all others, and what writers left that died.
  void remove_all_but(const std::set<std::uint64_t>& identities);

 private:
  std::filesystem::path path_of(std::uint64_t identity) const;
  void keep(const Segment::Ptr& segment);
  Expected<Segment::Ptr> write_file(const Finish& finish);

  const std::filesystem::path folder_;
  std::mutex mutex_;  // guards what follows
  std::map<std::uint64_t, std::weak_ptr<const Segment>> known_;
  std::map<std::uint64_t, Segment::Ptr> held_;  // in memory
};

}  // namespace curlew::indexer
