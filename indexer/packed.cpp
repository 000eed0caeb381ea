#include "indexer/packed.h"

namespace curlew::indexer {
namespace {

constexpr int kDeclarationBit = 1, kSameContainerBit = 2, kFlagBits = 2;

// Distances may be negative (a nested symbol given before its outer one): zigzag.
std::uint64_t zigzag(std::uint32_t now, std::uint32_t before) {
  const auto distance = static_cast<std::int64_t>(now) - before;
  return (static_cast<std::uint64_t>(distance) << 1) ^ static_cast<std::uint64_t>(distance >> 63);
}

std::uint32_t unzigzag(std::uint64_t packed, std::uint32_t before) {
  const auto distance =
      static_cast<std::int64_t>(packed >> 1) ^ -static_cast<std::int64_t>(packed & 1);
  return static_cast<std::uint32_t>(before + distance);
}

}  // namespace

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

std::uint64_t VarintReader::next() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  broken_ = true;
  return 0;
}

void SymbolPacker::add(const PackedSymbol& symbol) {
  const bool same_container = symbol.container == last_container_;
  append_varint(bytes_, static_cast<std::uint64_t>(symbol.kind) << kFlagBits |
                            (symbol.is_definition ? 0 : kDeclarationBit) |
                            (same_container ? kSameContainerBit : 0));
  append_varint(bytes_, symbol.name);
  if (!same_container) append_varint(bytes_, symbol.container);
  append_varint(bytes_, zigzag(symbol.start_byte, last_byte_));
  append_varint(bytes_, symbol.end_byte - symbol.start_byte);
  append_varint(bytes_, zigzag(symbol.start_line, last_line_));
  append_varint(bytes_, symbol.end_line - symbol.start_line);
  append_varint(bytes_, zigzag(symbol.name_byte, symbol.start_byte));
  append_varint(bytes_, zigzag(symbol.name_line, symbol.start_line));
  append_varint(bytes_, symbol.signature_bytes);
  last_byte_ = symbol.start_byte;
  last_line_ = symbol.start_line;
  last_container_ = symbol.container;
}

std::vector<PackedSymbol> unpack_symbols(std::string_view bytes, std::uint64_t name) {
  std::vector<PackedSymbol> symbols;
  VarintReader reader(bytes);
  PackedSymbol symbol;  // carries the last places on
  while (!reader.done()) {
    const std::uint64_t flags = reader.next();
    symbol.kind = static_cast<SymbolKind>(flags >> kFlagBits);
    symbol.is_definition = (flags & kDeclarationBit) == 0;
    symbol.name = reader.next();
    if ((flags & kSameContainerBit) == 0) symbol.container = reader.next();
    symbol.start_byte = unzigzag(reader.next(), symbol.start_byte);
    symbol.end_byte = symbol.start_byte + reader.next_u32();
    symbol.start_line = unzigzag(reader.next(), symbol.start_line);
    symbol.end_line = symbol.start_line + reader.next_u32();
    symbol.name_byte = unzigzag(reader.next(), symbol.start_byte);
    symbol.name_line = unzigzag(reader.next(), symbol.start_line);
    symbol.signature_bytes = reader.next_u32();
    if (reader.broken()) break;
    if (name == 0 || symbol.name == name) symbols.push_back(symbol);
  }
  return symbols;
}

}  // namespace curlew::indexer
