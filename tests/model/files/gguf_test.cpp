#include "model/files/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include "tests/model/gguf_writer.h"

namespace curlew::model {
namespace {

using kernels::WeightType;
using ::testing::AllOf;
using testing::bytes_of;
using ::testing::ElementsAre;
using testing::GgufWriter;
using ::testing::HasSubstr;

constexpr std::uint32_t kTypeU8 = 0, kTypeBool = 7, kTypeString = 8, kTypeArray = 9, kTypeU64 = 10;

// Two tensors, one quantised, and a value of every kind.
GgufWriter small_file() {
  GgufWriter w;
  w.set("general.architecture", "llama").set("u8", std::uint8_t{200}).set("i8", std::int8_t{-7});
  w.set("u16", std::uint16_t{60000}).set("i16", std::int16_t{-300}).set("u32", 4'000'000'000u);
  w.set("i32", -5).set("u64", std::uint64_t{1} << 40).set("i64", -(std::int64_t{1} << 40));
  w.set("f32", 1.5f).set("f64", -2.25).set("yes", true).set("no", false);
  w.set("words", std::vector<std::string>{"a", "", "cat"})
      .set("ints", std::vector<std::int32_t>{3, -1});
  w.set("floats", std::vector<float>{0.5f, -8.f}).set("none", std::vector<std::string>{});
  std::vector<float> values(12);
  for (int i = 0; i < 12; ++i) values[i] = 0.25f * static_cast<float>(i + 1);
  w.tensor("a.weight", WeightType::kF32, {4, 3}, bytes_of(values));
  w.tensor("b.weight", WeightType::kQ8_0, {64, 2},
           bytes_of(std::vector<std::uint8_t>(4 * 34, 0x5a)));
  return w;
}

std::string refusal(std::span<const std::byte> bytes) {
  const Expected<ModelFile> file = ModelFile::parse(bytes, "test.gguf");
  return file ? "(accepted)" : file.error().message();
}
std::string refusal(const GgufWriter& w) {
  return refusal(w.bytes());
}

std::string number_bytes(auto... values) {
  std::string out;
  (GgufWriter::append(out, values), ...);
  return out;
}

TEST(Gguf, ReadsEveryValueType) {
  const std::vector<std::byte> bytes = small_file().bytes();
  const Expected<ModelFile> file = ModelFile::parse(bytes, "test.gguf");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->version(), 3u);
  EXPECT_EQ(file->size_bytes(), bytes.size());
  EXPECT_EQ(file->string("general.architecture").value(), "llama");
  EXPECT_EQ(file->integer("u8").value(), 200);
  EXPECT_EQ(file->integer("i8").value(), -7);
  EXPECT_EQ(file->integer("u16").value(), 60000);
  EXPECT_EQ(file->integer("i16").value(), -300);
  EXPECT_EQ(file->integer("u32").value(), 4'000'000'000);
  EXPECT_EQ(file->integer("i32").value(), -5);
  EXPECT_EQ(file->integer("u64").value(), std::int64_t{1} << 40);
  EXPECT_EQ(file->integer("i64").value(), -(std::int64_t{1} << 40));
  EXPECT_EQ(file->number("f32", 0).value(), 1.5);
  EXPECT_EQ(file->number("f64", 0).value(), -2.25);
  EXPECT_EQ(file->number("i32", 0).value(), -5.0);
  EXPECT_TRUE(file->boolean("yes", false).value());
  EXPECT_FALSE(file->boolean("no", true).value());
  EXPECT_THAT(*file->strings("words"), ElementsAre("a", "", "cat"));
  EXPECT_THAT(*file->integers("ints"), ElementsAre(3, -1));
  EXPECT_THAT(*file->numbers("floats"), ElementsAre(0.5, -8.0));
  EXPECT_TRUE(file->strings("none")->empty());
}

TEST(Gguf, ReadsTensorsWhereTheyLie) {
  const std::vector<std::byte> bytes = small_file().bytes();
  const Expected<ModelFile> file = ModelFile::parse(bytes, "test.gguf");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->tensors().size(), 2u);
  const ModelTensor* a = file->tensor("a.weight");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->elements(), 12);
  EXPECT_EQ(a->matrix().cols, 4);
  EXPECT_EQ(a->matrix().rows, 3);
  float last = 0;
  std::memcpy(&last, a->bytes.data() + 44, sizeof last);
  EXPECT_EQ(last, 3.f);
  const ModelTensor* b = file->tensor("b.weight");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->bytes.size(), 136u);
  EXPECT_EQ(b->bytes.data() + b->bytes.size(), bytes.data() + bytes.size());
  EXPECT_EQ(file->tensor("c.weight"), nullptr);
}

