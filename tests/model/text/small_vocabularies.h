// Vocabularies made on the spot: every byte is a token, and whatever markers a test names.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/text/byte_alphabet.h"
#include "model/text/tokenizer.h"
#include "tests/model/vocabulary_file.h"

namespace curlew::model::testing {

inline std::vector<TokenRow> with_rows(std::vector<TokenRow> rows,
                                       const std::vector<TokenRow>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

// 256 byte tokens, ids 0 to 255 in the order of the bytes.
inline std::vector<TokenRow> byte_level_rows() {
  std::vector<TokenRow> rows;
  for (int byte = 0; byte < 256; ++byte)
    rows.push_back({byte_spelling(static_cast<std::uint8_t>(byte))});
  return rows;
}
inline GgufWriter byte_level_file(const std::vector<TokenRow>& markers,
                                  std::string_view pre = "qwen2") {
  GgufWriter w = vocabulary_file("gpt2", with_rows(byte_level_rows(), markers));
  w.set("tokenizer.ggml.pre", pre).set("tokenizer.ggml.merges", std::vector<std::string>{});
  return w;
}

// <unk> <s> </s>, the byte tokens (ids 3 to 258), "▁" (259).
inline std::vector<TokenRow> sentencepiece_rows() {
  std::vector<TokenRow> rows = {{"<unk>", kUnknown}, {"<s>", kControl}, {"</s>", kControl}};
  for (int byte = 0; byte < 256; ++byte) rows.push_back({fmt::format("<0x{:02X}>", byte), kByte});
  rows.push_back({"▁", kNormal, -1.f});
  return rows;
}
inline GgufWriter sentencepiece_file(const std::vector<TokenRow>& markers) {
  GgufWriter w = vocabulary_file("llama", with_rows(sentencepiece_rows(), markers));
  w.set("tokenizer.ggml.bos_token_id", 1u).set("tokenizer.ggml.eos_token_id", 2u);
  return w.set("tokenizer.ggml.unknown_token_id", 0u);
}

inline Expected<std::unique_ptr<const Tokenizer>> try_load(const GgufWriter& w) {
  const std::vector<std::byte> bytes = w.bytes();  // the tokenizer keeps nothing of it
  const Expected<ModelFile> file = ModelFile::parse(bytes, "test.gguf");
  if (!file) return Error(file.error()).pass();
  return load_tokenizer(*file);
}

inline std::unique_ptr<const Tokenizer> load(const GgufWriter& w) {
  Expected<std::unique_ptr<const Tokenizer>> tokenizer = try_load(w);
  if (!tokenizer) ADD_FAILURE() << tokenizer.error().message();
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

inline std::string refusal(const GgufWriter& w) {
  const Expected<std::unique_ptr<const Tokenizer>> tokenizer = try_load(w);
  return tokenizer ? "(accepted)" : tokenizer.error().message();
}

}  // namespace curlew::model::testing
