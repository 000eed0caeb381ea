// A tokenizer over given pieces, and what the tests of constraints ask of masks.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/constrain/constraint.h"
#include "model/constrain/grammar.h"

namespace curlew::model {

// Every byte is a token; then the pieces; then <fim> (user-defined), <ctl> (control) and <end>.
class SmallVocabulary : public Tokenizer {
 public:
  explicit SmallVocabulary(std::vector<std::string> pieces) {
    for (int byte = 0; byte < 256; ++byte) pieces_.emplace_back(1, static_cast<char>(byte));
    for (std::string& piece : pieces) pieces_.push_back(std::move(piece));
    fim_ = static_cast<TokenId>(pieces_.size());
    pieces_.insert(pieces_.end(), {"<fim>", "", ""});
    special_.fim_middle = fim_;
    special_.end_of_generation = {end()};
  }

  TokenId end() const { return fim_ + 2; }
  TokenId control() const { return fim_ + 1; }
  TokenId marker() const { return fim_; }

  // The longest piece at each place.
  std::vector<TokenId> encode(std::string_view text, EncodeOptions) const override {
    std::vector<TokenId> ids;
    while (!text.empty()) {
      TokenId best = static_cast<unsigned char>(text.front());
      for (TokenId id = 256; id < fim_; ++id) {
        if (text.starts_with(piece(id)) && piece(id).size() > piece(best).size()) best = id;
      }
      ids.push_back(best);
      text.remove_prefix(piece(best).size());
    }
    return ids;
  }
  std::string decode(std::span<const TokenId> ids, bool) const override {
    std::string out;
    for (const TokenId id : ids) out += piece(id);
    return out;
  }
  std::string_view piece(TokenId id) const override {
    return pieces_[static_cast<std::size_t>(id)];
  }
  std::string_view spelling(TokenId id) const override { return piece(id); }
  TokenType type(TokenId id) const override {
    if (id == fim_) return TokenType::kUserDefined;
    return id > fim_ ? TokenType::kControl : id < 256 ? TokenType::kByte : TokenType::kNormal;
  }
  int size() const override { return static_cast<int>(pieces_.size()); }
  std::optional<TokenId> find(std::string_view) const override { return std::nullopt; }
  const SpecialTokens& special() const override { return special_; }
  std::string_view model_name() const override { return "test"; }
  std::string_view pre_name() const override { return ""; }

 private:
  std::vector<std::string> pieces_;
  TokenId fim_ = 0;
  SpecialTokens special_;
};

// Pieces cut at random from texts, so that many of them cross the borders of what a grammar names.
inline std::vector<std::string> pieces_of(const std::vector<std::string>& texts, int count,
                                          std::size_t bytes_max, std::mt19937& rng) {
  std::vector<std::string> pieces;
  for (int i = 0; i < count; ++i) {
    const std::string& text = texts[rng() % texts.size()];
    if (text.size() < 2) continue;
    const std::size_t begin = rng() % (text.size() - 1);
    pieces.push_back(text.substr(begin, 2 + rng() % (bytes_max - 1)));
  }
  std::sort(pieces.begin(), pieces.end());
  pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
  return pieces;
}

inline std::vector<TokenId> ids_in(const TokenMask& mask, int size) {
  std::vector<TokenId> ids;
  for (TokenId id = 0; id < size; ++id) {
    if (mask.has(id)) ids.push_back(id);
  }
  return ids;
}

// Walks by random allowed tokens until the end is chosen or the text is long; returns the text and
// whether it is whole. A mask without any token is a failure whatever the language.
struct Walked {
  std::string text;
  bool whole = false;
  bool dead_end = false;
};
inline Walked random_walk(Constraint& constraint, const SmallVocabulary& vocabulary,
                          std::size_t bytes_max, std::mt19937& rng) {
  Walked out;
  while (out.text.size() < bytes_max) {
    const std::vector<TokenId> ids = ids_in(constraint.allowed(), vocabulary.size());
    if (ids.empty()) {
      out.dead_end = true;
      return out;
    }
    const bool may_end = ids.back() == vocabulary.end();
    const bool ends = may_end && (ids.size() == 1 || rng() % 4 == 0);
    const TokenId id = ends ? vocabulary.end() : ids[rng() % (ids.size() - (may_end ? 1 : 0))];
    if (id == vocabulary.end()) {
      out.whole = constraint.is_complete();
      return out;
    }
    constraint.accept(id);
    out.text += vocabulary.piece(id);
  }
  return out;
}

// Feeds a text byte by byte. Nothing where a byte is not allowed; else whether the text is whole.
inline std::optional<bool> feed(Constraint& constraint, std::string_view text) {
  for (const char byte : text) {
    const TokenId id = static_cast<unsigned char>(byte);
    if (!constraint.allowed().has(id)) return std::nullopt;
    constraint.accept(id);
  }
  return constraint.is_complete();
}

inline std::optional<bool> feed(const Grammar::Made& grammar, std::string_view text) {
  const SmallVocabulary vocabulary({});
  const ConstraintCompiler compiler(vocabulary);
  return feed(*compiler.start(*grammar), text);
}

// The text is in the language; `prefix` only asks whether it is a beginning.
inline bool matches(const Grammar::Made& grammar, std::string_view text) {
  return feed(grammar, text).value_or(false);
}
inline bool begins(const Grammar::Made& grammar, std::string_view text) {
  return feed(grammar, text).has_value();
}

}  // namespace curlew::model
