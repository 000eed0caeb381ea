// SentencePiece vocabularies, tokenizer.ggml.model "llama": byte-pair merges by score over
// characters, spaces written as "▁", bytes that no piece has as byte tokens. Runs in the
// sentencepiece library.
#pragma once

#include <memory>

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

// Refuses a vocabulary without scores, byte tokens that spell no byte, and what the library itself
// refuses.
Expected<std::unique_ptr<const Tokenizer>> make_sentencepiece(const ModelFile& file,
                                                              Vocabulary vocabulary);

}  // namespace curlew::model