TEST(Gguf, ReadsVersion2AndFilesWithoutTensors) {
  GgufWriter w;
  w.version = 2;
  w.set("general.architecture", "qwen2");
  EXPECT_EQ(refusal(w), "(accepted)");
}

TEST(Gguf, LookupsNameTheKeyAndWhatWasExpected) {
  const std::vector<std::byte> bytes = small_file().bytes();
  const Expected<ModelFile> file = ModelFile::parse(bytes, "test.gguf");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->integer("absent", 7).value(), 7);
  EXPECT_EQ(file->string("absent", "x").value(), "x");
  EXPECT_THAT(file->integer("absent").error().message(),
              AllOf(HasSubstr("absent"), HasSubstr("missing")));
  EXPECT_THAT(file->integer("f32").error().message(),
              HasSubstr("f32 should be an integer, not a float"));
  EXPECT_THAT(file->string("i32", "x").error().message(), HasSubstr("should be a string"));
  EXPECT_THAT(file->boolean("words", true).error().message(), HasSubstr("not an array"));
  EXPECT_FALSE(file->number("yes", 1).has_value());
  EXPECT_EQ(file->integers("words"), nullptr);
  EXPECT_EQ(file->strings("u8"), nullptr);
}

TEST(Gguf, RefusesAFileCutShortAtAnyByte) {
  const std::vector<std::byte> bytes = small_file().bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::byte> cut(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(length));
    const Expected<ModelFile> file = ModelFile::parse(cut, "cut.gguf");
    ASSERT_FALSE(file) << "accepted " << length << " of " << bytes.size() << " bytes";
    ASSERT_EQ(file.error().kind(), Errc::kCorrupt);
    ASSERT_THAT(file.error().message(), HasSubstr("cut.gguf: byte "));
  }
}

TEST(Gguf, NamesForeignAndOldFiles) {
  EXPECT_THAT(refusal(bytes_of(std::vector<char>{'P', 'K', 3, 4})), HasSubstr("50 4b 03 04"));
  GgufWriter w = small_file();
  w.version = 1;
  EXPECT_THAT(refusal(w), HasSubstr("version 1"));
  w.version = 4;
  EXPECT_THAT(refusal(w), HasSubstr("version 4; versions 2 and 3"));
  w.version = 0;
  EXPECT_THAT(refusal(w), HasSubstr("version 0"));
  w.version = 0x03000000;
  EXPECT_THAT(refusal(w), HasSubstr("big-endian"));
}

