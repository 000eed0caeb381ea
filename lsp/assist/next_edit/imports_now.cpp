// Imports: one whose last use went, and one that a name which is now used needs.
#include <algorithm>
#include <array>

#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/next_edit/signatures.h"
#include "lsp/assist/next_edit/situation.h"
#include "lsp/assist/place.h"
#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kEditsLookedAt = 3;
constexpr int kCutLinesMax = 3;      // more lines that vanish at once may come back elsewhere
constexpr double kSureImport = 0.8;  // of the repair engine's chances

// Whole words in all of the text, comments and strings included.
std::vector<std::size_t> mentions_of(std::string_view text, std::string_view word) {
  const auto is_part = [&](std::size_t at) {
    if (at >= text.size()) return false;
    return is_identifier(text.substr(at, 1)) || (text[at] >= '0' && text[at] <= '9');
  };
  std::vector<std::size_t> found;
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size())
    if ((at == 0 || !is_part(at - 1)) && !is_part(at + word.size())) found.push_back(at);
  return found;
}

TextEdit whole_line(const CodeView& view, int line) {
  return {view.lines().start(line), view.lines().start(line + 1), ""};
}

// An element of a list with the comma that goes with it.
TextEdit without_item(const CodeView& view, const std::vector<ListItem>& items, std::size_t idx) {
  if (idx + 1 < items.size())
    return {view.token(items[idx].begin).start, view.token(items[idx + 1].begin).start, ""};
  return {view.token(items[idx - 1].end - 1).end, view.token(items[idx].end - 1).end, ""};
}

class UnusedImports {
 public:
  UnusedImports(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    for (const Change& change : situation_.changes()) {
      if (change.age >= kEditsLookedAt) break;
      if (is_cut(*change.edit) || change.now->path().ends_with("__init__.py")) continue;
      for (const Hunk& hunk : change.hunks)
        for (std::size_t at = hunk.old_begin; at < hunk.old_end; ++at)
          if (change.old->is_word(at) && !is_keyword(change.old->spelling(at)))
            look_at(change, change.old->spelling(at));
    }
  }

 private:
  static bool is_cut(const PastEdit& edit) {
    return edit.after.empty() && std::ranges::count(edit.before, '\n') > kCutLinesMax;
  }

  void look_at(const Change& change, std::string_view name) {
    const CodeView& view = *change.now;
    // One line may mention it, the import's.
    const std::vector<std::size_t> mentions = mentions_of(view.text(), name);
    if (mentions.empty() ||
        view.lines().line_of(mentions.front()) != view.lines().line_of(mentions.back()))
      return;
    std::optional<TextEdit> edit;
    if (view.family() == Family::kPython) edit = in_python(view, name);
    if (view.family() == Family::kScript) edit = in_script(view, name);
    if (view.family() == Family::kJava) edit = in_java(view, name);
    if (view.family() == Family::kGo) edit = in_go(view, name);
    if (!edit) return;
    proposals_.push_back({.kind = NextEditKind::kImport,
                          .age = change.age,
                          .places = {{view.path(), situation_.shared_text(view.path()), {*edit}}},
                          .why = fmt::format("`{}` is no longer used", name),
                          .confidence = 0.85});
  }

  static std::size_t only_word(const CodeView& view, std::string_view name) {
    const std::vector<std::size_t> words = view.words(name);
    const bool on_one_line = std::ranges::all_of(
        words, [&](std::size_t idx) { return view.line_of(idx) == view.line_of(words.front()); });
    return !words.empty() && on_one_line ? words.back() : kNone;
  }

  // Elements between commas among the tokens [begin, end).
  static std::vector<ListItem> split(const CodeView& view, std::size_t begin, std::size_t end) {
    std::vector<ListItem> items;
    for (std::size_t at = begin; at < end; ++at) {
      if (view.spelling(at) == ",") continue;
      if (items.empty() || view.spelling(at - 1) == ",") items.push_back({at, at});
      items.back().end = at + 1;
    }
    return items;
  }

