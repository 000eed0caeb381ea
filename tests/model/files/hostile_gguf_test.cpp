// The shapes of published attacks on readers of GGUF files, one test each; tests/fuzz/README.md has
// the table of their names. Each file is refused with one error that names the file, the place and
// what was expected, in little time and memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <limits>

#include "model/files/model_file.h"
#include "tests/model/gguf_writer.h"

namespace curlew::model {
namespace {

using kernels::WeightType;
using ::testing::AllOf;
using testing::bytes_of;
using testing::GgufWriter;
using ::testing::HasSubstr;

constexpr std::uint32_t kTypeString = 8, kTypeArray = 9;
constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kMaxSigned = std::numeric_limits<std::int64_t>::max();

// Lengths that an unchecked reader adds to or multiplies.
const std::vector<std::uint64_t> kWrappingLengths = {
    kMax64,     kMax64 - 1, kMax64 - 7,  kMax64 - 31,      kMax64 / 2,
    kMax64 / 4, 1ull << 63, 1ull << 62,  (1ull << 61) + 1, (1ull << 32) - 1,
    1ull << 32, 1ull << 31, kMax64 / 24, kMax64 / 24 + 1,  kMax64 / 376 + 1};

std::string little_endian(auto... values) {
  std::string out;
  (GgufWriter::append(out, values), ...);
  return out;
}

long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct Outcome {
  std::string message;
  double seconds = 0;
  long grown_kilobytes = 0;
};

Outcome read(std::span<const std::byte> bytes) {
  const long before = peak_kilobytes();
  const auto begin = std::chrono::steady_clock::now();
  const Expected<ModelFile> file = ModelFile::parse(bytes, "hostile.gguf");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  return {file ? "(accepted)" : file.error().message(), taken.count(), peak_kilobytes() - before};
}

std::string refusal(std::span<const std::byte> bytes) {
  const Outcome outcome = read(bytes);
  EXPECT_THAT(outcome.message, HasSubstr("hostile.gguf: byte "));
  EXPECT_LT(outcome.seconds, 5);
  EXPECT_LT(outcome.grown_kilobytes, 64 << 10);
  return outcome.message;
}
std::string refusal(const std::string& bytes) {
  return refusal(std::as_bytes(std::span(bytes)));
}
std::string refusal(const GgufWriter& w) {
  return refusal(w.bytes());
}

std::string header(std::uint64_t tensors, std::uint64_t keys) {
  return std::string("GGUF").append(little_endian(std::uint32_t{3}, tensors, keys));
}

// A file with one tensor's description as given, and 64 bytes of data.
std::string one_tensor(const std::vector<std::int64_t>& dims, WeightType type,
                       std::uint64_t offset = 0) {
  std::string file = header(1, 0);
  GgufWriter::append_text(file, "t");
  file += little_endian(static_cast<std::uint32_t>(dims.size()));
  for (const std::int64_t dim : dims) file += little_endian(dim);
  file += little_endian(static_cast<std::uint32_t>(type), offset);
  file.resize((file.size() + 31) / 32 * 32 + 64);
  return file;
}

GgufWriter good_file() {
  GgufWriter w;
  w.set("general.architecture", "llama");
  w.tensor("a", WeightType::kF32, {8}, bytes_of(std::vector<float>(8, 1.f)));
  return w;
}

TEST(HostileGguf, TensorCountTimesTheirSizeWraps) {
  for (const std::uint64_t count : kWrappingLengths)
    EXPECT_THAT(refusal(header(count, 0)), HasSubstr("tensors; at most 65536 are read")) << count;
  EXPECT_THAT(refusal(header(65'536, 0)), HasSubstr("are left: the file is cut short"));
}

TEST(HostileGguf, KeyCountTimesTheirSizeWraps) {
  for (const std::uint64_t count : kWrappingLengths)
    EXPECT_THAT(refusal(header(0, count)), HasSubstr("metadata keys; at most 65536")) << count;
  EXPECT_THAT(refusal(header(0, 65'536)), HasSubstr("are left: the file is cut short"));
}

TEST(HostileGguf, StringLengthPlusOneWraps) {
  for (const std::uint64_t length : kWrappingLengths) {
    EXPECT_THAT(refusal(header(0, 1) + little_endian(length) + std::string(64, 'k')),
                AllOf(HasSubstr("a metadata key is "), HasSubstr("at most 65535")));
    EXPECT_THAT(refusal(header(1, 0) + little_endian(length) + std::string(64, 't')),
                AllOf(HasSubstr("a tensor name is "), HasSubstr("at most 255")));
    EXPECT_THAT(refusal(GgufWriter().set_raw("evil", kTypeString, little_endian(length))),
                AllOf(HasSubstr("evil is "), HasSubstr("bytes long; at most")));
    EXPECT_THAT(refusal(GgufWriter().set_raw("evil", kTypeArray,
                                             little_endian(kTypeString, std::uint64_t{1}, length))),
                AllOf(HasSubstr("evil is "), HasSubstr("bytes long; at most")));
  }
}

TEST(HostileGguf, ArrayLengthTimesItsElementSizeWraps) {
  for (std::uint32_t type = 0; type <= 12; ++type) {
    if (type == kTypeArray) continue;
    for (const std::uint64_t count : kWrappingLengths)
      EXPECT_THAT(refusal(GgufWriter().set_raw("evil", kTypeArray, little_endian(type, count))),
                  AllOf(HasSubstr("key evil: "), HasSubstr("elements; at most 4194304")));
  }
}

TEST(HostileGguf, ATinyFileGetsLittleMemory) {
  // All within the limits, and all past the end of the file.
  constexpr std::uint64_t kElements = 4u << 20, kBytes = 16u << 20;
  for (const std::uint32_t type : {0u, 4u, 8u, 12u})
    EXPECT_THAT(refusal(GgufWriter().set_raw("evil", kTypeArray, little_endian(type, kElements))),
                AllOf(HasSubstr("elements need"), HasSubstr("are left")));
  EXPECT_THAT(refusal(GgufWriter().set_raw("evil", kTypeString, little_endian(kBytes))),
              HasSubstr("0 are left"));
  EXPECT_THAT(refusal(one_tensor({1 << 30, 1 << 30}, WeightType::kF32)), HasSubstr("end past"));
}

TEST(HostileGguf, ArraysInArraysAreNotFollowed) {
  std::string nested;
  for (int depth = 0; depth < 10'000; ++depth)
    nested += little_endian(kTypeArray, std::uint64_t{1});
  EXPECT_THAT(refusal(GgufWriter().set_raw("evil", kTypeArray, nested)),
              HasSubstr("arrays of arrays"));
}

TEST(HostileGguf, ADimensionCountIsNoLoopBound) {
  std::string file = header(1, 0);
  GgufWriter::append_text(file, "t");
  EXPECT_THAT(refusal(file + little_endian(0xffffffffu)),
              HasSubstr("4294967295 dimensions; 1 to 4"));
  EXPECT_THAT(refusal(file + little_endian(0u)), HasSubstr("0 dimensions; 1 to 4"));
}

TEST(HostileGguf, ElementCountsWrap) {
  const std::vector<std::vector<std::int64_t>> shapes = {
      {kMaxSigned, 2},
      {kMaxSigned, kMaxSigned},
      {1LL << 32, 1LL << 32},
      {1LL << 31, 1LL << 31, 2, 1},
      {1LL << 31, 1LL << 31, 4, 1},
      {1LL << 16, 1LL << 16, 1LL << 16, 1LL << 16},
      {(1LL << 62) + 32, 4}};
  for (const std::vector<std::int64_t>& dims : shapes)
    for (const WeightType type : {WeightType::kF32, WeightType::kF16, WeightType::kQ8_0})
      EXPECT_THAT(refusal(one_tensor(dims, type)), HasSubstr("tensor t: ")) << dims[0];
}

TEST(HostileGguf, ElementsTimesTheirSizeWrap) {
  // 2^62 floats are 2^64 bytes: none, to who does not look.
  EXPECT_THAT(refusal(one_tensor({1LL << 62}, WeightType::kF32)),
              HasSubstr("tensor t: its size overflows 64 bits"));
  EXPECT_THAT(refusal(one_tensor({1LL << 31, 1LL << 31}, WeightType::kF32)),
              HasSubstr("overflows"));
  EXPECT_THAT(refusal(one_tensor({(1LL << 62) + 8}, WeightType::kF32)), HasSubstr("overflows"));
  // (2^63 - 32) / 32 * 34 does not fit either.
  EXPECT_THAT(refusal(one_tensor({kMaxSigned - 31}, WeightType::kQ8_0)), HasSubstr("end past"));
  EXPECT_THAT(refusal(one_tensor({1LL << 61}, WeightType::kF32)), HasSubstr("end past"));
}

TEST(HostileGguf, ZeroAndNegativeDimensions) {
  for (const std::int64_t dim : {std::int64_t{0}, std::int64_t{-1}, -kMaxSigned - 1}) {
    EXPECT_THAT(refusal(one_tensor({dim}, WeightType::kF32)), HasSubstr("not positive"));
    EXPECT_THAT(refusal(one_tensor({4, dim}, WeightType::kF32)), HasSubstr("dimension 1 is"));
    EXPECT_THAT(refusal(one_tensor({32, 2, 2, dim}, WeightType::kQ8_0)), HasSubstr("dimension 3"));
  }
}

TEST(HostileGguf, EmptyNames) {
  EXPECT_THAT(refusal(GgufWriter().set_raw("", 0, "\1")), HasSubstr("metadata key 0 is empty"));
  GgufWriter w;
  w.tensor("", WeightType::kF32, {4}, bytes_of(std::vector<float>(4)));
  EXPECT_THAT(refusal(w), HasSubstr("a tensor has an empty name"));
}

TEST(HostileGguf, PaddingWrapsNear64Bits) {
  for (const std::uint64_t alignment : {1ull << 31, 1ull << 32, 1ull << 62})
    EXPECT_THAT(refusal(good_file().set("general.alignment", alignment)),
                HasSubstr("general.alignment is not a power of two from 8 to 1048576"));
  for (const std::uint64_t offset :
       std::vector<std::uint64_t>{kMax64 - 31, kMax64 - 63, (1ull << 63) - 32, 1ull << 63})
    EXPECT_THAT(refusal(one_tensor({16}, WeightType::kF32, offset)), HasSubstr("end past"))
        << offset;
  EXPECT_THAT(refusal(one_tensor({16}, WeightType::kF32, kMax64)), HasSubstr("no multiple"));
}

TEST(HostileGguf, SumsOfTensorSizesWrap) {
  // Two tensors whose sizes add up to 2^64, and to 2^64 + 64: each one is refused by itself.
  for (const std::int64_t second : {std::int64_t{1} << 61, (std::int64_t{1} << 61) + 16}) {
    std::string file = header(2, 0);
    std::uint64_t offset = 0;
    for (const std::int64_t elements : {std::int64_t{1} << 61, second}) {
      GgufWriter::append_text(file, fmt::format("t{}", offset));
      file += little_endian(1u, elements, std::uint32_t{0}, offset);
      offset += static_cast<std::uint64_t>(elements) * 4;
    }
    file.resize((file.size() + 31) / 32 * 32 + 64);
    EXPECT_THAT(refusal(file), HasSubstr("tensor t0: 9223372036854775808 bytes"));
  }
}

TEST(HostileGguf, TensorsEndInsideTheirFile) {
  const std::string good = one_tensor({16}, WeightType::kF32);
  EXPECT_EQ(read(std::as_bytes(std::span(good))).message, "(accepted)");
  EXPECT_THAT(refusal(good.substr(0, good.size() - 1)), HasSubstr("tensor t: 64 bytes"));
  EXPECT_THAT(refusal(one_tensor({17}, WeightType::kF32)),
              HasSubstr("end past the file's 128 bytes"));
  EXPECT_THAT(refusal(one_tensor({16}, WeightType::kF32, 32)), HasSubstr("end past"));
  EXPECT_THAT(refusal(one_tensor({16}, WeightType::kF32, 1ull << 40)), HasSubstr("end past"));
}

TEST(HostileGguf, TypesThatAreNoneAreNoTableIndex) {
  for (const std::uint32_t type :
       {4u, 5u, 31u, 36u, 41u, 255u, 0x7fffffffu, 0x80000000u, 0xffffffffu})
    EXPECT_THAT(refusal(one_tensor({256}, static_cast<WeightType>(type))),
                HasSubstr(fmt::format("type {} is none that is known", type)));
  for (const std::uint32_t type : {13u, 255u, 0x80000000u, 0xffffffffu})
    EXPECT_THAT(refusal(GgufWriter().set_raw("evil", type, "")),
                HasSubstr("is not one of 0 to 12"));
}

// As many keys and tensors as are read at all: looking each up in a list would take minutes.
TEST(HostileGguf, ManyNamesTakeTimeInProportion) {
  constexpr int kMany = 65'535;
  std::string file = header(kMany + 1, kMany + 1);
  const auto key = [&](int i) {
    GgufWriter::append_text(file, fmt::format("key.{}", i));
    file += little_endian(std::uint32_t{0}, std::uint8_t{1});
  };
  const auto tensor = [&](int i) {
    GgufWriter::append_text(file, fmt::format("tensor.{}", i));
    file += little_endian(1u, std::int64_t{1}, std::uint32_t{0}, std::uint64_t{0});
  };
  for (int i = 0; i < kMany; ++i) key(i);
  const std::size_t last_key = file.size();
  key(kMany);
  for (int i = 0; i < kMany; ++i) tensor(i);
  const std::string before_last_tensor = file;
  tensor(kMany);
  file.resize((file.size() + 31) / 32 * 32 + 32);
  const Outcome good = read(std::as_bytes(std::span(file)));
  EXPECT_EQ(good.message, "(accepted)");
  EXPECT_LT(good.seconds, 5);

  std::string twice = file;
  twice[last_key + 8 + 4] = '0';  // "key.65535" becomes "key.05535", which is another name still
  EXPECT_EQ(read(std::as_bytes(std::span(twice))).message, "(accepted)");
  std::copy_n("key.65534", 9, twice.begin() + static_cast<std::ptrdiff_t>(last_key) + 8);
  EXPECT_THAT(refusal(twice), HasSubstr("key key.65534 stands in the file twice"));
  file = before_last_tensor;
  tensor(7'777);
  file.resize((file.size() + 31) / 32 * 32 + 32);
  EXPECT_THAT(read(std::as_bytes(std::span(file))).message,
              HasSubstr("tensor tensor.7777 stands in the file twice"));
}

}  // namespace
}  // namespace curlew::model
