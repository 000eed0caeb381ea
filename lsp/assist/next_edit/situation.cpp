#include "lsp/assist/next_edit/situation.h"

#include <algorithm>

namespace curlew::assist {
namespace {

// A longest common subsequence of two short runs of tokens; beyond this many they are one hunk.
constexpr std::size_t kHunkCellsMax = 1 << 16;

class TokenDiff {
 public:
  TokenDiff(const CodeView& old, std::size_t old_begin, std::size_t old_end, const CodeView& now,
            std::size_t begin, std::size_t end)
      : old_(old), now_(now), old_begin_(old_begin), old_end_(old_end), begin_(begin), end_(end) {}

  std::vector<Hunk> hunks() {
    while (old_begin_ < old_end_ && begin_ < end_ && same(old_begin_, begin_))
      ++old_begin_, ++begin_;
    while (old_begin_ < old_end_ && begin_ < end_ && same(old_end_ - 1, end_ - 1))
      --old_end_, --end_;
    if (old_begin_ == old_end_ && begin_ == end_) return {};
    const std::size_t rows = old_end_ - old_begin_ + 1, columns = end_ - begin_ + 1;
    if (rows * columns > kHunkCellsMax || rows == 1 || columns == 1)
      return {{old_begin_, old_end_, begin_, end_}};
    return by_table(rows, columns);
  }

 private:
  bool same(std::size_t old_idx, std::size_t idx) const {
    return old_.spelling(old_idx) == now_.spelling(idx);
  }

  std::vector<Hunk> by_table(std::size_t rows, std::size_t columns) const {
    std::vector<int> length(rows * columns, 0);  // of the common subsequence from (row, column) on
    const auto at = [&](std::size_t r, std::size_t c) -> int& { return length[r * columns + c]; };
    for (std::size_t r = rows - 1; r-- > 0;)
      for (std::size_t c = columns - 1; c-- > 0;)
        at(r, c) = same(old_begin_ + r, begin_ + c) ? at(r + 1, c + 1) + 1
                                                    : std::max(at(r + 1, c), at(r, c + 1));
    std::vector<Hunk> hunks;
    for (std::size_t r = 0, c = 0; r + 1 < rows || c + 1 < columns;) {
      if (r + 1 < rows && c + 1 < columns && same(old_begin_ + r, begin_ + c)) {
        ++r, ++c;
        continue;
      }
      if (hunks.empty() || hunks.back().old_end != old_begin_ + r || hunks.back().end != begin_ + c)
        hunks.push_back({old_begin_ + r, old_begin_ + r, begin_ + c, begin_ + c});
      const bool removes = c + 1 == columns || (r + 1 < rows && at(r + 1, c) >= at(r, c + 1));
      removes ? hunks.back().old_end = old_begin_ + ++r : hunks.back().end = begin_ + ++c;
    }
    return hunks;
  }

