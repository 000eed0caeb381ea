#include "indexer/source/ignore.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "indexer/source/walk.h"
#include "tests/indexer/source/temp_tree.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

TEST(Glob, MatchesAsGitDoes) {
  EXPECT_TRUE(glob_matches("*.o", "a.o"));
  EXPECT_FALSE(glob_matches("*.o", "a/b.o"));
  EXPECT_TRUE(glob_matches("a/**/b", "a/b"));
  EXPECT_TRUE(glob_matches("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(glob_matches("a/**/b", "a/xb"));
  EXPECT_TRUE(glob_matches("**/b", "b"));
  EXPECT_TRUE(glob_matches("a/**", "a/x/y"));
  EXPECT_FALSE(glob_matches("a/**", "a"));
  EXPECT_TRUE(glob_matches("[[:upper:]][!a-c]?", "Xd1"));
  EXPECT_FALSE(glob_matches("[[:upper:]][!a-c]?", "Xb1"));
  EXPECT_TRUE(glob_matches("[]-]x[a-]", "]x-"));
  EXPECT_FALSE(glob_matches("a?b", "a/b"));
  EXPECT_FALSE(glob_matches("a[/]b", "a/b"));
  EXPECT_TRUE(glob_matches("\\*\\[", "*["));
  EXPECT_FALSE(glob_matches("a[b", "ab"));
  EXPECT_FALSE(glob_matches("a\\", "a\\"));
  EXPECT_FALSE(glob_matches("[[:nonsense:]]", "a"));
}

TEST(Glob, AHostilePatternEndsSoon) {
  std::string glob, path;
  for (int i = 0; i < 200; ++i) glob += "*a**/";
  for (int i = 0; i < 200; ++i) path += "aaaaaaaaaa/";
  EXPECT_FALSE(glob_matches(glob + "b", path));
}

TEST(ParseIgnore, ReadsTheLinesGitReads) {
  const std::vector<IgnorePattern> patterns =
      parse_ignore("\xef\xbb\xbf# no\n\n  \n*.o  \n!keep.o\n/top\nsub/dir/\nend\\ \n\\#x\r\nlast");
  std::vector<std::string> globs;
  for (const IgnorePattern& p : patterns) globs.push_back(p.glob);
  EXPECT_THAT(globs,
              testing::ElementsAre("*.o", "keep.o", "top", "sub/dir", "end\\ ", "\\#x", "last"));
  EXPECT_TRUE(patterns[1].negated);
  EXPECT_TRUE(patterns[2].anchored);
  EXPECT_TRUE(patterns[3].folder_only && patterns[3].anchored);
  EXPECT_FALSE(patterns[0].anchored || patterns[0].negated || patterns[0].folder_only);
}

// What the command writes, its lines split at NUL bytes.
std::vector<std::string> output_of(const std::string& command) {
  std::string out;
  if (FILE* pipe = popen(command.c_str(), "r")) {
    char buffer[4096];
    while (const std::size_t n = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
    pclose(pipe);
  }
  std::vector<std::string> parts;
  for (std::size_t at = 0, end; (end = out.find('\0', at)) != std::string::npos; at = end + 1) {
    parts.push_back(out.substr(at, end - at));
  }
  return parts;
}

// Compares our walk with `git ls-files --others --exclude-standard` on the same folder.
class AgainstGit : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
    home_.emplace("HOME", tree_.root().string() + ".home");
    fs::create_directories(tree_.root().string() + ".home");
    xdg_.emplace("XDG_CONFIG_HOME", tree_.root().string() + ".home/.config");
    ASSERT_EQ(std::system(("git init -q '" + tree_.root().string() + "'").c_str()), 0);
  }
  void TearDown() override { fs::remove_all(tree_.root().string() + ".home"); }

  std::set<std::string> by_git() const {
    const std::vector<std::string> files =
        output_of("git -C '" + tree_.root().string() + "' ls-files -z --others --exclude-standard");
    std::set<std::string> out;
    for (const std::string& file : files) {
      if (!file.ends_with(".gitignore")) out.insert(file);  // no language of ours
    }
    return out;
  }
  std::set<std::string> by_us() const {
    std::set<std::string> out;
    const Expected<WalkResult> result = walk(tree_.root(), {});
    if (!result) {
      ADD_FAILURE() << result.error().message();
      return out;
    }
    for (const WalkedFile& file : result->files) out.insert(file.path);
    return out;
  }
  void compare(const std::string& what) const {
    const std::set<std::string> git = by_git(), us = by_us();
    std::vector<std::string> only_git, only_us;
    std::set_difference(git.begin(), git.end(), us.begin(), us.end(), std::back_inserter(only_git));
    std::set_difference(us.begin(), us.end(), git.begin(), git.end(), std::back_inserter(only_us));
    EXPECT_THAT(only_git, testing::IsEmpty()) << "git keeps these; " << what;
    EXPECT_THAT(only_us, testing::IsEmpty()) << "we keep these; " << what;
  }

  TempTree tree_;
  std::optional<ScopedVariable> home_, xdg_;
};

constexpr std::string_view kFiles[] = {
    "a.c",           "b.c",           "ab.c",          "foo.py",  "bar.py",         "src/a.c",
    "src/foo.py",    "src/sub/a.c",   "src/sub/b.py",  "sub/a.c", "sub/src/a.c",    "build/x.c",
    "build/y/z.c",   "src/build/w.c", "a b.c",         "x[1].c",  "#hash.c",        "!bang.c",
    "star*.c",       "A.C",           "back\\slash.c", "end .c",  "deep/a/b/c/d.c", "deep/a/x.c",
    "foo/bar/baz.c", "foo/baz.c",     "foo.c/in.c",    "-dash.c", "]x.c",           "q?.c"};

TEST_F(AgainstGit, AgreesOnHostilePatterns) {
  for (const std::string_view file : kFiles) tree_.write(file, "int x;\n");
  const std::string cases[] = {"*.c\n!a.c\n",
                               "/a.c\n",
                               "src/\n",
                               "src\n!src/a.c\n",
                               "**/a.c\n",
                               "src/**\n!src/sub/\n",
                               "build/\n",
                               "/build\n",
                               "build/*\n!build/y\n",
                               "deep/**/d.c\n",
                               "deep/*/x.c\n",
                               "a?.c\n",
                               "[ab].c\n",
                               "[!a].c\n",
                               "[^a].c\n",
                               "[a-b].c\n",
                               "[[:lower:]].c\n",
                               "x\\[1\\].c\n",
                               "x[1].c\n",
                               "\\#hash.c\n",
                               "#hash.c\n",
                               "\\!bang.c\n",
                               "!bang.c\n",
                               "star\\*.c\n",
                               "star*.c\n",
                               "a\\ b.c\n",
                               "a b.c   \n",
                               "end\\ .c\n",
                               "a.c\\ \n",
                               "back\\\\slash.c\n",
                               "foo/*\n",
                               "foo/\n",
                               "foo/**/baz.c\n",
                               "foo.c/\n",
                               "foo.c\n",
                               "**\n",
                               "*\n!*/\n!*.py\n",
                               "/*\n!/src\n",
                               "/**/a.c\n",
                               "**/sub/**\n",
                               "src//a.c\n",
                               "./a.c\n",
                               "../a.c\n",
                               "a.c/\n",
                               "\n\n*.py\n#x\n",
                               "*.py\r\n*.c\r\n",
                               "\xef\xbb\xbf*.py\n",
                               "[z-a].c\n",
                               "[]x].c\n",
                               "[]-]x.c\n",
                               "[\\]]x.c\n",
                               "[a\n",
                               "a.[c\n",
                               "a.c[\n",
                               "\\\n",
                               "a.c\\\n",
                               "**.c\n",

                               "***/a.c\n",
                               "*/a.c\n",
                               "/*/a.c\n",
                               "*/*/a.c\n",
                               "!\n",
                               "/\n",
                               "//\n",
                               "!/\n",
                               "[[:alpha:]_-]*.c\n",
                               "[[:foo:]].c\n",
                               "[[:alpha:].c\n",
                               "[a-]*.c\n",
                               "[--a]dash.c\n",
                               "q\\?.c\n",
                               "?.C\n",
                               "sub/a.c/\n",
                               "/sub/src\n",
                               "sub/src/\n",
                               "src/sub/*.py\n"};
  for (const std::string& text : cases) {
    tree_.write(".gitignore", text);
    compare("patterns: " + text);
  }
}

TEST_F(AgainstGit, AgreesOnNestedFilesAndOtherExcludes) {
  for (const std::string_view file : kFiles) tree_.write(file, "int x;\n");
  tree_.write(".gitignore", "*.py\n/sub/\n");
  tree_.write("src/.gitignore", "!foo.py\n/sub/a.c\n*.c\n");
  tree_.write("src/sub/.gitignore", "!a.c\n!*.py\n");
  tree_.write("sub/.gitignore", "!a.c\n");
  compare("nested");
  tree_.write(".git/info/exclude", "foo/\n!bar.py\n");
  compare("with info/exclude");
  tree_.write("../" + tree_.root().filename().string() + ".home/.config/git/ignore",
              "deep/\nb.c\n");
  compare("with the user's excludes");
  tree_.write("../" + tree_.root().filename().string() + ".home/other", "ab.c\n");
  ASSERT_EQ(std::system(fmt::format("git -C '{0}' config core.excludesFile '{0}.home/other'",
                                    tree_.root().string())
                            .c_str()),
            0);
  compare("with core.excludesFile");
}

TEST_F(AgainstGit, AgreesOnRandomPatterns) {
  for (const std::string_view file : kFiles) tree_.write(file, "int x;\n");
  std::mt19937 random(7);
  static constexpr std::string_view kParts[] = {
      "a",    "b",    "src", "sub", "foo", "*", "?",     "/",    "/",   "/**/", ".c",  ".py",
      "[ab]", "[!a]", "\\a", "**/", "!",   " ", "build", "deep", "*.c", "[a-",  "/**", "\\"};
  const auto below = [&](std::size_t n) { return random() % n; };
  int compared = 0;
  for (int round = 0; round < 250; ++round) {
    std::string text, nested;
    for (std::string* out : {&text, &nested}) {
      for (std::size_t line = 1 + below(4); line > 0; --line) {
        std::string pattern;
        for (std::size_t n = 1 + below(5); n > 0; --n) pattern += kParts[below(std::size(kParts))];
        // Where "**" follows a letter, versions of git differ from each other and their manual.
        const std::size_t stars = pattern.find("**");
        if (stars != std::string::npos && stars > 0 && pattern[stars - 1] != '/') continue;
        *out += pattern + "\n";
      }
    }
    tree_.write(".gitignore", text);
    tree_.write("src/.gitignore", nested);
    compare("patterns:\n" + text + "in src:\n" + nested);
    if (++compared > 5 && HasFailure()) break;
  }
}

TEST_F(AgainstGit, TheRulesOfFoldersAboveHold) {
  tree_.write(".gitignore", "*.py\n/src/sub/b.c\n");
  tree_.write("src/.gitignore", "/sub/c.c\n");
  for (const char* name : {"a.py", "b.c", "c.c", "d.c"})
    tree_.write(std::string("src/sub/") + name, "x");
  tree_.write(".git/info/exclude", "/src/sub/e.c\n");
  tree_.write("src/sub/e.c", "x");
  const Expected<WalkResult> result = walk(tree_.root() / "src/sub", {});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->files.size(), 1u);
  EXPECT_EQ(result->files[0].path, "d.c");
}

}  // namespace
}  // namespace curlew::indexer
