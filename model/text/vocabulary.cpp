#include "model/text/vocabulary.h"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "model/text/special_tokens.h"

namespace curlew::model {
namespace {

constexpr std::string_view kTokensKey = "tokenizer.ggml.tokens";
constexpr std::string_view kTypesKey = "tokenizer.ggml.token_type";
constexpr std::string_view kScoresKey = "tokenizer.ggml.scores";

Status read_spellings(const ModelFile& file, Vocabulary& vocabulary) {
  const std::vector<std::string_view>* tokens = file.strings(kTokensKey);
  if (tokens == nullptr) {
    return fail(Errc::kCorrupt, "{}: key {} (an array of strings) is missing", file.name(),
                kTokensKey);
  }
  if (tokens->empty() || tokens->size() > kVocabularyTokensMax) {
    return fail(Errc::kCorrupt, "{}: {} tokens in the vocabulary; 1 to {} are read", file.name(),
                tokens->size(), kVocabularyTokensMax);
  }
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    if ((*tokens)[i].size() > kTokenBytesMax) {
      return fail(Errc::kCorrupt, "{}: token {} is {} bytes long; at most {} are read", file.name(),
                  i, (*tokens)[i].size(), kTokenBytesMax);
    }
  }
  vocabulary.spellings.assign(tokens->begin(), tokens->end());
  vocabulary.index = SpellingIndex(vocabulary.spellings);
  return {};
}

Status lengths_differ(const ModelFile& file, std::string_view key, std::size_t got,
                      std::size_t want) {
  return fail(Errc::kCorrupt, "{}: {} has {} elements, but there are {} tokens", file.name(), key,
              got, want);
}

Status read_types(const ModelFile& file, Vocabulary& vocabulary) {
  vocabulary.types.assign(vocabulary.spellings.size(), TokenType::kNormal);
  if (file.find(kTypesKey) == nullptr) return {};
  const std::vector<std::int64_t>* types = file.integers(kTypesKey);
  if (types == nullptr) {
    return fail(Errc::kCorrupt, "{}: key {} should be an array of integers", file.name(),
                kTypesKey);
  }
  if (types->size() != vocabulary.types.size()) {
    return lengths_differ(file, kTypesKey, types->size(), vocabulary.types.size());
  }
  for (std::size_t i = 0; i < types->size(); ++i) {
    const std::int64_t type = (*types)[i];
    if (type < 1 || type > 6) {
      return fail(Errc::kCorrupt, "{}: token {} has type {}; 1 to 6 are known", file.name(), i,
                  type);
    }
    vocabulary.types[i] = static_cast<TokenType>(type);
  }
  return {};
}

Status read_scores(const ModelFile& file, Vocabulary& vocabulary) {
  if (file.find(kScoresKey) == nullptr) return {};
  const std::vector<double>* scores = file.numbers(kScoresKey);
  if (scores == nullptr) {
    return fail(Errc::kCorrupt, "{}: key {} should be an array of floats", file.name(), kScoresKey);
  }
  if (scores->size() != vocabulary.spellings.size()) {
    return lengths_differ(file, kScoresKey, scores->size(), vocabulary.spellings.size());
  }
  vocabulary.scores.reserve(scores->size());
  for (std::size_t i = 0; i < scores->size(); ++i) {
    if (!(std::abs((*scores)[i]) <= std::numeric_limits<float>::max())) {
      return fail(Errc::kCorrupt, "{}: the score of token {} is not a number", file.name(), i);
    }
    vocabulary.scores.push_back(static_cast<float>((*scores)[i]));
  }
  return {};
}

}  // namespace

SpellingIndex::SpellingIndex(std::span<const std::string> spellings)
    : slots_(std::bit_ceil(2 * spellings.size() + 1), -1) {
  for (std::size_t i = 0; i < spellings.size(); ++i) {
    if (spellings[i].empty()) continue;
    TokenId& slot = slots_[slot_of(spellings, spellings[i])];
    if (slot < 0) slot = static_cast<TokenId>(i);
  }
}

std::optional<TokenId> SpellingIndex::find(std::span<const std::string> spellings,
                                           std::string_view spelling) const {
  const TokenId id = slots_[slot_of(spellings, spelling)];
  return id < 0 ? std::nullopt : std::optional(id);
}

// The slot that holds the spelling, or the free one where it would go.
std::size_t SpellingIndex::slot_of(std::span<const std::string> spellings,
                                   std::string_view spelling) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(spelling) & mask;
  while (slots_[slot] >= 0 && spellings[static_cast<std::size_t>(slots_[slot])] != spelling)
    slot = (slot + 1) & mask;
  return slot;
}

Expected<Vocabulary> load_vocabulary(const ModelFile& file) {
  Vocabulary vocabulary;
  const Expected<std::string_view> model = file.string("tokenizer.ggml.model");
  if (!model) return Error(model.error()).pass();
  const Expected<std::string_view> pre = file.string("tokenizer.ggml.pre", "");
  if (!pre) return Error(pre.error()).pass();
  vocabulary.model = *model;
  vocabulary.pre = *pre;
  for (const auto read : {read_spellings, read_types, read_scores, find_special_tokens}) {
    if (Status done = read(file, vocabulary); !done) return std::move(done.error()).pass();
  }
  return vocabulary;
}

}  // namespace curlew::model
