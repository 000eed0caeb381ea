// Every language on texts that nobody wrote on purpose: cut off anywhere, nested ten thousand deep,
// with a byte order mark, with carriage returns, empty.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "indexer/source/language.h"
#include "indexer/source/parse.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

std::string fixture_of(const Language& language) {
  const fs::path folder = fs::path(CURLEW_SOURCE_DIR) / "indexer/languages" / language.name;
  std::ifstream in(folder / ("fixture." + std::string(language.extensions.front())),
                   std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> names_of(const ParsedFile& file) {
  std::vector<std::string> out;
  for (const Symbol& s : file.symbols) out.push_back(s.container + ' ' + s.name);
  return out;
}

void expect_inside(const Range& range, std::string_view text) {
  EXPECT_LE(range.start_byte, range.end_byte);
  EXPECT_LE(range.end_byte, text.size());
  EXPECT_LE(range.start_line, range.end_line);
}

// What holds for any text at all.
void expect_sound(const ParsedFile& file, std::string_view text) {
  for (const Symbol& s : file.symbols) {
    EXPECT_FALSE(s.name.empty());
    expect_inside(s.range, text);
    expect_inside(s.name_range, text);
  }
  std::uint32_t last = 0;
  for (const Reference& r : file.references) {
    expect_inside(r.range, text);
    EXPECT_LE(last, r.range.start_byte);
    last = r.range.start_byte;
  }
}

std::vector<std::string> parsed_languages() {
  std::vector<std::string> names;
  for (const Language& language : languages()) {
    if (language.grammar != nullptr) names.emplace_back(language.name);
  }
  return names;
}

class HostileText : public testing::TestWithParam<std::string> {
 protected:
  void check(std::string_view text) { expect_sound(parser_.parse(language_, text), text); }

  const Language& language_ = *language_by_name(GetParam());
  const std::string fixture_ = fixture_of(language_);
  Parser parser_;
};

TEST_P(HostileText, MayBeEmptyOrBlankOrZeros) {
  for (const std::string_view text : {"", "\n", " \r\n\t", "\xef\xbb\xbf"}) {
    const ParsedFile file = parser_.parse(language_, text);
    EXPECT_TRUE(file.symbols.empty());
    EXPECT_TRUE(file.references.empty());
  }
  check(std::string(1000, '\0'));
  check(std::string(1000, '\xff'));
}

TEST_P(HostileText, MayBeginWithAByteOrderMark) {
  const std::string marked = "\xef\xbb\xbf" + fixture_;
  const ParsedFile file = parser_.parse(language_, marked);
  expect_sound(file, marked);
  EXPECT_EQ(names_of(file), names_of(parser_.parse(language_, fixture_)));
}

TEST_P(HostileText, MayHaveCarriageReturns) {
  std::string text;
  for (const char c : fixture_) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const ParsedFile file = parser_.parse(language_, text);
  expect_sound(file, text);
  EXPECT_EQ(names_of(file), names_of(parser_.parse(language_, fixture_)));
}

TEST_P(HostileText, MayBeCutOffAnywhere) {
  std::mt19937 random(7);
  for (int i = 0; i < 40; ++i) check(fixture_.substr(0, random() % fixture_.size()));
}

TEST_P(HostileText, MayNestTenThousandDeep) {
  for (const std::string_view open : {"(", "{"}) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += open;
    check(text);
  }
}

// More open strings, heredocs and blocks than a scanner can save in its 1024 bytes.
TEST_P(HostileText, MayLeaveStringsAndBlocksOpen) {
  const std::string word(300, 'z');
  for (const std::string& open :
       {std::string("\"#{"), std::string("<<~A, <<~B\n"), "<<" + word + " + <<" + word + "x\n",
        "$" + word + "$ ", "<" + word + ">", std::string("f\"{"), std::string("$\"{"),
        std::string("{|"), std::string("[==["), std::string("r#\"")}) {
    std::string text;
    for (int i = 0; i < 400; ++i) text += open;
    check(text + fixture_);
  }
}

TEST_P(HostileText, MayIndentEachLineDeeper) {
  std::string text;
  for (int i = 0; i < 700; ++i) text += std::string(i, ' ') + "if x:\n";
  check(text);
}

INSTANTIATE_TEST_SUITE_P(All, HostileText, testing::ValuesIn(parsed_languages()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace curlew::indexer
