// What is written is what is read back; and a file is there whole or not at all.
#include "model/files/gguf_writer.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "model/files/model_file.h"
#include "tests/model/quantize/folder.h"

namespace curlew::model {
namespace {

using kernels::WeightType;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(GgufHeader, GivesEveryKindOfValueBack) {
  TemporaryFolder folder;
  GgufHeader header;
  using Integers = std::vector<std::int64_t>;
  const std::vector<std::string_view> words = {"", "a", "zwölf"};
  const std::vector<std::pair<std::string, MetadataValue>> values = {
      {"general.architecture", std::string_view("llama")},
      {"u32", std::int64_t{4'294'967'295}},
      {"i32", std::int64_t{-5}},
      {"i64", std::numeric_limits<std::int64_t>::min()},
      {"f32", 0.25},
      {"yes", true},
      {"ids", MetadataArray(Integers{1, -1, 7})},
      {"large", MetadataArray(Integers{1, 1LL << 40})},
      {"scores", MetadataArray(std::vector<double>{0.5, -1.0})},
      {"words", MetadataArray(words)},
      {"none", MetadataArray(Integers{})}};
  for (const auto& [key, value] : values) ASSERT_TRUE(header.set(key, value)) << key;
  ASSERT_TRUE(header.set("bytes", MetadataArray(Integers{0, 255}), GgufValueType::kU8));
  ASSERT_TRUE(header.set("flags", MetadataArray(Integers{0, 1}), GgufValueType::kBool));
  ASSERT_TRUE(header.set("precise", 0.1, GgufValueType::kF64));
  auto out = GgufOutput::create(folder / "a.gguf", header);
  ASSERT_TRUE(out) << out.error().message();
  ASSERT_TRUE(out->finish());

  const auto file = ModelFile::open(folder / "a.gguf");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->version(), 3u);
  for (const auto& [key, value] : values) {
    ASSERT_NE(file->find(key), nullptr) << key;
    EXPECT_EQ(*file->find(key), value) << key;
  }
  EXPECT_EQ(file->stored_type("u32"), GgufValueType::kU32);
  EXPECT_EQ(file->stored_type("i32"), GgufValueType::kI32);
  EXPECT_EQ(file->stored_type("i64"), GgufValueType::kI64);
  EXPECT_EQ(file->stored_type("f32"), GgufValueType::kF32);
  EXPECT_EQ(file->stored_type("ids"), GgufValueType::kI32);
  EXPECT_EQ(file->stored_type("large"), GgufValueType::kI64);
  EXPECT_EQ(file->stored_type("words"), GgufValueType::kString);
  EXPECT_EQ(file->stored_type("bytes"), GgufValueType::kU8);
  EXPECT_EQ(file->stored_type("flags"), GgufValueType::kBool);
  EXPECT_EQ(file->number("precise", 0).value(), 0.1);
  EXPECT_EQ(file->stored_type("absent"), std::nullopt);
}

TEST(GgufOutput, PlacesTensorsOneAfterTheOther) {
  TemporaryFolder folder;
  GgufHeader header;
  ASSERT_TRUE(header.add("one", WeightType::kF32, {3}));
  ASSERT_TRUE(header.add("two", WeightType::kQ8_0, {64, 2}));
  ASSERT_TRUE(header.add("three", WeightType::kF16, {5, 1, 2}));
  const std::string one(12, 'a'), two(4 * 34, 'b'), three(20, 'c');
  auto out = GgufOutput::create(folder / "a.gguf", header);
  ASSERT_TRUE(out) << out.error().message();
  ASSERT_TRUE(out->append(bytes_of(one)));
  ASSERT_TRUE(out->append(bytes_of(two.substr(0, 100))));  // in pieces
  ASSERT_TRUE(out->append(bytes_of(two.substr(100))));
  ASSERT_TRUE(out->append(bytes_of(three)));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.gguf"));
  ASSERT_TRUE(out->finish());
  EXPECT_EQ(std::filesystem::file_size(folder / "a.gguf"), header.file_bytes());
  EXPECT_EQ(header.file_bytes() % kGgufWrittenAlignment, 0u);

  const auto file = ModelFile::open(folder / "a.gguf");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->tensors().size(), 3u);
  EXPECT_EQ(file->tensor("three")->dims, (std::vector<std::int64_t>{5, 1, 2}));
  for (const auto& [name, want] : {std::pair("one", one), {"two", two}, {"three", three}}) {
    const auto got = file->tensor(name)->bytes;
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(got.data()), got.size()), want);
  }
}

TEST(GgufOutput, LeavesNothingBehindWhenItIsNotFinished) {
  TemporaryFolder folder;
  folder.write("old.gguf", "what stood here before");
  GgufHeader header;
  ASSERT_TRUE(header.add("one", WeightType::kF32, {3}));
  {
    auto out = GgufOutput::create(folder / "old.gguf", header);
    ASSERT_TRUE(out) << out.error().message();
    EXPECT_THAT(out->finish().error().message(), HasSubstr("incomplete"));
    EXPECT_FALSE(out->append(bytes_of(std::string(13, 'x'))));  // more than the tensor has
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"old.gguf"});
  EXPECT_EQ(folder.read("old.gguf"), "what stood here before");
}

TEST(GgufOutput, SaysWhereItCannotWrite) {
  const auto out = GgufOutput::create("/no/such/folder/a.gguf", GgufHeader());
  ASSERT_FALSE(out);
  EXPECT_THAT(out.error().message(), HasSubstr("/no/such/folder/a.gguf: cannot be written"));
}

TEST(GgufHeader, RefusesWhatReadersWouldRefuse) {
  GgufHeader header;
  ASSERT_TRUE(header.set("key", std::int64_t{1}));
  EXPECT_FALSE(header.set("key", std::int64_t{2}));
  EXPECT_FALSE(header.set("", std::int64_t{2}));
  EXPECT_FALSE(header.set("small", std::int64_t{256}, GgufValueType::kU8));
  EXPECT_FALSE(header.set("text", std::string_view("x"), GgufValueType::kU32));
  ASSERT_TRUE(header.add("name", WeightType::kQ4_0, {32}));
  EXPECT_FALSE(header.add("name", WeightType::kQ4_0, {32}));
  EXPECT_FALSE(header.add("odd", WeightType::kQ4_0, {33}));
  EXPECT_FALSE(header.add("none", WeightType::kQ4_0, {}));
  EXPECT_FALSE(header.add(std::string(64, 'n'), WeightType::kQ4_0, {32}));
  EXPECT_FALSE(header.add("huge", WeightType::kF32, {1LL << 40, 1LL << 40}));
}

}  // namespace
}  // namespace curlew::model
