#include "indexer/source/git_changes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/indexer/source/temp_tree.h"

namespace curlew::indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class GitChanges : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
    tree_.write("src/a.c", "one\n");
    tree_.write("src/b.c", "two\n");
    tree_.write("docs/c.md", "three\n");
    tree_.write("gone.c", "four\n");
    git("init -q");
  }
  void git(const std::string& words) {
    const std::string command = fmt::format(
        "git -C '{}' -c user.name=t -c user.email=t@example.com -c commit.gpgsign=false {} "
        ">/dev/null 2>&1",
        tree_.root().string(), words);
    ASSERT_EQ(std::system(command.c_str()), 0) << words;
  }
  void commit() {
    git("add -A");
    git("commit -q -m first");
  }

  TempTree tree_;
};

TEST_F(GitChanges, AreFilesThatDifferWithTheTextTheyHad) {
  commit();
  EXPECT_THAT(changed_since_commit(tree_.root()), IsEmpty());
  tree_.write("src/a.c", "one\nmore\n");
  tree_.write("docs/c.md", "changed\n");
  tree_.write("new.c", "untracked\n");
  std::filesystem::remove(tree_.root() / "gone.c");
  EXPECT_THAT(changed_since_commit(tree_.root()),
              ElementsAre(Pair("docs/c.md", "three\n"), Pair("src/a.c", "one\n")));
  git("add src/a.c");  // to be committed, and not yet
  EXPECT_THAT(changed_since_commit(tree_.root() / "src"), ElementsAre(Pair("a.c", "one\n")));
}

TEST_F(GitChanges, AreNoneWithoutACommitOrARepository) {
  EXPECT_THAT(changed_since_commit(tree_.root()), IsEmpty());
  const TempTree other;
  other.write("a.c", "one\n");
  EXPECT_THAT(changed_since_commit(other.root()), IsEmpty());
  EXPECT_THAT(changed_since_commit(other.root() / "none"), IsEmpty());
}

TEST_F(GitChanges, LeaveOutWhatIsTooLarge) {
  tree_.write("big.c", std::string(kCommittedBytesMax + 1, 'x'));
  commit();
  tree_.write("big.c", "small\n");
  tree_.write("src/b.c", "other\n");
  EXPECT_THAT(changed_since_commit(tree_.root()), ElementsAre(Pair("src/b.c", "two\n")));
}

}  // namespace
}  // namespace curlew::indexer
