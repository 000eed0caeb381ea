// Texts are cut where no piece can reach across, and parts met before are not merged again: the ids
// must be those of a plain encoder that merges the text as a whole.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "model/text/piece_boundaries.h"
#include "tests/model/text/small_vocabularies.h"

namespace curlew::model {
namespace {

namespace fs = std::filesystem;

// Character by character; then of all neighbours that together are a piece, those whose piece has
// the best score, the leftmost of equals. Wants all 256 byte tokens. Quadratic, and obvious.
std::vector<TokenId> encode_plainly(const Tokenizer& vocabulary, const std::vector<double>& scores,
                                    const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
    parts.push_back(text[at] == ' ' ? "▁" : text.substr(at, end - at));
    at = end;
  }
  for (;;) {
    double best = 0;
    std::size_t at = parts.size();
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto id = vocabulary.find(parts[i] + parts[i + 1]);
      if (!id || vocabulary.type(*id) != TokenType::kNormal) continue;
      const double score = scores[static_cast<std::size_t>(*id)];
      if (at == parts.size() || score > best) best = score, at = i;
    }
    if (at == parts.size()) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  std::vector<TokenId> ids;
  for (const std::string& part : parts) {
    if (const auto id = vocabulary.find(part)) {
      ids.push_back(*id);
    } else {
      for (const char c : part)
        ids.push_back(*vocabulary.find(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c))));
    }
  }
  return ids;
}

void check(const fs::path& path, int rounds) {
  const Expected<ModelFile> file = ModelFile::open(path);
  ASSERT_TRUE(file) << file.error().message();
  const auto tokenizer = load_tokenizer(*file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  std::vector<std::string> pieces = {" ", "  ", "\t", "é", "中文", "😀",
                                     "▁", "(",  "::", "0", "\x01"};
  for (TokenId id = 0; id < (*tokenizer)->size(); ++id)
    if ((*tokenizer)->type(id) == TokenType::kNormal) pieces.emplace_back((*tokenizer)->piece(id));
  std::mt19937 rng(20261122);
  for (int round = 0; round < rounds; ++round) {
    std::string text;
    for (unsigned n = rng() % 20; n > 0; --n) {
      const std::string& piece = pieces[rng() % (rng() % 4 == 0 ? 11 : pieces.size())];
      if (piece.find('\n') == piece.npos) text += piece;  // user-defined in some vocabularies
    }
    ASSERT_EQ((*tokenizer)->encode(text, {.literal = true, .continues = true}),
              encode_plainly(**tokenizer, *file->numbers("tokenizer.ggml.scores"), text))
        << text;
  }
}

TEST(SentencePiece, EncodesAsThePlainMergeDoes) {
  const fs::path folder = fs::path(CURLEW_SOURCE_DIR) / "tests/data/tokenizers";
  check(folder / "small-spm.gguf", 3000);
  check(folder / "small-gemma.gguf", 3000);
}

TEST(SentencePiece, EncodesAsThePlainMergeDoesInARealVocabulary) {
  const fs::path path =
      fs::path(CURLEW_SOURCE_DIR) / "../shared/fixtures/tokenizers/ggml-vocab-llama-spm.gguf";
  if (!fs::exists(path)) GTEST_SKIP() << "no shared fixtures beside the source tree";
  check(path, 1000);
}

TEST(SentencePiece, MergesLongTextsInReasonableTime) {
  const auto t = testing::load(testing::sentencepiece_file({{"a", testing::kNormal, -9.f},
                                                            {"aa", testing::kNormal, -1.f},
                                                            {"aaaa", testing::kNormal, -2.f}}));
  const std::vector<TokenId> ids = t->encode(std::string(400'000, 'a'), {.continues = true});
  EXPECT_EQ(ids.size(), 100'000u);
}

// Unused pieces are merged, as the definition has it, and taken apart again.
TEST(SentencePiece, TakesUnusedPiecesApart) {
  constexpr std::int32_t kUnused = 5;
  const auto t = testing::load(testing::sentencepiece_file({{"a", testing::kNormal, -9.f},
                                                            {"b", testing::kNormal, -9.f},
                                                            {"c", testing::kNormal, -9.f},
                                                            {"bc", testing::kNormal, -2.f},
                                                            {"abc", kUnused, -1.f}}));
  const auto ids = t->encode("abc", {.continues = true});
  EXPECT_EQ(ids, (std::vector<TokenId>{*t->find("a"), *t->find("bc")}));
}

TEST(PieceBoundaries, CutsWhereNoPieceReachesAcross) {
  PieceBoundaries boundaries;
  boundaries.add("▁the");
  boundaries.add("éa");
  EXPECT_EQ(boundaries.next(" the the"), 4u);
  EXPECT_EQ(boundaries.next("▁the"), 6u);
  EXPECT_EQ(boundaries.next("thx"), 2u);
  EXPECT_EQ(boundaries.next("xy"), 1u);
  EXPECT_EQ(boundaries.next("éab"), 3u);
  EXPECT_EQ(boundaries.next("é"), 2u);
}

}  // namespace
}  // namespace curlew::model
