// Reads tokenizer.model: a SentencePiece ModelProto in protocol-buffer wire format, as far as an
// encoder needs it. Bounds-checked; unknown fields are skipped, as the wire format wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace curlew::model {

struct SentencePieceProto {
  struct Piece {
    std::string_view text;  // views the bytes given
    float score = 0;
    std::int64_t type = 1;  // as TokenType and GGUF number them
  };
  std::vector<Piece> pieces;
  std::int64_t model_type = 1;  // 1 unigram, 2 byte-pair encoding, 3 words, 4 characters
  std::int64_t unk = 0, bos = 1, eos = 2, pad = -1;
  std::string_view normalizer_name;
  bool has_charsmap = false;
  bool adds_dummy_prefix = true, removes_extra_spaces = true, escapes_spaces = true;
};

// `file` stands in errors.
Expected<SentencePieceProto> parse_sentencepiece_proto(std::span<const std::byte> bytes,
                                                       const std::string& file);

}  // namespace curlew::model
