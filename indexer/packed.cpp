#include "indexer/packed.h"

#include <algorithm>

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

namespace {

// Appends the symbols of one group whose names are `names`; with `sought`, those of that name.
// False where the bytes make no sense.
bool unpack_group(std::string_view bytes, VarintReader names, std::optional<std::uint32_t> sought,
                  std::vector<PackedSymbol>& symbols) {
  VarintReader group(bytes);
  PackedSymbol symbol;
  for (std::uint32_t i = 0; i < kGroupSymbols && !names.done(); ++i) {
    symbol.name = names.next_u32();
    unpack_next(group, symbol);
    if (names.broken() || group.broken()) return false;
    if (!sought || symbol.name == *sought) symbols.push_back(symbol);
  }
  return true;
}

// A list of varints is searched for the bytes of one: that one begins where a byte before it ends a
// number, and such bytes count the numbers.
class VarintSearch {
 public:
  VarintSearch(std::string_view list, std::uint32_t sought) : list_(list) {
    append_varint(bytes_, sought);
  }
  // The place of the next one; none: there is no more.
  std::optional<std::size_t> next() {
    for (std::size_t at = list_.find(bytes_, at_); at != list_.npos;
         at = list_.find(bytes_, at + 1)) {
      if (at > 0 && static_cast<unsigned char>(list_[at - 1]) >= 0x80) continue;
      const std::string_view skipped = list_.substr(at_, at - at_);
      numbers_ += static_cast<std::size_t>(std::count_if(
          skipped.begin(), skipped.end(), [](char c) { return static_cast<signed char>(c) >= 0; }));
      at_ = at + bytes_.size();
      return numbers_++;
    }
    return std::nullopt;
  }
  // Where the number before the first of a group of numbers ends that the last found one is in.
  std::size_t group_start() const {
    std::size_t back = (numbers_ - 1) % kGroupSymbols, at = at_ - bytes_.size();
    for (; back > 0 && at > 0; --back) {
      --at;
      while (at > 0 && static_cast<unsigned char>(list_[at - 1]) >= 0x80) --at;
    }
    return at;
  }

 private:
  const std::string_view list_;
  std::string bytes_;
  std::size_t at_ = 0, numbers_ = 0;
};

std::vector<PackedSymbol> symbols_named(std::string_view list, VarintReader groups,
                                        std::uint32_t name) {
  std::vector<PackedSymbol> symbols;
  VarintSearch search(list, name);
  std::size_t next_group = 0;
  for (std::optional<std::size_t> place = search.next(); place; place = search.next()) {
    const std::size_t group = *place / kGroupSymbols;
    if (group < next_group) continue;  // it was unpacked for one before
    while (next_group++ < group && !groups.broken()) (void)groups.take_counted();
    const std::string_view bytes = groups.take_counted();
    if (groups.broken() ||
        !unpack_group(bytes, VarintReader(list.substr(search.group_start())), name, symbols))
      break;
  }
  return symbols;
}

}  // namespace

std::vector<PackedSymbol> unpack_symbols(std::string_view bytes,
                                         std::optional<std::uint32_t> name) {
  VarintReader reader(bytes);
  const std::uint64_t count = reader.next();
  const std::string_view list = reader.take_counted();
  if (name) return symbols_named(list, reader, *name);
  std::vector<PackedSymbol> symbols;
  VarintReader names(list);
  for (std::uint64_t done = 0; done < count && !names.done(); done += kGroupSymbols) {
    const std::string_view group = reader.take_counted();
    if (reader.broken() || !unpack_group(group, names, std::nullopt, symbols)) break;
    for (std::uint32_t i = 0; i < kGroupSymbols && !names.done(); ++i) (void)names.next();
  }
  return symbols;
}

}  // namespace curlew::indexer
