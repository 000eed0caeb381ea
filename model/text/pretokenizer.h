// Splits text into the words inside which byte-pair merges happen, as tokenizer.ggml.pre names the
// way.
//
// A way is one regular expression or several, applied one after the other: each splits what the
// former left whole. What an expression does not match stays as a word of its own between its
// matches. The expressions run in PCRE2 (UTF, Unicode properties, JIT). Immutable after
// construction; any thread may split.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace curlew::model {

class Pretokenizer {
 public:
  // "" and "default" give the way of files that name none. Unknown names are refused, with those
  // known.
  static Expected<Pretokenizer> make(std::string_view name);
  // Expressions of a tokenizer.json, in the syntax it uses (Oniguruma's), one after the other. What
  // the two engines would understand differently is refused, never run by guess.
  static Expected<Pretokenizer> make_of(std::span<const std::string_view> expressions);

  Pretokenizer(Pretokenizer&&) noexcept;
  Pretokenizer& operator=(Pretokenizer&&) noexcept;
  ~Pretokenizer();

  // Replaces words by the words of text, which is well-formed UTF-8. Together they are the text.
  void split(std::string_view text, std::vector<std::string_view>& words) const;

  // A word that is a token as it stands is taken whole, without trying merges.
  bool takes_whole_words() const { return takes_whole_words_; }

 private:
  struct Expression;
  Pretokenizer();
  Status compile(const std::string& pattern);

  std::vector<std::unique_ptr<const Expression>> expressions_;
  bool takes_whole_words_ = false;
};

}  // namespace curlew::model
