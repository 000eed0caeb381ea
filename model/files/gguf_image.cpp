#include "model/files/gguf_image.h"

namespace curlew::model {

Expected<std::span<std::byte>> GgufImage::allocate(std::size_t bytes) {
  auto* data = static_cast<std::byte*>(::operator new[](bytes, kAlignment, std::nothrow));
  if (data == nullptr) return fail(Errc::kOutOfMemory, "no memory for a tensor of {} bytes", bytes);
  buffers_.emplace_back(data);
  return std::span(data, bytes);
}

}  // namespace curlew::model
