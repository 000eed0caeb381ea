// A LoRA adapter in the folder that PEFT writes: adapter_config.json, adapter_model.safetensors.
//
// Names are translated as those of the model's own weights are (hf_family.h), by the family of the
// model's architecture: the model may be a GGUF file. Where the model's query and key rows were
// reordered, the rows of B are too. Private to model/files.
#pragma once

#include <filesystem>

#include "model/error.h"
#include "model/files/adapter_file.h"
#include "model/files/model_file.h"

namespace curlew::model {

class HfAdapterReader {
 public:
  static Expected<AdapterFile> read(const std::filesystem::path& path, const ModelFile& base);
};

}  // namespace curlew::model
