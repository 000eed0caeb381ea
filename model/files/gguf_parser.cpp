#include "model/files/gguf_parser.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "model/files/checked.h"

namespace curlew::model {

static_assert(std::endian::native == std::endian::little, "GGUF is read in place, little-endian");

namespace {
constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
}

Status GgufParser::parse_into(ModelFile& file, std::span<const std::byte> bytes) {
  GgufParser parser(file, bytes);
  parser.read_header();
  parser.read_metadata();
  parser.read_tensor_infos();
  parser.check_not_split();
  parser.place_tensors();
  if (parser.error_) return std::move(*parser.error_).pass();
  return {};
}

void GgufParser::read_header() {
  const auto magic = scalar<std::uint32_t>("the magic number \"GGUF\"");
  if (ok() && magic != kMagic) {
    refuse(Errc::kCorrupt,
           "not a GGUF file: it begins with {:02x} {:02x} {:02x} {:02x}, not \"GGUF\"",
           magic & 0xff, magic >> 8 & 0xff, magic >> 16 & 0xff, magic >> 24);
  }
  file_.version_ = scalar<std::uint32_t>("the version");
  if (ok() && file_.version_ != 0 && (file_.version_ & 0xffffu) == 0) {
    refuse(Errc::kUnsupported, "big-endian GGUF; only little-endian files are read");
  } else if (ok() && file_.version_ == 1) {
    refuse(Errc::kUnsupported, "GGUF version 1 (32-bit lengths); convert it to version 2 or 3");
  } else if (ok() && file_.version_ != 2 && file_.version_ != 3) {
    refuse(Errc::kUnsupported, "GGUF version {}; versions 2 and 3 are read", file_.version_);
  }
  tensor_count_ = scalar<std::uint64_t>("the tensor count");
  if (ok() && tensor_count_ > kGgufTensorsMax) {
    refuse(Errc::kCorrupt, "{} tensors; at most {} are read", tensor_count_, kGgufTensorsMax);
  }
  key_count_ = scalar<std::uint64_t>("the metadata key count");
  if (ok() && key_count_ > kGgufKeysMax) {
    refuse(Errc::kCorrupt, "{} metadata keys; at most {} are read", key_count_, kGgufKeysMax);
  }
}

std::string_view GgufParser::text(std::string_view what, std::uint64_t bytes_max) {
  const auto length = scalar<std::uint64_t>(what);
  if (!ok()) return {};
  if (length > bytes_max) {
    refuse(Errc::kCorrupt, "{} is {} bytes long; at most {} are read", what, length, bytes_max);
    return {};
  }
  if (length > left()) {
    refuse(Errc::kCorrupt, "{} is {} bytes long, {} are left: the file is cut short", what, length,
           left());
    return {};
  }
  const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + offset_;
  offset_ += length;
  return {begin, static_cast<std::size_t>(length)};
}

void GgufParser::read_metadata() {
  for (std::uint64_t i = 0; ok() && i < key_count_; ++i) {
    const std::string_view key = text("a metadata key", kGgufKeyBytesMax);
    if (ok() && key.empty()) refuse(Errc::kCorrupt, "metadata key {} is empty", i);
    const auto type = static_cast<ValueType>(scalar<std::uint32_t>("a value type"));
    if (ok() && !is_known(type)) {
      refuse(Errc::kCorrupt, "key {}: value type {} is not one of 0 to 12", key,
             static_cast<std::uint32_t>(type));
    }
    if (ok()) file_.stored_types_.emplace(key, type);
    MetadataValue value = read_value(key, type);
    if (ok() && !file_.metadata_.emplace(key, std::move(value)).second) {
      refuse(Errc::kCorrupt, "key {} stands in the file twice", key);
    }
  }
}

MetadataValue GgufParser::read_value(std::string_view key, ValueType type) {
  if (!ok()) return false;
  switch (type) {
    case ValueType::kString:
      return text(key, kGgufStringBytesMax);
    case ValueType::kArray:
      return read_array(key);
    case ValueType::kBool:
      return read_integer(key, type) != 0;
    case ValueType::kF32:
    case ValueType::kF64:
      return read_float(type);
    default:
      return read_integer(key, type);
  }
}

std::uint64_t GgufParser::size_of(ValueType type) {
  switch (type) {
    case ValueType::kU8:
    case ValueType::kI8:
    case ValueType::kBool:
      return 1;
    case ValueType::kU16:
    case ValueType::kI16:
      return 2;
    case ValueType::kU32:
    case ValueType::kI32:
    case ValueType::kF32:
      return 4;
    default:
      return 8;  // the 64-bit numbers, and the length of a string
  }
}

MetadataValue GgufParser::read_array(std::string_view key) {
  const auto type = static_cast<ValueType>(scalar<std::uint32_t>(key));
  const auto count = scalar<std::uint64_t>(key);
  if (!ok()) return false;
  if (type == ValueType::kArray) {
    refuse(Errc::kUnsupported, "key {}: arrays of arrays are not read", key);
  } else if (!is_known(type)) {
    refuse(Errc::kCorrupt, "key {}: element type {} is not one of 0 to 12", key,
           static_cast<std::uint32_t>(type));
  } else if (count > kGgufArrayElementsMax) {
    refuse(Errc::kCorrupt, "key {}: {} elements; at most {} are read", key, count,
           kGgufArrayElementsMax);
  } else if (count * size_of(type) > left()) {  // both factors are small: no overflow
    refuse(Errc::kCorrupt, "key {}: {} elements need {} bytes or more, {} are left", key, count,
           count * size_of(type), left());
  }
  if (!ok()) return false;
  file_.stored_types_[key] = type;
  const auto fill = [&](auto values, auto read_one) {
    values.reserve(count);
    for (std::uint64_t i = 0; ok() && i < count; ++i) values.push_back(read_one());
    return MetadataArray(std::move(values));
  };
  if (type == ValueType::kString) {
    return fill(std::vector<std::string_view>{}, [&] { return text(key, kGgufStringBytesMax); });
  }
  if (is_float(type)) return fill(std::vector<double>{}, [&] { return read_float(type); });
  return fill(std::vector<std::int64_t>{}, [&] { return read_integer(key, type); });
}

std::int64_t GgufParser::read_integer(std::string_view key, ValueType type) {
  switch (type) {
    case ValueType::kU8:
      return scalar<std::uint8_t>(key);
    case ValueType::kI8:
      return scalar<std::int8_t>(key);
    case ValueType::kU16:
      return scalar<std::uint16_t>(key);
    case ValueType::kI16:
      return scalar<std::int16_t>(key);
    case ValueType::kU32:
      return scalar<std::uint32_t>(key);
    case ValueType::kI32:
      return scalar<std::int32_t>(key);
    case ValueType::kI64:
      return scalar<std::int64_t>(key);
    case ValueType::kBool: {
      const auto value = scalar<std::uint8_t>(key);
      if (value > 1) refuse(Errc::kCorrupt, "key {}: a boolean is 0 or 1, not {}", key, value);
      return value;
    }
    default: {
      const auto value = scalar<std::uint64_t>(key);
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        refuse(Errc::kCorrupt, "key {}: {} does not fit in 63 bits", key, value);
        return 0;
      }
      return static_cast<std::int64_t>(value);
    }
  }
}

