// Texts as segments of about 4 KB, each with its suffix automaton, kept by content.
//
// A text is cut at line starts that its own content chooses, so that an edit moves no cut but the
// ones beside it, and a keystroke rebuilds one segment. Segments begin a little before their cut,
// so that a match may reach back over it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/copy/lexemes.h"
#include "model/copy/suffix_automaton.h"

namespace curlew::model {

// One segment's lexemes, without its text: the caller holds that.
struct Segment {
  explicit Segment(std::string_view text);
  std::size_t size_bytes() const;

  struct Extent {
    std::uint16_t begin, end;  // bytes from the segment's start
  };
  std::vector<Extent> lexemes;
  SuffixAutomaton automaton;

 private:
  explicit Segment(const std::vector<Lexeme>& lexemes);
};

// Where a segment lies in its text. What stands before `cut` belongs to the segment before.
struct PlacedSegment {
  std::uint32_t begin = 0, cut = 0, end = 0;
  std::shared_ptr<const Segment> segment;
};

struct SegmentSpan {
  std::uint32_t begin = 0, cut = 0, end = 0;
};
std::vector<SegmentSpan> cut_segments(std::string_view text);

std::uint64_t hash_content(std::string_view text);  // never 0

// Least recently used texts and segments give way past the limit. Thread-safe.
class SegmentCache {
 public:
  explicit SegmentCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  using Segments = std::shared_ptr<const std::vector<PlacedSegment>>;
  // The segments of a text whose hash is `content_hash` (0: not known yet).
  Segments segments_of(std::string_view text, std::uint64_t content_hash);

  std::size_t size_bytes() const;
  std::size_t built_count() const;  // segments built since the start: what tests look at

 private:
  std::shared_ptr<const Segment> segment_of(std::string_view text);
  template <class Value>
  struct Lru {
    struct Item {
      std::uint64_t key;
      Value value;
      std::size_t bytes;
    };
    std::list<Item> items;  // most recently used first
    std::unordered_map<std::uint64_t, typename std::list<Item>::iterator> by_key;
    std::size_t bytes = 0;

    const Value* find(std::uint64_t key);
    void insert(std::uint64_t key, Value value, std::size_t value_bytes, std::size_t bytes_max);
  };

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  Lru<std::shared_ptr<const Segment>> segments_;  // mutex_
  Lru<Segments> texts_;                           // mutex_
  std::size_t built_ = 0;                         // mutex_
};

}  // namespace curlew::model
