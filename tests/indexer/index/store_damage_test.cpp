// Segments with wrong bytes in them.
#include "indexer/store.h"

#include <gmock/gmock.h>

#include <functional>

#include "store_workspace.h"

namespace curlew::indexer::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Store, ADamagedSegmentIsIndexedAgainWithANote) {
  struct Damage {
    const char* what;
    std::function<void(const fs::path&)> to;
  };
  const auto overwrite_at = [](double part) {
    return [part](const fs::path& path) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(part * static_cast<double>(fs::file_size(path))));
      file << std::string(16, '\x5a');
    };
  };
  const Damage damages[] = {
      {"removed", [](const fs::path& path) { fs::remove(path); }},
      {"empty", [](const fs::path& path) { fs::resize_file(path, 0); }},
      {"halved", [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); }},
      {"longer", [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) + 8); }},
      {"header", overwrite_at(0.0)},
      {"rows", overwrite_at(0.3)},
      {"words", overwrite_at(0.6)},
      {"terms", overwrite_at(0.9)},
      {"checksums", overwrite_at(0.9999)},
  };
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.what);
    Workspace w;
    write_files(w, 600);
    w.update();
    w.close();
    damage.to(segment_file(w));
    // Whatever is asked before the update: no crash, and nothing wrong.
    for (int i = 0; i < 600; i += 7) {
      const std::string name = fmt::format("function_{}_3", i);
      for (const std::string& hit : w.definitions(name))
        EXPECT_EQ(hit, fmt::format("f{}.py:10 {} function", i, name));
      (void)w.search(name);
    }
    const IndexStats stats = w.update();
    EXPECT_EQ(stats.files, 600);
    (void)w.update();  // what nothing asked for is met by a merge or by a query: now it is gone
    for (int i = 0; i < 600; i += 7)
      EXPECT_THAT(w.definitions(fmt::format("function_{}_3", i)), SizeIs(1)) << i;
  }
}

// One byte of the section, in the middle.
void damage_section(const fs::path& segment, int section) {
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  std::uint64_t place[2] = {};
  file.seekg(64 + 16 * section);
  file.read(reinterpret_cast<char*>(place), sizeof place);
  const auto at = static_cast<std::streamoff>(328 + place[0] + place[1] / 2);
  file.seekg(at);
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 0x10));
}

constexpr int kRowsSection = 3;

// Another process that looks at none of the damaged bytes knows of it.
TEST(Store, DamageThatAQueryMetIsMendedByTheNextUpdateOfAnyProcess) {
  Workspace w;
  write_files(w, 600);
  w.update();
  w.close();
  damage_section(segment_file(w), kRowsSection);
  int missing = 0;
  for (int i = 0; i < 600; ++i) missing += w.definitions(fmt::format("function_{}_3", i)).empty();
  ASSERT_GT(missing, 0);
  w.close();
  EXPECT_GT(w.update().indexed, 0);
  EXPECT_THAT(w.index().stats().notes, ElementsAre(HasSubstr("a checksum is wrong")));
  for (int i = 0; i < 600; i += 7)
    EXPECT_THAT(w.definitions(fmt::format("function_{}_3", i)), SizeIs(1)) << i;
  w.close();
  EXPECT_EQ(w.update().indexed, 0);
  EXPECT_THAT(w.index().stats().notes, IsEmpty());
}

TEST(Store, AQueryThatMeetsDamageHasItMendedAndIsAskedAgain) {
  for (int section = 0; section < 16; ++section) {
    SCOPED_TRACE(section);
    Workspace w;
    write_files(w, 600);
    w.update();
    w.close();
    damage_section(segment_file(w), section);
    IndexOptions options = w.options();
    Index* index = nullptr;
    int mended = 0;
    options.on_damage = [&] {
      ++mended;
      EXPECT_TRUE(index->update());
    };
    Expected<std::unique_ptr<Index>> opened = Index::open(options);
    ASSERT_TRUE(opened);
    index = opened->get();
    ASSERT_TRUE(index->update());
    for (int i = 0; i < 600; ++i)
      EXPECT_EQ(index->definitions(fmt::format("function_{}_3", i))->size(), 1u) << i;
    ASSERT_TRUE(index->check());
    EXPECT_EQ(index->stats().files, 600);
    EXPECT_LE(mended, 1);
    EXPECT_THAT(index->stats().notes, ElementsAre(HasSubstr("a checksum is wrong")));
  }
}

TEST(Store, ACheckMeetsDamageThatNoQueryReads) {
  Workspace w;
  write_files(w, 600);
  w.update();
  w.close();
  damage_section(segment_file(w), kRowsSection);
  IndexOptions options = w.options();
  int told = 0;
  options.on_damage = [&] { ++told; };
  Expected<std::unique_ptr<Index>> index = Index::open(options);
  ASSERT_TRUE(index);
  ASSERT_TRUE((*index)->update());
  EXPECT_EQ(told, 0);
  ASSERT_TRUE((*index)->check());
  EXPECT_EQ(told, 1);
  EXPECT_GT((*index)->update()->indexed, 0);
  ASSERT_TRUE((*index)->check());
  EXPECT_EQ(told, 1);
  EXPECT_EQ((*index)->stats().files, 600);
}

TEST(Store, ASegmentCutShortWhileItIsReadIsIndexedAgain) {
  for (const std::uintmax_t left : {0, 5000, 100'000}) {
    SCOPED_TRACE(left);
    Workspace w;
    write_files(w, 600);
    w.update();
    ASSERT_THAT(w.definitions("function_7_3"), SizeIs(1));  // mapped, and some of it touched
    fs::resize_file(segment_file(w), left);
    for (int i = 0; i < 600; i += 7) {
      const std::string name = fmt::format("function_{}_3", i);
      for (const std::string& hit : w.definitions(name))
        EXPECT_EQ(hit, fmt::format("f{}.py:10 {} function", i, name));
    }
    EXPECT_THAT(w.index().stats().notes, Contains(HasSubstr("a part of the index was unreadable")));
    EXPECT_EQ(w.update().files, 600);
    for (int i = 0; i < 600; i += 7)
      EXPECT_THAT(w.definitions(fmt::format("function_{}_3", i)), SizeIs(1)) << i;
  }
}

}  // namespace
}  // namespace curlew::indexer::testing
