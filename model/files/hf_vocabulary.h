// A vocabulary as tokenizer.json or tokenizer.model has it, on its way to the tokenizer.ggml.*
// keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/files/json_text.h"
#include "model/files/sentencepiece_proto.h"

namespace curlew::model {

// Token types as GGUF numbers them.
inline constexpr std::int64_t kHfNormal = 1, kHfUnknown = 2, kHfControl = 3, kHfUserDefined = 4,
                              kHfUnused = 5, kHfByte = 6;
inline constexpr std::int64_t kHfTokensMax = 1 << 20;

struct HfVocabulary {
  enum class Kind { kByteLevel, kSentencePiece };
  Kind kind = Kind::kByteLevel;

  struct Token {
    std::string spelling;
    std::int64_t type = kHfUnused;  // unused, and without a spelling: a hole between ids
    double score = 0;
  };
  std::vector<Token> tokens;
  std::vector<std::string> merges;  // "left right", best first
  std::optional<bool> adds_space;   // SentencePiece: a space before the first word
  std::optional<bool> adds_bos;

  // Byte-level: how words are cut. `pre` is a name that model/text/pretokenizer.h knows, or empty;
  // `expressions` are set where the name alone would not say it exactly.
  std::string pre;
  std::vector<std::string> expressions;
  bool takes_whole_words = false;

  // Makes room for the id; refuses ids that no vocabulary has.
  Expected<Token*> slot(std::int64_t id, const std::string& file);
  std::optional<std::int64_t> find(std::string_view spelling) const;
  // A token beside the model's own, matched as a whole string.
  Status add(std::int64_t id, std::string spelling, bool special, const std::string& file);
};

// tokenizer.json: byte-level BPE, or BPE over characters with "▁" for spaces and byte fallback.
// Other models, normalisers and pre-tokenizers that would change a text's tokens are refused by
// name. NFC normalisation is the one thing left out: a program's text is not ours to rewrite.
Expected<HfVocabulary> read_tokenizer_json(const JsonObject& root);

// tokenizer.model, of type byte-pair encoding with the identity as its normaliser.
Expected<HfVocabulary> read_tokenizer_model(const SentencePieceProto& proto,
                                            const std::string& file);

}  // namespace curlew::model
