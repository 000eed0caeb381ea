#include "model/files/hf_folder.h"

#include <algorithm>
#include <limits>
#include <map>
#include <new>
#include <unordered_map>
#include <utility>

#include "model/files/gguf_image.h"
#include "model/files/hf_config.h"
#include "model/files/hf_tokenizer.h"
#include "model/files/json_text.h"

namespace curlew::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.json";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kSingle = "model.safetensors";

// A plain file name: no way to another folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

// Shard by shard, the tensors that the index places there.
using Shards = std::map<std::string, std::vector<std::string>>;

Expected<Shards> read_index(const nlohmann::json& root, const std::string& file) {
  const JsonObject index(root, file);
  const nlohmann::json* map = index.find("weight_map");
  if (map == nullptr || !map->is_object())
    return fail(Errc::kCorrupt, "{}: key weight_map (an object) is missing", file);
  Shards shards;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string() || !is_plain_name(shard.get_ref<const std::string&>()))
      return fail(Errc::kCorrupt, "{}: weight_map: {} is in {}, expected a file of this folder",
                  file, tensor,
                  shard.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    shards[shard.get<std::string>()].push_back(tensor);
  }
  if (shards.size() > kHfShardsMax)
    return fail(Errc::kCorrupt, "{}: {} shards; at most {} are read", file, shards.size(),
                kHfShardsMax);
  return shards;
}

// The packed format stands in config.json, or in a file of its own.
Expected<Packed4Format> packed_format(HfFolder& folder, const JsonObject& config,
                                      std::string_view architecture) {
  if (config.has("quantization_config")) {
    const JsonObject how = config.object("quantization_config");
    if (architecture == "gpt-oss" && how.string("quant_method", "").value_or("") == "mxfp4")
      return Packed4Format{};
    return read_packed4_format(how);
  }
  for (const char* file : {"quantize_config.json", "quant_config.json"}) {
    if (!folder.has(file)) continue;
    const Expected<nlohmann::json> root = folder.json(file, kHfConfigBytesMax);
    if (!root) return Error(root.error()).pass();
    return read_packed4_format(JsonObject(*root, folder.name_of(file)));
  }
  return Packed4Format{};
}

Status translate(HfFolder& folder, GgufImage& image, const std::string& name) {
  const Expected<nlohmann::json> root = folder.json(kConfig, kHfConfigBytesMax);
  if (!root) return Error(root.error()).pass();
  const JsonObject config(*root, folder.name_of(kConfig));
  Expected<HfLayout> layout = translate_config(config, image);
  if (!layout) return std::move(layout.error()).pass();
  Expected<Packed4Format> packed = packed_format(folder, config, layout->family->architecture);
  if (!packed) return std::move(packed.error()).pass();
  layout->packed = *packed;
  const Expected<std::vector<SafeTensor>> tensors = folder.tensors();
  if (!tensors) return Error(tensors.error()).pass();
  if (Status s = translate_tensors(*tensors, *layout, name, image); !s) return s;
  const Expected<std::int64_t> rows = config.integer("vocab_size");
  if (!rows) return Error(rows.error()).pass();
  return translate_tokenizer(folder, config, *rows, image);
}

}  // namespace

bool HfFolder::has(std::string_view file) const {
  std::error_code ignored;
  return fs::is_regular_file(path_ / file, ignored);
}

Expected<std::span<const std::byte>> HfFolder::bytes(std::string_view file, std::size_t bytes_max) {
  Expected<MappedFile> mapping = MappedFile::open(path_ / file);
  if (!mapping) return std::move(mapping.error()).pass();
  const auto kept = std::make_shared<const MappedFile>(std::move(*mapping));
  if (kept->bytes().size() > bytes_max)
    return fail(Errc::kCorrupt, "{}: {} bytes; at most {} are read", name_of(file),
                kept->bytes().size(), bytes_max);
  mappings_.push_back(kept);
  bytes_read_ += kept->bytes().size();
  return kept->bytes();
}

