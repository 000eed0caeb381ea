// A mapped file whose bytes go away while they are read.
#include "indexer/segment/mapped_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

class MappedFileTest : public ::testing::Test {
 protected:
  MappedFileTest() {
    std::string pattern = (fs::temp_directory_path() / "curlew-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~MappedFileTest() override { fs::remove_all(folder_); }
  fs::path file_of(std::size_t bytes) {
    const fs::path path = folder_ / "file";
    std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
    return path;
  }
  static std::size_t count_x(std::string_view bytes) {
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), 'x'));
  }
  fs::path folder_;
};

TEST_F(MappedFileTest, GivesTheBytes) {
  const auto file = MappedFile::map(file_of(100'000));
  ASSERT_TRUE(file);
  EXPECT_EQ(count_x((*file)->bytes()), 100'000u);
  EXPECT_FALSE((*file)->lost());
}

TEST_F(MappedFileTest, SaysWhyThereIsNone) {
  EXPECT_EQ(MappedFile::map(folder_ / "none").error().kind(), Errc::kNotFound);
  EXPECT_EQ(MappedFile::map(file_of(0)).error().kind(), Errc::kCorrupt);
}

TEST_F(MappedFileTest, ReadsZerosWhereTheFileWasCutShort) {
  const fs::path path = file_of(100'000);
  const auto file = MappedFile::map(path);
  ASSERT_TRUE(file);
  fs::resize_file(path, 4096);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { EXPECT_EQ(count_x((*file)->bytes()), 4096u); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE((*file)->lost());
}

TEST_F(MappedFileTest, OneLostFileDoesNotMakeAnotherSeemLost) {
  const fs::path path = file_of(50'000);
  const auto lost = MappedFile::map(path);
  fs::rename(path, folder_ / "other");
  const auto kept = MappedFile::map(file_of(50'000));
  ASSERT_TRUE(lost && kept);
  fs::resize_file(folder_ / "other", 0);
  EXPECT_EQ(count_x((*lost)->bytes()), 0u);
  EXPECT_EQ(count_x((*kept)->bytes()), 50'000u);
  EXPECT_TRUE((*lost)->lost());
  EXPECT_FALSE((*kept)->lost());
}

TEST_F(MappedFileTest, LeavesEverybodyElsesSignalsAlone) {
  const fs::path path = file_of(10'000);
  const auto file = MappedFile::map(path);  // the handler is there
  ASSERT_TRUE(file);
  EXPECT_DEATH(::raise(SIGBUS), "");
}

}  // namespace
}  // namespace curlew::indexer
