#include "model/copy/segments.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace curlew::model {
namespace {

constexpr std::size_t kSegmentBytesMin = 2048;
constexpr std::size_t kSegmentBytesMax = 8192;  // and the cut of a line that is longer
constexpr std::size_t kOverlapBytes = 512;
constexpr std::uint64_t kCutMask = 63;  // one line in 64 is a cut, once the least size is reached
constexpr std::size_t kTextBytesMax = 1u << 31;  // offsets are 32 bits; beyond it nothing is read

std::vector<std::uint32_t> ids_of(const std::vector<Lexeme>& lexemes) {
  std::vector<std::uint32_t> ids;
  ids.reserve(lexemes.size());
  for (const Lexeme& lexeme : lexemes) ids.push_back(lexeme.id);
  return ids;
}

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 32;
  h *= 0xD6E8FEB86659FD93u;
  return h ^ (h >> 32);
}

std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == text.npos ? text.size() : newline + 1;
}

// Where the segment that starts at `begin` ends: after a line that hashes to a cut.
std::size_t next_cut(std::string_view text, std::size_t begin) {
  const std::size_t limit = std::min(text.size(), begin + kSegmentBytesMax);
  std::size_t at = begin;
  while (at < limit) {
    const std::size_t next = line_end(text, at);
    if (next > limit) return at > begin ? at : limit;  // a line longer than a segment is cut inside
    const bool chosen = (hash_content(text.substr(at, next - at)) & kCutMask) == 0;
    at = next;
    if (chosen && at - begin >= kSegmentBytesMin) break;
  }
  return at;
}

std::size_t overlap_begin(std::string_view text, std::size_t cut) {
  if (cut <= kOverlapBytes) return 0;
  const std::size_t line = text.find('\n', cut - kOverlapBytes);
  return line == text.npos || line + 1 >= cut ? cut : line + 1;
}

}  // namespace

Segment::Segment(std::string_view text) : Segment(lex(text)) {}

Segment::Segment(const std::vector<Lexeme>& from) : automaton(ids_of(from)) {
  lexemes.reserve(from.size());
  for (const Lexeme& lexeme : from)
    lexemes.push_back(
        {static_cast<std::uint16_t>(lexeme.begin), static_cast<std::uint16_t>(lexeme.end)});
}

std::size_t Segment::size_bytes() const {
  return sizeof(*this) + lexemes.size() * sizeof(Extent) + automaton.size_bytes();
}

std::vector<SegmentSpan> cut_segments(std::string_view text) {
  text = text.substr(0, kTextBytesMax);
  std::vector<SegmentSpan> spans;
  for (std::size_t cut = 0; cut < text.size();) {
    const std::size_t end = next_cut(text, cut);
    spans.push_back({static_cast<std::uint32_t>(overlap_begin(text, cut)),
                     static_cast<std::uint32_t>(cut), static_cast<std::uint32_t>(end)});
    cut = end;
  }
  return spans;
}

std::uint64_t hash_content(std::string_view text) {
  // Four lanes of 8 bytes, so that a megabyte takes a tenth of a millisecond.
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15u;
  std::uint64_t lanes[4] = {text.size(), 0x243F6A8885A308D3u, 0x13198A2E03707344u,
                            0xA4093822299F31D0u};
  const char* p = text.data();
  std::size_t left = text.size();
  for (; left >= 32; p += 32, left -= 32) {
    for (int i = 0; i < 4; ++i) {
      std::uint64_t word;
      std::memcpy(&word, p + 8 * i, 8);
      lanes[i] = (lanes[i] ^ word) * kPrime;
      lanes[i] ^= lanes[i] >> 29;
    }
  }
  std::uint64_t hash = mix(lanes[0]) ^ mix(lanes[1] + 1) ^ mix(lanes[2] + 2) ^ mix(lanes[3] + 3);
  for (; left > 0; ++p, --left) hash = (hash ^ static_cast<unsigned char>(*p)) * kPrime;
  hash = mix(hash);
  return hash == 0 ? 1 : hash;
}

template <class Value>
const Value* SegmentCache::Lru<Value>::find(std::uint64_t key) {
  const auto it = by_key.find(key);
  if (it == by_key.end()) return nullptr;
  items.splice(items.begin(), items, it->second);
  return &it->second->value;
}

template <class Value>
void SegmentCache::Lru<Value>::insert(std::uint64_t key, Value value, std::size_t value_bytes,
                                      std::size_t bytes_max) {
  if (by_key.count(key) != 0) return;  // another thread was faster
  items.push_front({key, std::move(value), value_bytes});
  by_key[key] = items.begin();
  bytes += value_bytes;
  while (bytes > bytes_max && items.size() > 1) {
    bytes -= items.back().bytes;
    by_key.erase(items.back().key);
    items.pop_back();
  }
}

SegmentCache::Segments SegmentCache::segments_of(std::string_view text,
                                                 std::uint64_t content_hash) {
  const std::uint64_t key = content_hash != 0 ? content_hash : hash_content(text);
  {
    std::lock_guard lock(mutex_);
    if (const Segments* known = texts_.find(key)) return *known;
  }
  auto placed = std::make_shared<std::vector<PlacedSegment>>();
  for (const SegmentSpan& span : cut_segments(text))
    placed->push_back({span.begin, span.cut, span.end,
                       segment_of(text.substr(span.begin, span.end - span.begin))});
  // A text holds its segments alive, so it is charged for them: the limit then bounds both.
  std::size_t bytes = sizeof(*placed);
  for (const PlacedSegment& p : *placed) bytes += sizeof(p) + p.segment->size_bytes();
  std::lock_guard lock(mutex_);
  texts_.insert(key, placed, bytes, bytes_max_ / 2);
  return placed;
}

std::shared_ptr<const Segment> SegmentCache::segment_of(std::string_view text) {
  const std::uint64_t key = hash_content(text);
  {
    std::lock_guard lock(mutex_);
    if (const auto* known = segments_.find(key)) return *known;
  }
  auto built = std::make_shared<const Segment>(text);
  std::lock_guard lock(mutex_);
  ++built_;
  segments_.insert(key, built, built->size_bytes(), bytes_max_ / 2);
  return built;
}

std::size_t SegmentCache::size_bytes() const {
  std::lock_guard lock(mutex_);
  return segments_.bytes + texts_.bytes;
}

std::size_t SegmentCache::built_count() const {
  std::lock_guard lock(mutex_);
  return built_;
}

}  // namespace curlew::model
