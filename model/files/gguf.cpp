#include "model/files/gguf.h"

#include "model/files/gguf_parser.h"

namespace curlew::model {
namespace {

const char* kind_name(const GgufValue& value) {
  constexpr const char* kNames[] = {"an integer", "a float", "a boolean", "a string", "an array"};
  return kNames[value.index()];
}

tl::unexpected<Error> wrong_kind(const std::string& file, std::string_view key, const char* want,
                                 const GgufValue& value) {
  return fail(Errc::kCorrupt, "{}: key {} should be {}, not {}", file, key, want, kind_name(value));
}

tl::unexpected<Error> missing(const std::string& file, std::string_view key, const char* want) {
  return fail(Errc::kCorrupt, "{}: key {} ({}) is missing", file, key, want);
}

template <class T>
const std::vector<T>* array_of(const GgufValue* value) {
  const auto* array = value != nullptr ? std::get_if<GgufArray>(value) : nullptr;
  return array != nullptr ? std::get_if<std::vector<T>>(array) : nullptr;
}

}  // namespace

std::int64_t GgufTensor::elements() const {
  std::int64_t product = 1;  // the parser has checked that it fits
  for (const std::int64_t dim : dims) product *= dim;
  return product;
}

kernels::MatrixView GgufTensor::matrix() const {
  return {type, bytes.data(), elements() / dims[0], dims[0]};
}

Expected<GgufFile> GgufFile::open(const std::filesystem::path& path) {
  Expected<MappedFile> mapping = MappedFile::open(path);
  if (!mapping) return std::move(mapping.error()).during("open model file");
  GgufFile file;
  file.mapping_ = std::make_shared<const MappedFile>(std::move(*mapping));
  file.bytes_ = file.mapping_->bytes();
  file.name_ = path.string();
  if (Status parsed = GgufParser::parse_into(file); !parsed)
    return std::move(parsed.error()).pass();
  return file;
}

Expected<GgufFile> GgufFile::parse(std::span<const std::byte> bytes, std::string name) {
  GgufFile file;
  file.bytes_ = bytes;
  file.name_ = std::move(name);
  if (Status parsed = GgufParser::parse_into(file); !parsed)
    return std::move(parsed.error()).pass();
  return file;
}

std::size_t GgufFile::size_bytes() const {
  return bytes_.size();
}

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto it = metadata_.find(key);
  return it != metadata_.end() ? &it->second : nullptr;
}

Expected<std::int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return missing(name_, key, "an integer");
  if (const auto* number = std::get_if<std::int64_t>(value)) return *number;
  return wrong_kind(name_, key, "an integer", *value);
}

Expected<std::int64_t> GgufFile::integer(std::string_view key, std::int64_t fallback) const {
  return find(key) != nullptr ? integer(key) : Expected<std::int64_t>(fallback);
}

Expected<double> GgufFile::number(std::string_view key, double fallback) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return fallback;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  return wrong_kind(name_, key, "a number", *value);
}

Expected<bool> GgufFile::boolean(std::string_view key, bool fallback) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return fallback;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  return wrong_kind(name_, key, "a boolean", *value);
}

Expected<std::string_view> GgufFile::string(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return missing(name_, key, "a string");
  if (const auto* text = std::get_if<std::string_view>(value)) return *text;
  return wrong_kind(name_, key, "a string", *value);
}

Expected<std::string_view> GgufFile::string(std::string_view key, std::string_view fallback) const {
  return find(key) != nullptr ? string(key) : Expected<std::string_view>(fallback);
}

const std::vector<std::string_view>* GgufFile::strings(std::string_view key) const {
  return array_of<std::string_view>(find(key));
}

const std::vector<std::int64_t>* GgufFile::integers(std::string_view key) const {
  return array_of<std::int64_t>(find(key));
}

const std::vector<double>* GgufFile::numbers(std::string_view key) const {
  return array_of<double>(find(key));
}

const GgufTensor* GgufFile::tensor(std::string_view name) const {
  const auto it = tensor_idx_.find(name);
  return it != tensor_idx_.end() ? &tensors_[it->second] : nullptr;
}

}  // namespace curlew::model
