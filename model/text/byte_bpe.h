// Byte-level byte-pair encoding, tokenizer.ggml.model "gpt2": text is cut into words
// (pretokenizer.h), the bytes of a word are its first tokens, and neighbours are merged in the
// order of the vocabulary's merges.
#pragma once

#include <memory>

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

// Refuses merges that name tokens the vocabulary does not have, and pre-tokenizers that are not
// known.
Expected<std::unique_ptr<const Tokenizer>> make_byte_bpe(const ModelFile& file,
                                                         Vocabulary vocabulary);

}  // namespace curlew::model