  // import a, b.c, d as e -- from m import a, b as c
  static std::optional<TextEdit> in_python(const CodeView& view, std::string_view name) {
    const std::size_t idx = only_word(view, name);
    if (idx == kNone || view.opener_of(idx) != kNone) return std::nullopt;
    const int line = view.line_of(idx);
    const std::size_t first = view.first_at(view.lines().start(line));
    if (view.indent_of(line) > 0 || view.spelling(first + 1) == "__future__") return std::nullopt;
    std::size_t begin = first, end = idx;
    while (begin < idx && view.spelling(begin) != "import") ++begin;
    while (end < view.size() && view.line_of(end) == line) ++end;
    if (view.spelling(begin) != "import" || view.spelling(begin + 1) == "(") return std::nullopt;
    const std::vector<ListItem> items = split(view, begin + 1, end);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool is_bound = items[i].begin == idx || items[i].end == idx + 1;
      const bool has_alias = items[i].end - items[i].begin > 2 &&
                             view.spelling(items[i].end - 2) == "as" && items[i].end != idx + 1;
      if (idx < items[i].begin || idx >= items[i].end || !is_bound || has_alias) continue;
      return items.size() == 1 ? whole_line(view, line) : without_item(view, items, i);
    }
    return std::nullopt;
  }

  // import { a, b as c } from 'm' -- import d from 'm' -- import * as e from 'm'
  static std::optional<TextEdit> in_script(const CodeView& view, std::string_view name) {
    const std::size_t idx = only_word(view, name);
    if (idx == kNone || name == "React" || name == "h") return std::nullopt;
    const std::size_t around = view.opener_of(idx);
    const std::size_t head = around == kNone ? idx : around;
    const int line = view.line_of(head);
    const std::size_t first = view.first_at(view.lines().start(line));
    if (view.spelling(first) != "import" || view.indent_of(line) > 0) return std::nullopt;
    const bool fills_line = view.line_of(view.statement_start(first)) == line &&
                            trim(view.line_text(line)).find(" from ") != std::string_view::npos;
    if (around != kNone) {
      const std::vector<ListItem> items = items_of(view, around);
      for (std::size_t i = 0; i < items.size(); ++i)
        if (items[i].end == idx + 1 && items.size() > 1) return without_item(view, items, i);
      const bool is_alone = items.size() == 1 && items[0].end == idx + 1 &&
                            (around == first + 1 || view.spelling(around - 1) == "type");
      return is_alone && fills_line ? std::optional(whole_line(view, line)) : std::nullopt;
    }
    const bool is_only =
        view.spelling(idx + 1) == "from" && (idx == first + 1 || view.spelling(idx - 1) == "as");
    return is_only && fills_line ? std::optional(whole_line(view, line)) : std::nullopt;
  }

  static std::optional<TextEdit> in_java(const CodeView& view, std::string_view name) {
    const std::size_t idx = only_word(view, name);
    if (idx == kNone || view.spelling(idx + 1) != ";" || view.spelling(idx - 1) != ".")
      return std::nullopt;
    const int line = view.line_of(idx);
    const std::size_t first = view.first_at(view.lines().start(line));
    const bool is_plain = view.spelling(first) == "import" && view.spelling(first + 1) != "static";
    return is_plain ? std::optional(whole_line(view, line)) : std::nullopt;
  }

  // "fmt" -- "net/http" -- alias "path", inside import ( ... ) or behind `import`.
  static std::optional<TextEdit> in_go(const CodeView& view, std::string_view name) {
    for (std::size_t idx = 0; idx < view.size(); ++idx) {
      if (view.spelling(idx) == "func" || view.spelling(idx) == "type") break;
      if (view.token(idx).kind != TokenKind::kString) continue;
      const std::size_t around = view.opener_of(idx);
      const std::string_view before = view.spelling(idx - 1);
      const bool is_import = (around != kNone && view.spelling(around - 1) == "import") ||
                             (around == kNone && before == "import");
      if (!is_import) continue;
      const bool has_alias =
          view.is_word(idx - 1) && before != "import" && view.line_of(idx - 1) == view.line_of(idx);
      std::string_view path = view.spelling(idx);
      path = path.substr(1, path.size() - 2);
      const std::string_view bound = has_alias ? before : path.substr(path.rfind('/') + 1);
      if (bound == name) return whole_line(view, view.line_of(idx));
    }
    return std::nullopt;
  }

  Situation& situation_;
  std::vector<Proposal>& proposals_;
};

