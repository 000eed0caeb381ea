// The other tag of an element: one of the two got another name.
#include <algorithm>
#include <array>

#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {
namespace {

struct Tag {
  std::size_t start = 0;  // of the name
  std::string_view name;  // "" for a fragment
  enum { kOpen, kClose } kind = kOpen;
};

constexpr std::array<std::string_view, 14> kVoid = {"area",  "base",   "br",    "col",  "embed",
                                                    "hr",    "img",    "input", "link", "meta",
                                                    "param", "source", "track", "wbr"};

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == ':' || c == '.';
}

// The tags of a text that have a partner; comments, CDATA and self-closing elements left out. In
// code (JSX) a `<` counts where no expression ends before it.
class TagScanner {
 public:
  TagScanner(std::string_view text, bool is_markup, bool is_html)
      : text_(text), is_markup_(is_markup), is_html_(is_html) {}

  std::vector<Tag> run() {
    while (at_ < text_.size()) {
      if (skip("<!--", "-->") || skip("<![CDATA[", "]]>") || skip("<!", ">") || skip("<?", "?>"))
        continue;
      if (!is_markup_ && (skip("/*", "*/") || skip_line_comment())) continue;
      if (text_[at_] != '<' || !is_tag_start())
        ++at_;
      else
        take();
    }
    return std::move(tags_);
  }

 private:
  bool skip(std::string_view open, std::string_view close) {
    if (!text_.substr(at_).starts_with(open)) return false;
    const std::size_t end = text_.find(close, at_ + open.size());
    at_ = end == text_.npos ? text_.size() : end + close.size();
    return true;
  }
  bool skip_line_comment() {
    const bool is_one = text_.substr(at_).starts_with("//") && (at_ == 0 || text_[at_ - 1] != ':');
    if (is_one) at_ = std::min(text_.find('\n', at_), text_.size());
    return is_one;
  }
  bool is_tag_start() const {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : ' ';
    if (next != '/' && next != '>' && !(is_name_letter(next) && next != '.' && next != '-'))
      return false;
    if (is_markup_ || next == '/') return true;
    const std::size_t before = text_.find_last_not_of(" \t\r\n", at_ == 0 ? 0 : at_ - 1);
    if (at_ == 0 || before == text_.npos) return true;
    const char c = text_[before];
    // `a < b`, `Array<T>` and the like; `return <div>` is a tag.
    if (!is_name_letter(c) && c != ')' && c != ']') return true;
    return text_.substr(0, before + 1).ends_with("return") || before + 1 < at_ - 1 ||
           text_.substr(before + 1, at_ - before - 1).find('\n') != text_.npos || c == '>';
  }

  void take() {
    const bool closes = text_.substr(at_).starts_with("</");
    const std::size_t start = at_ + (closes ? 2 : 1);
    std::size_t end = start;
    while (end < text_.size() && is_name_letter(text_[end])) ++end;
    const std::string_view name = text_.substr(start, end - start);
    const std::size_t close = end_of_tag(end);
    at_ = close == text_.npos ? end : close + 1;
    if (close == text_.npos) return;
    const bool is_empty = text_[close - 1] == '/' && !closes;
    const bool is_void = is_html_ && std::ranges::find(kVoid, name) != kVoid.end();
    if (!is_empty && !is_void) tags_.push_back({start, name, closes ? Tag::kClose : Tag::kOpen});
    const bool is_raw = is_html_ && !closes && (name == "script" || name == "style");
    if (is_raw) at_ = std::min(text_.find("</", at_), text_.size());
  }
  // The `>` that ends the tag; strings and braces skipped; npos when another tag begins first.
  std::size_t end_of_tag(std::size_t at) const {
    int depth = 0;
    for (; at < text_.size(); ++at) {
      const char c = text_[at];
      if (c == '"' || c == '\'') {
        at = text_.find(c, at + 1);
        if (at == text_.npos) return at;
      } else if (c == '{') {
        ++depth;
      } else if (c == '}') {
        --depth;
      } else if (depth == 0 && c == '<') {
        return text_.npos;
      } else if (depth == 0 && c == '>' && text_[at - 1] != '=') {
        return at;
      }
    }
    return text_.npos;
  }

  std::string_view text_;
  const bool is_markup_, is_html_;
  std::size_t at_ = 0;
  std::vector<Tag> tags_;
};

// Of tags in which one has another name than its partner: the partner's index, provided that the
// others pair up. kNone otherwise.
std::size_t partner_of(const std::vector<Tag>& tags, std::size_t changed,
                       std::string_view old_name) {
  std::vector<std::size_t> open;
  std::size_t partner = kNone;
  const auto name_of = [&](std::size_t idx) { return idx == changed ? old_name : tags[idx].name; };
  for (std::size_t idx = 0; idx < tags.size(); ++idx) {
    if (tags[idx].kind == Tag::kOpen) {
      open.push_back(idx);
      continue;
    }
    // Elements whose end may be left out (`<p>`, `<li>`) are passed over.
    std::size_t depth = open.size();
    while (depth > 0 && name_of(open[depth - 1]) != name_of(idx)) --depth;
    if (depth == 0) continue;
    const std::size_t opened = open[depth - 1];
    open.resize(depth - 1);
    if (opened == changed) partner = idx;
    if (idx == changed) partner = opened;
  }
  return partner;
}

bool is_markup_language(const CodeView& view) {
  return view.family() == Family::kMarkup;
}
bool holds_elements(const CodeView& view) {
  const std::string_view path = view.path();
  return is_markup_language(view) || path.ends_with(".tsx") || path.ends_with(".jsx") ||
         (view.language() != nullptr && view.language()->name == "tsx");
}

// The tag's name before the edit; "" when the edit changed more than the name of one tag.
std::string old_name(const Tag& tag, const PastEdit& edit) {
  if (edit.start < tag.start || edit.end() > tag.start + tag.name.size()) return {};
  std::string name(tag.name);
  name.replace(edit.start - tag.start, edit.after.size(), edit.before);
  return std::ranges::all_of(name, is_name_letter) && !name.empty() && name != tag.name
             ? name
             : std::string();
}

}  // namespace

void propose_tags(Situation& situation, std::vector<Proposal>& proposals) {
  for (const Change& change : situation.changes()) {
    const CodeView& view = *change.now;
    if (!holds_elements(view)) continue;
    const bool is_html = view.language() != nullptr && view.language()->name == "html";
    const std::vector<Tag> tags = TagScanner(view.text(), is_markup_language(view), is_html).run();
    for (std::size_t idx = 0; idx < tags.size(); ++idx) {
      const std::string old = old_name(tags[idx], *change.edit);
      if (old.empty() || tags[idx].name.empty()) continue;
      const std::size_t other = partner_of(tags, idx, old);
      if (other == kNone || tags[other].name != old) continue;
      const Tag& tag = tags[other];
      proposals.push_back(
          {.kind = NextEditKind::kTag,
           .age = change.age,
           .places = {{view.path(),
                       situation.shared_text(view.path()),
                       {{tag.start, tag.start + tag.name.size(), std::string(tags[idx].name)}}}},
           .why = fmt::format("`<{}>` is now `<{}>`", old, tags[idx].name),
           .confidence = 0.95});
    }
  }
}

}  // namespace curlew::assist
