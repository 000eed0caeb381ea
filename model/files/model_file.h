// A model as files have it: metadata, and tensors in the block formats of kernels/block_format.h.
//
// The vocabulary of keys and tensor names is GGUF's (docs/formats/gguf.md), whatever the files are:
// a GGUF file is mapped and its bytes are used where they lie; a folder in Hugging Face's layout
// (config.json, tokenizer.json or tokenizer.model, safetensors shards) is translated, and presents
// itself as the GGUF file that a converter would have written. So everything above reads one thing.
//
// The readers trust nothing: every length is checked against what is left of the file before it is
// used, every product for overflow, every count against a named limit; keys and tensor names are
// unique; every tensor lies wholly inside its file. Broken input is an Error that names the file,
// the byte offset or the key, and what was expected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "kernels/block_format.h"
#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/gguf_value_type.h"
#include "model/files/mapped_file.h"

namespace curlew::model {

// A metadata value. Integers of every width become int64 (u64 above its range is refused), both
// float widths double. Arrays are homogeneous; strings in them view what the file keeps alive.
using MetadataArray =
    std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string_view>>;
using MetadataValue = std::variant<std::int64_t, double, bool, std::string_view, MetadataArray>;

struct ModelTensor {
  std::string_view name;
  kernels::WeightType type;
  std::vector<std::int64_t>
      dims;  // as stored: dims[0] is contiguous (a weight row's inputs); 1 to 4 of them
  std::span<const std::byte> bytes;

  // The tensor as [rows, cols] with cols = dims[0] and rows = the product of the others.
  kernels::MatrixView matrix() const;
  std::int64_t elements() const;
};

class ModelFile {
 public:
  // A GGUF file, or a folder with config.json and safetensors.
  static Expected<ModelFile> open(const std::filesystem::path& path);
  // Parses GGUF bytes that the caller keeps alive; `name` stands in errors. For tests and fuzzing.
  static Expected<ModelFile> parse(std::span<const std::byte> bytes, std::string name);

  const std::string& name() const { return name_; }       // the path, for messages
  std::uint32_t version() const { return version_; }      // of the GGUF format; 0 for a folder
  std::size_t size_bytes() const { return size_bytes_; }  // of all files read

  const MetadataValue* find(std::string_view key) const;  // null when absent
  const std::unordered_map<std::string_view, MetadataValue>& metadata() const { return metadata_; }

  // The type a GGUF file stored a value in, or the elements of an array: MetadataValue widens, and
  // a writer has to give back what was there. Nothing for a folder's values.
  std::optional<GgufValueType> stored_type(std::string_view key) const;

  // Typed look-ups. Absent: the fallback, or for the required form an Error naming the key. Of
  // another type or out of T's range: an Error.
  Expected<std::int64_t> integer(std::string_view key) const;
  Expected<std::int64_t> integer(std::string_view key, std::int64_t fallback) const;
  Expected<double> number(std::string_view key, double fallback) const;  // integers convert
  Expected<bool> boolean(std::string_view key, bool fallback) const;
  Expected<std::string_view> string(std::string_view key) const;
  Expected<std::string_view> string(std::string_view key, std::string_view fallback) const;
  // Null when absent or not an array of that element type.
  const std::vector<std::string_view>* strings(std::string_view key) const;
  const std::vector<std::int64_t>* integers(std::string_view key) const;
  const std::vector<double>* numbers(std::string_view key) const;

  const ModelTensor* tensor(std::string_view name) const;  // null when absent
  const std::vector<ModelTensor>& tensors() const { return tensors_; }

  // For bytes of a tensor that were copied elsewhere: a mapped GGUF file lets go of their memory
  // until they are read again. Other models keep theirs.
  void drop_pages(std::span<const std::byte> bytes) const {
    if (mapping_) mapping_->drop_pages(bytes);
  }

  // The same for everything in front of the tensors' bytes.
  void drop_metadata_pages() const;

 private:
  friend class GgufParser;
  friend class HfFolderReader;
  ModelFile() = default;

  // What the views below point into: mapped files, and strings and tensors made while reading.
  std::vector<std::shared_ptr<const void>> storage_;
  std::shared_ptr<const MappedFile> mapping_;  // of a GGUF file that was opened by its path
  std::size_t size_bytes_ = 0;
  std::string name_;
  std::uint32_t version_ = 0;
  std::unordered_map<std::string_view, MetadataValue> metadata_;
  std::unordered_map<std::string_view, GgufValueType> stored_types_;
  std::vector<ModelTensor> tensors_;
  std::unordered_map<std::string_view, std::size_t> tensor_idx_;
};

}  // namespace curlew::model
