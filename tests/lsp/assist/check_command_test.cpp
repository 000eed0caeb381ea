#include "lsp/assist/check/check_command.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "lsp/assist/check/buffers.h"
#include "lsp/assist/check/compile_database.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CheckCommandTest : public testing::Test {
 protected:
  CheckCommandTest()
      : root_(fs::temp_directory_path() /
              fmt::format("curlew-check-{}-{}", ::getpid(),
                          testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(root_);
  }
  ~CheckCommandTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // A program of the workspace's own, as package managers install them.
  void install(const std::string& path) {
    write(path, "#!/bin/sh\n");
    fs::permissions(root_ / path, fs::perms::owner_all);
  }
  std::optional<CheckCommand> find(const std::string& path, const CheckRules& rules = {}) {
    auto found = find_check(root_, path, rules);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : std::nullopt;
  }
  std::string error(const std::string& path, const CheckRules& rules = {}) {
    auto found = find_check(root_, path, rules);
    return found ? "no error" : found.error().message();
  }

  const fs::path root_;
};

TEST_F(CheckCommandTest, TakesTheCompilersOwnCommandAndLetsItWriteNothing) {
  write("src/a.cpp", "int a;\n");
  write("build/compile_commands.json",
        fmt::format(R"([{{"directory": "{0}/build", "file": "../src/a.cpp",
          "command": "ccache g++ -I../include -isystem third -DX=\"a b\" -O2 -MD -MF a.d -o a.o -c ../src/a.cpp"}}])",
                    root_.string()));
  const auto check = find("src/a.cpp");
  ASSERT_TRUE(check);
  const std::string at = root_.string();
  EXPECT_THAT(
      check->command.argv,
      ElementsAre("g++", "-I" + at + "/include", "-isystem", at + "/build/third", "-DX=a b", "-O2",
                  at + "/src/a.cpp", "-fsyntax-only", "-fdiagnostics-parseable-fixits"));
  EXPECT_EQ(check->command.folder, "build");
  EXPECT_TRUE(check->readable.empty());
}

TEST_F(CheckCommandTest, ChecksAHeaderThroughTheSourceThatIncludesIt) {
  write("src/store.h", "int store();\n");
  write("src/a.cpp", "// store.h is not included here\n");
  write("src/b.cpp", "#include \"src/store.h\"\n");
  std::string entries;
  for (const char* name : {"a", "b"})
    entries += fmt::format(
        R"({}{{"directory": "{}", "file": "src/{}.cpp", "arguments": ["g++", "-c", "src/{}.cpp"]}})",
        entries.empty() ? "" : ",", root_.string(), name, name);
  write("compile_commands.json", "[" + entries + "]");
  const auto check = find("src/store.h");
  ASSERT_TRUE(check);
  EXPECT_THAT(check->command.argv, Contains((root_ / "src/b.cpp").string()));
}

TEST_F(CheckCommandTest, ShowsABuildFolderOutsideToTheCommand) {
  write("a.cpp", "int a;\n");
  write("compile_commands.json",
        fmt::format(R"([{{"directory": "/elsewhere/build", "file": "{}/a.cpp",
                         "arguments": ["g++", "-Igenerated", "-c", "{}/a.cpp"]}}])",
                    root_.string(), root_.string()));
  const auto check = find("a.cpp");
  ASSERT_TRUE(check);
  EXPECT_THAT(check->readable, ElementsAre("/elsewhere/build"));
  EXPECT_THAT(check->command.argv, Contains("-I/elsewhere/build/generated"));
  EXPECT_EQ(check->command.folder, "");
}

TEST_F(CheckCommandTest, SaysWhatIsWrongWithACompileDatabase) {
  write("a.cpp", "int a;\n");
  write("compile_commands.json", "{}");
  EXPECT_THAT(error("a.cpp"), HasSubstr("compile_commands.json: expected a JSON list"));
  write("compile_commands.json", R"([{"directory": "/d", "file": "a.cpp"}])");
  EXPECT_THAT(error("a.cpp"), HasSubstr("entry 1: 'command' or 'arguments'"));
  write("compile_commands.json", R"([{"directory": "/d", "file": "a.cpp", "command": "g++ 'a"}])");
  EXPECT_THAT(error("a.cpp"), HasSubstr("the quote at byte 5 is not closed"));
  write("compile_commands.json", R"([{"directory": "d", "file": "a.cpp", "command": "g++"}])");
  EXPECT_THAT(error("a.cpp"), HasSubstr("'directory': expected a path"));
}

TEST_F(CheckCommandTest, PrefersTheWorkspacesOwnPrograms) {
  install("web/node_modules/.bin/tsc");
  write("web/tsconfig.json", "{}");
  const auto check = find("web/src/a.ts");
  ASSERT_TRUE(check);
  EXPECT_EQ(check->command.argv[0], (root_ / "web/node_modules/.bin/tsc").string());
  EXPECT_THAT(check->command.argv, Contains("--noEmit"));
  EXPECT_EQ(check->command.folder, "web");
}

TEST_F(CheckCommandTest, TakesTheLinterThatPyprojectNames) {
  for (const char* name : {"mypy", "ruff", "pyflakes"})
    install(std::string("app/.venv/bin/") + name);
  write("app/pyproject.toml", "[tool.ruff]\nline-length = 100\n");
  const auto named = find("app/a/b.py");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->title, "ruff");
  EXPECT_EQ(named->command.argv.back(), "a/b.py");
  write("app/pyproject.toml", "[project]\n");
  EXPECT_EQ(find("app/a/b.py")->title, "mypy");
}

