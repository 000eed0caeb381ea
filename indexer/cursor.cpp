#include "indexer/cursor.h"

#include <algorithm>
#include <unordered_map>

#include "indexer/rank.h"
#include "indexer/texts.h"

namespace curlew::indexer {
namespace {

constexpr int kScopeLinesMax = 2000;  // searched upwards for the heads of enclosing scopes

struct Line {
  std::size_t start = 0, end = 0;
  int distance = 0;  // lines from the cursor's; negative above
};

// The cursor's line with up to `before` above and `after` below it, top to bottom.
std::vector<Line> lines_around(std::string_view text, std::size_t cursor, int before, int after) {
  std::vector<Line> lines;
  std::size_t start = line_start_at(text, cursor);
  lines.push_back({start, std::min(text.find('\n', cursor), text.size()), 0});
  for (int d = 1; d <= before && start > 0; ++d) {
    const std::size_t end = start - 1;
    start = line_start_at(text, end);
    lines.push_back({start, end, -d});
  }
  std::reverse(lines.begin(), lines.end());
  std::size_t end = lines.back().end;
  for (int d = 1; d <= after && end < text.size(); ++d) {
    const std::size_t begin = end + 1;
    end = std::min(text.find('\n', begin), text.size());
    lines.push_back({begin, end, d});
  }
  return lines;
}

int indent_of(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == line.npos ? -1 : static_cast<int>(first);
}

// Lines above that are indented less than everything between them and the cursor: the heads of the
// loops, functions and classes around it, in any language with customary layout.
std::vector<Line> scope_heads(std::string_view text, std::size_t cursor) {
  std::vector<Line> heads;
  std::size_t start = line_start_at(text, cursor);
  int indent = indent_of(text.substr(start, text.find('\n', cursor) - start));
  for (int d = 1; d <= kScopeLinesMax && start > 0 && indent != 0; ++d) {
    const std::size_t end = start - 1;
    start = line_start_at(text, end);
    const std::string_view line = text.substr(start, end - start);
    const int here = indent_of(line);
    if (here < 0 || (indent >= 0 && here >= indent)) continue;
    indent = here;
    const char first = line[here];
    if (is_word_byte(first)) heads.push_back({start, end, -d});  // "}" and "#endif" open nothing
  }
  return heads;
}

// The word before the first "(" of the innermost head that has one, unless it is a statement's.
std::string_view function_of(std::string_view text, const std::vector<Line>& heads) {
  for (const Line& head : heads) {
    const std::string_view line = text.substr(head.start, head.end - head.start);
    const std::size_t bracket = line.find('(');
    if (bracket == line.npos) continue;
    std::size_t end = bracket;
    while (end > 0 && line[end - 1] == ' ') --end;
    std::size_t start = end;
    while (start > 0 && is_word_byte(line[start - 1])) --start;
    const std::string_view word = line.substr(start, end - start);
    if (word.size() > 2 && !is_keyword(word)) return word;
  }
  return {};
}

class NameCollector {
 public:
  NameCollector(std::string_view text, std::size_t cursor, const Language* language)
      : text_(text), cursor_(cursor) {
    if (language) comment_ = language->line_comment;
  }

  void add(const Line& line, double nearness) {
    const std::string_view body = text_.substr(line.start, line.end - line.start);
    const std::size_t comment = comment_.empty() ? body.npos : body.find(comment_);
    for_each_word(body, [&](Word word) {
      const std::size_t start = line.start + word.offset;
      if (start <= cursor_ && cursor_ <= start + word.text.size()) return;  // is being typed
      if (word.text.size() < 2) return;
      double value = word.offset > comment ? nearness * rank::kCommentPenalty : nearness;
      if (start > cursor_) value *= rank::kAfterPenalty;
      auto [place, is_new] = best_.try_emplace(word.text);
      if (!is_new && place->second.nearness >= value) return;
      place->second = {word.text, value, line.distance, qualifier_before(text_, start)};
    });
  }

  std::vector<NearName> take() {
    std::vector<NearName> names;
    for (auto& [text, name] : best_) names.push_back(name);
    std::sort(names.begin(), names.end(), [](const NearName& a, const NearName& b) {
      return a.nearness != b.nearness ? a.nearness > b.nearness : a.text < b.text;
    });
    return names;
  }

 private:
  const std::string_view text_;
  const std::size_t cursor_;
  std::string_view comment_;
  std::unordered_map<std::string_view, NearName> best_;
};

// Every look-up costs, and a long term is seldom a common one.
std::vector<std::string> promising(std::vector<std::string> terms) {
  std::erase_if(terms, [](const std::string& term) { return is_keyword(term); });
  if (terms.size() <= rank::kQueryTermsTried) return terms;
  std::stable_sort(terms.begin(), terms.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  terms.resize(rank::kQueryTermsTried);
  std::sort(terms.begin(), terms.end());
  return terms;
}

double nearness_at(int distance) {
  return 1.0 / (1.0 + std::abs(distance) / rank::kNearnessHalf);
}

}  // namespace

std::string_view qualifier_before(std::string_view text, std::size_t offset) {
  std::size_t end = offset;
  if (end >= 1 && text[end - 1] == '.') {
    end -= 1;
  } else if (end >= 2 && (text.substr(end - 2, 2) == "->" || text.substr(end - 2, 2) == "::")) {
    end -= 2;
  } else {
    return {};
  }
  std::size_t start = end;
  while (start > 0 && is_word_byte(text[start - 1])) --start;
  return text.substr(start, end - start);
}

CursorView look_around(std::string_view text, std::size_t cursor, const Language* language) {
  CursorView view;
  view.line = line_at(text, cursor);
  view.prompt_first = view.line - std::min<std::uint32_t>(view.line, rank::kPromptLinesBefore);
  view.prompt_last = view.line + rank::kPromptLinesAfter + 1;

  NameCollector names(text, cursor, language);
  for (const Line& line : lines_around(text, cursor, rank::kLinesBefore, rank::kLinesAfter))
    names.add(line, nearness_at(line.distance));
  const std::vector<Line> heads = scope_heads(text, cursor);
  for (const Line& line : heads) names.add(line, rank::kScopeNearness);
  view.function = function_of(text, heads);
  view.names = names.take();

  // The word being typed is left out, so that the answer changes with words, not with letters.
  const std::vector<Line> near =
      lines_around(text, cursor, rank::kQueryLinesBefore, rank::kQueryLinesAfter);
  std::size_t before = cursor, after = cursor;
  while (before > near.front().start && is_word_byte(text[before - 1])) --before;
  while (after < near.back().end && is_word_byte(text[after])) ++after;
  std::string around(text.substr(near.front().start, before - near.front().start));
  around += ' ';
  around += text.substr(after, near.back().end - after);
  view.terms = promising(search_terms(around));
  view.words = word_set(around);
  return view;
}

}  // namespace curlew::indexer