Expected<nlohmann::json> HfFolder::json(std::string_view file, std::size_t bytes_max) {
  const Expected<std::span<const std::byte>> text = bytes(file, bytes_max);
  if (!text) return Error(text.error()).pass();
  return parse_json({reinterpret_cast<const char*>(text->data()), text->size()}, name_of(file));
}

Expected<nlohmann::json> HfFolder::json_if_there(std::string_view file, std::size_t bytes_max) {
  return has(file) ? json(file, bytes_max) : nlohmann::json();
}

Expected<std::string> HfFolder::single_file() const {
  if (has(kSingle)) return std::string(kSingle);
  std::string found;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, failure)) {
    if (entry.path().extension() != ".safetensors") continue;
    if (!found.empty())
      return fail(Errc::kCorrupt, "{}: several *.safetensors files and no {}", path_.string(),
                  kIndex);
    found = entry.path().filename().string();
  }
  if (found.empty())
    return fail(Errc::kNotFound, "{}: no {} or {} (pickled weights, *.bin, are not read)",
                path_.string(), kSingle, kIndex);
  return found;
}

Expected<std::vector<SafeTensor>> HfFolder::tensors() {
  if (has(kIndex)) return indexed_tensors();
  const Expected<std::string> file = single_file();
  if (!file) return Error(file.error()).pass();
  const auto all = bytes(*file, std::numeric_limits<std::size_t>::max());
  if (!all) return Error(all.error()).pass();
  return parse_safetensors(*all, name_of(*file));
}

Expected<std::vector<SafeTensor>> HfFolder::indexed_tensors() {
  const Expected<nlohmann::json> root = json(kIndex, kHfIndexBytesMax);
  if (!root) return Error(root.error()).pass();
  const Expected<Shards> shards = read_index(*root, name_of(kIndex));
  if (!shards) return Error(shards.error()).pass();
  std::vector<SafeTensor> tensors;
  for (const auto& [shard, wanted] : *shards) {
    const auto all = bytes(shard, std::numeric_limits<std::size_t>::max());
    if (!all) return Error(all.error()).during(name_of(kIndex));
    Expected<std::vector<SafeTensor>> parsed = parse_safetensors(*all, name_of(shard));
    if (!parsed) return std::move(parsed.error()).pass();
    std::unordered_map<std::string_view, SafeTensor*> by_name;
    for (SafeTensor& tensor : *parsed) by_name.emplace(tensor.name, &tensor);
    for (const std::string& name : wanted) {
      const auto it = by_name.find(name);
      if (it == by_name.end())
        return fail(Errc::kCorrupt, "{}: weight_map: {} is not in {}", name_of(kIndex), name,
                    shard);
      tensors.push_back(*it->second);
    }
  }
  return tensors;
}

Expected<ModelFile> HfFolderReader::read(const fs::path& path) {
  HfFolder folder(path);
  if (!folder.has(kConfig))
    return fail(Errc::kNotFound,
                "{}: a folder without {}; a model is a GGUF file, or a folder with "
                "{} and safetensors",
                path.string(), kConfig, kConfig);
  const auto image = std::make_shared<GgufImage>();
  try {
    if (Status s = translate(folder, *image, path.string()); !s) return std::move(s.error()).pass();
    fs::path last = fs::weakly_canonical(path).filename();
    image->set_text("general.name", last.string());
    ModelFile file;
    file.name_ = path.string();
    file.size_bytes_ = folder.bytes_read();
    file.metadata_ = std::move(image->metadata);
    file.tensors_ = std::move(image->tensors);
    for (std::size_t i = 0; i < file.tensors_.size(); ++i) {
      if (!file.tensor_idx_.emplace(file.tensors_[i].name, i).second)
        return fail(Errc::kCorrupt, "{}: two tensors are translated to {}", path.string(),
                    file.tensors_[i].name);
    }
    file.storage_ = folder.take_mappings();
    file.storage_.push_back(image);
    return file;
  } catch (const std::bad_alloc&) {
    return fail(Errc::kOutOfMemory, "{}: no memory to read the folder", path.string());
  } catch (const fs::filesystem_error& error) {
    return fail(Errc::kIo, "{}: {}", path.string(), error.what());
  }
}

}  // namespace curlew::model