double GgufParser::read_float(ValueType type) {
  if (type == ValueType::kF32) return static_cast<double>(scalar<float>("a 32-bit float"));
  return scalar<double>("a 64-bit float");
}

void GgufParser::read_tensor_infos() {
  for (std::uint64_t i = 0; ok() && i < tensor_count_; ++i) {
    TensorInfo info = read_tensor_info();
    if (ok()) infos_.push_back(std::move(info));
  }
}

GgufParser::TensorInfo GgufParser::read_tensor_info() {
  TensorInfo info;
  info.name = text("a tensor name", kGgufTensorNameBytesMax);
  if (ok() && info.name.empty()) refuse(Errc::kCorrupt, "a tensor has an empty name");
  const auto dim_count = scalar<std::uint32_t>("a dimension count");
  if (ok() && (dim_count == 0 || dim_count > kGgufDimsMax)) {
    refuse(Errc::kCorrupt, "tensor {}: {} dimensions; 1 to {} are read", info.name, dim_count,
           kGgufDimsMax);
  }
  for (std::uint32_t d = 0; ok() && d < dim_count; ++d) {
    const auto dim = scalar<std::int64_t>("a dimension");
    if (ok() && dim <= 0) {
      refuse(Errc::kCorrupt, "tensor {}: dimension {} is {}, not positive", info.name, d, dim);
    }
    info.dims.push_back(dim);
  }
  info.type = scalar<std::uint32_t>("a tensor type");
  info.offset = scalar<std::uint64_t>("a tensor offset");
  return info;
}

