// Rows of many small numbers as bytes: LEB128 varints, and the symbols of a file packed with them.
// What is read back comes from a file on disk: reading is bounds-checked and never throws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/parse.h"

namespace curlew::indexer {

void append_varint(std::string& out, std::uint64_t value);

class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return at_ >= bytes_.size(); }
  bool broken() const { return broken_; }
  // 0, and broken() from then on, when the bytes end too early.
  std::uint64_t next();
  std::uint32_t next_u32() { return static_cast<std::uint32_t>(next()); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

// A symbol as packed: names by their id, places as in SymbolRow.
struct PackedSymbol {
  std::uint64_t name = 0, container = 0;  // container 0: none
  SymbolKind kind = SymbolKind::kFunction;
  bool is_definition = true;
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, end_line = 0;
  std::uint32_t name_byte = 0, name_line = 0;
  std::uint32_t signature_bytes = 0;
};

// Appends symbols; each place is stored as its distance from the one before, so symbols in source
// order take about 12 bytes.
class SymbolPacker {
 public:
  void add(const PackedSymbol& symbol);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::uint32_t last_byte_ = 0, last_line_ = 0;
  std::uint64_t last_container_ = 0;
};

// All symbols up to the first broken one; with `name`, those of that name only.
std::vector<PackedSymbol> unpack_symbols(std::string_view bytes, std::uint64_t name = 0);

}  // namespace curlew::indexer
