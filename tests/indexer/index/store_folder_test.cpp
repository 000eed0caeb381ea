// The folders and files of the store: their rights, where they cannot be made or written, and what
// becomes of an index whose files were deleted.
#include "indexer/store.h"

#include <gmock/gmock.h>

#include "store_workspace.h"

namespace curlew::indexer::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Store, AFullDiskIsOneClearErrorAndKeepsTheOldState) {
  Workspace w;
  SmallDisk disk(w.store().parent_path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  write_files(w, 3);
  w.update();
  write_files(w, 2500);
  Expected<IndexStats> stats = w.index().update();
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().kind(), Errc::kIo);
  EXPECT_THAT(stats.error().message(), HasSubstr("no space left"));
  EXPECT_THAT(w.definitions("function_2_0"), SizeIs(1));
  w.close();
}

TEST(Store, AFolderThatCannotBeWrittenMeansAnIndexInMemory) {
  Workspace w;
  SmallDisk disk(w.store().parent_path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a read-only file system needs root";
  disk.make_read_only();
  write_files(w, 5);
  EXPECT_EQ(w.update().indexed, 5);
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("kept in memory")));
  EXPECT_THAT(w.definitions("function_4_0"), SizeIs(1));
  w.close();
}

TEST(Store, ACacheFolderThatCannotBeMadeMeansAnIndexInMemory) {
  Workspace w;
  write_files(w, 2);
  std::ofstream(w.store().parent_path()) << "a file where the folder should be";
  EXPECT_EQ(w.update().indexed, 2);
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("kept in memory")));
}

std::vector<std::string> open_to_others(const fs::path& folder) {
  std::vector<std::string> found;
  const auto look = [&](const fs::path& path) {
    const fs::perms rights = fs::symlink_status(path).permissions();
    if ((rights & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
      found.push_back(path.filename());
  };
  look(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) look(entry.path());
  return found;
}

TEST(Store, IsForItsUsersEyesOnly) {
  Workspace w;
  write_files(w, 600);
  w.update();
  w.write("f7.py", "def seven(): pass\n");
  ASSERT_TRUE(w.index().update_files({"f7.py"}));
  EXPECT_THAT(open_to_others(w.store().parent_path()), IsEmpty());
  w.close();
  for (const auto& entry : fs::recursive_directory_iterator(w.store().parent_path()))
    fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0755) : fs::perms(0644));
  std::ofstream(w.store().string() + ".broken") << "an old one";
  w.update();
  fs::permissions(segment_file(w), fs::perms(0600));  // ours have always been
  EXPECT_THAT(open_to_others(w.store().parent_path()), IsEmpty());
}

TEST(Store, LeavesAFolderAloneThatWasThere) {
  Workspace w;
  write_files(w, 3);
  fs::create_directories(w.store().parent_path());
  fs::permissions(w.store().parent_path(), fs::perms(0755));
  w.update();
  EXPECT_THAT(open_to_others(w.store().parent_path()), ElementsAre("cache"));
}

TEST(Store, AFileInThePlaceOfTheSegmentsFolderIsReplaced) {
  Workspace w;
  fs::create_directories(w.store().parent_path());
  const fs::path folder = w.store().string() + ".segments";
  std::ofstream(folder) << "a file where the folder should be";
  write_files(w, 600);
  EXPECT_EQ(w.update().indexed, 600);
  EXPECT_THAT(w.index().stats().notes, IsEmpty());
  EXPECT_TRUE(fs::is_directory(folder));
  w.close();
  fs::remove_all(folder);
  fs::create_symlink("nowhere", folder);
  EXPECT_EQ(w.update().files, 600);
  EXPECT_TRUE(fs::is_directory(folder) || !fs::is_symlink(folder));
  (void)w.update();
  EXPECT_THAT(w.definitions("function_599_39"), SizeIs(1));
}

TEST(Store, ASegmentsFolderThatCannotBeWrittenMeansAnIndexInMemory) {
  Workspace w;
  SmallDisk disk(w.store().string() + ".segments");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a read-only file system needs root";
  disk.make_read_only();
  write_files(w, 600);
  EXPECT_EQ(w.update().indexed, 600);
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("kept in memory")));
  w.close();
}

// A saved file is the first to come after the cache was emptied.
TEST(Store, IsFilledWholeByASaveWhenItWasDeletedWhileOpen) {
  Workspace w;
  write_files(w, 600);
  EXPECT_TRUE(w.index().needs_update());
  w.update();
  EXPECT_FALSE(w.index().needs_update());
  fs::remove_all(w.store().parent_path());
  EXPECT_TRUE(w.index().needs_update());
  w.write("f7.py", "def seven(): pass\n");
  ASSERT_TRUE(w.index().update_files({"f7.py"}));
  EXPECT_FALSE(w.index().needs_update());
  EXPECT_EQ(w.index().stats().files, 600);
  EXPECT_THAT(w.definitions("seven"), SizeIs(1));
  EXPECT_THAT(w.definitions("function_599_39"), SizeIs(1));
  EXPECT_EQ(w.update().indexed, 0);
}

// The database turns out to be damaged in the midst of a session.
TEST(Store, IsFilledWholeByASaveWhenItHadToBeRebuilt) {
  Workspace w;
  write_files(w, 60);
  w.update();
  std::fstream file(w.store(), std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t at = 4096; at + 600 < fs::file_size(w.store()); at += 4096) {
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(600, '\x5a');
  }
  file.close();
  w.write("f7.py", "def seven(): pass\n");
  Status done = w.index().update_files({"f7.py"});
  if (!done) GTEST_SKIP() << "it was met elsewhere: " << done.error().message();
  EXPECT_THAT(w.definitions("seven"), SizeIs(1));
  EXPECT_EQ(w.index().stats().files, 60);
}

}  // namespace
}  // namespace curlew::indexer::testing