void GgufParser::check_not_split() {
  const MetadataValue* count = file_.find("split.count");
  const auto* parts = count != nullptr ? std::get_if<std::int64_t>(count) : nullptr;
  if (parts != nullptr && *parts > 1) {
    refuse(Errc::kUnsupported, "one of {} parts of a split model; merge the parts first", *parts);
  }
}

std::uint64_t GgufParser::read_alignment() {
  const MetadataValue* value = file_.find("general.alignment");
  if (value == nullptr) return kGgufAlignmentDefault;
  const auto* number = std::get_if<std::int64_t>(value);
  const auto alignment = number != nullptr ? static_cast<std::uint64_t>(*number) : 0;
  if (!std::has_single_bit(alignment) || alignment < kGgufAlignmentMin ||
      alignment > kGgufAlignmentMax) {
    refuse(Errc::kCorrupt, "general.alignment is not a power of two from {} to {}",
           kGgufAlignmentMin, kGgufAlignmentMax);
    return kGgufAlignmentDefault;
  }
  return alignment;
}

// The tensor's size in the file; refuses an unknown type, a row that is no whole number of blocks,
// an overflow.
std::optional<std::uint64_t> GgufParser::tensor_bytes(const TensorInfo& info) {
  const kernels::BlockShape block =
      kernels::block_shape(static_cast<kernels::WeightType>(info.type));
  if (block.elements <= 0 || block.bytes <= 0) {
    refuse(Errc::kUnsupported, "tensor {}: type {} is none that is known", info.name, info.type);
    return std::nullopt;
  }
  if (info.dims[0] % block.elements != 0) {
    refuse(Errc::kCorrupt, "tensor {}: a row of {} is no whole number of {} blocks of {}",
           info.name, info.dims[0],
           kernels::weight_type_name(static_cast<kernels::WeightType>(info.type)), block.elements);
    return std::nullopt;
  }
  // Elements are counted in int64 everywhere, so they, not only the bytes, must fit.
  std::optional<std::uint64_t> elements = 1;
  for (const std::int64_t dim : info.dims) {
    if (elements) elements = checked_mul(*elements, static_cast<std::uint64_t>(dim));
  }
  constexpr auto kElementsMax =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::optional<std::uint64_t> bytes;
  if (elements && *elements <= kElementsMax) {
    bytes = checked_mul(*elements / static_cast<std::uint64_t>(block.elements),
                        static_cast<std::uint64_t>(block.bytes));
  }
  if (!bytes) refuse(Errc::kCorrupt, "tensor {}: its size overflows 64 bits", info.name);
  return bytes;
}

void GgufParser::place_tensors() {
  if (!ok()) return;
  const std::uint64_t alignment = read_alignment();
  const std::optional<std::uint64_t> data_begin = checked_align_up(offset_, alignment);
  for (TensorInfo& info : infos_) {
    const std::optional<std::uint64_t> bytes = ok() ? tensor_bytes(info) : std::nullopt;
    if (!bytes) return;
    if (info.offset % alignment != 0) {
      return refuse(Errc::kCorrupt, "tensor {}: offset {} is no multiple of the alignment {}",
                    info.name, info.offset, alignment);
    }
    const std::optional<std::uint64_t> begin = checked_add(*data_begin, info.offset);
    const std::optional<std::uint64_t> end = begin ? checked_add(*begin, *bytes) : std::nullopt;
    if (!end || *end > bytes_.size()) {
      return refuse(Errc::kCorrupt,
                    "tensor {}: {} bytes at offset {} of the data section (byte {}) end past the "
                    "file's {} bytes",
                    info.name, *bytes, info.offset, *data_begin, bytes_.size());
    }
    if (!file_.tensor_idx_.emplace(info.name, file_.tensors_.size()).second) {
      return refuse(Errc::kCorrupt, "tensor {} stands in the file twice", info.name);
    }
    file_.tensors_.push_back({info.name, static_cast<kernels::WeightType>(info.type),
                              std::move(info.dims), bytes_.subspan(*begin, *bytes)});
  }
}

}  // namespace curlew::model
