// Writes a SentencePiece model (the ModelProto message of the library, protocol-buffer wire format)
// from the vocabulary of a GGUF file, which has the pieces and scores but not the message.
#pragma once

#include <string>

#include "model/text/vocabulary.h"

namespace curlew::model {

// What has to be bent for the library to take it:
//  - special and user-defined tokens are declared control pieces: they are matched before the
//  library sees a text;
//  - a piece that is empty, ill-formed or equal to an earlier one gets a spelling that no text has;
//  - byte fallback is on only when all 256 byte tokens are there;
//  - without an unknown token, one is added after the last; its id is no token.
// The normaliser is the identity with spaces written as "▁"; no space is put before the text: the
// caller does.
struct SentencePieceModel {
  std::string bytes;     // ModelProto
  TokenId unknown = -1;  // what the library gives for text it cannot express
  bool has_byte_fallback = false;
};
SentencePieceModel sentencepiece_model(const Vocabulary& vocabulary);

// The byte that "<0x0A>" spells; -1 for any other spelling.
int byte_of_spelling(std::string_view spelling);

}  // namespace curlew::model
