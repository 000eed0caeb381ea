#include "model/files/gguf_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "model/files/checked.h"
#include "model/files/gguf_parser.h"

namespace curlew::model {
namespace {

constexpr std::uint32_t kVersion = 3;

template <class T>
void append_number(std::string& out, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  out.append(raw, sizeof(T));
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, std::uint64_t{text.size()});
  out += text;
}

// False when T cannot hold the value.
template <class T>
bool append_integer(std::string& out, std::int64_t value) {
  if (!std::in_range<T>(value)) return false;
  append_number(out, static_cast<T>(value));
  return true;
}

bool append_scalar(std::string& out, GgufValueType type, std::int64_t value) {
  switch (type) {
    case GgufValueType::kU8:
      return append_integer<std::uint8_t>(out, value);
    case GgufValueType::kI8:
      return append_integer<std::int8_t>(out, value);
    case GgufValueType::kU16:
      return append_integer<std::uint16_t>(out, value);
    case GgufValueType::kI16:
      return append_integer<std::int16_t>(out, value);
    case GgufValueType::kU32:
      return append_integer<std::uint32_t>(out, value);
    case GgufValueType::kI32:
      return append_integer<std::int32_t>(out, value);
    case GgufValueType::kU64:
      return append_integer<std::uint64_t>(out, value);
    case GgufValueType::kI64:
      return append_integer<std::int64_t>(out, value);
    case GgufValueType::kBool:
      return (value == 0 || value == 1) && append_integer<std::uint8_t>(out, value);
    default:
      return false;
  }
}

bool append_scalar(std::string& out, GgufValueType type, double value) {
  if (type == GgufValueType::kF64) return append_number(out, value), true;
  if (type != GgufValueType::kF32) return false;
  append_number(out, static_cast<float>(value));
  return true;
}

bool append_scalar(std::string& out, GgufValueType type, std::string_view value) {
  if (type != GgufValueType::kString) return false;
  append_text(out, value);
  return true;
}

bool append_scalar(std::string& out, GgufValueType type, bool value) {
  return append_scalar(out, type, std::int64_t{value});
}

template <class T>
bool all_fit(const std::vector<std::int64_t>& values) {
  for (const std::int64_t value : values)
    if (!std::in_range<T>(value)) return false;
  return true;
}

// What to write where the caller has no wish. One overload for each alternative of MetadataValue.
GgufValueType usual_type(std::int64_t value) {
  if (std::in_range<std::uint32_t>(value)) return GgufValueType::kU32;
  return std::in_range<std::int32_t>(value) ? GgufValueType::kI32 : GgufValueType::kI64;
}
GgufValueType usual_type(double) {
  return GgufValueType::kF32;
}
GgufValueType usual_type(bool) {
  return GgufValueType::kBool;
}
GgufValueType usual_type(std::string_view) {
  return GgufValueType::kString;
}
GgufValueType usual_type(const std::vector<std::int64_t>& values) {
  return all_fit<std::int32_t>(values) ? GgufValueType::kI32 : GgufValueType::kI64;
}
GgufValueType usual_type(const std::vector<double>&) {
  return GgufValueType::kF32;
}
GgufValueType usual_type(const std::vector<std::string_view>&) {
  return GgufValueType::kString;
}

// The type number and the value as they stand behind a key. False when `type` cannot hold it.
template <class T>
bool append_typed(std::string& out, std::optional<GgufValueType> type, const T& value) {
  const GgufValueType chosen = type.value_or(usual_type(value));
  append_number(out, chosen);
  return append_scalar(out, chosen, value);
}
template <class T>
bool append_typed(std::string& out, std::optional<GgufValueType> type,
                  const std::vector<T>& values) {
  const GgufValueType chosen = type.value_or(usual_type(values));
  append_number(out, GgufValueType::kArray);
  append_number(out, chosen);
  append_number(out, std::uint64_t{values.size()});
  for (const T& value : values)
    if (!append_scalar(out, chosen, value)) return false;
  return true;
}

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + kGgufWrittenAlignment - 1) / kGgufWrittenAlignment * kGgufWrittenAlignment;
}

}  // namespace

// --- GgufHeader ----------------------------------------------------------------------------------

Status GgufHeader::set(std::string_view key, const MetadataValue& value,
                       std::optional<GgufValueType> type) {
  if (key.empty() || key.size() > kGgufKeyBytesMax)
    return fail(Errc::kInvalidInput, "a metadata key of {} bytes; 1 to {} can be written",
                key.size(), kGgufKeyBytesMax);
  if (!keys_.emplace(key).second)
    return fail(Errc::kInvalidInput, "key {} is set a second time", key);
  std::string typed;
  const auto append = [&](const auto& alternative) {
    return append_typed(typed, type, alternative);
  };
  const auto* array = std::get_if<MetadataArray>(&value);
  const bool fits = array != nullptr ? std::visit(append, *array)
                                     : std::visit(
                                           [&]<class T>(const T& scalar) {
                                             if constexpr (std::is_same_v<T, MetadataArray>)
                                               return false;  // taken above
                                             else
                                               return append(scalar);
                                           },
                                           value);
  if (!fits)
    return fail(Errc::kInvalidInput, "key {}: the value does not fit value type {}", key,
                static_cast<std::uint32_t>(*type));
  append_text(metadata_, key);
  metadata_ += typed;
  ++key_count_;
  return {};
}

