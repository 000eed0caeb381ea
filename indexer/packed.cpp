#include "indexer/packed.h"

namespace curlew::indexer {
namespace {

constexpr int kDeclarationBit = 1, kSameContainerBit = 2, kFlagBits = 2;
constexpr std::uint32_t kGroupSymbols = 32;

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

// One symbol without its name; `symbol` holds the one before it.
void unpack_next(VarintReader& reader, PackedSymbol& symbol) {
  const std::uint64_t flags = reader.next();
  symbol.kind = static_cast<SymbolKind>(flags >> kFlagBits);
  if (flags >> kFlagBits > static_cast<std::uint64_t>(SymbolKind::kSection))
    symbol.kind = SymbolKind::kVariable;
  symbol.is_definition = (flags & kDeclarationBit) == 0;
  if ((flags & kSameContainerBit) == 0) symbol.container = reader.next_u32();
  symbol.start_byte = unzigzag(reader.next(), symbol.start_byte);
  symbol.end_byte = symbol.start_byte + reader.next_u32();
  symbol.start_line = unzigzag(reader.next(), symbol.start_line);
  symbol.end_line = symbol.start_line + reader.next_u32();
  symbol.name_byte = unzigzag(reader.next(), symbol.start_byte);
  symbol.name_line = unzigzag(reader.next(), symbol.start_line);
  symbol.signature_bytes = reader.next_u32();
}

}  // namespace

std::uint64_t VarintReader::next_long() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && at_ < end_; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  give_up();
  return 0;
}

void SymbolPacker::add(const PackedSymbol& symbol) {
  if (count_ % kGroupSymbols == 0) close_group();
  ++count_;
  append_varint(names_, symbol.name);
  const bool same_container = symbol.container == last_.container;
  append_varint(group_, static_cast<std::uint64_t>(symbol.kind) << kFlagBits |
                            (symbol.is_definition ? 0 : kDeclarationBit) |
                            (same_container ? kSameContainerBit : 0));
  if (!same_container) append_varint(group_, symbol.container);
  append_varint(group_, zigzag(symbol.start_byte, last_.start_byte));
  append_varint(group_, symbol.end_byte - symbol.start_byte);
  append_varint(group_, zigzag(symbol.start_line, last_.start_line));
  append_varint(group_, symbol.end_line - symbol.start_line);
  append_varint(group_, zigzag(symbol.name_byte, symbol.start_byte));
  append_varint(group_, zigzag(symbol.name_line, symbol.start_line));
  append_varint(group_, symbol.signature_bytes);
  last_ = symbol;
}

void SymbolPacker::close_group() {
  if (!group_.empty()) append_counted(groups_, group_);
  group_.clear();
  last_ = {};
}

std::string SymbolPacker::bytes() {
  if (count_ == 0) return {};
  close_group();
  std::string out;
  append_varint(out, count_);
  append_counted(out, names_);
  out += groups_;
  return out;
}

std::vector<PackedSymbol> unpack_symbols(std::string_view bytes,
                                         std::optional<std::uint32_t> name) {
  std::vector<PackedSymbol> symbols;
  VarintReader reader(bytes);
  const std::uint64_t count = reader.next();
  VarintReader names(reader.take_counted());
  // A value even where none is looked for: compilers compare before they look whether there is one,
  // which is harmless, and which valgrind cannot know.
  const std::uint32_t sought = name.value_or(0);
  std::vector<std::uint32_t> group_names;
  for (std::uint64_t done = 0; done < count && !names.done(); done += kGroupSymbols) {
    group_names.clear();
    bool wanted = !name;
    while (group_names.size() < kGroupSymbols && !names.done()) {
      group_names.push_back(names.next_u32());
      wanted |= group_names.back() == sought;
    }
    VarintReader group(reader.take_counted());
    if (reader.broken() || names.broken()) break;
    if (!wanted) continue;
    PackedSymbol symbol;
    for (const std::uint32_t own : group_names) {
      unpack_next(group, symbol);
      if (group.broken()) return symbols;
      symbol.name = own;
      if (!name || own == sought) symbols.push_back(symbol);
    }
  }
  return symbols;
}

}  // namespace curlew::indexer