TEST_F(CheckCommandTest, ChecksAGoPackageFromItsModule) {
  install("node_modules/.bin/go");  // any program folder will do
  write("server/go.mod", "module x\n");
  const auto check = find("server/store/store.go");
  ASSERT_TRUE(check);
  EXPECT_THAT(check->command.argv, ElementsAre(testing::_, "vet", "./store"));
  EXPECT_EQ(check->command.folder, "server");
}

TEST_F(CheckCommandTest, DoesAsTheUserSays) {
  const CheckRules rules = {{"*.py", "python3 -m unittest {file}"},
                            {"tools/**", "off"},
                            {"src/**/*.py", "make check F='{file}' D={folder}"}};
  EXPECT_THAT(find("a.py", rules)->command.argv, ElementsAre("python3", "-m", "unittest", "a.py"));
  EXPECT_THAT(find("lib/a.py", rules)->command.argv.back(), "lib/a.py");
  EXPECT_THAT(find("src/x/a.py", rules)->command.argv,
              ElementsAre("make", "check", "F=src/x/a.py", "D=src/x"));
  EXPECT_FALSE(find("tools/a.py", rules));
  EXPECT_THAT(error("a.py", {{"*.py", "run \"x"}}),
              HasSubstr("check rule '*.py': the quote at byte 5 is not closed"));
  EXPECT_THAT(error("a.py", {{"*.py", "  "}}), HasSubstr("expected a command or \"off\""));
}

TEST_F(CheckCommandTest, KnowsNoCheckForWhatIsNoCode) {
  write("a.txt", "text\n");
  EXPECT_FALSE(find("a.txt"));
  EXPECT_FALSE(find("README.md"));
}

TEST(ShellWords, SplitsAsAShellDoes) {
  EXPECT_THAT(*shell_words(R"(a 'b c' "d \"e\" \n" f\ g '' h"i"'j')"),
              ElementsAre("a", "b c", R"(d "e" \n)", "f g", "", "hij"));
  EXPECT_TRUE(shell_words("  ")->empty());
  EXPECT_FALSE(shell_words("a \\"));
  EXPECT_FALSE(shell_words("'a"));
}

// --- Open documents -----------------------------------------------------------------------------

class RecordingChecker final : public Checker {
 public:
  Expected<std::string> text(const std::string& path) override {
    if (path == "on_disk.c") return std::string("old");
    if (path == "same.c") return std::string("same");
    return fail(Errc::kNotFound, "{}: no such file", path);
  }
  Expected<CheckResult> check(const Changes& changes, std::stop_token) override {
    seen = changes;
    return CheckResult{};
  }
  Expected<CheckResult> check_afresh(const Changes& changes, std::stop_token stop) override {
    return check(changes, stop);
  }
  Changes seen;
};

TEST(BuffersChecker, RunsOnWhatTheUserSees) {
  RecordingChecker disk;
  auto checker = make_buffers_checker(
      disk, {{"on_disk.c", "typed"}, {"same.c", "same"}, {"unsaved.c", "nowhere"}});
  ASSERT_TRUE(checker);
  EXPECT_EQ(*(*checker)->text("on_disk.c"), "typed");
  ASSERT_TRUE((*checker)->check({}, {}));
  EXPECT_EQ(disk.seen, (Changes{{"on_disk.c", "typed"}}));
  ASSERT_TRUE((*checker)->check_afresh({{"on_disk.c", "tried"}, {"same.c", "new"}}, {}));
  EXPECT_EQ(disk.seen, (Changes{{"on_disk.c", "tried"}, {"same.c", "new"}}));
}

}  // namespace
}  // namespace curlew::assist
