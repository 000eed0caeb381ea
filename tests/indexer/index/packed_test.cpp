#include "indexer/packed.h"

#include <gtest/gtest.h>

#include <random>

#include "indexer/words.h"

namespace curlew::indexer {
namespace {

std::vector<PackedSymbol> random_symbols(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<PackedSymbol> symbols;
  for (int i = 0; i < count; ++i) {
    PackedSymbol symbol;
    symbol.name = random() % 400;
    symbol.container = random() % 3 ? 7 : random() % 5;
    symbol.kind = static_cast<SymbolKind>(random() % 16);
    symbol.is_definition = random() % 2;
    symbol.start_byte = random() % 2'000'000;  // not even in order
    symbol.end_byte = symbol.start_byte + random() % 5'000;
    symbol.start_line = random() % 60'000;
    symbol.end_line = symbol.start_line + random() % 300;
    symbol.name_byte = symbol.start_byte + random() % 100;
    symbol.name_line = symbol.start_line + random() % 3;
    symbol.signature_bytes = random() % 400;
    symbols.push_back(symbol);
  }
  return symbols;
}

std::string packed(const std::vector<PackedSymbol>& symbols) {
  SymbolPacker packer;
  for (const PackedSymbol& symbol : symbols) packer.add(symbol);
  return packer.bytes();
}

void expect_same(const PackedSymbol& a, const PackedSymbol& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.container, b.container);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.is_definition, b.is_definition);
  EXPECT_EQ(a.start_byte, b.start_byte);
  EXPECT_EQ(a.end_byte, b.end_byte);
  EXPECT_EQ(a.start_line, b.start_line);
  EXPECT_EQ(a.end_line, b.end_line);
  EXPECT_EQ(a.name_byte, b.name_byte);
  EXPECT_EQ(a.name_line, b.name_line);
  EXPECT_EQ(a.signature_bytes, b.signature_bytes);
}

TEST(Packed, GivesBackWhatWasPacked) {
  for (int count : {0, 1, 2, 500}) {
    const std::vector<PackedSymbol> symbols = random_symbols(count, 11);
    const std::vector<PackedSymbol> back = unpack_symbols(packed(symbols));
    ASSERT_EQ(back.size(), symbols.size());
    for (std::size_t i = 0; i < back.size(); ++i) expect_same(back[i], symbols[i]);
  }
}

TEST(Packed, StopsAtTheFirstBrokenSymbol) {
  const std::vector<PackedSymbol> symbols = random_symbols(20, 5);
  const std::string bytes = packed(symbols);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_LT(unpack_symbols(std::string_view(bytes).substr(0, length)).size(), symbols.size());
}

TEST(Packed, ReadsNoiseWithoutHarm) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string noise(random() % 200, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    EXPECT_LE(unpack_symbols(noise).size(), noise.size());
  }
}

TEST(Words, AreIdentifiersOfAnyLanguage) {
  std::vector<std::string> words;
  for_each_word("int x1 = $y + _z; // 9abc \xc3\xa4h",
                [&](Word word) { words.emplace_back(word.text); });
  EXPECT_EQ(words, (std::vector<std::string>{"int", "x1", "$y", "_z", "\xc3\xa4h"}));
}

TEST(Words, AreSplitForTheFullTextIndex) {
  EXPECT_EQ(search_terms("parse_httpHeader(parse_x)"),
            (std::vector<std::string>{"header", "http", "parse"}));
  EXPECT_TRUE(search_terms("").empty());
}

TEST(Words, AreSplitAsIdentifiersAre) {
  std::mt19937 random(9);
  const std::string letters = "abzABZ019__$\xc3\xa4";
  for (int round = 0; round < 3000; ++round) {
    std::string word;
    for (std::size_t i = random() % 60; i > 0; --i) word += letters[random() % letters.size()];
    std::vector<std::string> terms, wanted;
    for_each_term(word, [&](std::string_view term) { terms.emplace_back(term); });
    for (std::string& piece : split_identifier(word)) {
      if (piece.size() >= kTermBytesMin && piece.size() <= kTermBytesMax)
        wanted.push_back(std::move(piece));
    }
    ASSERT_EQ(terms, wanted) << word;
  }
}

TEST(Words, LikenessIsOneForEqualAndZeroForDisjointTexts) {
  EXPECT_DOUBLE_EQ(likeness(word_set("alpha beta"), word_set("beta(alpha)")), 1.0);
  EXPECT_EQ(likeness(word_set("alpha beta"), word_set("gamma delta")), 0.0);
  EXPECT_EQ(likeness(word_set("return int x"), word_set("return int y")), 0.0);
  EXPECT_EQ(likeness(word_set(""), word_set("")), 0.0);
}

}  // namespace
}  // namespace curlew::indexer
