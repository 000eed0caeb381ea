#include "lsp/assist/shape.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "indexer/source/parse.h"

namespace curlew::assist {
namespace {

// Beginnings of the spellings that model families give their control tokens.
constexpr std::array<std::string_view, 11> kControlSpellings = {
    "<|",    "<fim_", "<eot>", "<file_sep>", "<repo_name>", "<filename>",
    "<EOT>", "<PRE>", "<SUF>", "<MID>",      "<｜"};
constexpr std::size_t kLoopBytesMin = 4, kLoopBytesMax = 48;  // of one turn
constexpr int kLoopTurns = 3;
constexpr std::size_t kRepeatedBytesMin = 3;  // shorter lines, `}`, repeat for good reasons
constexpr std::size_t kParsedBytesMax = 400'000;
constexpr std::size_t kSpacesPerTab = 4;

std::size_t control_spelling(std::string_view text) {
  std::size_t first = text.npos;
  for (const std::string_view spelling : kControlSpellings)
    first = std::min(first, text.find(spelling));
  return first;
}

// Where the second of three equal turns begins at the end of `text`.
std::optional<std::size_t> loop_at_end(std::string_view text) {
  for (std::size_t turn = kLoopBytesMin; turn <= kLoopBytesMax; ++turn) {
    if (text.size() < kLoopTurns * turn) return std::nullopt;
    const std::string_view last = text.substr(text.size() - turn);
    if (trim(last).empty()) continue;
    if (text.substr(text.size() - 2 * turn, turn) == last &&
        text.substr(text.size() - 3 * turn, turn) == last)
      return text.size() - 2 * turn;
  }
  return std::nullopt;
}

std::size_t depth_of(std::string_view line) {
  std::size_t columns = 0;
  for (const char c : indent_of(line)) columns += c == '\t' ? kSpacesPerTab : 1;
  return columns;
}

bool closes_block(std::string_view line) {
  const std::string_view bare = trim(line);
  return !bare.empty() && (bare.front() == '}' || bare.front() == ')' || bare.front() == ']');
}

// Reads a text of several lines and says where it leaves the scope that the cursor is in.
class ScopeReader {
 public:
  explicit ScopeReader(const CompletionPlace& place)
      : place_(place), base_(depth_of(place.line_prefix())), opened_(place.opens_block) {}

  std::optional<std::size_t> end_of(std::string_view text) {
    std::size_t begin = 0;
    for (int n = 0;; ++n) {
      const std::size_t newline = text.find('\n', begin);
      if (newline == text.npos) return std::nullopt;
      if (const auto cut = line(begin, text.substr(begin, newline - begin), n)) return cut;
      begin = newline + 1;
    }
  }

 private:
  // `whole` is complete: a line break follows it. The first one continues the cursor's line.
  std::optional<std::size_t> line(std::size_t begin, std::string_view whole, int n) {
    const std::string_view bare = trim(whole);
    const std::size_t before = begin == 0 ? 0 : begin - 1;
    if (n == 0) {
      previous_ = std::string(place_.line_prefix()) + std::string(whole);
      if (bare.empty()) return place_.opens_block ? std::nullopt : std::optional<std::size_t>(0);
      return std::nullopt;
    }
    const std::size_t depth = depth_of(whole);
    if (bare.empty()) return before;  // a paragraph ends
    if (n == 1 && depth > base_) opened_ = true;
    if (depth < base_) return before;
    if (repeats_next(whole) || (bare.size() >= kRepeatedBytesMin && whole == previous_))
      return before;
    if (opened_ && depth == base_) return closes_block(whole) ? begin + whole.size() : before;
    if (!opened_ && closes_block(whole) && depth == base_) return before;
    previous_ = whole;
    return std::nullopt;
  }

  // A short line, `}`, repeats the next one only where it stands as deep.
  bool repeats_next(std::string_view whole) const {
    const std::string_view bare = trim(whole), next = place_.next_line();
    if (bare != next) return false;
    if (bare.size() >= kRepeatedBytesMin) return true;
    const std::size_t before = static_cast<std::size_t>(next.data() - place_.suffix.data());
    const std::size_t newline = place_.suffix.rfind('\n', before);
    return depth_of(std::string_view(place_.suffix).substr(newline + 1)) == depth_of(whole);
  }

