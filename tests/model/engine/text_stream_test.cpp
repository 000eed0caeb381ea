#include "model/text/text_stream.h"

#include <gtest/gtest.h>

#include <random>

namespace curlew::model {
namespace {

struct Outcome {
  std::string text;
  std::optional<Finish> finish;
  std::size_t tokens = 0;
};

Outcome stream(const std::vector<std::string>& pieces, std::vector<std::string> stops = {},
               TextFilter filter = {}) {
  TextStream s(std::move(stops), std::move(filter));
  Outcome out;
  for (const std::string& piece : pieces)
    if (!out.finish) out.finish = s.add(piece);
  out.tokens = s.tokens_in_text();
  out.text = s.text();
  return out;
}

std::vector<std::string> cut_at_random(const std::string& text, std::mt19937& random) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = 1 + random() % 4;
    pieces.push_back(text.substr(at, bytes));
    at += bytes;
  }
  return pieces;
}

TEST(TextStream, ShowsOnlyWholeCharacters) {
  std::vector<std::string> seen;
  const auto filter = [&](std::string_view text) {
    seen.emplace_back(text);
    return std::optional<std::size_t>();
  };
  const Outcome out = stream({"a\xF0\x9F", "\x98", "\x80", "b\xC3"}, {}, filter);
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "a\xF0\x9F\x98\x80",
                                            "a\xF0\x9F\x98\x80"
                                            "b"}));
  EXPECT_EQ(out.text,
            "a\xF0\x9F\x98\x80"
            "b");
}

TEST(TextStream, ReplacesWhatCannotBeACharacter) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(stream({"a\x80z"}).text, "a" + r + "z");            // a continuation byte alone
  EXPECT_EQ(stream({"\xC0\xAF"}).text, r + r);                  // overlong
  EXPECT_EQ(stream({"\xED\xA0\x80"}).text, r + r + r);          // surrogate
  EXPECT_EQ(stream({"\xF4\x90\x80\x80"}).text, r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(stream({"\xE2\x82", "x"}).text, r + "x");           // broken off
  EXPECT_EQ(stream({"\xE2\x82\xAC"}).text, "\xE2\x82\xAC");
}

TEST(TextStream, FindsStopStringsWhereverTokensEnd) {
  std::mt19937 random(3);
  const std::string text = "f(x);\n  \xE2\x82\xAC }\n<|end|> tail }\n";
  const std::vector<std::string> stops = {"never", "<|end|>", "\n\n", ""};
  for (int round = 0; round < 200; ++round) {
    const Outcome out = stream(cut_at_random(text, random), stops);
    EXPECT_EQ(out.text, "f(x);\n  \xE2\x82\xAC }\n");
    EXPECT_EQ(out.finish, Finish::kStopString);
  }
}

TEST(TextStream, TheFirstOccurrenceOfAnyStopStringWins) {
  EXPECT_EQ(stream({"abcdef"}, {"de", "cd"}).text, "ab");
  EXPECT_EQ(stream({"ab", "cd"}, {"bcd", "d"}).text, "a");
  EXPECT_EQ(stream({"aab"}, {"ab"}).text, "a");
}

TEST(TextStream, TheFilterCutsTheText) {
  const auto one_line = [](std::string_view text) -> std::optional<std::size_t> {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return std::nullopt;
    return newline;
  };
  const Outcome out = stream({"ab", "c\nd", "e"}, {}, one_line);
  EXPECT_EQ(out.text, "abc");
  EXPECT_EQ(out.finish, Finish::kFilter);
  const auto too_much = [](std::string_view) { return std::optional<std::size_t>(1000); };
  EXPECT_EQ(stream({"ab"}, {}, too_much).text, "ab");
}

TEST(TextStream, CountsTheTokensThatAreInTheText) {
  EXPECT_EQ(stream({"ab", "c;", ";", "x"}, {";;"}).tokens, 2u);
  EXPECT_EQ(stream({"ab", ";", ";"}, {";;"}).tokens, 1u);
  EXPECT_EQ(stream({"ab", "cd"}).tokens, 2u);
}

}  // namespace
}  // namespace curlew::model
