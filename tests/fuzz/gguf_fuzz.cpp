// Any bytes as a GGUF file: read or refused, and what is read lies inside the bytes.

#include <cstdint>
#include <cstdlib>

#include "model/files/model_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew::model;  // NOLINT: one function
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const Expected<ModelFile> file = ModelFile::parse(bytes, "fuzz");
  if (!file) {
    if (file.error().message().empty()) std::abort();
    return 0;
  }
  for (const ModelTensor& tensor : file->tensors()) {
    if (tensor.bytes.data() < bytes.data() || tensor.bytes.size() > size) std::abort();
    const auto matrix = tensor.matrix();
    if (matrix.rows * matrix.cols != tensor.elements()) std::abort();
    // Touch both ends: the sanitizer knows where the input stops.
    volatile std::byte ends = tensor.bytes.front() ^ tensor.bytes.back();
    (void)ends;
  }
  return 0;
}
