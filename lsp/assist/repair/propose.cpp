#include <algorithm>
#include <set>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {
namespace {

constexpr Engine kEngines[] = {&propose_fixits,    &propose_spellings, &propose_imports,
                               &propose_tokens,    &propose_brackets,  &propose_statements,
                               &propose_modifiers, &propose_types,     &propose_arguments,
                               &propose_strays,    &propose_mutations};
constexpr std::size_t kCandidatesMax = 600;
constexpr int kLinesNear = 25;  // taken for the function where none can be parsed

struct Quotes {
  std::string_view open, close;
};
constexpr Quotes kQuotes[] = {{"‘", "’"}, {"'", "'"}, {"\"", "\""}, {"`", "`"}, {"“", "”"}};

// "`smalest` becomes `smallest`"; of whole lines only how it is called.
std::string what_becomes(std::string_view text, const TextEdit& edit) {
  constexpr std::size_t kShownMax = 40;
  const std::string_view old = text.substr(edit.start, edit.end - edit.start);
  if (old.size() > kShownMax || edit.text.size() > kShownMax || old.find('\n') != old.npos ||
      edit.text.find('\n') != std::string::npos)
    return "lines are changed";
  if (old.empty()) return fmt::format("`{}` is put in", edit.text);
  return edit.text.empty() ? fmt::format("`{}` is taken out", old)
                           : fmt::format("`{}` becomes `{}`", old, edit.text);
}

// Beyond the text where the line has no such column. The line break counts as one, or as two.
std::size_t offset_in_line(const LineTable& lines, int line, int column) {
  const std::size_t start = lines.start(line), size = lines.end(line) - start;
  const auto bytes = static_cast<std::size_t>(std::max(column, 1) - 1);
  return bytes > size + 1 ? std::string_view::npos : start + std::min(bytes, size);
}

}  // namespace

RepairPlace repair_place(const Diagnostic& diagnostic, std::string path, std::string_view text,
                         const indexer::Index* index) {
  RepairPlace place{diagnostic, std::move(path), text, nullptr, index, {}, LineTable(text)};
  place.language = indexer::language_of(place.path, text.substr(0, 256));
  place.tokens = code_tokens(text, place.language);
  const int line = diagnostic.place.line, column = diagnostic.place.column;
  const std::size_t begin = place.lines.start(line), end = place.lines.end(line);
  if (column > 0) {
    place.offset = std::min(begin + static_cast<std::size_t>(column - 1), end);
  } else {
    const std::size_t token = first_token_at(place.tokens, begin);
    const bool on_line = token < place.tokens.size() && place.tokens[token].start < end;
    place.offset = on_line ? place.tokens[token].start : begin;
  }
  return place;
}

LineSpan lines_around(const RepairPlace& place) {
  const int line = place.lines.line_of(place.offset);
  LineSpan span{std::max(1, line - kLinesNear), std::min(place.lines.count(), line + kLinesNear)};
  if (place.language == nullptr) return span;
  indexer::Parser parser;
  for (const indexer::Symbol& symbol : parser.parse(*place.language, place.text).symbols)
    if (symbol.kind <= indexer::SymbolKind::kConstructor &&
        symbol.range.start_byte <= place.offset && place.offset <= symbol.range.end_byte)
      span = {place.lines.line_of(symbol.range.start_byte),
              place.lines.line_of(symbol.range.end_byte)};
  return span;
}

bool says(std::string_view message, std::initializer_list<std::string_view> signs) {
  return std::ranges::any_of(
      signs, [&](std::string_view sign) { return message.find(sign) != message.npos; });
}

std::vector<std::string> quoted_words(std::string_view message) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < message.size();) {
    const Quotes* found = nullptr;
    for (const Quotes& quotes : kQuotes)
      if (message.substr(at).starts_with(quotes.open)) found = &quotes;
    // The apostrophe of "isn't" opens nothing.
    const bool in_word = at > 0 && std::isalnum(static_cast<unsigned char>(message[at - 1]));
    if (found == nullptr || (found->open == "'" && in_word)) {
      ++at;
      continue;
    }
    const std::size_t begin = at + found->open.size(), end = message.find(found->close, begin);
    if (end == message.npos) break;
    words.emplace_back(message.substr(begin, end - begin));
    at = end + found->close.size();
  }
  return words;
}

std::vector<Candidate> propose(const RepairPlace& place) {
  std::vector<Candidate> all;
  for (const Engine engine : kEngines) engine(place, all);
  std::ranges::stable_sort(
      all, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
  std::vector<Candidate> kept;
  std::set<std::string> seen;
  for (Candidate& candidate : all) {
    if (kept.size() == kCandidatesMax) break;
    fit_line_ends(place.text, candidate.edits);
    const Expected<std::string> made = apply_edits(place.text, candidate.edits);
    if (made && *made != place.text && seen.insert(*made).second)
      kept.push_back(std::move(candidate));
  }
  return kept;
}

void propose_fixits(const RepairPlace& place, std::vector<Candidate>& candidates) {
  std::vector<TextEdit> all;
  for (const FixIt& fixit : place.diagnostic.fixits) {
    const SourcePlace& at = fixit.place;
    if (at.path != place.diagnostic.place.path || at.line < 1 || at.column < 1) continue;
    const std::size_t start = offset_in_line(place.lines, at.line, at.column);
    const std::size_t end =
        at.end_line < 1 ? start : offset_in_line(place.lines, at.end_line, at.end_column);
    if (start > end || end > place.text.size()) continue;
    all.push_back({start, end, fixit.text});
    candidates.push_back({place.path,
                          {{start, end, fixit.text}},
                          fmt::format("{}, as {} proposes", what_becomes(place.text, all.back()),
                                      place.diagnostic.source),
                          0.95});
  }
  std::ranges::sort(all, {}, &TextEdit::start);
  if (all.size() > 1) {
    std::string why =
        fmt::format("{} and {} more, as {} proposes", what_becomes(place.text, all.front()),
                    all.size() - 1, place.diagnostic.source);
    candidates.push_back({place.path, std::move(all), std::move(why), 0.94});
  }
}

}  // namespace curlew::assist
