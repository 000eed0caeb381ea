// What every tokenizer over a vocabulary shares: special tokens in the text, decoding, look-ups.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/text/special_matcher.h"
#include "model/text/tokenizer.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

// A tokenizer says how a token's spelling becomes bytes, and how a stretch of text without special
// tokens becomes ids; this class does the rest.
class VocabularyTokenizer : public Tokenizer {
 public:
  std::vector<TokenId> encode(std::string_view text, EncodeOptions options) const final;
  std::string decode(std::span<const TokenId> ids, bool show_special) const final;
  std::string_view piece(TokenId id) const final;
  std::string_view spelling(TokenId id) const final;
  TokenType type(TokenId id) const final;
  int size() const final { return vocabulary_.size(); }
  std::optional<TokenId> find(std::string_view spelling) const final {
    return vocabulary_.find(spelling);
  }
  const SpecialTokens& special() const final { return vocabulary_.special; }
  std::string_view model_name() const final { return vocabulary_.model; }
  std::string_view pre_name() const final { return vocabulary_.pre; }

 protected:
  // pieces: per token, the bytes it stands for; empty for control tokens and the like.
  // strips_first_space: decode() drops the space that encode() put before the first word.
  VocabularyTokenizer(Vocabulary vocabulary, std::vector<std::string> pieces,
                      bool strips_first_space);

  // Appends the ids of text, which is not empty. starts_word: it begins the whole text or follows a
  // special token, so a vocabulary that puts a space before the first word does so here.
  virtual void encode_stretch(std::string_view text, bool starts_word,
                              std::vector<TokenId>& out) const = 0;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  bool is_matched(TokenId id, const EncodeOptions& options) const;

  Vocabulary vocabulary_;
  std::vector<std::string> pieces_;
  std::vector<bool> markers_;  // user-defined tokens that a literal text must not become
  SpecialMatcher matcher_;
  bool strips_first_space_;
};

}  // namespace curlew::model
