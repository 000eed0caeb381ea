// Rows of many small numbers as bytes: LEB128 varints, and the symbols of a file packed with them.
// What is read back comes from a file on disk: reading is bounds-checked and never throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/parse.h"

namespace curlew::indexer {

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// A varint length, then the bytes.
inline void append_counted(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out.append(bytes);
}

class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  bool done() const { return at_ >= end_; }
  bool broken() const { return broken_; }
  // 0, and broken() and done() from then on, when the bytes end too early.
  std::uint64_t next() {
    if (at_ < end_) {
      const auto first = static_cast<unsigned char>(*at_);
      if (first < 0x80) return ++at_, first;
    }
    return next_long();
  }
  std::uint32_t next_u32() { return static_cast<std::uint32_t>(next()); }
  // "" and broken() when there are fewer.
  std::string_view take(std::uint64_t bytes) {
    if (bytes > static_cast<std::uint64_t>(end_ - at_)) return give_up(), std::string_view();
    const std::string_view taken(at_, static_cast<std::size_t>(bytes));
    at_ += bytes;
    return taken;
  }
  std::string_view take_counted() { return take(next()); }
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  std::uint64_t next_long();
  void give_up() {
    broken_ = true;
    at_ = end_;
  }

  const char* at_;
  const char* end_;
  bool broken_ = false;
};

// A symbol as packed: names by their place in the file's table of names, places as in SymbolRow.
struct PackedSymbol {
  std::uint32_t name = 0;
  std::uint32_t container = 0;  // 1 + its place; 0: none
  SymbolKind kind = SymbolKind::kFunction;
  bool is_definition = true;
  std::uint32_t start_byte = 0, end_byte = 0;
  std::uint32_t start_line = 0, end_line = 0;
  std::uint32_t name_byte = 0, name_line = 0;
  std::uint32_t signature_bytes = 0;
};

// Packs the symbols of a file: the names first, then groups of 32 symbols that can be skipped, so
// that finding one name in a header of 20,000 macros unpacks one group. Within a group each place
// is stored as its distance from the one before: about 9 bytes a symbol in source order.
class SymbolPacker {
 public:
  void add(const PackedSymbol& symbol);
  std::string bytes();

 private:
  void close_group();

  std::string names_, groups_, group_;
  std::uint32_t count_ = 0;
  PackedSymbol last_;
};

// All symbols up to the first broken one; with `name`, those of that name only.
std::vector<PackedSymbol> unpack_symbols(std::string_view bytes,
                                         std::optional<std::uint32_t> name = std::nullopt);

}  // namespace curlew::indexer