  const CompletionPlace& place_;
  const std::size_t base_;
  bool opened_;
  std::string previous_;
};

bool only_closers(std::string_view text) {
  return !text.empty() && text.find_first_not_of(")]}>\"'`;, ") == text.npos;
}

// What stands behind the cursor on its line and the proposal's first line already contains: closing
// brackets that it closes itself, and the quotes and semicolons between them.
std::size_t replaced_bytes(const CompletionPlace& place, std::string_view line) {
  const std::string_view rest = place.rest();
  if (!only_closers(rest)) return 0;
  std::string closed = brackets_of(line).unopened;
  std::size_t from = 0, replaced = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    const bool bracket = c == ')' || c == ']' || c == '}';
    const std::size_t found = bracket ? closed.find(c, from) : line.find(c);
    if (c == ' ') continue;
    if (found == std::string_view::npos) break;
    if (bracket) from = found + 1;
    replaced = i + 1;
  }
  return replaced;
}

// The end of the proposal that already stands behind the cursor, as bytes to take away.
std::size_t overlap_bytes(std::string_view line, std::string_view rest) {
  const std::string_view behind = trim(rest);
  return !behind.empty() && line.size() > behind.size() && line.ends_with(behind) ? behind.size()
                                                                                  : 0;
}

bool indents_with_tabs(const CompletionPlace& place) {
  const auto tabbed = [](std::string_view text) {
    return text.find("\n\t") != text.npos || text.starts_with('\t');
  };
  const auto spaced = [](std::string_view text) {
    return text.find("\n  ") != text.npos || text.starts_with("  ");
  };
  if (tabbed(place.prefix) != spaced(place.prefix)) return tabbed(place.prefix);
  return tabbed(place.line_prefix());
}

// Lines after the first get the file's kind of indentation and lose blanks at their ends.
std::string restyled(const CompletionPlace& place, std::string_view text) {
  const bool tabs = indents_with_tabs(place);
  const bool known = place.prefix.find("\n ") != place.prefix.npos ||
                     place.prefix.find("\n\t") != place.prefix.npos;
  std::string out;
  for (bool first = true; !text.empty() || first; first = false) {
    std::string_view line = first_line(text);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string_view indent = first ? std::string_view() : indent_of(line);
    if (!first) out += place.crlf ? "\r\n" : "\n";
    if (known && tabs)
      out += std::string(depth_of(indent) / kSpacesPerTab, '\t') +
             std::string(depth_of(indent) % kSpacesPerTab, ' ');
    else if (known)
      out += std::string(depth_of(indent), ' ');
    else
      out += indent;
    line.remove_prefix(indent.size());
    const std::size_t last = line.find_last_not_of(" \t\r");
    out += line.substr(0, last == line.npos ? 0 : last + 1);
  }
  return out;
}

std::string refusal(const CompletionPlace& place, std::string_view text, bool explicit_request) {
  const std::string_view bare = trim(text);
  if (bare.empty()) return "blank";
  const bool closes = bare.find_first_not_of(")]}>\"'`;,:") == bare.npos;
  if (bare.size() < 2 && !(closes && explicit_request)) return "too short";
  const std::string whole = std::string(place.line_prefix()) + std::string(first_line(text));
  if (trim(place.rest()).empty() && trim(whole).size() >= kRepeatedBytesMin &&
      trim(whole) == place.next_line())
    return "repeats the next line";
  return "";
}

}  // namespace

std::optional<std::size_t> natural_end(const CompletionPlace& place, std::string_view text) {
  std::optional<std::size_t> end;
  const auto cut = [&](std::optional<std::size_t> at) {
    if (at && *at < text.size()) end = end ? std::min(*end, *at) : *at;
  };
  cut(control_spelling(text));
  if (!place.many_lines)
    cut(text.find('\n'));
  else
    cut(ScopeReader(place).end_of(text));
  cut(loop_at_end(text));
  return end;
}

std::size_t whole_bytes(const CompletionPlace& place, std::string_view text) {
  if (const auto end = natural_end(place, text)) return *end;
  const std::size_t content = text.find_first_not_of(" \t\n");
  if (content == text.npos) return 0;
  if (const std::size_t newline = text.rfind('\n'); newline != text.npos && newline > content)
    return newline;
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
  };
  std::size_t end = text.size();
  while (end > 0 && in_word(text[end - 1])) --end;
  const std::size_t last = text.substr(0, end).find_last_not_of(" \t\n,.:?!+-*/%&|^~=<>@#$\\");
  return last == text.npos ? 0 : last + 1;
}

Shaped shape(const CompletionPlace& place, std::string_view text, bool explicit_request) {
  // The last line is complete now too: a line break behind it shows it to the rules.
  std::string ended(text.substr(0, natural_end(place, text).value_or(text.size())));
  const std::size_t last = ended.find_last_not_of(" \t\r\n");
  ended.resize(last == ended.npos ? 0 : last + 1);
  if (place.many_lines)
    ended.resize(std::min(ended.size(), natural_end(place, ended + "\n").value_or(ended.size())));

  Shaped shaped;
  const std::string_view line = first_line(ended);
  if (const std::size_t overlap = overlap_bytes(line, place.rest());
      overlap > 0 && line.size() == ended.size())
    ended.resize(ended.size() - overlap);
  else
    shaped.replaces_after = replaced_bytes(place, line);
  shaped.refused = refusal(place, ended, explicit_request);
  if (shaped.refused.empty())
    shaped.text = restyled(place, ended);
  else
    shaped.replaces_after = 0;
  return shaped;
}

bool breaks_parse(const CompletionPlace& place, const Shaped& shaped) {
  if (place.language == nullptr || place.prefix.size() + place.suffix.size() > kParsedBytesMax)
    return false;
  const std::string suffix = place.suffix.substr(shaped.replaces_after);
  const std::string with_suffix = place.prefix + suffix;
  // Kept by the thread: while one document is typed in, the next question is about a text that
  // differs by a key or two, and only that is parsed again.
  thread_local indexer::Parser parser;
  const auto breaks = [&](const std::string& insertion) {
    return parser.breaks_parse(*place.language, with_suffix, place.prefix.size(), insertion);
  };
  if (!breaks(shaped.text)) return false;
  // A line that opens a block is right too when its user is about to write the block.
  const std::string line = std::string(place.line_prefix()) + shaped.text;
  std::string closed = shaped.text;
  const std::string open = brackets_of(line + std::string(first_line(suffix))).open;
  for (auto it = open.rbegin(); it != open.rend(); ++it)
    closed += *it == '(' ? ')' : *it == '[' ? ']' : '}';
  if (place.language->name == "python" && line.ends_with(':')) closed += " pass";
  return closed == shaped.text || breaks(closed);
}

}  // namespace curlew::assist
