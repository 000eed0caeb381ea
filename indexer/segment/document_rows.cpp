#include "indexer/segment/document_rows.h"

#include "indexer/segment/format.h"

namespace curlew::indexer {
namespace {

// The next chunk, from the one before.
void unpack_next(VarintReader& reader, PackedChunk& chunk) {
  chunk.start_byte = chunk.end_byte + reader.next_u32();
  chunk.end_byte = chunk.start_byte + reader.next_u32();
  chunk.start_line = chunk.end_line + reader.next_u32();
  chunk.end_line = chunk.start_line + reader.next_u32();
  chunk.name = reader.next_u32();
  chunk.terms = reader.next_u32();
}

}  // namespace

// Differences that would be negative wrap around, here and when read: chunks are in source order,
// but nothing breaks when they are not.
void ChunkPacker::add(const PackedChunk& chunk) {
  append_varint(bytes_, static_cast<std::uint32_t>(chunk.start_byte - last_.end_byte));
  append_varint(bytes_, static_cast<std::uint32_t>(chunk.end_byte - chunk.start_byte));
  append_varint(bytes_, static_cast<std::uint32_t>(chunk.start_line - last_.end_line));
  append_varint(bytes_, static_cast<std::uint32_t>(chunk.end_line - chunk.start_line));
  append_varint(bytes_, chunk.name);
  append_varint(bytes_, chunk.terms);
  last_ = chunk;
}

// Lines ascend; one that does not wraps around, here and when read.
void BasePacker::add(const PackedBase& base) {
  append_varint(bytes_, base.type);
  append_varint(bytes_, base.base);
  append_varint(bytes_, static_cast<std::uint32_t>(base.line - line_));
  line_ = base.line;
}

void ReferencePacker::add(std::uint32_t name, std::span<const std::uint32_t> uses) {
  append_varint(bytes_, name - last_);
  last_ = name;
  places_.clear();
  std::uint32_t line = 0;
  for (const std::uint32_t use : uses) {
    const std::uint32_t role = use & ((1u << kRoleBits) - 1);
    append_varint(places_, std::uint64_t{(use >> kRoleBits) - line} << kRoleBits | role);
    line = use >> kRoleBits;
  }
  append_counted(bytes_, places_);
}

std::string packed_names(std::span<const std::uint32_t> words) {
  std::string out;
  std::uint32_t last = 0;
  for (const std::uint32_t word : words) {
    append_varint(out, word - last);
    last = word;
  }
  return out;
}

DocumentRows::DocumentRows(std::string_view bytes) {
  VarintReader reader(bytes);
  names_ = reader.take_counted();
  after_names_ = reader.rest();
  symbols_ = reader.take_counted();
  references_ = reader.take_counted();
  imports_ = reader.take_counted();
  bases_ = reader.take_counted();
  chunks_ = reader.rest();
}

std::vector<std::uint32_t> DocumentRows::names() const {
  std::vector<std::uint32_t> words;
  std::uint32_t word = 0;
  for (VarintReader reader(names_); !reader.done();) words.push_back(word += reader.next_u32());
  return words;
}

std::optional<std::uint32_t> DocumentRows::place_of(std::uint32_t word) const {
  std::uint32_t at = 0, place = 0;
  // Most distances take one byte; eight such are added up at once.
  std::size_t skipped = 0;
  for (; skipped + 8 <= names_.size(); skipped += 8, place += 8) {
    const auto eight = load<std::uint64_t>(names_, skipped);
    if ((eight & 0x8080808080808080) != 0) break;
    const std::uint64_t twos = (eight & 0x00ff00ff00ff00ff) + (eight >> 8 & 0x00ff00ff00ff00ff);
    const auto sum = static_cast<std::uint32_t>(twos * 0x0001000100010001 >> 48);
    if (at + sum >= word) break;
    at += sum;
  }
  for (VarintReader reader(names_.substr(skipped)); !reader.done(); ++place) {
    at += reader.next_u32();
    if (at == word) return place;
    if (at > word) break;
  }
  return std::nullopt;
}

std::vector<ReferencePlace> DocumentRows::references_to(std::uint32_t name) const {
  std::vector<ReferencePlace> places;
  std::uint32_t at = 0;
  for (VarintReader reader(references_); !reader.done();) {
    at += reader.next_u32();
    const std::string_view packed = reader.take_counted();
    if (at < name) continue;
    if (at > name) break;
    std::uint32_t line = 0;
    for (VarintReader uses(packed); !uses.done();) {
      const std::uint64_t use = uses.next();
      if (uses.broken()) break;
      line += static_cast<std::uint32_t>(use >> kRoleBits);
      places.push_back({line, static_cast<ReferenceRole>(use & ((1u << kRoleBits) - 1))});
    }
  }
  return places;
}

std::vector<std::uint32_t> DocumentRows::imports() const {
  std::vector<std::uint32_t> places;
  for (VarintReader reader(imports_); !reader.done();) places.push_back(reader.next_u32());
  return places;
}

std::vector<PackedBase> DocumentRows::bases() const {
  std::vector<PackedBase> bases;
  std::uint32_t line = 0;
  for (VarintReader reader(bases_); !reader.done();) {
    PackedBase base;
    base.type = reader.next_u32();
    base.base = reader.next_u32();
    base.line = line += reader.next_u32();
    if (reader.broken()) break;
    bases.push_back(base);
  }
  return bases;
}

std::vector<PackedChunk> DocumentRows::chunks() const {
  std::vector<PackedChunk> chunks;
  PackedChunk chunk;
  for (VarintReader reader(chunks_); !reader.done();) {
    unpack_next(reader, chunk);
    if (reader.broken()) break;
    chunks.push_back(chunk);
  }
  return chunks;
}

std::optional<PackedChunk> DocumentRows::chunk(std::uint32_t i) const {
  PackedChunk chunk;
  VarintReader reader(chunks_);
  for (std::uint32_t at = 0; at <= i; ++at) {
    if (reader.done()) return std::nullopt;
    unpack_next(reader, chunk);
    if (reader.broken()) return std::nullopt;
  }
  return chunk;
}

}  // namespace curlew::indexer
