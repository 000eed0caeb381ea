#include "tests/bench/models/gguf_writer.h"

#include <memory>

namespace curlew::bench {
namespace {

constexpr std::size_t kAlignment = 32;
enum ValueType : std::uint32_t { kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9 };

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_string(std::string& out, const std::string& text) {
  append<std::uint64_t>(out, text.size());
  out += text;
}

std::size_t padded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

std::size_t Tensor::bytes() const {
  const kernels::BlockShape shape = kernels::block_shape(type);
  std::size_t elements = 1;
  for (const std::int64_t dim : dims) elements *= static_cast<std::size_t>(dim);
  return elements / static_cast<std::size_t>(shape.elements) *
         static_cast<std::size_t>(shape.bytes);
}

void GgufWriter::key(const std::string& key, std::uint32_t value_type) {
  append_string(pairs_, key);
  append(pairs_, value_type);
  ++pair_count_;
}

void GgufWriter::put(const std::string& name, const std::string& value) {
  key(name, kString);
  append_string(pairs_, value);
}
void GgufWriter::put(const std::string& name, std::uint32_t value) {
  key(name, kU32);
  append(pairs_, value);
}
void GgufWriter::put(const std::string& name, float value) {
  key(name, kF32);
  append(pairs_, value);
}
void GgufWriter::put(const std::string& name, bool value) {
  key(name, kBool);
  append<std::uint8_t>(pairs_, value);
}

void GgufWriter::put(const std::string& name, const std::vector<std::string>& values) {
  key(name, kArray);
  append<std::uint32_t>(pairs_, kString);
  append<std::uint64_t>(pairs_, values.size());
  for (const std::string& value : values) append_string(pairs_, value);
}

void GgufWriter::put(const std::string& name, const std::vector<std::int32_t>& values) {
  key(name, kArray);
  append<std::uint32_t>(pairs_, kI32);
  append<std::uint64_t>(pairs_, values.size());
  for (const std::int32_t value : values) append(pairs_, value);
}

void GgufWriter::put_raw(const std::string& bytes) {
  pairs_ += bytes;
  ++pair_count_;
}

bool GgufWriter::write(
    const std::string& path,
    const std::function<void(const Tensor&, std::vector<std::uint8_t>&)>& fill) const {
  std::string head = "GGUF";
  append<std::uint32_t>(head, 3);
  append<std::uint64_t>(head, tensors_.size());
  append<std::uint64_t>(head, pair_count_);
  head += pairs_;
  std::uint64_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    append_string(head, tensor.name);
    append(head, static_cast<std::uint32_t>(tensor.dims.size()));
    for (const std::int64_t dim : tensor.dims) append(head, static_cast<std::uint64_t>(dim));
    append(head, static_cast<std::uint32_t>(tensor.type));
    append(head, offset);
    offset += padded(tensor.bytes());
  }
  head.resize(padded(head.size()), '\0');

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                             std::fclose);
  if (!file || std::fwrite(head.data(), 1, head.size(), file.get()) != head.size()) return false;
  std::vector<std::uint8_t> buffer;
  for (const Tensor& tensor : tensors_) {
    buffer.assign(padded(tensor.bytes()), 0);
    fill(tensor, buffer);
    if (std::fwrite(buffer.data(), 1, buffer.size(), file.get()) != buffer.size()) return false;
  }
  return std::fflush(file.get()) == 0;
}

}  // namespace curlew::bench
