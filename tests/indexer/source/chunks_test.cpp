#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "indexer/source/parse.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

// "first-last name", lines counted from 1, both included.
std::vector<std::string> chunks(std::string_view language, std::string_view text,
                                const ChunkLimits& limits = {}) {
  std::vector<std::string> out;
  for (const Chunk& c : Parser().parse(*language_by_name(language), text, limits).chunks) {
    const std::uint32_t last = c.range.end_col == 0 ? c.range.end_line : c.range.end_line + 1;
    out.push_back(fmt::format("{}-{} {}", c.range.start_line + 1, last, c.name));
  }
  return out;
}

std::string body(int lines) {
  std::string out;
  for (int i = 0; i < lines; ++i) out += "  call(" + std::to_string(i) + ");\n";
  return out;
}

TEST(Chunks, KeepADefinitionWithItsDocComment) {
  const std::string text = "int x;\n\n// Does a.\n// Twice.\nvoid a() {\n" + body(3) +
                           "}\n\nvoid b() {\n" + body(3) + "}\n";
  EXPECT_THAT(chunks("cpp", text), ElementsAre("1-9 a", "11-15 b"));
}

TEST(Chunks, LookInsideOfANamespace) {
  const std::string text =
      "namespace n {\n\nvoid a() {\n" + body(4) + "}\n\nvoid b() {\n" + body(4) + "}\n\n}\n";
  EXPECT_THAT(chunks("cpp", text), ElementsAre("1-8 n", "10-17 b"));
}

TEST(Chunks, JoinShortNeighbours) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "#define A" + std::to_string(i) + " 1\n";
  EXPECT_THAT(chunks("c", text), ElementsAre("1-10 A0"));
  EXPECT_THAT(chunks("c", text, {.lines_max = 4}), ElementsAre("1-4 A0", "5-8 A4", "9-10 A8"));
}

TEST(Chunks, CutALongClassBetweenItsMethods) {
  const std::string method = "  void m() {\n" + body(20) + "  }\n";
  const std::string text = "class C {\n" + method + method + method + method + "};\n";
  EXPECT_THAT(chunks("cpp", text), ElementsAre("1-23 C", "24-45 m", "46-67 m", "68-90 m"));
}

TEST(Chunks, CutALongFunctionBetweenStatements) {
  std::string text = "void f() {\n";
  for (int i = 0; i < 10; ++i) text += "  if (x) {\n    a();\n    b();\n  }\n";
  text += "}\n";
  // 42 lines; the cut never falls inside of an "if".
  EXPECT_THAT(chunks("cpp", text, {.lines_max = 16}), ElementsAre("1-13 f", "14-29 f", "30-42 f"));
}

TEST(Chunks, CutTextWithoutAGrammarAtItsBlankLines) {
  std::string text;
  for (int i = 0; i < 6; ++i) text += "set(a\n  b\n  c)\n\n";
  EXPECT_THAT(chunks("cmake", text, {.lines_max = 8, .lines_min = 1}),
              ElementsAre("1-7 ", "9-15 ", "17-23 "));
}

TEST(Chunks, ALineBeyondTheLimitIsAChunkOfItsOwn) {
  const std::string text = "int a;\nchar b[] = \"" + std::string(5000, 'x') + "\";\nint c;\n";
  EXPECT_THAT(chunks("c", text), ElementsAre("1-1 ", "2-2 ", "3-3 "));
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

// Every line that is not blank is in exactly one chunk; chunks are whole lines, in order, within
// the limits, and blank at neither end.
void check_cover(const Language& language, const std::string& text, const ChunkLimits& limits) {
  const ParsedFile file = Parser().parse(language, text, limits);
  std::size_t at = 0;
  std::uint32_t line = 0;
  const auto next_line = [&] {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view out = std::string_view(text).substr(at, end - at);
    at = std::min(end + 1, text.size());
    ++line;
    return out;
  };
  for (const Chunk& chunk : file.chunks) {
    while (at < chunk.range.start_byte)
      ASSERT_TRUE(is_blank(next_line())) << "line " << line << " is left out";
    ASSERT_EQ(at, chunk.range.start_byte) << "starts inside of a line, or twice";
    ASSERT_EQ(line, chunk.range.start_line);
    ASSERT_LT(chunk.range.start_byte, chunk.range.end_byte);
    int count = 0;
    bool blank = false;
    while (at < chunk.range.end_byte) {
      blank = is_blank(next_line());
      if (count++ == 0) {
        ASSERT_FALSE(blank);
      }
    }
    ASSERT_FALSE(blank);
    ASSERT_EQ(at, chunk.range.end_byte);
    ASSERT_LE(count, limits.lines_max);
    const std::size_t bytes = chunk.range.end_byte - chunk.range.start_byte;
    if (count > 1) {
      ASSERT_LE(bytes, static_cast<std::size_t>(limits.bytes_max));
    }
  }
  while (at < text.size()) ASSERT_TRUE(is_blank(next_line())) << "line " << line << " is left out";
}

std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  static constexpr std::string_view kBits[] = {"\n", "\n\n", "{",  "}",    "(",    ")",
                                               "\"", "'",    "/*", "*/",   "\r\n", "\t",
                                               "#",  "\xff", ";",  "\\\n", "```",  ":"};
  for (std::size_t n = 1 + below(12); n > 0 && !text.empty(); --n) {
    const std::size_t place = below(text.size());
    const std::size_t length = std::min(text.size() - place, below(200));
    switch (below(4)) {
      case 0:
        text.erase(place, length);
        break;
      case 1:
        text.insert(place, kBits[below(std::size(kBits))]);
        break;
      case 2:
        text.insert(below(text.size()), text.substr(place, length));
        break;
      default:
        text[place] = static_cast<char>(below(256));
    }
  }
  return text;
}

TEST(Chunks, CoverEveryLineOnceWhateverTheTextIs) {
  std::mt19937 random(20240607);
  for (const Language& language : languages()) {
    const fs::path folder =
        fs::path(CURLEW_SOURCE_DIR) / "indexer/languages" / std::string(language.name);
    std::string text;
    if (language.grammar == nullptr) {
      text = "one\n  two\n\nthree\n\n\n    four\nfive";
    } else {
      std::ifstream in(folder / ("fixture." + std::string(language.extensions.front())));
      text.assign(std::istreambuf_iterator<char>(in), {});
      ASSERT_FALSE(text.empty()) << language.name;
    }
    for (int round = 0; round < 60; ++round) {
      const std::string sample = round == 0 ? text : mutated(text + text, random);
      const ChunkLimits limits{.lines_max = 1 + static_cast<int>(random() % 20),
                               .lines_min = static_cast<int>(random() % 5),
                               .bytes_max = 1 + static_cast<int>(random() % 600)};
      check_cover(language, sample, limits);
      if (HasFatalFailure()) {
        FAIL() << language.name << " round " << round << " limits " << limits.lines_max << " "
               << limits.lines_min << " " << limits.bytes_max << "\n"
               << sample;
      }
    }
  }
}

TEST(Chunks, CoverCurlewsOwnSources) {
  int files = 0;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(CURLEW_SOURCE_DIR) / "indexer/source")) {
    const Language* language = language_of(entry.path().string(), "");
    if (!entry.is_regular_file() || language == nullptr) continue;
    std::ifstream in(entry.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    check_cover(*language, text, {});
    if (HasFatalFailure()) FAIL() << entry.path();
    ++files;
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace curlew::indexer
