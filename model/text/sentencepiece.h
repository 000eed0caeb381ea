// SentencePiece vocabularies, tokenizer.ggml.model "llama": byte-pair merges over characters,
// spaces written as "▁", characters that no piece has as byte tokens. Merges go by the pieces'
// scores (score_merger.h); where the file also has tokenizer.ggml.merges, as folders with a
// tokenizer.json alone do, by those.
#pragma once

#include <memory>

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

// Refuses a vocabulary without scores, byte tokens that spell no byte, and merges of tokens that
// are none.
Expected<std::unique_ptr<const Tokenizer>> make_sentencepiece(const ModelFile& file,
                                                              Vocabulary vocabulary);

}  // namespace curlew::model
