#include "model/text/vocabulary_tokenizer.h"

#include <utility>

#include "model/text/special_tokens.h"

namespace curlew::model {

VocabularyTokenizer::VocabularyTokenizer(Vocabulary vocabulary, std::vector<std::string> pieces,
                                         bool strips_first_space)
    : vocabulary_(std::move(vocabulary)),
      pieces_(std::move(pieces)),
      markers_(vocabulary_.spellings.size(), false),
      strips_first_space_(strips_first_space) {
  for (TokenId id = 0; id < vocabulary_.size(); ++id) {
    const auto idx = static_cast<std::size_t>(id);
    const TokenType type = vocabulary_.types[idx];
    if (type == TokenType::kUserDefined) {
      // Its piece, not its spelling: SentencePiece files may write the spaces of such a token as
      // "▁".
      matcher_.add(pieces_[idx], id);
      markers_[idx] = is_marker(vocabulary_, id);
    } else if (type == TokenType::kControl || type == TokenType::kUnknown) {
      matcher_.add(vocabulary_.spellings[idx], id);
    }
  }
}

bool VocabularyTokenizer::is_matched(TokenId id, const EncodeOptions& options) const {
  const auto idx = static_cast<std::size_t>(id);
  if (vocabulary_.types[idx] != TokenType::kUserDefined) return options.parse_special;
  return !options.literal || !markers_[idx];
}

std::vector<TokenId> VocabularyTokenizer::encode(std::string_view text,
                                                 EncodeOptions options) const {
  std::vector<TokenId> out;
  out.reserve(text.size() / 3 + 2);
  if (options.add_special && special().add_bos) out.push_back(special().bos);
  const auto allowed = [&](TokenId id) { return is_matched(id, options); };
  bool starts_word = !options.continues;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const SpecialMatcher::Match match = matcher_.longest(text.substr(at), allowed);
    if (match.id < 0) {
      ++at;
      continue;
    }
    if (at > begin) encode_stretch(text.substr(begin, at - begin), starts_word, out);
    out.push_back(match.id);
    starts_word = true;
    at += match.bytes;
    begin = at;
  }
  if (begin < text.size()) encode_stretch(text.substr(begin), starts_word, out);
  if (options.add_special && special().add_eos) out.push_back(special().eos);
  return out;
}

std::string VocabularyTokenizer::decode(std::span<const TokenId> ids, bool show_special) const {
  std::string text;
  bool first = true;
  for (const TokenId id : ids) {
    if (!vocabulary_.holds(id)) continue;
    const TokenType kind = type(id);
    const bool special = kind == TokenType::kControl || kind == TokenType::kUnknown;
    std::string_view bytes = special && show_special ? spelling(id) : piece(id);
    if (std::exchange(first, false) && strips_first_space_ && bytes.starts_with(' '))
      bytes.remove_prefix(1);
    text += bytes;
  }
  return text;
}

std::string_view VocabularyTokenizer::piece(TokenId id) const {
  return vocabulary_.holds(id) ? std::string_view(pieces_[static_cast<std::size_t>(id)])
                               : std::string_view();
}

std::string_view VocabularyTokenizer::spelling(TokenId id) const {
  if (!vocabulary_.holds(id)) return {};
  return vocabulary_.spellings[static_cast<std::size_t>(id)];
}

TokenType VocabularyTokenizer::type(TokenId id) const {
  return vocabulary_.holds(id) ? vocabulary_.types[static_cast<std::size_t>(id)]
                               : TokenType::kUnused;
}

}  // namespace curlew::model