  const CodeView& old_;
  const CodeView& now_;
  std::size_t old_begin_, old_end_, begin_, end_;
};

struct LineSpan {
  int first, last;  // from 1, both included
};

// The edit's lines, those of the parentheses it lies in, too.
LineSpan lines_around(const CodeView& view, const PastEdit& edit) {
  LineSpan span{view.lines().line_of(edit.start), view.lines().line_of(edit.end())};
  std::size_t around = view.first_at(edit.start);
  around = around < view.size() ? view.opener_of(around) : kNone;
  for (; around != kNone && view.spelling(around) != "{"; around = view.opener_of(around)) {
    const int first = view.line_of(around);
    const int last = view.partner(around) == kNone ? span.last : view.line_of(view.partner(around));
    if (std::max(last, span.last) - first > kWindowLinesMax) break;
    span = {std::min(first, span.first), std::max(last, span.last)};
  }
  return span;
}

}  // namespace

bool same_tokens(const CodeView& a, std::size_t a_begin, std::size_t a_end, const CodeView& b,
                 std::size_t b_begin, std::size_t b_end) {
  if (a_end - a_begin != b_end - b_begin) return false;
  for (std::size_t i = 0; i < a_end - a_begin; ++i)
    if (a.spelling(a_begin + i) != b.spelling(b_begin + i)) return false;
  return true;
}

std::string_view text_of(const CodeView& view, std::size_t begin, std::size_t end) {
  if (begin >= end || end > view.size()) return {};
  const std::size_t start = view.token(begin).start;
  return view.text().substr(start, view.token(end - 1).end - start);
}

std::vector<FileEdit> places_by_line(const CodeView& view, std::shared_ptr<const std::string> text,
                                     std::vector<TextEdit> edits) {
  std::ranges::sort(edits, {}, &TextEdit::start);
  std::vector<FileEdit> places;
  int last_line = 0;
  for (TextEdit& edit : edits) {
    const int line = view.lines().line_of(edit.start);
    if (places.empty() || line != last_line) places.push_back({view.path(), text, {}});
    places.back().edits.push_back(std::move(edit));
    last_line = line;
  }
  return places;
}

Situation::Situation(const NextEditSources& sources, const NextEditRequest& request,
                     std::stop_token stop)
    : sources_(sources), request_(request), stop_(std::move(stop)) {
  texts_[request.path] = request.text;
  views_[request.path] = std::make_unique<CodeView>(request.path, request.language, request.text);
  here_ = views_[request.path].get();
  std::size_t age = 0;
  for (auto edit = request.edits.rbegin(); edit != request.edits.rend(); ++edit, ++age)
    if (std::optional<Change> change = read_change(*edit, age))
      changes_.push_back(std::move(*change));
}

const CodeView* Situation::view(const std::string& path) {
  if (const auto found = views_.find(path); found != views_.end()) return found->second.get();
  std::unique_ptr<const CodeView>& made = views_[path];
  if (!sources_.read) return nullptr;
  std::shared_ptr<const std::string> text = sources_.read(path);
  if (text == nullptr || text->size() > kNextEditBytesMax) return nullptr;
  texts_[path] = text;
  made = std::make_unique<CodeView>(path, "", std::move(text));
  return made.get();
}

std::shared_ptr<const std::string> Situation::shared_text(const std::string& path) const {
  const auto found = texts_.find(path);
  return found == texts_.end() ? nullptr : found->second;
}

std::vector<std::string> Situation::other_files_with(std::string_view word, const CodeView& like) {
  std::vector<std::string> paths;
  const auto note = [&](const std::string& path) {
    if (path == like.path() || std::ranges::find(paths, path) != paths.end()) return;
    if (paths.size() >= request_.limits.other_files) return;
    const CodeView* other = view(path);
    if (other != nullptr && other->family() == like.family() && !other->words(word).empty())
      paths.push_back(path);
  };
  note(request_.path);
  for (const Change& change : changes_) note(change.edit->path);
  if (index() == nullptr) return paths;
  const auto hits = index()->search({.text = std::string(word),
                                     .limit = request_.limits.search_hits,
                                     .kind = indexer::SearchKind::kText});
  if (!hits) return paths;
  for (const indexer::SearchHit& hit : *hits) note(hit.path);
  return paths;
}

bool Situation::is_edited_since(const std::string& path, std::size_t start, std::size_t end,
                                std::size_t age) const {
  const std::size_t count = std::min(age + 1, request_.edits.size());
  for (auto edit = request_.edits.rbegin();
       edit != request_.edits.rbegin() + static_cast<std::ptrdiff_t>(count); ++edit)
    if (edit->path == path && edit->start <= end && start <= edit->end()) return true;
  return false;
}

std::optional<Change> Situation::read_change(const PastEdit& edit, std::size_t age) {
  const bool is_known = views_.contains(edit.path);
  if (!is_known && views_.size() > kEditedFilesMax) return std::nullopt;
  const CodeView* now = view(edit.path);
  if (now == nullptr || edit.end() > now->text().size() ||
      now->text().substr(edit.start, edit.after.size()) != edit.after)
    return std::nullopt;  // the document was closed, or changed without our knowing
  const LineSpan lines = lines_around(*now, edit);
  const std::size_t start = now->lines().start(lines.first), end = now->lines().end(lines.last);
  Change change{.edit = &edit, .age = age, .now = now};
  change.first = now->first_at(start);
  change.last = now->first_at(end);
  if (change.last < now->size() && now->token(change.last).start < end) ++change.last;
  std::string before(now->text().substr(start, edit.start - start));
  before += edit.before;
  before += now->text().substr(edit.end(), end - edit.end());
  change.old = std::make_shared<CodeView>(edit.path, request_.language,
                                          std::make_shared<const std::string>(std::move(before)));
  const bool inside_token = change.first < now->size() && now->token(change.first).start < start;
  if (!inside_token)
    change.hunks =
        TokenDiff(*change.old, 0, change.old->size(), *now, change.first, change.last).hunks();
  return change;
}

}  // namespace curlew::assist
