#include "model/files/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace curlew::model {
namespace {

constexpr std::size_t kBytes = 1 << 20;

class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) /
            ("mapped-" + std::to_string(::getpid()) + ".bin");
    for (std::size_t i = 0; i < kBytes; ++i) content_.push_back(static_cast<char>(i * 31 >> 3));
    std::ofstream(path_, std::ios::binary).write(content_.data(), kBytes);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  bool equal(std::span<const std::byte> bytes) const {
    return bytes.size() == content_.size() &&
           std::equal(bytes.begin(), bytes.end(), content_.begin(),
                      [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
  }

  std::filesystem::path path_;
  std::vector<char> content_;
};

TEST_F(MappedFileTest, GivesTheBytesBackAfterTheirPagesWereDropped) {
  const Expected<MappedFile> file = MappedFile::open(path_);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(equal(file->bytes()));
  file->drop_pages(file->bytes());
  EXPECT_TRUE(equal(file->bytes()));
  file->drop_pages(file->bytes().subspan(5, 70000));  // begins and ends inside of a page
  EXPECT_TRUE(equal(file->bytes()));
}

TEST_F(MappedFileTest, LeavesMemoryAloneThatIsNotTheFiles) {
  const Expected<MappedFile> file = MappedFile::open(path_);
  ASSERT_TRUE(file.has_value());
  std::vector<std::byte> other(kBytes, std::byte{7});
  file->drop_pages(other);  // anonymous memory would come back as zeros
  EXPECT_EQ(std::count(other.begin(), other.end(), std::byte{7}),
            static_cast<std::ptrdiff_t>(kBytes));
  file->drop_pages({});
}

}  // namespace
}  // namespace curlew::model
