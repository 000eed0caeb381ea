// Which ids mean something to a decoder: from the file's keys, else by the spellings that model
// families use.
#pragma once

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

// Fills vocabulary.special. A token that was recognised by its spelling alone becomes a control
// token, whatever type the file gives it, as other engines do too: many files declare "<|im_end|>"
// an ordinary token. An id that the file names but does not have is an Error.
Status find_special_tokens(const ModelFile& file, Vocabulary& vocabulary);

// Whether a user-defined token speaks to the model, not to the reader: it has a role in `special`,
// or is spelled like a marker, "<|...|>". Text of a user is never encoded to these inside a prompt
// (EncodeOptions::literal).
bool is_marker(const Vocabulary& vocabulary, TokenId id);

}  // namespace curlew::model
