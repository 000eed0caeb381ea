#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "lsp/assist/repair/diagnostic.h"
#include "tests/lsp/assist/diagnostic_text.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string file_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string read_text(std::string_view output, std::string folder = "") {
  return to_text(read_diagnostics(output, {.root = "/w", .folder = std::move(folder)}));
}

// --- What real tools printed, run on small broken programs in /w.

// NAME.txt is a tool's output; NAME.expected begins with "folder: " and where it ran.
std::vector<std::string> captured() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(CURLEW_SOURCE_DIR "/tests/data/diagnostics"))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Captured : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const fs::path base = fs::path(CURLEW_SOURCE_DIR "/tests/data/diagnostics") / GetParam();
    output_ = file_text(base.string() + ".txt");
    expected_ = file_text(base.string() + ".expected");
    ASSERT_TRUE(expected_.starts_with("folder: "));
    const std::size_t end = expected_.find('\n');
    folder_ = expected_.substr(8, end - 8);
    expected_.erase(0, end + 1);
  }

  std::string output_, expected_, folder_;
};

TEST_P(Captured, IsReadAsExpected) {
  EXPECT_EQ(read_text(output_, folder_), expected_);
}

TEST_P(Captured, IsTheSameWithLineEndsOfWindows) {
  std::string output;
  for (const char c : output_) output += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read_text(output, folder_), expected_);
}

TEST_P(Captured, IsTheSamePrintedTwice) {
  const auto once = read_diagnostics(output_, {.root = "/w", .folder = folder_});
  const auto twice = read_diagnostics(output_ + "\n" + output_, {.root = "/w", .folder = folder_});
  EXPECT_EQ(twice.size(), once.size());
}

// Whatever a command was cut short at, the rest is read.
TEST_P(Captured, CanEndAnywhere) {
  std::mt19937 random(7);
  for (int i = 0; i < 40; ++i)
    (void)read_text(std::string_view(output_).substr(0, random() % (output_.size() + 1)), folder_);
}

INSTANTIATE_TEST_SUITE_P(Tools, Captured, testing::ValuesIn(captured()), [](const auto& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
});

// --- Forms whose tools were not at hand, as their documents show them.

TEST(ReadDiagnostics, KnowsRuffPylintMsvcAndKotlin) {
  EXPECT_EQ(read_text("a.py:1:8: F401 [*] `os` imported but unused\n"),
            "a.py:1:8 warning lint F401 `os` imported but unused\n");
  EXPECT_EQ(read_text("a.py:3:4: E0602: Undefined variable 'x' (undefined-variable)\n"),
            "a.py:3:4 error lint E0602 Undefined variable 'x' (undefined-variable)\n");
  EXPECT_EQ(read_text("src\\a.cpp(7,5): error C2065: 'x': undeclared identifier\r\n"),
            "src/a.cpp:7:5 error msvc C2065 'x': undeclared identifier\n");
  EXPECT_EQ(read_text("e: file:///w/src/A.kt:3:5 Unresolved reference: x\n"),
            "src/A.kt:3:5 error javac - Unresolved reference: x\n");
}

TEST(ReadDiagnostics, KnowsMavenAndJavaTraces) {
  EXPECT_EQ(read_text("[ERROR] /w/src/A.java:[3,16] cannot find symbol\n"
                      "[ERROR]   symbol:   variable x\n"
                      "[INFO] 1 error\n"
                      "[ERROR] /w/src/A.java:[3,16] cannot find symbol\n"),
            "src/A.java:3:16 error javac - cannot find symbol\n  note symbol:   variable x\n");
  EXPECT_EQ(read_text("Exception in thread \"main\" java.lang.IllegalStateException: no wing\n"
                      "\tat java.base/java.util.List.of(List.java:99)\n"
                      "\tat birds.Wren.fly(Wren.java:12)\n"),
            "Wren.java:12 error java IllegalStateException no wing\n");
}

TEST(ReadDiagnostics, FallsBackToPlaces) {
  EXPECT_EQ(read_text("src/a.zig:3:5: expected type 'u8'\n"),
            "src/a.zig:3:5 error output - expected type 'u8'\n");
  EXPECT_EQ(read_text("12:30:45: started\nhttp://host:80/x: fine\nsee a.c:3: there\nnote:3: x\n"),
            "");
}

// --- Paths

TEST(ReadDiagnostics, MakesPathsRelativeToTheRoot) {
  EXPECT_EQ(read_text("../src/a.c:3:1: error: x\n", "build"), "src/a.c:3:1 error gcc - x\n");
  EXPECT_EQ(read_text("/w/src/./a.c:3:1: error: x\n", "build"), "src/a.c:3:1 error gcc - x\n");
  EXPECT_EQ(read_text("/work/a.c:3:1: error: x\n"), "/work/a.c:3:1 error gcc - x\n");
  EXPECT_EQ(read_text("C:\\a\\b.c:3:1: error: x\n"), "C:/a/b.c:3:1 error gcc - x\n");
}

TEST(ReadDiagnostics, FollowsMakeIntoFolders) {
  EXPECT_EQ(read_text("make[1]: Entering directory '/w/one'\n"
                      "make[2]: Entering directory '/w/one/two'\n"
                      "a.c:1:1: error: x\n"
                      "make[2]: Leaving directory '/w/one/two'\n"
                      "a.c:1:1: error: x\n"
                      "make[1]: Leaving directory '/w/one'\n"
                      "a.c:1:1: error: x\n"),
            "one/two/a.c:1:1 error gcc - x\none/a.c:1:1 error gcc - x\na.c:1:1 error gcc - x\n");
}

