// Prompts that mix our own words, markers among them, with text of the user's files.
//
// Text between two markers is encoded as one piece, whoever wrote which part of it, because that is
// how the families' publishers tokenise it: a newline of ours and one of the user's may be one
// token. Private to model/text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/text/tokenizer.h"

namespace curlew::model {

class PromptWriter {
 public:
  // `markers`: spellings that become their token where the vocabulary has one, and stay text where
  // it has none. Both must outlive the writer.
  PromptWriter(const Tokenizer& tokenizer, std::span<const std::string_view> markers)
      : tokenizer_(tokenizer), markers_(markers) {}

  void words(std::string_view text);  // ours: markers in it count
  void user(std::string_view text) { pending_ += text; }
  void token(TokenId id);  // nothing for -1

  std::vector<TokenId> finish();

 private:
  void flush();

  const Tokenizer& tokenizer_;
  std::span<const std::string_view> markers_;
  std::string pending_;
  std::vector<TokenId> tokens_;
};

}  // namespace curlew::model
