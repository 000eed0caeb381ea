// Any bytes as an adapter of a small model: refused, or factors that fit the model and lie inside
// the bytes.

#include <cstdint>
#include <cstdlib>

#include "model/files/adapter_file.h"
#include "tests/model/gguf_writer.h"

namespace {

using namespace curlew::model;  // NOLINT: one program

const ModelFile& base() {
  static const std::vector<std::byte> bytes = [] {
    testing::GgufWriter w;
    const std::vector<std::byte> zeros(8 * 6 * sizeof(float));
    w.set("general.architecture", "llama");
    w.tensor("a.weight", curlew::kernels::WeightType::kF32, {8, 6}, zeros);
    w.tensor("blk.0.attn_q.weight", curlew::kernels::WeightType::kF32, {6, 8}, zeros);
    return w.bytes();
  }();
  static const ModelFile file = *ModelFile::parse(bytes, "base");
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const Expected<AdapterFile> file = AdapterFile::parse(bytes, "fuzz", base());
  if (!file) {
    if (file.error().message().empty()) std::abort();
    return 0;
  }
  for (const LowRank& part : file->parts()) {
    const std::vector<std::int64_t>& dims = base().tensor(part.target)->dims;
    if (part.a.cols != dims[0] || part.b.rows != dims[1] || part.a.rows != part.b.cols)
      std::abort();
    for (const curlew::kernels::MatrixView& factor : {part.a, part.b}) {
      const auto* first = static_cast<const std::byte*>(factor.data);
      const std::size_t count = static_cast<std::size_t>(factor.rows) * factor.row_bytes();
      if (first < bytes.data() || first + count > bytes.data() + size) std::abort();
    }
  }
  return 0;
}