TEST(Gguf, RefusesCountsThatNoFileHas) {
  for (const std::uint64_t count :
       {std::uint64_t{65'537}, std::uint64_t{1} << 32, std::uint64_t{1} << 63,
        std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_THAT(refusal(bytes_of(std::vector<char>{'G', 'G', 'U', 'F'})), HasSubstr("version"));
    std::string tensors = "GGUF" + number_bytes(std::uint32_t{3}, count, std::uint64_t{0});
    EXPECT_THAT(refusal(std::as_bytes(std::span(tensors))), HasSubstr("tensors; at most 65536"));
    std::string keys = "GGUF" + number_bytes(std::uint32_t{3}, std::uint64_t{0}, count);
    EXPECT_THAT(refusal(std::as_bytes(std::span(keys))), HasSubstr("metadata keys; at most 65536"));
  }
}

TEST(Gguf, RefusesLengthsThatWrap) {
  for (const std::uint64_t length :
       {std::uint64_t{1} << 31, std::numeric_limits<std::uint64_t>::max(),
        std::numeric_limits<std::uint64_t>::max() - 7}) {
    GgufWriter text = small_file();
    text.set_raw("evil", kTypeString, number_bytes(length));
    EXPECT_THAT(refusal(text), AllOf(HasSubstr("evil"), HasSubstr("bytes long")));
    GgufWriter array = small_file();
    array.set_raw("evil", kTypeArray, number_bytes(kTypeU64, length));
    EXPECT_THAT(refusal(array), AllOf(HasSubstr("evil"), HasSubstr("elements")));
  }
  GgufWriter short_array = small_file();  // within the limit, but past the end of the file
  short_array.set_raw("evil", kTypeArray, number_bytes(kTypeString, std::uint64_t{1} << 20));
  EXPECT_THAT(refusal(short_array), HasSubstr("are left"));
}

TEST(Gguf, RefusesOddValues) {
  EXPECT_THAT(refusal(small_file().set_raw("evil", 13, "")), HasSubstr("value type 13"));
  EXPECT_THAT(refusal(small_file().set_raw("evil", kTypeBool, "\2")), HasSubstr("0 or 1, not 2"));
  EXPECT_THAT(refusal(small_file().set_raw("evil", kTypeU64, number_bytes(std::uint64_t{1} << 63))),
              HasSubstr("63 bits"));
  EXPECT_THAT(
      refusal(small_file().set_raw("evil", kTypeArray, number_bytes(kTypeArray, std::uint64_t{1}))),
      HasSubstr("arrays of arrays"));
  EXPECT_THAT(
      refusal(small_file().set_raw("evil", kTypeArray, number_bytes(99u, std::uint64_t{1}))),
      HasSubstr("element type 99"));
  EXPECT_THAT(refusal(small_file().set_raw("", kTypeU8, "\1")), HasSubstr("empty"));
  EXPECT_THAT(refusal(small_file().add_raw("yes", kTypeU8, "\1")),
              HasSubstr("key yes stands in the file twice"));
  EXPECT_THAT(refusal(small_file().set("split.count", std::uint16_t{3})),
              HasSubstr("one of 3 parts"));
}

TEST(Gguf, RefusesAlignmentsThatAreNone) {
  for (const std::uint32_t alignment : {0u, 1u, 4u, 31u, 33u, 1u << 21, 0xffffffffu}) {
    EXPECT_THAT(refusal(small_file().set("general.alignment", alignment)),
                HasSubstr("general.alignment"));
  }
  EXPECT_THAT(refusal(small_file().set("general.alignment", "32")), HasSubstr("general.alignment"));
  GgufWriter wide = small_file();
  wide.alignment = 256;
  EXPECT_EQ(refusal(wide.set("general.alignment", 256u)), "(accepted)");
}

TEST(Gguf, RefusesTensorsThatAreNone) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const auto with = [](std::string_view name, std::uint32_t type, std::vector<std::int64_t> dims) {
    GgufWriter w = small_file();
    w.tensor(name, static_cast<WeightType>(type), std::move(dims), bytes_of(std::vector<float>(4)));
    return refusal(w);
  };
  EXPECT_THAT(with("", 0, {4}), HasSubstr("empty name"));
  EXPECT_THAT(with(std::string(300, 'n'), 0, {4}), HasSubstr("300 bytes long"));
  EXPECT_THAT(with("a.weight", 0, {4}), HasSubstr("tensor a.weight stands in the file twice"));
  EXPECT_THAT(with("evil", 0, {}), HasSubstr("tensor evil: 0 dimensions"));
  EXPECT_THAT(with("evil", 0, {1, 1, 1, 1, 1}), HasSubstr("5 dimensions"));
  EXPECT_THAT(with("evil", 0, {4, 0}), HasSubstr("dimension 1 is 0"));
  EXPECT_THAT(with("evil", 0, {-4}), HasSubstr("dimension 0 is -4"));
  EXPECT_THAT(with("evil", 0, {4, 2}), HasSubstr("end past"));
  EXPECT_THAT(with("evil", 0, {kHuge, 4}), HasSubstr("overflows"));
  EXPECT_THAT(with("evil", 0, {kHuge - 1}), HasSubstr("end past"));
  EXPECT_THAT(with("evil", 0, {std::int64_t{1} << 32, std::int64_t{1} << 32, 4}),
              HasSubstr("overflows"));
  EXPECT_THAT(with("evil", 4, {32}), HasSubstr("tensor evil: type 4"));
  EXPECT_THAT(with("evil", 0xffffffffu, {32}), HasSubstr("type 4294967295"));
  EXPECT_THAT(with("evil", 8, {33}), HasSubstr("Q8_0 blocks of 32"));
}

TEST(Gguf, RefusesTensorOffsetsOutsideTheFile) {
  const std::vector<std::byte> good = small_file().bytes();
  const std::string_view text(reinterpret_cast<const char*>(good.data()), good.size());
  // name, u32 count, two dims, u32 type, then the offset
  const std::size_t at = text.find("b.weight") + 8 + 4 + 16 + 4;
  const auto with_offset = [&](std::uint64_t offset) {
    std::vector<std::byte> bytes = good;
    std::memcpy(bytes.data() + at, &offset, sizeof offset);
    return refusal(bytes);
  };
  EXPECT_EQ(with_offset(64), "(accepted)");
  EXPECT_THAT(with_offset(65), HasSubstr("no multiple of the alignment"));
  EXPECT_THAT(with_offset(96), HasSubstr("end past"));
  EXPECT_THAT(with_offset(std::uint64_t{1} << 40), HasSubstr("end past"));
  EXPECT_THAT(with_offset(std::numeric_limits<std::uint64_t>::max() - 31), HasSubstr("end past"));
}

// Whatever a flipped byte makes of the file, it is read or refused; what is read lies inside the
// file.
TEST(Gguf, SurvivesRandomDamage) {
  const std::vector<std::byte> good = small_file().bytes();
  std::mt19937 rng(20261122);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  int refused = 0;
  for (int round = 0; round < 5000 && std::chrono::steady_clock::now() < deadline; ++round) {
    std::vector<std::byte> bytes = good;
    for (int flips = 1 + static_cast<int>(rng() % 4); flips > 0; --flips) {
      const std::size_t at = rng() % bytes.size();
      bytes[at] = rng() % 3 == 0 ? std::byte{0xff} : static_cast<std::byte>(rng());
    }
    const Expected<ModelFile> file = ModelFile::parse(bytes, "damaged.gguf");
    refused += !file;
    if (!file) continue;
    for (const ModelTensor& tensor : file->tensors()) {
      ASSERT_GE(tensor.bytes.data(), bytes.data());
      ASSERT_LE(tensor.bytes.data() + tensor.bytes.size(), bytes.data() + bytes.size());
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Gguf, OpensAFileOnDisk) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / "curlew_gguf_test.gguf";
  small_file().write(path);
  const Expected<ModelFile> file = ModelFile::open(path);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->name(), path.string());
  const ModelFile copy = *file;  // shares the mapping
  EXPECT_EQ(copy.tensor("a.weight")->elements(), 12);
  std::filesystem::remove(path);
  EXPECT_EQ(ModelFile::open(path).error().kind(), Errc::kNotFound);
}

TEST(MappedFile, SaysWhatIsWrongWithAPath) {
  const std::filesystem::path folder = ::testing::TempDir();
  EXPECT_THAT(MappedFile::open(folder).error().message(), HasSubstr("not a regular file"));
  EXPECT_EQ(MappedFile::open(folder / "no" / "such").error().kind(), Errc::kNotFound);
  const std::filesystem::path empty = folder / "curlew_empty_file";
  std::ofstream(empty).close();
  const Expected<MappedFile> file = MappedFile::open(empty);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
  std::filesystem::remove(empty);
}

}  // namespace
}  // namespace curlew::model
