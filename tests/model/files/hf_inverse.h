// Writes a GGUF file back as the Hugging Face folder it could have been converted from: the inverse
// of model/files/hf_*, written independently of it, so that reading the folder must give the file.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/files/model_file.h"

namespace curlew::model::testing {

// A tensor as a checkpoint has it.
struct HfTensor {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
};

struct HfFolderFiles {
  nlohmann::json config;
  std::vector<HfTensor> tensors;
  nlohmann::json tokenizer;     // tokenizer.json; null for none
  std::string tokenizer_model;  // tokenizer.model; empty for none
  nlohmann::json tokenizer_config;
};

// Quantised tensors are written as F32. SentencePiece vocabularies get a tokenizer.model.
HfFolderFiles hf_files_of(const ModelFile& gguf);

// tokenizer.json of a vocabulary, byte-level or SentencePiece-like.
nlohmann::json tokenizer_json_of(const ModelFile& gguf);

// tokenizer.model of a SentencePiece vocabulary.
std::string tokenizer_model_of(const ModelFile& gguf);

// shards: 1 for model.safetensors, more for an index.
void write_folder(const HfFolderFiles& files, const std::filesystem::path& folder, int shards);

// A folder of the test's own, removed with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace curlew::model::testing
