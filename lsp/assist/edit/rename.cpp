#include "lsp/assist/edit/rename.h"

#include <algorithm>
#include <memory>

#include "lsp/assist/edit/reserved_words.h"
#include "lsp/assist/next_edit/names.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kPlacesNamedMax = 3;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::string without_quotes(std::string word) {
  for (const std::string_view quote : {"`", "'", "\"", "“", "”"}) {
    if (word.starts_with(quote)) word.erase(0, quote.size());
    if (word.ends_with(quote)) word.resize(word.size() - quote.size());
  }
  return word;
}

class Renamer {
 public:
  Renamer(const CodeView& view, std::size_t start, std::size_t end, const Rename& rename)
      : view_(view), start_(start), end_(end), rename_(rename) {}

  Expected<RenameEdit> run() {
    if (Status good = check_new_name(); !good) return std::move(good.error()).pass();
    find_names();
    find_scopes();
    take_names();
    if (out_.edits.empty())
      return fail(Errc::kInvalidInput, "{}: there is no name `{}` in these lines", view_.path(),
                  rename_.from);
    take_strings();
    if (Status free = check_free(); !free) return std::move(free.error()).pass();
    note_rest();
    std::ranges::sort(out_.edits, {}, &TextEdit::start);
    return std::move(out_);
  }

 private:
  Status check_new_name() const {
    const indexer::Language* language = view_.language();
    const bool takes_dollar = is_one_of(language == nullptr ? "" : language->name,
                                        {"javascript", "typescript", "tsx", "java", "php", "bash"});
    if (!is_identifier(rename_.to) || (!takes_dollar && rename_.to.find('$') != std::string::npos))
      return fail(Errc::kInvalidInput, "{}: `{}` is no name: expected letters, digits and _",
                  view_.path(), rename_.to);
    if (is_reserved(language, rename_.to))
      return fail(Errc::kInvalidInput, "{}: `{}` is a word of {} and cannot be a name",
                  view_.path(), rename_.to, language->name);
    return {};
  }

  void find_names() {
    for (std::size_t idx = 0; idx < view_.size(); ++idx) {
      if (!view_.is_word(idx)) continue;
      if (view_.spelling(idx) == rename_.from) from_.push_back(idx);
      if (view_.spelling(idx) == rename_.to) to_.push_back(idx);
    }
  }

  bool is_here(std::size_t idx) const {
    return view_.token(idx).start >= start_ && view_.token(idx).end <= end_;
  }
  bool is_behind_dot(std::size_t idx) const {
    return idx > 0 && is_one_of(view_.spelling(idx - 1), {".", "->", "::", "?."});
  }

  // Where variables of the old name reach that are named in these lines.
  void find_scopes() {
    for (const std::size_t idx : from_) {
      if (role_of(view_, idx) != NameRole::kDeclaration || is_behind_dot(idx)) continue;
      Scope scope = scope_of(view_, idx);
      is_members_ |= scope.reach == Reach::kMember;
      is_global_ |= scope.reach == Reach::kFile;
      is_global_here_ |= scope.reach == Reach::kFile && is_here(idx);
      if (scope.reach != Reach::kLocal) continue;
      scope.start = std::min(scope.start, view_.token(idx).start);
      if (is_here(idx)) is_variable_ = true;
      locals_.push_back(scope);
    }
    for (const std::size_t idx : from_) {
      if (!is_here(idx)) continue;
      const auto role = role_of(view_, idx);
      if (role == NameRole::kMember || role == NameRole::kKey) continue;
      const Scope* local = scope_around(locals_, view_.token(idx).start);
      if (local == nullptr) is_wide_ = true;
      if (local != nullptr) is_variable_ = true;
    }
  }
  // The outermost.
  static const Scope* scope_around(const std::vector<Scope>& scopes, std::size_t at) {
    const Scope* found = nullptr;
    for (const Scope& scope : scopes)
      if (scope.start <= at && at < scope.end && (found == nullptr || scope.start < found->start))
        found = &scope;
    return found;
  }

  void take_names() {
    for (const std::size_t idx : from_) {
      if (!is_here(idx)) continue;
      const CodeToken& token = view_.token(idx);
      const NameRole role = role_of(view_, idx);
      if (is_somebody_elses(idx, role)) {
        left_.push_back(token.start);
        continue;
      }
      const bool says_both = is_shorthand(idx, role);
      out_.edits.push_back(
          {token.start, token.end, says_both ? rename_.from + ": " + rename_.to : rename_.to});
    }
    // $name in a shell, in PHP and Perl: one token.
    if (view_.family() != Family::kOther) return;
    for (std::size_t idx = 0; idx < view_.size(); ++idx)
      if (view_.is_word(idx) && is_here(idx) && view_.spelling(idx) == "$" + rename_.from)
        out_.edits.push_back({view_.token(idx).start + 1, view_.token(idx).end, rename_.to});
  }

