// config.json of a Hugging Face folder -> the keys that GGUF has for the same facts, and what the
// translation of the tensors needs to know.
//
// What changes the result and cannot be run is refused by name (another activation, dynamic kinds
// of attention, layers of mixed kinds), never ignored.
#pragma once

#include "model/error.h"
#include "model/files/gguf_image.h"
#include "model/files/hf_tensors.h"
#include "model/files/json_text.h"

namespace curlew::model {

// Sets general.architecture, every <architecture>.* key, and for Llama 3's rope scaling the tensor
// rope_freqs.weight. The packed format of `HfLayout` is left alone.
Expected<HfLayout> translate_config(const JsonObject& config, GgufImage& image);

}  // namespace curlew::model
