// The tokenizer of a Hugging Face folder -> the tokenizer.* keys of GGUF.
#pragma once

#include <cstdint>

#include "model/error.h"
#include "model/files/gguf_image.h"
#include "model/files/hf_folder.h"
#include "model/files/json_text.h"

namespace curlew::model {

// Reads tokenizer.json or tokenizer.model (the scores of the latter are preferred where both are
// there), and what stands about special tokens and the chat template in tokenizer_config.json,
// special_tokens_map.json, added_tokens.json, generation_config.json and chat_template.jinja.
// The vocabulary is filled up to `rows`, the embedding's, with tokens that are never used.
Status translate_tokenizer(HfFolder& folder, const JsonObject& config, std::int64_t rows,
                           GgufImage& image);

}  // namespace curlew::model
