#include "indexer/source/grammar_tables.h"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

// Of tree-sitter's core, not of its interface.
#include <language.h>

namespace curlew::indexer {
namespace {

constexpr std::size_t kTableBytesMax = 32u << 20;

struct PlainGrammar {
  TSLanguage language;
  std::vector<std::uint16_t> table;  // [states, symbols]
};

std::unique_ptr<PlainGrammar> written_out(const TSLanguage& packed) {
  const std::size_t symbols = packed.symbol_count;
  if (packed.state_count * symbols * sizeof(std::uint16_t) > kTableBytesMax) return nullptr;
  auto plain = std::make_unique<PlainGrammar>(PlainGrammar{packed, {}});
  const std::size_t plain_entries = packed.large_state_count * symbols;
  plain->table.assign(packed.parse_table, packed.parse_table + plain_entries);
  plain->table.resize(packed.state_count * symbols);
  for (std::uint32_t state = packed.large_state_count; state < packed.state_count; ++state) {
    std::uint16_t* row = &plain->table[state * symbols];
    // Groups of symbols that share a value: count, then value, length and symbols of each.
    const std::uint16_t* at =
        packed.small_parse_table + packed.small_parse_table_map[state - packed.large_state_count];
    for (std::uint16_t group_count = *at++; group_count > 0; --group_count) {
      const std::uint16_t value = *at++;
      for (std::uint16_t symbol_count = *at++; symbol_count > 0; --symbol_count) row[*at++] = value;
    }
  }
  plain->language.parse_table = plain->table.data();
  plain->language.large_state_count = packed.state_count;
  return plain;
}

}  // namespace

const TSLanguage* with_plain_tables(const TSLanguage* grammar) {
  static std::mutex mutex;
  static std::unordered_map<const TSLanguage*, std::unique_ptr<PlainGrammar>> made;
  std::lock_guard lock(mutex);
  const auto [entry, is_new] = made.try_emplace(grammar);
  if (is_new) entry->second = written_out(*grammar);
  return entry->second ? &entry->second->language : grammar;
}

}  // namespace curlew::indexer
