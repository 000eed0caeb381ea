#include "lsp/protocol/positions.h"

#include <gtest/gtest.h>

#include <random>

namespace curlew::protocol {
namespace {

constexpr auto kEncodings = {PositionEncoding::kUtf8, PositionEncoding::kUtf16,
                             PositionEncoding::kUtf32};

std::optional<std::size_t> offset(std::string_view text, std::uint32_t line,
                                  std::uint32_t character,
                                  PositionEncoding encoding = PositionEncoding::kUtf16) {
  return LineIndex(text).offset_at(text, {line, character}, encoding);
}

TEST(Positions, CountUnitsOfTheEncoding) {
  const std::string text = "aä€😀b";  // 1 + 2 + 3 + 4 + 1 bytes; 1 + 1 + 1 + 2 + 1 UTF-16 units
  EXPECT_EQ(offset(text, 0, 6, PositionEncoding::kUtf8), 6u);
  EXPECT_EQ(offset(text, 0, 3, PositionEncoding::kUtf16), 6u);
  EXPECT_EQ(offset(text, 0, 5, PositionEncoding::kUtf16), 10u);
  EXPECT_EQ(offset(text, 0, 4, PositionEncoding::kUtf32), 10u);
  EXPECT_EQ(units_of(text, PositionEncoding::kUtf8), 11u);
  EXPECT_EQ(units_of(text, PositionEncoding::kUtf16), 6u);
  EXPECT_EQ(units_of(text, PositionEncoding::kUtf32), 5u);
}

TEST(Positions, InsideACharacterMeanItsStart) {
  const std::string text = "x😀y";
  EXPECT_EQ(offset(text, 0, 2), 1u);  // between the surrogates
  EXPECT_EQ(offset(text, 0, 3, PositionEncoding::kUtf8), 1u);
  EXPECT_EQ(LineIndex(text).position_at(text, 3, PositionEncoding::kUtf16), (Position{0, 1}));
}

TEST(Positions, PastTheLineMeanItsEnd) {
  const std::string text = "ab\r\ncd\n";
  EXPECT_EQ(offset(text, 0, 99), 2u);
  EXPECT_EQ(offset(text, 1, 2147483647), 6u);
  EXPECT_EQ(offset(text, 2, 5), 7u);
}

TEST(Positions, OnALineThatIsNotThereAreRefused) {
  EXPECT_EQ(offset("ab\n", 2, 0), 3u);  // Vim counts the last line end as a line
  EXPECT_EQ(offset("ab\n", 2, 1), std::nullopt);
  EXPECT_EQ(offset("ab\n", 3, 0), std::nullopt);
  EXPECT_EQ(offset("", 0, 0), 0u);
  EXPECT_EQ(offset("", 0, 9), 0u);
}

TEST(Positions, KnowAllThreeLineEnds) {
  const std::string text = "a\nb\r\nc\rd\n\r\r\n";
  const LineIndex lines(text);
  ASSERT_EQ(lines.line_count(), 7u);
  const char* want[] = {"a", "b", "c", "d", "", "", ""};
  for (std::uint32_t line = 0; line < 7; ++line) EXPECT_EQ(lines.line(text, line), want[line]);
  EXPECT_EQ(lines.position_at(text, 4, PositionEncoding::kUtf8), (Position{1, 1}));  // inside CRLF
}

TEST(Positions, CountStrayBytesAsOneUnit) {
  // A lone continuation, an overlong form, a surrogate, a truncated sequence, a value too large.
  const std::string text = "\x80 \xC0\x80 \xED\xA0\x80 \xF5\x80\x80\x80 \xE2\x82";
  for (PositionEncoding encoding : kEncodings)
    EXPECT_EQ(units_of(text, encoding), text.size()) << encoding_name(encoding);
}

TEST(Positions, GoThereAndBack) {
  std::mt19937 rng(7);
  const std::string pieces[] = {"a", "é", "漢", "😀", "\n", "\r\n", "\r", "\t", "\xff", "e\xCC\x81"};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    std::vector<std::size_t> starts;
    for (int piece = 0; piece < 60; ++piece) {
      // "\r" and "\n" side by side would join; keep the boundary list exact.
      const std::string& next = pieces[rng() % std::size(pieces)];
      if (next[0] == '\n' && text.ends_with('\r')) continue;
      starts.push_back(text.size());
      text += next;
    }
    const LineIndex lines(text);
    for (PositionEncoding encoding : kEncodings)
      for (std::size_t start : starts) {
        const Position position = lines.position_at(text, start, encoding);
        EXPECT_EQ(lines.offset_at(text, position, encoding), start)
            << encoding_name(encoding) << " round " << round;
      }
  }
}

TEST(Positions, KnowTheEncodingsByName) {
  for (PositionEncoding encoding : kEncodings)
    EXPECT_EQ(encoding_by_name(encoding_name(encoding)), encoding);
  EXPECT_EQ(encoding_by_name("UTF-16"), std::nullopt);
}

}  // namespace
}  // namespace curlew::protocol
