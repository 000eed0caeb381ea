#include "model/files/model_file.h"

#include <algorithm>

#include "model/files/gguf_parser.h"
#include "model/files/hf_folder.h"

namespace curlew::model {
namespace {

const char* kind_name(const MetadataValue& value) {
  constexpr const char* kNames[] = {"an integer", "a float", "a boolean", "a string", "an array"};
  return kNames[value.index()];
}

tl::unexpected<Error> wrong_kind(const std::string& file, std::string_view key, const char* want,
                                 const MetadataValue& value) {
  return fail(Errc::kCorrupt, "{}: key {} should be {}, not {}", file, key, want, kind_name(value));
}

tl::unexpected<Error> missing(const std::string& file, std::string_view key, const char* want) {
  return fail(Errc::kCorrupt, "{}: key {} ({}) is missing", file, key, want);
}

template <class T>
const std::vector<T>* array_of(const MetadataValue* value) {
  const auto* array = value != nullptr ? std::get_if<MetadataArray>(value) : nullptr;
  return array != nullptr ? std::get_if<std::vector<T>>(array) : nullptr;
}

}  // namespace

std::int64_t ModelTensor::elements() const {
  std::int64_t product = 1;  // the parser has checked that it fits
  for (const std::int64_t dim : dims) product *= dim;
  return product;
}

kernels::MatrixView ModelTensor::matrix() const {
  return {type, bytes.data(), elements() / dims[0], dims[0]};
}

Expected<ModelFile> ModelFile::open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    Expected<ModelFile> folder = HfFolderReader::read(path);
    if (!folder) return std::move(folder.error()).during("open model folder");
    return folder;
  }
  Expected<MappedFile> mapping = MappedFile::open(path);
  if (!mapping) return std::move(mapping.error()).during("open model file");
  const auto kept = std::make_shared<const MappedFile>(std::move(*mapping));
  Expected<ModelFile> file = parse(kept->bytes(), path.string());
  if (file) file->mapping_ = kept;
  return file;
}

Expected<ModelFile> ModelFile::parse(std::span<const std::byte> bytes, std::string name) {
  ModelFile file;
  file.size_bytes_ = bytes.size();
  file.name_ = std::move(name);
  if (Status parsed = GgufParser::parse_into(file, bytes); !parsed)
    return std::move(parsed.error()).pass();
  return file;
}

const MetadataValue* ModelFile::find(std::string_view key) const {
  const auto it = metadata_.find(key);
  return it != metadata_.end() ? &it->second : nullptr;
}

std::optional<GgufValueType> ModelFile::stored_type(std::string_view key) const {
  const auto it = stored_types_.find(key);
  return it != stored_types_.end() ? std::optional(it->second) : std::nullopt;
}

Expected<std::int64_t> ModelFile::integer(std::string_view key) const {
  const MetadataValue* value = find(key);
  if (value == nullptr) return missing(name_, key, "an integer");
  if (const auto* number = std::get_if<std::int64_t>(value)) return *number;
  return wrong_kind(name_, key, "an integer", *value);
}

Expected<std::int64_t> ModelFile::integer(std::string_view key, std::int64_t fallback) const {
  return find(key) != nullptr ? integer(key) : Expected<std::int64_t>(fallback);
}

Expected<double> ModelFile::number(std::string_view key, double fallback) const {
  const MetadataValue* value = find(key);
  if (value == nullptr) return fallback;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  return wrong_kind(name_, key, "a number", *value);
}

Expected<bool> ModelFile::boolean(std::string_view key, bool fallback) const {
  const MetadataValue* value = find(key);
  if (value == nullptr) return fallback;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  return wrong_kind(name_, key, "a boolean", *value);
}

Expected<std::string_view> ModelFile::string(std::string_view key) const {
  const MetadataValue* value = find(key);
  if (value == nullptr) return missing(name_, key, "a string");
  if (const auto* text = std::get_if<std::string_view>(value)) return *text;
  return wrong_kind(name_, key, "a string", *value);
}

Expected<std::string_view> ModelFile::string(std::string_view key,
                                             std::string_view fallback) const {
  return find(key) != nullptr ? string(key) : Expected<std::string_view>(fallback);
}

const std::vector<std::string_view>* ModelFile::strings(std::string_view key) const {
  return array_of<std::string_view>(find(key));
}

const std::vector<std::int64_t>* ModelFile::integers(std::string_view key) const {
  return array_of<std::int64_t>(find(key));
}

const std::vector<double>* ModelFile::numbers(std::string_view key) const {
  return array_of<double>(find(key));
}

const ModelTensor* ModelFile::tensor(std::string_view name) const {
  const auto it = tensor_idx_.find(name);
  return it != tensor_idx_.end() ? &tensors_[it->second] : nullptr;
}

void ModelFile::drop_metadata_pages() const {
  if (!mapping_) return;
  const std::byte* const begin = mapping_->bytes().data();
  const std::byte* end = begin + mapping_->bytes().size();
  for (const ModelTensor& tensor : tensors_) end = std::min(end, tensor.bytes.data());
  mapping_->drop_pages({begin, end});
}

}  // namespace curlew::model
