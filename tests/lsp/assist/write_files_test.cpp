#include "lsp/assist/edit/write_files.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;

class WriteFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "curlew-write-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    root_ = base_ / "root";
    fs::create_directories(root_ / "sub");
    write("a.txt", "a\n");
    write("sub/b.txt", "b\r\nno end");
  }
  void TearDown() override { fs::remove_all(base_); }

  void write(const std::string& path, std::string_view text) {
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  std::string read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(root_ / path, std::ios::binary).rdbuf();
    return text.str();
  }
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(fs::recursive_directory_iterator(root_), fs::recursive_directory_iterator()));
  }
  std::string refusal(const std::map<std::string, std::string>& before,
                      const std::map<std::string, std::string>& after) {
    const Status written = write_files(root_, before, after);
    return written ? "(written)" : written.error().message();
  }

  fs::path base_, root_;
};

TEST_F(WriteFiles, WritesAllOfThemAndKeepsPermissions) {
  ::chmod((root_ / "a.txt").c_str(), 0750);
  const std::string binary("\xff\0x\r\n", 5);
  ASSERT_TRUE(write_files(root_, {{"a.txt", "a\n"}, {"sub/b.txt", "b\r\nno end"}},
                          {{"a.txt", binary}, {"sub/b.txt", ""}}));
  EXPECT_EQ(read("a.txt"), binary);
  EXPECT_EQ(read("sub/b.txt"), "");
  struct stat info;
  ASSERT_EQ(::stat((root_ / "a.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0750u);
  EXPECT_EQ(count(), 3u) << "temporary files are left";
}

TEST_F(WriteFiles, WritesNothingWhenOneHasChanged) {
  const std::string said = refusal({{"a.txt", "a\n"}, {"sub/b.txt", "something else"}},
                                   {{"a.txt", "new"}, {"sub/b.txt", "new"}});
  EXPECT_NE(said.find("sub/b.txt: has changed meanwhile"), std::string::npos) << said;
  EXPECT_EQ(read("a.txt"), "a\n");
  EXPECT_EQ(count(), 3u);
}

TEST_F(WriteFiles, RefusesWhatIsNoFileOfTheWorkspace) {
  std::ofstream(base_ / "outside.txt") << "a\n";
  fs::create_symlink(base_ / "outside.txt", root_ / "link");
  for (const char* path : {"../outside.txt", "link", "sub", "none.txt", "/etc/hostname"})
    EXPECT_NE(refusal({{path, "a\n"}}, {{path, "new"}}).find("no plain file in the workspace"),
              std::string::npos)
        << path;
}

TEST_F(WriteFiles, FollowsALinkInsideTheWorkspace) {
  fs::create_symlink("a.txt", root_ / "link");
  ASSERT_TRUE(write_files(root_, {{"link", "a\n"}}, {{"link", "new"}}));
  EXPECT_TRUE(fs::is_symlink(root_ / "link"));
  EXPECT_EQ(read("a.txt"), "new");
}

TEST_F(WriteFiles, RefusesAFileWithOtherNames) {
  fs::create_hard_link(root_ / "a.txt", root_ / "same.txt");
  EXPECT_NE(refusal({{"a.txt", "a\n"}}, {{"a.txt", "new"}}).find("a.txt: has 2 names (hard links)"),
            std::string::npos);
  EXPECT_EQ(read("a.txt"), "a\n");
  EXPECT_EQ(fs::hard_link_count(root_ / "a.txt"), 2u);
}

TEST_F(WriteFiles, KeepsOwnerGroupAndSpecialBits) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const fs::path file = root_ / "a.txt";
  ASSERT_EQ(::chown(file.c_str(), 12345, 23456), 0);
  ASSERT_EQ(::chmod(file.c_str(), 06755), 0);
  ASSERT_TRUE(write_files(root_, {{"a.txt", "a\n"}}, {{"a.txt", "new"}}));
  struct stat info;
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 12345u);
  EXPECT_EQ(info.st_gid, 23456u);
  EXPECT_EQ(info.st_mode & 07777, 06755u);
}

// Of another user's file, which its group may write. In a child that is not root.
TEST_F(WriteFiles, DropsSpecialBitsWhereTheOwnerCannotBeKept) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of another user's";
  const fs::path file = root_ / "a.txt";
  ASSERT_EQ(::chmod(base_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(root_.c_str(), 0777), 0);
  ASSERT_EQ(::chown(file.c_str(), 12345, 23456), 0);
  ASSERT_EQ(::chmod(file.c_str(), 06775), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const gid_t group = 23456;
    if (::setgroups(1, &group) != 0 || ::setgid(34567) != 0 || ::setuid(34567) != 0) ::_exit(3);
    ::_exit(write_files(root_, {{"a.txt", "a\n"}}, {{"a.txt", "new"}}) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  struct stat info;
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(read("a.txt"), "new");
  EXPECT_EQ(info.st_uid, 34567u);
  EXPECT_EQ(info.st_gid, 23456u);  // one of the writer's own groups
  EXPECT_EQ(info.st_mode & 07777, 02775u);
}

TEST_F(WriteFiles, RefusesAReadOnlyFile) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everything";
  ::chmod((root_ / "a.txt").c_str(), 0444);
  EXPECT_NE(refusal({{"a.txt", "a\n"}}, {{"a.txt", "new"}}).find("may not be written"),
            std::string::npos);
}

}  // namespace
}  // namespace curlew::assist
