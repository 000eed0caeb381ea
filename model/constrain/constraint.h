// What a generation may say next: a language over bytes, walked token by token.
//
//   Expected<std::shared_ptr<const Grammar>> g = Grammar::from_json_schema(R"({"type": "array"})");
//   ConstraintCompiler compiler(tokenizer);            // once a vocabulary
//   std::unique_ptr<Constraint> c = compiler.start(*g);  // once a generation
//   while (!c->is_complete() || ...) {
//     const TokenMask& allowed = c->allowed();         // nobody may sample outside it
//     c->accept(id);
//   }
//
// A mask is exact: a token is in it if, and only if, its bytes (Tokenizer::piece) keep the text a
// beginning of some text of the language; end-of-generation tokens are in it if, and only if, the
// text so far is a whole one. Control tokens and the markers of prompt formats are never in it. So
// whatever a model prefers, what comes out is in the language, or is a beginning of it where the
// length ran out. A token may end in the middle of a character where the rest can still follow.
//
// A mask is never empty while the vocabulary has a token for every byte, as those of byte-level BPE
// and SentencePiece with byte fallback have.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// One bit a token.
class TokenMask {
 public:
  explicit TokenMask(int n_vocab = 0) : words_((static_cast<std::size_t>(n_vocab) + 63) / 64) {}

  bool has(TokenId id) const {
    const auto idx = static_cast<std::size_t>(id);
    return (words_[idx / 64] >> (idx % 64) & 1) != 0;
  }
  void add(TokenId id) {
    const auto idx = static_cast<std::size_t>(id);
    words_[idx / 64] |= std::uint64_t{1} << (idx % 64);
  }
  void remove(TokenId id) {
    const auto idx = static_cast<std::size_t>(id);
    words_[idx / 64] &= ~(std::uint64_t{1} << (idx % 64));
  }
  std::span<std::uint64_t> words() { return words_; }
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::vector<std::uint64_t> words_;  // bits from n_vocab on are 0
};

// A place in the language. Not thread-safe; independent of every other.
class Constraint {
 public:
  virtual ~Constraint() = default;

  // Valid until the next accept(). Under 50 us for a vocabulary of 150,000 once states of the same
  // kind have been met.
  virtual const TokenMask& allowed() = 0;

  // Goes on by a token that is allowed. End-of-generation tokens change nothing. After a token that
  // was not allowed the text is outside the language: nothing is allowed any more.
  virtual void accept(TokenId id) = 0;

  // The text so far is a whole text of the language.
  virtual bool is_complete() const = 0;

  // Another constraint at the same place: drafts are tried on it while this one stays. Cheap; what
  // it learns serves both.
  virtual std::unique_ptr<Constraint> fork() const = 0;

  // The only continuation there is, as tokens, at most `max` of them: {} where there is a choice.
  // The tokens are those the tokenizer would choose for the forced bytes; a hint to draft from.
  // Where a choice follows, the last of them is left out: the tokenizer might join it with what
  // comes.
  virtual std::vector<TokenId> forced(int max) = 0;
};

class Grammar;  // model/constrain/grammar.h

// Joins grammars with one vocabulary. Building it sorts the vocabulary: 0.1 s for 150,000 tokens.
// Thread-safe; the tokenizer outlives it and every constraint.
//
// What is learnt about a grammar (states, masks) is kept for the last kGrammarsKept grammars and
// shared by all their generations, under one mutex a grammar that is held for as long as a call of
// allowed(), accept() or forced() takes.
class ConstraintCompiler {
 public:
  static constexpr std::size_t kGrammarsKept = 8;
  static constexpr std::size_t kLearntBytesMax = std::size_t{32} << 20;  // a grammar; then afresh

  explicit ConstraintCompiler(const Tokenizer& tokenizer);
  ~ConstraintCompiler();

  // A constraint at the beginning of a text. It keeps the grammar, and may outlive the compiler.
  std::unique_ptr<Constraint> start(std::shared_ptr<const Grammar> grammar) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::model
