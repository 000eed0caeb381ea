// Writes small GGUF files for tests: in memory or to disk, correct unless asked otherwise.
//
//   GgufWriter w;
//   w.set("general.architecture", "llama").set("llama.block_count", 2u);
//   w.tensor("token_embd.weight", kernels::WeightType::kF32, {4, 8}, bytes_of(values));
//   Expected<ModelFile> file = ModelFile::parse(bytes, "test");     // keep bytes = w.bytes() alive
//
// Values keep the C++ type's width: 2u is a u32, std::int64_t{2} an i64, 1e-5f an f32. A later
// set() of the same key replaces the earlier one; set_raw() writes whatever it is given, for files
// that must be refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/block_format.h"

namespace curlew::model::testing {

// The bytes of a vector of plain values.
template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  const auto view = std::as_bytes(std::span(values));
  return {view.begin(), view.end()};
}

class GgufWriter {
 public:
  std::uint32_t version = 3;
  std::uint64_t alignment =
      32;  // of the data section; set "general.alignment" too when it is not 32

  template <class T>
  GgufWriter& set(std::string_view key, const T& value) {
    std::string bytes;
    const std::uint32_t type = append_value(bytes, value);
    return set_raw(key, type, std::move(bytes));
  }

  // `type` and `bytes` as they shall stand in the file.
  GgufWriter& set_raw(std::string_view key, std::uint32_t type, std::string bytes) {
    for (Entry& entry : entries_) {
      if (entry.key == key) {
        entry = {std::string(key), type, std::move(bytes)};
        return *this;
      }
    }
    return add_raw(key, type, std::move(bytes));
  }

  // As set_raw, but a key may stand twice.
  GgufWriter& add_raw(std::string_view key, std::uint32_t type, std::string bytes) {
    entries_.push_back({std::string(key), type, std::move(bytes)});
    return *this;
  }

  // dims[0] is contiguous. Offsets are given in order, aligned.
  GgufWriter& tensor(std::string_view name, kernels::WeightType type,
                     std::vector<std::int64_t> dims, std::span<const std::byte> bytes) {
    std::string data(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    tensors_.push_back(
        {std::string(name), static_cast<std::uint32_t>(type), std::move(dims), std::move(data)});
    return *this;
  }

  std::vector<std::byte> bytes() const {
    std::string out = "GGUF";
    append(out, version);
    append(out, std::uint64_t{tensors_.size()});
    append(out, std::uint64_t{entries_.size()});
    for (const Entry& entry : entries_) {
      append_text(out, entry.key);
      append(out, entry.type);
      out += entry.bytes;
    }
    std::string data;
    for (const Tensor& tensor : tensors_) {
      pad(data);
      append_text(out, tensor.name);
      append(out, static_cast<std::uint32_t>(tensor.dims.size()));
      for (const std::int64_t dim : tensor.dims) append(out, dim);
      append(out, tensor.type);
      append(out, std::uint64_t{data.size()});
      data += tensor.data;
    }
    if (!tensors_.empty()) pad(out);
    out += data;
    const auto view = std::as_bytes(std::span(out));
    return {view.begin(), view.end()};
  }

  void write(const std::filesystem::path& path) const {
    const std::vector<std::byte> all = bytes();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size()));
  }

  // The little-endian bytes of one number, for set_raw.
  template <class T>
  static void append(std::string& out, T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out.append(raw, sizeof(T));
  }

  static void append_text(std::string& out, std::string_view text) {
    append(out, std::uint64_t{text.size()});
    out += text;
  }

 private:
  struct Entry {
    std::string key;
    std::uint32_t type;
    std::string bytes;
  };
  struct Tensor {
    std::string name;
    std::uint32_t type;
    std::vector<std::int64_t> dims;
    std::string data;
  };

  void pad(std::string& out) const {
    while (out.size() % alignment != 0) out.push_back('\0');
  }

  template <class T>
  static std::uint32_t append_value(std::string& out, const T& value) {
    if constexpr (std::is_convertible_v<T, std::string_view>) {
      append_text(out, value);
      return 8;
    } else if constexpr (std::is_same_v<T, bool>) {
      append(out, std::uint8_t{value});
      return 7;
    } else if constexpr (std::is_floating_point_v<T>) {
      append(out, value);
      return sizeof(T) == 4 ? 6 : 12;
    } else if constexpr (std::is_integral_v<T>) {
      append(out, value);
      constexpr std::uint32_t kUnsigned[] = {0, 0, 2, 0, 4, 0, 0, 0, 10};
      return kUnsigned[sizeof(T)] + (std::is_signed_v<T> ? 1 : 0);
    } else {
      return append_array(out, value);
    }
  }

  // An array names its element type once, before the count.
  template <class T>
  static std::uint32_t append_array(std::string& out, const std::vector<T>& values) {
    std::string ignored;
    append(out, append_value(ignored, T{}));
    append(out, std::uint64_t{values.size()});
    for (const T& value : values) append_value(out, value);
    return 9;
  }

  std::vector<Entry> entries_;
  std::vector<Tensor> tensors_;
};

}  // namespace curlew::model::testing
