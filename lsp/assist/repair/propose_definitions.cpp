// A definition that is spelt otherwise than its uses: what is unknown is written rightly, and the slip
// is where it is defined.
#include <algorithm>

#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/slips.h"

namespace curlew::assist {
namespace {

constexpr double kOfUsesElsewhere = 0.6, kOfUsesHere = 0.75;
constexpr std::size_t kLettersMin = 3, kLettersMax = 24;

std::size_t count_words(const std::vector<CodeToken>& tokens, std::string_view text,
                        std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(tokens, [&](const CodeToken& token) {
    return token.kind == TokenKind::kWord && token.in(text) == name;
  }));
}

// Every `from` of the text becomes `to`.
Candidate rename(const std::string& path, std::string_view text,
                 const std::vector<CodeToken>& tokens, const std::string& from,
                 const std::string& to, double chance) {
  Candidate candidate{.path = path, .chance = chance};
  for (const CodeToken& token : tokens)
    if (token.kind == TokenKind::kWord && token.in(text) == from)
      candidate.edits.push_back({token.start, token.end, to});
  candidate.why =
      fmt::format("`{}`, which is used, may be what `{}` in {} was meant to be", to, from, path);
  return candidate;
}

std::vector<CodeToken> tokens_of(const std::string& path, std::string_view text) {
  return code_tokens(text, indexer::language_of(path, text.substr(0, 256)));
}

}  // namespace

std::vector<Candidate> propose_definitions(const Diagnostic& complaint, const indexer::Index* index,
                                           const TextOf& text_of) {
  std::vector<Candidate> candidates;
  const Expected<std::string> here = text_of(complaint.place.path);
  const std::vector<CodeToken> here_tokens =
      here ? tokens_of(complaint.place.path, *here) : std::vector<CodeToken>();
  for (const std::string& name : names_in(complaint.message)) {
    if (name.size() < kLettersMin || name.size() > kLettersMax) continue;
    for (const std::string& slip : one_change_away(name)) {
      if (!is_name(slip)) continue;
      // Here: written once, where it is defined, and otherwise where it is used.
      if (here && count_words(here_tokens, *here, slip) == 1 &&
          count_words(here_tokens, *here, name) >= 2)
        candidates.push_back(
            rename(complaint.place.path, *here, here_tokens, slip, name, kOfUsesHere));
      const auto found = index == nullptr ? indexer::Expected<std::vector<indexer::SearchHit>>()
                                          : index->definitions(slip, 1);
      if (!found || found->empty() || found->front().path == complaint.place.path) continue;
      const std::string& path = found->front().path;
      if (const Expected<std::string> text = text_of(path))
        candidates.push_back(
            rename(path, *text, tokens_of(path, *text), slip, name, kOfUsesElsewhere));
    }
  }
  return candidates;
}

}  // namespace curlew::assist
