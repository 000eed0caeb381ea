// Text <-> token ids. One interface over SentencePiece and byte-level BPE vocabularies.
//
// Immutable after construction; every method may be called from any thread. Text is bytes: invalid
// UTF-8 is encoded byte by byte where the vocabulary has byte tokens, never lost silently and never
// a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

using TokenId = std::int32_t;

enum class TokenType {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

// Ids that mean something to a decoder; -1 where the vocabulary has none. From
// tokenizer.ggml.*_token_id, and for fill-in-the-middle also by the known spellings of the families
// (model/text/fim.h).
struct SpecialTokens {
  TokenId bos = -1, eos = -1, eot = -1, unk = -1, pad = -1;
  TokenId fim_prefix = -1, fim_suffix = -1, fim_middle = -1, fim_pad = -1;
  TokenId repo_name = -1, file_sep = -1;
  bool add_bos = false, add_eos = false;  // what the vocabulary wants around a text
  std::string fim_order;  // curlew.fim.order: "psm", "spm", "spm-side"; "" where the file is silent
  std::vector<TokenId> end_of_generation;  // a generation stops at any of these; sorted, unique
};

struct EncodeOptions {
  bool add_special = false;  // BOS/EOS as the vocabulary asks for
  // "<|fim_prefix|>" in the text becomes that control token. Never for user text.
  bool parse_special = false;
  // Text of a user inside a prompt: those user-defined tokens that steer the model are spelled out
  // too, like any other text. (Some vocabularies declare "<|fim_prefix|>" user-defined.)
  bool literal = false;
  bool continues = false;  // the text continues other text: no space before its first word
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // User-defined tokens (type 4) are matched in every text but a literal one, control tokens only
  // where special parsing is on; the longest at each place.
  virtual std::vector<TokenId> encode(std::string_view text, EncodeOptions options = {}) const = 0;

  // Bytes of the ids. Control tokens give their spelling when show_special, else nothing. Ids out
  // of range give nothing. A SentencePiece vocabulary that adds a space before the first word takes
  // it away again here. Nothing else is changed: the "clean-up" of spaces before punctuation that
  // some tools apply would damage source code.
  virtual std::string decode(std::span<const TokenId> ids, bool show_special = false) const = 0;

  // Bytes that this one token adds in the middle of a text (no leading-space rule); empty for
  // control tokens.
  virtual std::string_view piece(TokenId id) const = 0;

  virtual std::string_view spelling(TokenId id) const = 0;  // as the vocabulary file writes it
  virtual TokenType type(TokenId id) const = 0;
  virtual int size() const = 0;  // tokens in the vocabulary
  virtual std::optional<TokenId> find(std::string_view spelling) const = 0;  // exact spelling -> id
  virtual const SpecialTokens& special() const = 0;
  virtual std::string_view model_name() const = 0;  // tokenizer.ggml.model: "llama", "gpt2"
  virtual std::string_view pre_name() const = 0;    // tokenizer.ggml.pre, "" when absent
};

// Builds the tokenizer that the file's metadata describes. An unknown model or pre-tokenizer is
// refused by name, with the list of those known.
Expected<std::unique_ptr<const Tokenizer>> load_tokenizer(const ModelFile& file);

}  // namespace curlew::model
