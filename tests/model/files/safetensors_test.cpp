#include "model/files/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tests/model/files/safetensors_writer.h"
#include "tests/model/gguf_writer.h"

namespace curlew::model {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using testing::bytes_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SafetensorsWriter;

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

SafetensorsWriter small_file() {
  SafetensorsWriter w;
  w.tensor("b", "F16", {3, 2}, bytes_of(std::vector<std::uint16_t>{1, 2, 3, 4, 5, 6}));
  w.tensor("a", "I32", {2}, bytes_of(std::vector<std::int32_t>{7, -8}));
  w.tensor("one", "F64", {}, bytes_of(std::vector<double>{0.5}));
  w.tensor("none", "U8", {0, 5}, {});
  w.header()["__metadata__"] = {{"format", "pt"}};
  return w;
}

std::string refusal(const std::string& bytes) {
  const auto file = parse_safetensors(as_bytes(bytes), "t.safetensors");
  return file ? "(accepted)" : file.error().message();
}

TEST(Safetensors, ReadsTensorsWhereTheyLie) {
  const std::string bytes = small_file().bytes();
  const auto file = parse_safetensors(as_bytes(bytes), "t");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->size(), 4u);
  const SafeTensor& b = (*file)[0];
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.dtype, "F16");
  EXPECT_THAT(b.shape, ElementsAre(3, 2));
  EXPECT_EQ(b.bytes.size(), 12u);
  EXPECT_EQ(static_cast<int>(b.bytes[2]), 2);
  const SafeTensor& a = (*file)[1];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.bytes.data(), b.bytes.data() + 12);
  EXPECT_GE(reinterpret_cast<const char*>(b.bytes.data()), bytes.data());
  EXPECT_EQ(refusal(SafetensorsWriter().bytes()), "(accepted)");  // no tensor at all
}

TEST(Safetensors, RefusesAFileCutShortAtAnyByte) {
  const std::string bytes = small_file().bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_THAT(refusal(bytes.substr(0, length)), HasSubstr("t.safetensors: ")) << length;
  EXPECT_THAT(refusal(bytes + "x"), HasSubstr("which has"));
}

TEST(Safetensors, RefusesHeadersThatAreNone) {
  const auto length = [](std::uint64_t n) {
    std::string out(8, '\0');
    std::memcpy(out.data(), &n, 8);
    return out;
  };
  EXPECT_THAT(refusal(length(100'000'001) + "{}"), HasSubstr("at most"));
  EXPECT_THAT(refusal(length(std::numeric_limits<std::uint64_t>::max()) + "{}"),
              HasSubstr("at most"));
  EXPECT_THAT(refusal(length(3) + "{}"), HasSubstr("cut short"));
  EXPECT_THAT(refusal(length(3) + " {}"), HasSubstr("'{'"));
  EXPECT_THAT(refusal(length(3) + "{}x"), HasSubstr("no JSON"));
  EXPECT_THAT(refusal(length(0)), HasSubstr("'{'"));
  const SafetensorsWriter w;
  EXPECT_THAT(refusal(w.with_header(R"({"a":1,"a":2})")), HasSubstr("key \"a\" stands twice"));
  EXPECT_THAT(refusal(w.with_header(R"({"a":1})")), HasSubstr("no object"));
  const std::string deep = R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_THAT(refusal(w.with_header(deep)), HasSubstr("nested deeper"));
}

// Each case changes one entry of a good header.
TEST(Safetensors, RefusesEntriesThatDoNotFitTheirBytes) {
  const auto with = [](const char* name, const char* key, const json& value) {
    SafetensorsWriter w = small_file();
    w.header()[name][key] = value;
    return refusal(w.bytes());
  };
  EXPECT_THAT(with("b", "dtype", "F99"), HasSubstr("dtype F99"));
  EXPECT_THAT(with("b", "dtype", 7), HasSubstr("dtype (a string)"));
  EXPECT_THAT(with("b", "dtype", "F32"), AllOf(HasSubstr("tensor b"), HasSubstr("in 12 bytes")));
  EXPECT_THAT(with("b", "shape", {3, 3}), HasSubstr("[3, 3] in 12 bytes"));
  EXPECT_THAT(with("b", "shape", {3, -2}), HasSubstr("shape is no list"));
  EXPECT_THAT(with("b", "shape", {1.5}), HasSubstr("shape is no list"));
  EXPECT_THAT(with("b", "shape", json::array({1, 1, 1, 1, 1, 1, 1, 3, 2})),
              HasSubstr("dimensions"));
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 63;
  EXPECT_THAT(with("b", "shape", {kHuge, 2}), HasSubstr("shape is no list"));
  EXPECT_THAT(with("b", "shape", {kHuge >> 1, 4}), HasSubstr("in 12 bytes"));  // wraps to 0
  EXPECT_THAT(with("b", "data_offsets", {12, 0}), HasSubstr("bytes 12 to 0"));
  EXPECT_THAT(with("b", "data_offsets", {0, kHuge - 1}), HasSubstr("of a buffer of"));
  EXPECT_THAT(with("b", "data_offsets", {0}), HasSubstr("no two whole numbers"));
  EXPECT_THAT(with("b", "data_offsets", {-1, 11}), HasSubstr("no two whole numbers"));
  EXPECT_THAT(with("a", "data_offsets", {8, 16}), HasSubstr("inside another"));
  EXPECT_THAT(with("a", "data_offsets", {16, 24}), HasSubstr("a hole after"));
  EXPECT_THAT(with("none", "data_offsets", {15, 15}), HasSubstr("inside another"));
  EXPECT_EQ(with("none", "data_offsets", {20, 20}), "(accepted)");  // no bytes, between two others
}

TEST(Safetensors, RefusesAHoleAtTheEnd) {
  SafetensorsWriter w = small_file();
  w.header().erase("one");
  w.header().erase("none");
  EXPECT_THAT(refusal(w.bytes()),
              HasSubstr("the tensors end at byte 20 of the buffer, which has 28"));
}

// Whatever a flipped byte makes of the file, it is read or refused; what is read lies inside it.
TEST(Safetensors, SurvivesRandomDamage) {
  const std::string good = small_file().bytes();
  std::mt19937 rng(20261122);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = good;
    for (int flips = 1 + static_cast<int>(rng() % 3); flips > 0; --flips)
      bytes[rng() % bytes.size()] = static_cast<char>(rng() % 3 == 0 ? '9' : rng());
    const auto file = parse_safetensors(as_bytes(bytes), "damaged");
    refused += !file;
    for (std::size_t i = 0; file && i < file->size(); ++i) {
      const SafeTensor& tensor = (*file)[i];
      ASSERT_GE(reinterpret_cast<const char*>(tensor.bytes.data()), bytes.data());
      ASSERT_LE(reinterpret_cast<const char*>(tensor.bytes.data() + tensor.bytes.size()),
                bytes.data() + bytes.size());
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace curlew::model