Status GgufHeader::add(std::string_view name, kernels::WeightType type,
                       const std::vector<std::int64_t>& dims) {
  if (name.empty() || name.size() > kGgufWrittenNameBytesMax)
    return fail(Errc::kInvalidInput, "tensor name '{}' has {} bytes; 1 to {} can be written", name,
                name.size(), kGgufWrittenNameBytesMax);
  if (!names_.emplace(name).second)
    return fail(Errc::kInvalidInput, "tensor {} is added a second time", name);
  const kernels::BlockShape block = kernels::block_shape(type);
  if (block.elements == 0 || dims.empty() || dims.size() > kGgufDimsMax ||
      dims[0] % block.elements != 0)
    return fail(Errc::kInvalidInput, "tensor {}: rows are no whole number of {} blocks", name,
                kernels::weight_type_name(type));
  std::optional<std::uint64_t> elements = 1;
  for (const std::int64_t dim : dims)
    if (elements && dim > 0) elements = checked_mul(*elements, static_cast<std::uint64_t>(dim));
  const auto blocks = elements.value_or(0) / static_cast<std::uint64_t>(block.elements);
  const auto bytes = checked_mul(blocks, static_cast<std::uint64_t>(block.bytes));
  if (!elements || !bytes || *bytes > std::numeric_limits<std::int64_t>::max() / 2)
    return fail(Errc::kInvalidInput, "tensor {}: its size overflows", name);

  append_text(infos_, name);
  append_number(infos_, static_cast<std::uint32_t>(dims.size()));
  for (const std::int64_t dim : dims) append_number(infos_, dim);
  append_number(infos_, type);
  append_number(infos_, data_bytes_);
  tensor_bytes_.push_back(*bytes);
  data_bytes_ += padded(*bytes);
  return {};
}

std::string GgufHeader::bytes() const {
  std::string out = "GGUF";
  append_number(out, kVersion);
  append_number(out, std::uint64_t{tensor_bytes_.size()});
  append_number(out, key_count_);
  out += metadata_;
  out += infos_;
  out.resize(padded(out.size()), '\0');
  return out;
}

std::uint64_t GgufHeader::file_bytes() const {
  return bytes().size() + data_bytes_;
}

// --- GgufOutput ----------------------------------------------------------------------------------

Expected<GgufOutput> GgufOutput::create(const std::filesystem::path& path,
                                        const GgufHeader& header) {
  std::string temporary = path.string() + ".partial-XXXXXX";
  const int file = ::mkstemp(temporary.data());
  if (file < 0)
    return fail(Errc::kIo, "{}: cannot be written: {}", path.string(), std::strerror(errno));
  GgufOutput out(path, std::move(temporary), file);
  const mode_t mask = ::umask(0);  // mkstemp made it private; a model file is as any other file
  ::umask(mask);
  ::fchmod(file, 0666 & ~mask);
  out.tensor_bytes_ = header.tensor_bytes();
  const std::string begin = header.bytes();
  if (Status written = out.write(begin.data(), begin.size()); !written)
    return std::move(written.error()).pass();
  return out;
}

GgufOutput::GgufOutput(std::filesystem::path path, std::string temporary, int file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}

GgufOutput::GgufOutput(GgufOutput&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::exchange(other.file_, -1)),
      tensor_bytes_(std::move(other.tensor_bytes_)),
      tensor_idx_(other.tensor_idx_),
      tensor_written_(other.tensor_written_) {}

GgufOutput::~GgufOutput() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status GgufOutput::write(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(file_, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return fail(Errc::kIo, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
    at += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return {};
}

Status GgufOutput::append(std::span<const std::byte> bytes) {
  if (tensor_idx_ == tensor_bytes_.size() ||
      bytes.size() > tensor_bytes_[tensor_idx_] - tensor_written_)
    return fail(Errc::kInternal, "{}: more bytes than tensor {} has", path_.string(), tensor_idx_);
  if (Status written = write(bytes.data(), bytes.size()); !written) return written;
  tensor_written_ += bytes.size();
  return tensor_written_ == tensor_bytes_[tensor_idx_] ? pad() : Status();
}

Status GgufOutput::pad() {
  constexpr char kZeros[kGgufWrittenAlignment] = {};
  const std::uint64_t bytes = padded(tensor_written_) - tensor_written_;
  ++tensor_idx_;
  tensor_written_ = 0;
  return write(kZeros, bytes);
}

Status GgufOutput::finish() {
  if (tensor_idx_ != tensor_bytes_.size())
    return fail(Errc::kInternal, "{}: tensor {} is incomplete", path_.string(), tensor_idx_);
  const bool stored = ::fsync(file_) == 0;  // a full disk may only show here
  const bool closed = ::close(std::exchange(file_, -1)) == 0;
  if (!stored || !closed || std::rename(temporary_.c_str(), path_.c_str()) != 0)
    return fail(Errc::kIo, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
  temporary_.clear();
  return {};
}

}  // namespace curlew::model
