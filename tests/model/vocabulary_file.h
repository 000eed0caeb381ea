// The metadata of a vocabulary in GGUF form, from a table of its tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/gguf_writer.h"

namespace curlew::model::testing {

inline constexpr std::int32_t kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4,
                              kUnused = 5, kByte = 6;

struct TokenRow {
  std::string spelling;
  std::int32_t type = kNormal;
  float score = 0.f;
};

// Tests may set more keys, or spoil these.
inline GgufWriter vocabulary_file(std::string_view model, const std::vector<TokenRow>& rows) {
  std::vector<std::string> spellings;
  std::vector<std::int32_t> types;
  std::vector<float> scores;
  for (const TokenRow& row : rows) {
    spellings.push_back(row.spelling);
    types.push_back(row.type);
    scores.push_back(row.score);
  }
  GgufWriter w;
  w.set("general.architecture", "llama").set("tokenizer.ggml.model", model);
  w.set("tokenizer.ggml.tokens", spellings).set("tokenizer.ggml.token_type", types);
  if (model == "llama") w.set("tokenizer.ggml.scores", scores);
  return w;
}

}  // namespace curlew::model::testing
