// Rotary embedding in config.json -> GGUF's rope keys. Two spellings are read: rope_theta and
// rope_scaling, and rope_parameters, which later files have in their place.
#pragma once

#include <string_view>

#include "model/error.h"
#include "model/files/gguf_image.h"
#include "model/files/json_text.h"

namespace curlew::model {

// Scalings: none, linear, yarn, llama3 (written as the tensor rope_freqs.weight, as converters do),
// and dynamic, which changes nothing within the context a model was trained for. Wants
// rope.dimension_count and context_length set.
Status translate_rope(const JsonObject& config, std::string_view architecture, GgufImage& image);

}  // namespace curlew::model