class MissingImports {
 public:
  MissingImports(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    for (const Change& change : situation_.changes()) {
      if (change.age >= kEditsLookedAt) break;
      const Family family = change.now->family();
      if (family != Family::kPython && family != Family::kGo && family != Family::kJava) continue;
      for (const Hunk& hunk : change.hunks)
        for (std::size_t at = hunk.begin; at < hunk.end; ++at)
          if (is_new_name(change, hunk, at)) look_at(change, at);
    }
  }

 private:
  // A module or a type that is used here and mentioned nowhere else.
  bool is_new_name(const Change& change, const Hunk& hunk, std::size_t idx) const {
    const CodeView& view = *change.now;
    const std::string_view name = view.spelling(idx);
    if (!view.is_word(idx) || is_keyword(name) || !is_identifier(name)) return false;
    if (role_of(view, idx) != NameRole::kUse) return false;
    const bool is_module = view.spelling(idx + 1) == "." && view.is_word(idx + 2);
    const bool is_type = name[0] >= 'A' && name[0] <= 'Z' && name.size() > 1;
    const bool is_called = view.spelling(idx + 1) == "(" && view.family() == Family::kPython;
    if (!is_module && !is_type && !is_called) return false;
    const std::vector<std::size_t> words = view.words(name);
    const bool only_here = std::ranges::all_of(
        words, [&](std::size_t at) { return hunk.begin <= at && at < hunk.end; });
    const NextEditRequest& request = situation_.request();
    const bool is_typed = request.path == view.path() && view.token(idx).start <= request.cursor &&
                          request.cursor <= view.token(idx).end;
    const bool is_mentioned = mentions_of(view.text(), name).size() > words.size();
    return only_here && words.front() == idx && !is_mentioned && !is_typed;
  }

  void look_at(const Change& change, std::size_t idx) {
    const CodeView& view = *change.now;
    Diagnostic diagnostic{.message = fmt::format("`{}` is not defined", view.spelling(idx))};
    const int line = view.line_of(idx);
    const auto column = static_cast<int>(view.token(idx).start - view.lines().start(line)) + 1;
    diagnostic.place = {view.path(), line, column, 0, 0};
    const RepairPlace place = repair_place(diagnostic, view.path(), view.text(), nullptr);
    std::vector<Candidate> candidates;
    propose_imports(place, candidates);
    std::erase_if(candidates, [](const Candidate& c) { return c.chance < kSureImport; });
    if (candidates.size() != 1 || candidates[0].edits.size() != 1) return;
    const std::string& added = candidates[0].edits[0].text;
    const bool is_module_import = added.starts_with("import ") && view.family() == Family::kPython;
    if (is_module_import && view.spelling(idx + 1) != ".") return;
    proposals_.push_back({.kind = NextEditKind::kImport,
                          .age = change.age,
                          .places = {{view.path(),
                                      situation_.shared_text(view.path()),
                                      {in_order(view, candidates[0].edits[0])}}},
                          .why = candidates[0].why,
                          .confidence = 0.8});
  }

  // Where the imports above the place are sorted, the new one goes where it belongs among them.
  static TextEdit in_order(const CodeView& view, TextEdit edit) {
    const int behind = view.lines().line_of(edit.start);
    const std::string_view made = trim(edit.text);
    const auto is_import = [&](int line) {
      const std::string_view text = trim(view.line_text(line));
      return line >= 1 &&
             (text.starts_with("import ") || text.starts_with("from ") ||
              (!text.empty() && text[0] == '"')) &&
             text.substr(0, 2) == made.substr(0, 2);
    };
    int first = behind;
    while (is_import(first - 1)) --first;
    for (int line = first; line + 1 < behind; ++line)
      if (trim(view.line_text(line)) > trim(view.line_text(line + 1))) return edit;
    int line = first;
    while (line < behind && trim(view.line_text(line)) < made) ++line;
    edit.start = edit.end = view.lines().start(line);
    return edit;
  }

  Situation& situation_;
  std::vector<Proposal>& proposals_;
};

}  // namespace

void propose_imports_now(Situation& situation, std::vector<Proposal>& proposals) {
  UnusedImports(situation, proposals).run();
  MissingImports(situation, proposals).run();
}

}  // namespace curlew::assist
