// A definition in another place than the complaint's: spelt otherwise than its uses, so that what is
// unknown is written rightly and the slip is where it is defined; or not shown to other files.
#include <algorithm>
#include <optional>

#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/slips.h"

namespace curlew::assist {
namespace {

constexpr double kOfUsesElsewhere = 0.6, kOfUsesHere = 0.75;
constexpr double kNotShown = 0.85;
constexpr int kDefinersMax = 4;
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

// "export" or "pub" before a definition of a file whose names are its own otherwise.
std::optional<Candidate> show(const std::string& path, const std::string& text,
                              const indexer::SearchHit& definition) {
  const indexer::Language* language =
      indexer::language_of(path, std::string_view(text).substr(0, 256));
  if (language == nullptr) return std::nullopt;
  const bool is_script =
      language->name == "typescript" || language->name == "tsx" || language->name == "javascript";
  const std::string_view word = is_script ? "export " : language->name == "rust" ? "pub " : "";
  const LineTable lines(text);
  const std::string_view line = lines.text(static_cast<int>(definition.range.start_line) + 1);
  const std::size_t at =
      lines.start(static_cast<int>(definition.range.start_line) + 1) + indent_bytes(line);
  if (word.empty() || text.substr(at).starts_with(word)) return std::nullopt;
  return Candidate{path,
                   {{at, at, std::string(word)}},
                   fmt::format("`{}` of {} may lack `{}`", definition.name, path, word),
                   kNotShown};
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
  const bool is_hidden = says(complaint.message, {"not exported", "no exported member", "private",
                                                  "is not accessible", "unresolved import"});
  for (const std::string& name : names_in(complaint.message)) {
    const auto hidden = is_hidden && index != nullptr
                            ? index->definitions(name, kDefinersMax)
                            : indexer::Expected<std::vector<indexer::SearchHit>>();
    if (hidden)
      for (const indexer::SearchHit& hit : *hidden)
        if (const Expected<std::string> text = text_of(hit.path))
          if (auto shown = show(hit.path, *text, hit)) candidates.push_back(std::move(*shown));
    if (name.size() < kLettersMin || name.size() > kLettersMax) continue;
    for (const std::string& slip : one_change_away(name)) {
      if (!is_name(slip)) continue;
      // Here: written once, where it is defined, and otherwise where it is used.
      const std::size_t uses = here ? count_words(here_tokens, *here, name) : 0;
      if (uses >= 1 && count_words(here_tokens, *here, slip) == 1)
        candidates.push_back(rename(complaint.place.path, *here, here_tokens, slip, name,
                                    uses > 1 ? kOfUsesHere : kOfUsesElsewhere));
      const auto found = index == nullptr ? indexer::Expected<std::vector<indexer::SearchHit>>()
                                          : index->definitions(slip, 1);
      if (!found || found->empty() || found->front().path == complaint.place.path) continue;
      const std::string& path = found->front().path;
      // A linker: the use is as likely wrong, and only its file is named.
      if (uses >= 1 && complaint.source == "ld")
        candidates.push_back(
            rename(complaint.place.path, *here, here_tokens, name, slip, kOfUsesElsewhere));
      if (const Expected<std::string> text = text_of(path))
        candidates.push_back(
            rename(path, *text, tokens_of(path, *text), slip, name, kOfUsesElsewhere));
    }
  }
  return candidates;
}

}  // namespace curlew::assist