  // A variable's or a function's name says nothing of members and keys that are spelt alike.
  bool is_somebody_elses(std::size_t idx, NameRole role) const {
    if (!is_variable_ && !(is_global_ && !is_members_)) return false;
    if (role == NameRole::kKey) return !is_own_argument(idx);
    if (!is_behind_dot(idx)) return false;
    return is_variable_ || view_.spelling(idx - 1) != "::";  // of a namespace, most likely
  }
  // Python: f(n=1), where f's own parameter is renamed.
  bool is_own_argument(std::size_t idx) const {
    const std::size_t call = view_.opener_of(idx);
    if (view_.family() != Family::kPython || call == kNone || call == 0) return false;
    return std::ranges::any_of(from_, [&](std::size_t parameter) {
      const std::size_t list = view_.opener_of(parameter);
      return is_here(parameter) && list != kNone && list > 1 && view_.spelling(list) == "(" &&
             view_.spelling(list - 2) == "def" &&
             view_.spelling(list - 1) == view_.spelling(call - 1);
    });
  }

  // `{n}` that says both what is named and its value; also where a pattern takes things apart.
  bool is_shorthand(std::size_t idx, NameRole role) const {
    const std::size_t around = view_.opener_of(idx);
    if (role == NameRole::kShorthand)  // not `${n}` of a template in a template
      return around == kNone || around == 0 || !view_.spelling(around - 1).ends_with('$');
    if (role != NameRole::kDeclaration || around == kNone || view_.spelling(around) != "{" ||
        around == 0 || block_kind(view_, around) != BlockKind::kCode)
      return false;
    const std::string_view before = view_.spelling(idx - 1), behind = view_.spelling(idx + 1);
    const std::string_view head = view_.spelling(around - 1);
    if (!is_one_of(before, {"{", ","}) || !is_one_of(behind, {",", "}", "="})) return false;
    if (view_.family() == Family::kScript)
      return is_one_of(head, {"const", "let", "var", "(", ",", ":", "{", "["});
    return view_.family() == Family::kRust && view_.is_word(around - 1) && head[0] >= 'A' &&
           head[0] <= 'Z';
  }

  void take_strings() {
    for (const std::size_t at : shown_in_strings(view_, rename_.from))
      if (at >= start_ && at + rename_.from.size() <= end_)
        out_.edits.push_back({at, at + rename_.from.size(), rename_.to});
  }

  // --- What else is called so ---

  bool has_edit_in(const Scope& scope) const {
    return std::ranges::any_of(out_.edits, [&](const TextEdit& edit) {
      return scope.start <= edit.start && edit.start < scope.end;
    });
  }
  // Whether a place is within the reach of what is renamed.
  bool is_in_reach(std::size_t at) const {
    if (is_wide_ || !is_variable_) return true;
    return std::ranges::any_of(locals_, [&](const Scope& scope) {
      return scope.start <= at && at < scope.end && has_edit_in(scope);
    });
  }
  bool is_beside_member(std::size_t other) const {
    return !is_variable_ && std::ranges::any_of(from_, [&](std::size_t idx) {
      return is_here(idx) && is_behind_dot(idx) && is_behind_dot(other) &&
             view_.spelling(idx - 2) == view_.spelling(other - 2);
    });
  }

  // A name that is nowhere introduced here is a slip, or another file's: it may become any other.
  bool is_introduced() const {
    return std::ranges::any_of(from_, [&](std::size_t idx) {
      const NameRole role = role_of(view_, idx);
      return role == NameRole::kDeclaration || role == NameRole::kImport;
    });
  }

  Status check_free() const {
    if (!is_introduced()) return {};
    std::vector<Scope> own;  // variables that have the new name
    for (const std::size_t idx : to_) {
      if (role_of(view_, idx) != NameRole::kDeclaration || is_behind_dot(idx)) continue;
      Scope scope = scope_of(view_, idx);
      scope.start = std::min(scope.start, view_.token(idx).start);
      if (scope.reach == Reach::kLocal) own.push_back(scope);
    }
    for (const std::size_t idx : to_) {
      const std::size_t at = view_.token(idx).start;
      const NameRole role = role_of(view_, idx);
      bool clashes = false;
      if (is_behind_dot(idx)) {
        clashes = is_beside_member(idx);
      } else if (role != NameRole::kKey && is_in_reach(at)) {
        const Scope* local = scope_around(own, at);
        clashes = local == nullptr || has_edit_in(*local);
      }
      if (clashes)
        return fail(Errc::kInvalidInput,
                    "{}: `{}` is there already (line {}): both would be one name; choose another",
                    view_.path(), rename_.to, view_.line_of(idx));
    }
    return {};
  }

