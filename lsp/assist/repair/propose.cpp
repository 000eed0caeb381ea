#include <algorithm>
#include <optional>
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
std::size_t offset_in_line(const LineTable& lines, int line, int column, ColumnUnit unit) {
  const std::size_t start = lines.start(line), size = lines.end(line) - start;
  const auto units = static_cast<std::size_t>(std::max(column, 1) - 1);
  const std::size_t known = column_bytes(lines.text(line), units, unit);
  const std::size_t bytes = known == std::string_view::npos ? std::max(units, size) : known;
  return bytes > size + 1 ? std::string_view::npos : start + std::min(bytes, size);
}

// [start, end) of what a fix-it replaces; nothing where it is no place of this text.
std::optional<std::pair<std::size_t, std::size_t>> range_of(const FixIt& fixit,
                                                            const RepairPlace& place) {
  const SourcePlace& at = fixit.place;
  const ColumnUnit unit = place.diagnostic.columns;
  if (at.path != place.diagnostic.place.path) return std::nullopt;
  std::size_t start = 0, end = 0;
  if (fixit.behind >= fixit.first) {
    start = column_bytes(place.text, static_cast<std::size_t>(fixit.first), unit);
    end = column_bytes(place.text, static_cast<std::size_t>(fixit.behind), unit);
  } else if (at.line < 1 || at.column < 1) {
    return std::nullopt;
  } else {
    start = offset_in_line(place.lines, at.line, at.column, unit);
    end = at.end_line < 1 ? start : offset_in_line(place.lines, at.end_line, at.end_column, unit);
  }
  if (start > end || end > place.text.size()) return std::nullopt;
  return std::pair(start, end);
}

}  // namespace

std::size_t column_bytes(std::string_view text, std::size_t units, ColumnUnit unit) {
  if (unit == ColumnUnit::kByte) return units > text.size() ? text.npos : units;
  std::size_t at = 0;
  for (; units > 0 && at < text.size(); --units) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    at = std::min(at + bytes, text.size());
    if (bytes == 4 && unit == ColumnUnit::kUtf16 && units > 1) --units;  // a pair of them
  }
  return units > 0 ? text.npos : at;
}

RepairPlace repair_place(const Diagnostic& diagnostic, std::string path, std::string_view text,
                         const indexer::Index* index) {
  RepairPlace place{diagnostic, std::move(path), text, nullptr, index, {}, LineTable(text)};
  place.language = indexer::language_of(place.path, text.substr(0, 256));
  place.tokens = code_tokens(text, place.language);
  const int line = diagnostic.place.line, column = diagnostic.place.column;
  const std::size_t begin = place.lines.start(line), end = place.lines.end(line);
  if (column > 0) {
    const auto units = static_cast<std::size_t>(column - 1);
    place.offset = begin + std::min(column_bytes(place.lines.text(line), units, diagnostic.columns),
                                    end - begin);
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

std::string_view tool_of(const Diagnostic& complaint) {
  return complaint.source == "gcc" ? std::string_view("the compiler") : complaint.source;
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
    const std::size_t begin = at + found->open.size();
    std::size_t end = message.find(found->close, begin);
    // `this' of GNU's: no partner, or one that opens the next.
    const std::size_t gnu = found->open == "`" ? message.find('\'', begin) : message.npos;
    if (gnu < end && (end == message.npos || message[end - 1] == ' ')) end = gnu;
    if (end == message.npos) break;
    words.emplace_back(message.substr(begin, end - begin));
    at = end + (message[end] == '\'' ? 1 : found->close.size());
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
    const auto range = range_of(fixit, place);
    if (!range) continue;
    const auto [start, end] = *range;
    all.push_back({start, end, fixit.text});
    candidates.push_back({place.path,
                          {{start, end, fixit.text}},
                          fmt::format("{}, as {} proposes", what_becomes(place.text, all.back()),
                                      tool_of(place.diagnostic)),
                          0.95});
  }
  std::ranges::sort(all, {}, &TextEdit::start);
  if (all.size() > 1) {
    std::string why =
        fmt::format("{} and {} more, as {} proposes", what_becomes(place.text, all.front()),
                    all.size() - 1, tool_of(place.diagnostic));
    candidates.push_back({place.path, std::move(all), std::move(why), 0.94});
  }
}

}  // namespace curlew::assist
