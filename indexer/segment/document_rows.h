// The rows of one document, as they lie in a segment:
//
//   names        counted: varint each, the distance of its word's number from the one before
//   symbols      counted, see SymbolPacker
//   references   counted: for each name that is referred to (distance from the last name's place,
//                counted varints: distance from the last line << 2 | role)
//   imports      counted: the name's place each
//   bases        counted, BasePacker's
//   chunks       ChunkPacker's
//
// Everything but `names` speaks of names by their place in it, so a merge of segments, which
// renumbers words but keeps their order, rewrites `names` and copies the rest.
// The place of a reference is its line: the name is found in the line's text when it is needed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/packed.h"

namespace curlew::indexer {

constexpr std::uint32_t kRoleBits = 2;

// The line after the last one of a chunk's range, whose end may stand at the next line's start.
inline std::uint32_t line_after(const Range& range) {
  const bool at_line_start = range.end_col == 0 && range.end_line > range.start_line;
  return at_line_start ? range.end_line : range.end_line + 1;
}

struct PackedChunk {
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, end_line = 0;  // end exclusive
  std::uint32_t name = 0;                      // 1 + its place; 0: none
  std::uint32_t terms = 0;                     // distinct ones
};

class ChunkPacker {
 public:
  void add(const PackedChunk& chunk);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  PackedChunk last_;
};

// A type and what it inherits: the places of their names, and the line.
struct PackedBase {
  std::uint32_t type = 0, base = 0, line = 0;
};

class BasePacker {
 public:
  void add(const PackedBase& base);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::uint32_t line_ = 0;
};

class ReferencePacker {
 public:
  // `name` ascends; `uses` are line << kRoleBits | role, ascending.
  void add(std::uint32_t name, std::span<const std::uint32_t> uses);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_, places_;
  std::uint32_t last_ = 0;
};

struct ReferencePlace {
  std::uint32_t line = 0;
  ReferenceRole role = ReferenceRole::kName;
};

// Reads rows; owns nothing.
class DocumentRows {
 public:
  explicit DocumentRows(std::string_view bytes);

  std::vector<std::uint32_t> names() const;  // numbers of words
  std::optional<std::uint32_t> place_of(std::uint32_t word) const;
  std::string_view symbols() const { return symbols_; }
  std::vector<ReferencePlace> references_to(std::uint32_t name) const;  // by its place
  std::vector<std::uint32_t> imports() const;                           // places of names
  std::vector<PackedBase> bases() const;
  std::vector<PackedChunk> chunks() const;
  std::optional<PackedChunk> chunk(std::uint32_t i) const;
  std::string_view after_names() const { return after_names_; }

 private:
  std::string_view names_, symbols_, references_, imports_, bases_, chunks_, after_names_;
};

std::string packed_names(std::span<const std::uint32_t> words);

}  // namespace curlew::indexer
