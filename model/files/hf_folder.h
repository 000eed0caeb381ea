// A folder in Hugging Face's layout: its text files, its shards.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/files/mapped_file.h"
#include "model/files/model_file.h"
#include "model/files/safetensors.h"

namespace curlew::model {

inline constexpr std::size_t kHfConfigBytesMax = 4u << 20;
inline constexpr std::size_t kHfIndexBytesMax = 64u << 20;
inline constexpr std::size_t kHfTokenizerBytesMax = 256u << 20;
inline constexpr std::size_t kHfShardsMax = 4096;

// Files are named within the folder and never outside it; every file is mapped once and stays.
class HfFolder {
 public:
  explicit HfFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::string name_of(std::string_view file) const { return (path_ / file).string(); }
  bool has(std::string_view file) const;
  // Of one file, at most bytes_max long.
  Expected<std::span<const std::byte>> bytes(std::string_view file, std::size_t bytes_max);
  Expected<nlohmann::json> json(std::string_view file, std::size_t bytes_max);
  // Null when there is no such file.
  Expected<nlohmann::json> json_if_there(std::string_view file, std::size_t bytes_max);

  // The tensors of model.safetensors.index.json's shards, of model.safetensors, or of the one
  // *.safetensors file of the folder.
  Expected<std::vector<SafeTensor>> tensors();

  std::size_t bytes_read() const { return bytes_read_; }
  std::vector<std::shared_ptr<const void>> take_mappings() { return std::move(mappings_); }

 private:
  Expected<std::vector<SafeTensor>> indexed_tensors();
  Expected<std::string> single_file() const;

  std::filesystem::path path_;
  std::size_t bytes_read_ = 0;
  std::vector<std::shared_ptr<const void>> mappings_;
};

// Presents a folder as the GGUF file that a converter would have written (model_file.h).
class HfFolderReader {
 public:
  static Expected<ModelFile> read(const std::filesystem::path& path);
};

}  // namespace curlew::model
