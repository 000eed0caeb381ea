// Any bytes as a GGUF file: read or refused, and what is read lies inside the bytes.

#include "model/files/model_file.h"
#include "tests/fuzz/gguf_draft.h"
#include "tests/model/gguf_writer.h"

namespace curlew::fuzz {

using model::testing::bytes_of;
using model::testing::GgufWriter;

std::vector<Bytes> good_inputs() {
  using kernels::WeightType;
  GgufWriter w;
  w.set("general.architecture", "llama").set("u8", std::uint8_t{200}).set("i8", std::int8_t{-7});
  w.set("u16", std::uint16_t{60000}).set("i16", std::int16_t{-3}).set("u32", 4'000'000'000u);
  w.set("i32", -5).set("u64", std::uint64_t{1} << 40).set("i64", std::int64_t{-1});
  w.set("f32", 1.5f).set("f64", -2.25).set("yes", true).set("general.alignment", 32u);
  w.set("words", std::vector<std::string>{"a", "", "cat"});
  w.set("ints", std::vector<std::int32_t>{3, -1}).set("floats", std::vector<float>{0.5f});
  w.tensor("a", WeightType::kF32, {4, 3}, bytes_of(std::vector<float>(12, 1.f)));
  w.tensor("b", WeightType::kQ8_0, {32, 2}, bytes_of(std::vector<char>(68, 'b')));
  w.tensor("c", WeightType::kQ4_K, {256}, bytes_of(std::vector<char>(144, 'c')));
  w.tensor("d", WeightType::kBF16, {1, 2, 3, 2}, bytes_of(std::vector<char>(24, 'd')));
  GgufWriter bare;
  bare.version = 2;
  bare.set("general.architecture", "qwen2").set("split.count", std::uint16_t{1});
  return {to_bytes(w.bytes()), to_bytes(bare.bytes())};
}

void break_one_place(Bytes& input, Dice& dice) {
  break_gguf(input, 0, dice);
}

namespace {

void check_tensor(const model::ModelTensor& tensor, std::span<const std::byte> bytes) {
  promise(tensor.bytes.data() >= bytes.data() &&
              tensor.bytes.data() + tensor.bytes.size() <= bytes.data() + bytes.size(),
          "a tensor lies inside its file");
  const auto matrix = tensor.matrix();
  promise(matrix.rows * matrix.cols == tensor.elements(), "rows and columns are its elements");
  // Touch both ends: the sanitizer knows where the input stops.
  volatile std::byte ends = tensor.bytes.front() ^ tensor.bytes.back();
  (void)ends;
}

}  // namespace
}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const auto file = model::ModelFile::parse(bytes, "fuzz.gguf");
  if (!file) {
    fuzz::promise(file.error().message().starts_with("fuzz.gguf: byte "),
                  "an error names the file and the place");
    return 0;
  }
  for (const model::ModelTensor& tensor : file->tensors()) fuzz::check_tensor(tensor, bytes);
  return 0;
}
