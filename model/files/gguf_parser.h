// Reads GGUF bytes, front to back, into a ModelFile. Used by ModelFile only.
//
// The cursor is sticky: the first thing that is wrong is remembered with its place, and every read
// after it gives zero without moving. So the code reads like the format, and looks at ok() where it
// is about to loop or to trust.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "model/files/model_file.h"

namespace curlew::model {

// What a file may ask of us. All lengths are also checked against the bytes that are left.
inline constexpr std::uint64_t kGgufKeysMax = 65'536;
inline constexpr std::uint64_t kGgufTensorsMax = 65'536;
inline constexpr std::uint64_t kGgufKeyBytesMax = 65'535;  // the specification's limit
inline constexpr std::uint64_t kGgufTensorNameBytesMax = 255;
inline constexpr std::uint64_t kGgufStringBytesMax = 16u << 20;
inline constexpr std::uint64_t kGgufArrayElementsMax = 4u << 20;
inline constexpr std::uint64_t kGgufAlignmentMin = 8;  // the specification wants multiples of 8
inline constexpr std::uint64_t kGgufAlignmentMax = 1u << 20;
inline constexpr std::uint64_t kGgufAlignmentDefault = 32;
inline constexpr std::uint32_t kGgufDimsMax = 4;

class GgufParser {
 public:
  // Fills `file`, whose name_ is set, with views of `bytes`.
  static Status parse_into(ModelFile& file, std::span<const std::byte> bytes);

 private:
  using ValueType = GgufValueType;
  struct TensorInfo {
    std::string_view name;
    std::uint32_t type = 0;
    std::vector<std::int64_t> dims;
    std::uint64_t offset = 0;  // from the start of the data section
  };

  GgufParser(ModelFile& file, std::span<const std::byte> bytes) : file_(file), bytes_(bytes) {}

  void read_header();
  void read_metadata();
  MetadataValue read_value(std::string_view key, ValueType type);
  MetadataValue read_array(std::string_view key);
  std::int64_t read_integer(std::string_view key, ValueType type);
  double read_float(ValueType type);
  void read_tensor_infos();
  TensorInfo read_tensor_info();
  void place_tensors();
  std::optional<std::uint64_t> tensor_bytes(const TensorInfo& info);
  std::uint64_t read_alignment();
  void check_not_split();

  bool ok() const { return !error_; }
  std::size_t left() const { return bytes_.size() - offset_; }
  static bool is_known(ValueType type) { return type <= ValueType::kF64; }
  static bool is_float(ValueType type) {
    return type == ValueType::kF32 || type == ValueType::kF64;
  }
  static std::uint64_t size_of(ValueType type);

  template <class T>
  T scalar(std::string_view what);  // little-endian
  std::string_view text(std::string_view what, std::uint64_t bytes_max);

  // Remembers the first failure, with the file's name and the place.
  template <class... Args>
  void refuse(Errc kind, fmt::format_string<Args...> format, Args&&... args) {
    if (error_) return;
    error_.emplace(kind, fmt::format("{}: byte {}: {}", file_.name_, offset_,
                                     fmt::format(format, std::forward<Args>(args)...)));
  }

  ModelFile& file_;
  std::span<const std::byte> bytes_;
  std::size_t offset_ = 0;
  std::uint64_t tensor_count_ = 0, key_count_ = 0;
  std::vector<TensorInfo> infos_;
  std::optional<Error> error_;
};

template <class T>
T GgufParser::scalar(std::string_view what) {
  static_assert(std::is_arithmetic_v<T>);
  if (!ok()) return T{};
  if (left() < sizeof(T)) {
    refuse(Errc::kCorrupt, "{} needs {} bytes, {} are left: the file is cut short", what, sizeof(T),
           left());
    return T{};
  }
  T value;
  std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
  offset_ += sizeof(T);
  return value;
}

}  // namespace curlew::model
