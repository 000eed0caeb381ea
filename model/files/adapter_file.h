// A low-rank adapter (LoRA, arXiv:2106.09685) as files have it: for some of a model's matrices W,
// two narrow factors that make W + scale * B A of it.
//
// A GGUF file of general.type "adapter", or a folder as PEFT writes it (adapter_config.json,
// adapter_model.safetensors); docs/formats/adapters.md. Everything is checked against the model
// that the adapter is for: its architecture, the names and the shapes. What would change the result
// and cannot be applied (DoRA, whole modules saved beside the factors, embeddings, experts) is
// refused by name, never left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

// y = W x  becomes  y = W x + scale * B (A x)
struct LowRank {
  std::string target;     // the model's tensor, "blk.0.attn_q.weight"
  kernels::MatrixView a;  // [rank, inputs]
  kernels::MatrixView b;  // [outputs, rank]
  float scale = 1.f;
};

class AdapterFile {
 public:
  // `base` is looked at only while opening.
  static Expected<AdapterFile> open(const std::filesystem::path& path, const ModelFile& base);
  // GGUF bytes that the caller keeps alive; `name` stands in errors. For tests and fuzzing.
  static Expected<AdapterFile> parse(std::span<const std::byte> bytes, std::string name,
                                     const ModelFile& base);

  const std::string& name() const { return name_; }             // the path
  const std::vector<LowRank>& parts() const { return parts_; }  // 1 or more, by rising target

 private:
  friend class HfAdapterReader;
  AdapterFile() = default;

  static Expected<AdapterFile> from_gguf(const std::shared_ptr<const ModelFile>& file,
                                         const ModelFile& base);

  std::string name_;
  std::vector<std::shared_ptr<const void>> storage_;  // what the views of parts_ point into
  std::vector<LowRank> parts_;
};

}  // namespace curlew::model