TEST(ReadDiagnostics, FindsTheFolderOfAGoTestByItsModule) {
  const fs::path root = fs::temp_directory_path() / "curlew-read-diagnostics-go";
  fs::create_directories(root / "store");
  std::ofstream(root / "go.mod") << "module example.com/birds\n\ngo 1.19\n";
  const auto found = read_diagnostics(
      "--- FAIL: TestHalf (0.00s)\n    half_test.go:9: got "
      "8\nFAIL\texample.com/birds/store\t0.1s\n",
      {.root = root.string()});
  fs::remove_all(root);
  EXPECT_EQ(to_text(found), "store/half_test.go:9 error go - got 8 <TestHalf>\n");
}

// --- Output that nobody expects

TEST(ReadDiagnostics, GivesCleanTextForAnyBytes) {
  const std::string output("a.c:1:1: error: b\0a\xff\x01 \xc3\xa4\n", 25);
  EXPECT_EQ(read_text(output), "a.c:1:1 error gcc - b a\xef\xbf\xbd  \xc3\xa4\n");
}

TEST(ReadDiagnostics, RefusesLinesThatAreNone) {
  EXPECT_EQ(read_text("a.c:0:1: error: x\na.c:99999999999: error: x\n"), "");
}

TEST(ReadDiagnostics, KeepsAnErrorBehindAThousandWarnings) {
  std::string output;
  for (int i = 1; i <= 5000; ++i) output += fmt::format("a.c:{}:1: warning: unused\n", i);
  output += "a.c:9:1: error: broken\n";
  const auto found = read_diagnostics(output, {});
  EXPECT_EQ(found.size(), 1001u);
  EXPECT_EQ(found.back().message, "broken");
}

TEST(ReadDiagnostics, ReadsNoMoreThanAThousandErrors) {
  std::string output;
  for (int i = 1; i <= 5000; ++i) output += fmt::format("a.c:{}:1: error: broken\n", i);
  EXPECT_EQ(read_diagnostics(output, {}).size(), 1000u);
}

// Each is of a few MB and takes milliseconds; anything quadratic would take hours.
TEST(ReadDiagnostics, TakesTimeInProportion) {
  const auto repeated = [](std::string_view text, std::size_t bytes) {
    std::string all;
    while (all.size() < bytes) all += text;
    return all;
  };
  constexpr std::size_t kBytes = 4 << 20;
  const auto begin = std::chrono::steady_clock::now();
  for (const char* text : {"{\"\n", "[[", "{\"a\":[", "a:b:", "a.c:3(", " at f (", "\x1b[",
                           "E   x\n", "Traceback (most recent call last):\n", "_ ",
                           "====", "/usr/bin/ld: ", "  File \"a.py\", line 3, in f\n",
                           "make: Entering directory 'x'\n", "#0 0x1 in f a.c:3\n",
                           "not ok 1 - x\n", "\r", "\"", "In file included from a.h:3,\n"})
    (void)read_diagnostics(repeated(text, kBytes), {.root = "/w"});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(taken.count(), 200);
}

TEST(ReadDiagnostics, ReadsADocumentOfOneLongLine) {
  std::string output =
      R"([{"filePath":"/w/a.js","source":")" + std::string(10 << 20, 'x') +
      R"(","messages":[{"ruleId":"no-undef","severity":2,"message":"m","line":2,"column":3}]}])";
  EXPECT_EQ(read_text(output), "a.js:2:3 error eslint no-undef m\n");
}

TEST(ReadDiagnostics, TakesMembersOfAnyTypeInDocuments) {
  for (
      const char* document :
      {R"({"runs":[3,{"results":[null,{"locations":{}},{"locations":[[]],"fixes":[1]}]}]})",
       R"({"reason":"compiler-message","message":{"spans":[{"is_primary":true,"line_start":-1}]}})",
       R"([{"filePath":"a.js","messages":[[],{"line":1e99,"column":"x"}]},7])",
       R"([{"kind":"error","locations":[{"caret":[]}],"fixits":{"a":1}}])",
       R"({"generalDiagnostics":[{"range":{"start":{"line":18446744073709551615}}}]})"})
    for (const Diagnostic& d : read_diagnostics(document, {})) EXPECT_GE(d.place.line, 0);
}

// Lines that are put in push those below down; here there are more of them than lines.
TEST(ReadDiagnostics, ProposesNothingAboveTheFirstLine) {
  std::string output = "error[E0425]: cannot find type `M` in this scope\n --> src/lib.rs:8:25\n";
  output += "help: consider importing this struct\n  |\n";
  for (int i = 0; i < 3; ++i) output += "1 + use std::collections::M;\n";
  const auto found = read_diagnostics(output, {.root = "/w"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].fixits.size(), 1u);
  for (const FixIt& fixit : found[0].fixits) EXPECT_GE(fixit.place.line, 1);
}

// --- The same complaint

TEST(SameComplaint, IsToldByPathCodeAndMessageAndNotByLine) {
  const Diagnostic a{.place = {"a.c", 3, 1}, .code = "E1", .message = "m"};
  Diagnostic b = a;
  b.place.line = 7;
  EXPECT_TRUE(same_complaint(a, b));
  b.message = "n";
  EXPECT_FALSE(same_complaint(a, b));
  b = a;
  b.place.path = "b.c";
  EXPECT_FALSE(same_complaint(a, b));
  b = a;
  b.test = "T.t";
  EXPECT_FALSE(same_complaint(a, b));
}

}  // namespace
}  // namespace curlew::assist
