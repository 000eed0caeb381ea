// The tensors of a Hugging Face checkpoint, translated to GGUF's names, shapes and block formats.
//
// What is stored as the network wants it stays where the file is mapped; what a converter would
// rewrite (rope rows, stacked experts, packed four-bit weights, vectors to F32) is written once
// into memory of the image. A tensor that no row of the family's table names is refused: a network
// run without it would answer, and answer wrongly.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model/error.h"
#include "model/files/gguf_image.h"
#include "model/files/hf_family.h"
#include "model/files/packed4.h"
#include "model/files/safetensors.h"

namespace curlew::model {

// The facts of config.json that the translation needs; checked to be of sane size.
struct HfLayout {
  const HfFamily* family = nullptr;
  std::int64_t n_layers = 0, n_heads = 0, n_kv_heads = 0;
  std::int64_t mla_key_dim = 0, mla_value_dim = 0;  // deepseek2: unrotated key part, value
  bool ties_output = false;
  Packed4Format packed;
};

// Appends to image.tensors. `folder` stands in errors.
Status translate_tensors(std::span<const SafeTensor> tensors, const HfLayout& layout,
                         const std::string& folder, GgufImage& image);

}  // namespace curlew::model
