#include "indexer/include_folders.h"

#include <gmock/gmock.h>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ShellWords, AreSplitAsAShellDoes) {
  EXPECT_THAT(shell_words("cc -I 'a b' -I\"c d\" e\\ f\t-c x.c"),
              ElementsAre("cc", "-I", "a b", "-Ic d", "e f", "-c", "x.c"));
  EXPECT_THAT(shell_words("  \n "), IsEmpty());
  EXPECT_THAT(shell_words("\"open"), ElementsAre("open"));
}

class IncludeFoldersTest : public ::testing::Test {
 protected:
  FolderList folders(const std::string& commands, const std::string& path) {
    w.write("compile_commands.json", commands);
    IncludeFolders includes(std::filesystem::canonical(w.root()));
    const IncludeTablePtr table = includes.table();
    if (!table) return {"note: " + includes.note()};
    return table->folders_of(path);
  }
  std::string root() { return std::filesystem::canonical(w.root()).string(); }
  Workspace w;
};

TEST_F(IncludeFoldersTest, StandInTheOrderOfTheCompiler) {
  EXPECT_THAT(folders(R"([{"directory": ")" + root() + R"(/build", "file": "../src/a.c",
      "command": "cc -isystem ../sys -I../inc -I ../gen -iquote ../quoted -idirafter ../last -c ../src/a.c"}])",
                      "src/a.c"),
              ElementsAre("quoted", "inc", "gen", "sys", "last"));
}

TEST_F(IncludeFoldersTest, ListsOfArgumentsAreTakenAsTheyAre) {
  EXPECT_THAT(
      folders(R"([{"directory": ".", "file": "a.c", "arguments": ["cc", "-Ione two", "-I", "three"],
                           "command": "cc -Iignored"}])",
              "a.c"),
      ElementsAre("one two", "three"));
}

TEST_F(IncludeFoldersTest, ResponseFilesAreRead) {
  w.write("build/flags.rsp", "-I../inc @more.rsp\n");
  w.write("build/more.rsp", "-I../more @flags.rsp");  // leads back: the number of files ends it
  EXPECT_THAT(
      folders(R"([{"directory": "build", "file": "../a.c", "command": "cc @flags.rsp"}])", "a.c"),
      ElementsAre("inc", "more"));
}

TEST_F(IncludeFoldersTest, RepeatedCommandsAddUp) {
  EXPECT_THAT(folders(R"([{"directory": ".", "file": "a.c", "command": "cc -Ix -Iy"},
                          {"directory": ".", "file": "./a.c", "command": "cc -Iy -Iz"}])",
                      "a.c"),
              ElementsAre("x", "y", "z"));
}

TEST_F(IncludeFoldersTest, WhatLiesOutsideIsLeftOut) {
  EXPECT_THAT(
      folders(
          R"([{"directory": ".", "file": "a.c", "command": "cc -I/usr/include -I.. -I. -Iin/../inc"}])",
          "a.c"),
      ElementsAre("", "inc"));
}

TEST_F(IncludeFoldersTest, AHeaderTakesTheFoldersOfItsNeighbour) {
  const std::string commands =
      R"([{"directory": ".", "file": "net/send.c", "command": "cc -Inet/inc"},
                                   {"directory": ".", "file": "ui/view.c", "command": "cc -Iui/inc"}])";
  EXPECT_THAT(folders(commands, "net/send.h"), ElementsAre("net/inc"));
  EXPECT_THAT(folders(commands, "ui/deep/button.h"), ElementsAre("ui/inc"));
}

TEST_F(IncludeFoldersTest, BrokenFilesLeaveOneNote) {
  for (const char* broken : {"{\"a\": 1}", "7", "[{\"directory\": ", "", "\"x\""})
    EXPECT_THAT(folders(broken, "a.c"),
                ElementsAre(HasSubstr("note: compile_commands.json: not used")))
        << broken;
  EXPECT_THAT(folders(std::string(100'000, '['), "a.c"), ElementsAre(HasSubstr("note: ")));
  EXPECT_THAT(
      folders(R"([{"file": 7, "arguments": {"x": ["-Iy"]}}, [], null, {"command": "-I"}])", "a.c"),
      IsEmpty());
}

TEST_F(IncludeFoldersTest, FlagsOfAWorkspaceHoldForEveryFile) {
  w.write("compile_flags.txt", "-I\ninc\r\n-isystem\nsys\n\n-DX=1\n");
  IncludeFolders includes(root());
  ASSERT_NE(includes.table(), nullptr);
  EXPECT_THAT(includes.table()->folders_of("any/file.c"), ElementsAre("inc", "sys"));
}

// "path:line" of what `name` stands for in app/main.c.
std::vector<std::string> meant(Workspace& w, const std::string& text) {
  auto hits = w.index().definitions_at("app/main.c", text, text.rfind("pick"));
  std::vector<std::string> lines;
  for (const SearchHit& hit : *hits) lines.push_back(hit.path);
  return lines;
}

TEST(Includes, AreLookedForWhereTheCommandSays) {
  Workspace w;
  w.write("one/conf.h", "int pick(void);\n");
  w.write("two/conf.h", "int pick(void);\n");
  w.write("app/main.c", "");
  w.write("build/compile_commands.json",
          R"([{"directory": "..", "file": "app/main.c", "command": "cc -I two"}])");
  w.update();
  const std::string text = "#include <conf.h>\nint main(void) { return pick(); }\n";
  EXPECT_THAT(meant(w, text), ElementsAre("two/conf.h"));
  w.write("build/compile_commands.json",
          R"([{"directory": "..", "file": "app/main.c", "command": "cc -Ione    "}])");
  EXPECT_THAT(meant(w, text), ElementsAre("one/conf.h")) << "a changed file counts at once";
  w.write("build/compile_commands.json", "nonsense");
  EXPECT_THAT(
      w.index().stats().notes,
      Contains(HasSubstr("build/compile_commands.json: not used: not a compilation database")));
}

TEST(Includes, OfTheSameFolderComeFirst) {
  Workspace w;
  w.write("a/conf.h", "int pick(void);\n");
  w.write("app/conf.h", "int pick(void);\n");
  w.update();
  EXPECT_THAT(meant(w, "#include \"conf.h\"\nint main(void) { return pick(); }\n"),
              ElementsAre("app/conf.h"));
}

}  // namespace
}  // namespace curlew::indexer::testing