  // --- What is left alone ---

  std::string places(std::vector<std::size_t> at) const {
    std::string lines;
    int last = 0;
    std::size_t named = 0;
    for (const std::size_t place : at) {
      const int line = view_.lines().line_of(place);
      if (line == last) continue;
      if (++named > kPlacesNamedMax) return lines + ", ...";
      lines += fmt::format("{}{}", last == 0 ? "" : ", ", line);
      last = line;
    }
    return lines;
  }

  void note_rest() {
    if (!left_.empty())
      out_.notes.push_back(
          fmt::format("line {}: `{}` of something else is left (a member or a key)", places(left_),
                      rename_.from));
    std::vector<std::size_t> outside;
    for (const std::size_t idx : from_)
      if (!is_here(idx) && is_same_variable(idx)) outside.push_back(view_.token(idx).start);
    if (!outside.empty())
      out_.used_outside = fmt::format("line {}: `{}` is used there, too, outside these lines",
                                      places(outside), rename_.from);
    const std::vector<std::size_t> said = in_words();
    if (!said.empty())
      out_.notes.push_back(
          fmt::format("line {}: `{}` in strings and comments is left", places(said), rename_.from));
  }
  bool is_same_variable(std::size_t idx) const {
    const NameRole role = role_of(view_, idx);
    if (role == NameRole::kKey || (is_behind_dot(idx) && view_.spelling(idx - 1) != "::"))
      return false;
    const std::size_t at = view_.token(idx).start;
    if (scope_around(locals_, at) == nullptr) return is_global_here_;
    return std::ranges::any_of(locals_, [&](const Scope& scope) {
      return scope.start <= at && at < scope.end && has_edit_in(scope);
    });
  }
  // Whole words in these lines that are no tokens of the code and were not followed.
  std::vector<std::size_t> in_words() const {
    std::vector<std::size_t> found;
    const std::string_view text = view_.text(), word = rename_.from;
    for (std::size_t at = start_; (at = text.find(word, at)) < end_; at += word.size()) {
      const std::size_t behind = at + word.size();
      const bool is_whole =
          (at == 0 || is_end(text[at - 1])) && (behind >= text.size() || is_end(text[behind]));
      const bool is_made = std::ranges::any_of(
          out_.edits, [&](const TextEdit& edit) { return edit.start <= at && at < edit.end; });
      const std::size_t idx = view_.first_at(at);
      const bool is_code = idx < view_.size() && view_.is_word(idx) && view_.token(idx).start <= at;
      if (is_whole && !is_made && !is_code) found.push_back(at);
    }
    return found;
  }
  static bool is_end(char c) { return !is_identifier(std::string{'_', c}); }

  const CodeView& view_;
  const std::size_t start_, end_;
  const Rename& rename_;
  std::vector<std::size_t> from_, to_;  // tokens
  std::vector<Scope> locals_;           // of variables that have the old name
  bool is_variable_ = false;  // what is renamed: members and keys of that name are others'
  bool is_wide_ = false;      // some of it reaches as far as the file
  bool is_global_here_ = false;
  bool is_global_ = false, is_members_ = false;  // it is declared as a name of the file; of a class
  std::vector<std::size_t> left_;
  RenameEdit out_;
};

}  // namespace

std::optional<Rename> rename_asked_for(std::string_view instruction) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(instruction) + " ") {
    if (c != ' ' && c != '\t' && c != '\n')
      word += c;
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  }
  if (words.size() != 4 || (words[0] != "rename" && words[0] != "Rename") || words[2] != "to")
    return std::nullopt;
  if (words[3].size() > 1 && words[3].ends_with('.')) words[3].pop_back();
  Rename rename{without_quotes(words[1]), without_quotes(words[3])};
  if (!is_identifier(rename.from)) return std::nullopt;
  return rename;
}

Expected<RenameEdit> rename_in(const std::string& path, std::string_view text, std::size_t start,
                               std::size_t end, const Rename& rename) {
  const CodeView view(path, "", std::make_shared<const std::string>(text));
  return Renamer(view, start, end, rename).run();
}

}  // namespace curlew::assist
