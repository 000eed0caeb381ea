#include "lsp/assist/next_edit/next_edit.h"

#include <algorithm>
#include <tuple>

#include "lsp/assist/edit/parse_errors.h"
#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {
namespace {

constexpr int kParsedLinesMax = 30;  // above and below a change, to see whether it parses

constexpr NextEditEngine kEngines[] = {
    propose_tags,        propose_renames,     propose_counterparts, propose_call_sites,
    propose_enumerators, propose_same_change, propose_imports_now};

bool begins_item(std::string_view line) {
  return !line.empty() && (is_identifier(line.substr(0, 1)) || line[0] == '#' || line[0] == '@');
}

// The text of the definition around the lines [first, last], as far as one begins and ends near.
struct Window {
  std::size_t start = 0, end = 0;
};
Window window_around(const CodeView& view, int first, int last) {
  const int top = std::max(1, first - kParsedLinesMax);
  const int bottom = std::min(view.lines().count(), last + kParsedLinesMax);
  while (first > top && !begins_item(view.line_text(first))) --first;
  while (last < bottom && !begins_item(view.line_text(last + 1))) ++last;
  return {view.lines().start(first), view.lines().start(last + 1)};
}

std::string_view lines_of(const CodeView& view, int first, int last) {
  const std::size_t start = view.lines().start(first);
  return view.text().substr(start, view.lines().end(last) - start);
}

class Decision {
 public:
  Decision(const NextEditSources& sources, const NextEditRequest& request, std::stop_token stop)
      : request_(request), situation_(sources, request, std::move(stop)) {}

  Expected<NextEditAnswer> answer() {
    if (situation_.changes().empty()) return quiet("the edits are out of date");
    const bool is_finished = newest_is_finished();
    std::vector<Proposal> proposals;
    for (const NextEditEngine engine : kEngines) {
      if (situation_.is_cancelled()) return fail(Errc::kCancelled, "next edit: cancelled");
      engine(situation_, proposals);
    }
    std::erase_if(proposals, [&](const Proposal& proposal) {
      return proposal.confidence < kSureEnough ||
             (!is_finished && proposal.kind != NextEditKind::kTag);
    });
    std::ranges::stable_sort(proposals, [](const Proposal& a, const Proposal& b) {
      return std::tie(a.age, b.confidence) < std::tie(b.age, a.confidence);
    });
    for (Proposal& proposal : proposals) {
      if (situation_.is_cancelled()) return fail(Errc::kCancelled, "next edit: cancelled");
      if (std::optional<NextEdit> edit = chosen(proposal))
        return NextEditAnswer{std::move(edit), "", situation_.notes()};
    }
    return is_finished ? models_answer() : quiet("the last edit is not finished");
  }

 private:
  NextEditAnswer quiet(std::string why) const {
    return {std::nullopt, std::move(why), situation_.notes()};
  }

  // What a model cannot do is no error of the question.
  Expected<NextEditAnswer> models_answer() {
    std::vector<Proposal> proposals;
    if (Status asked = propose_rewrite(situation_, proposals); !asked) {
      if (asked.error().kind() == Errc::kCancelled) return std::move(asked.error()).pass();
      return quiet(asked.error().message());
    }
    for (Proposal& proposal : proposals) {
      if (proposal.confidence < kSureEnough) return quiet("the model is not sure");
      if (std::optional<NextEdit> edit = chosen(proposal))
        return NextEditAnswer{std::move(edit), "", situation_.notes()};
    }
    return quiet("nothing follows from the last edits");
  }

  // Code that has just become worse is being typed.
  bool newest_is_finished() {
    const Change& newest = situation_.changes().front();
    if (newest.hunks.empty() || newest.now->language() == nullptr) return true;
    const CodeView& now = *newest.now;
    const PastEdit& edit = *newest.edit;
    const Window window =
        window_around(now, now.lines().line_of(edit.start), now.lines().line_of(edit.end()));
    const std::string_view text = now.text().substr(window.start, window.end - window.start);
    std::string before(now.text().substr(window.start, edit.start - window.start));
    before += edit.before;
    before += now.text().substr(edit.end(), window.end - edit.end());
    return parse_errors(now.language(), text) <= parse_errors(now.language(), before);
  }

  std::optional<NextEdit> chosen(Proposal& proposal) {
    put_nearest_first(proposal.places);
    std::optional<NextEdit> next;
    for (FileEdit& place : proposal.places) {
      if (next && next->more.size() >= request_.limits.more_places) break;
      const CodeView* view = situation_.view(place.path);
      if (view == nullptr || place.edits.empty() || is_being_typed(place)) continue;
      if (touches_an_edit(place, proposal.age)) continue;
      const std::optional<LineChange> change = line_change(*view, place);
      if (!change || std::ranges::find(request_.unwanted, *change) != request_.unwanted.end())
        continue;
      if (breaks_parse(*view, place)) continue;
      if (next)
        next->more.push_back(std::move(place));
      else
        next = made(proposal, *view, std::move(place), *change);
    }
    return next;
  }

  NextEdit made(const Proposal& proposal, const CodeView& view, FileEdit place, LineChange change) {
    NextEdit next{.kind = proposal.kind, .edit = std::move(place)};
    next.edit.text = situation_.shared_text(view.path());
    next.jump_start = next.edit.edits.front().start;
    next.jump_end = next.edit.edits.back().end;
    next.why = proposal.why;
    next.confidence = proposal.confidence;
    next.change = std::move(change);
    return next;
  }

  void put_nearest_first(std::vector<FileEdit>& places) const {
    const auto distance = [&](const FileEdit& place) -> std::pair<int, std::size_t> {
      if (place.path != request_.path || place.edits.empty()) return {2, 0};
      const std::size_t start = place.edits.front().start;
      return start >= request_.cursor ? std::pair(0, start - request_.cursor)
                                      : std::pair(1, request_.cursor - start);
    };
    std::ranges::stable_sort(places, {}, distance);
  }

  bool is_being_typed(const FileEdit& place) const {
    return place.path == request_.path &&
           std::ranges::any_of(place.edits, [&](const TextEdit& edit) {
             return edit.start <= request_.cursor && request_.cursor <= edit.end;
           });
  }

  bool touches_an_edit(const FileEdit& place, std::size_t age) const {
    return std::ranges::any_of(place.edits, [&](const TextEdit& edit) {
      return situation_.is_edited_since(place.path, edit.start, edit.end, age);
    });
  }

  std::optional<LineChange> line_change(const CodeView& view, const FileEdit& place) const {
    const int first = view.lines().line_of(place.edits.front().start);
    const int last = view.lines().line_of(place.edits.back().end);
    const std::size_t start = view.lines().start(first);
    const std::string_view before = lines_of(view, first, last);
    std::vector<TextEdit> edits = place.edits;
    for (TextEdit& edit : edits) edit.start -= start, edit.end -= start;
    edits.back().end = std::min(edits.back().end, before.size());
    Expected<std::string> after = apply_edits(before, edits);
    if (!after || *after == before) return std::nullopt;
    return LineChange{view.path(), std::string(before), std::move(*after)};
  }

  static bool breaks_parse(const CodeView& view, const FileEdit& place) {
    const Window window = window_around(view, view.lines().line_of(place.edits.front().start),
                                        view.lines().line_of(place.edits.back().end));
    const std::string_view before = view.text().substr(window.start, window.end - window.start);
    std::vector<TextEdit> edits = place.edits;
    for (TextEdit& edit : edits) edit.start -= window.start, edit.end -= window.start;
    const Expected<std::string> after = apply_edits(before, edits);
    return !after || parse_errors(view.language(), *after) > parse_errors(view.language(), before);
  }

  const NextEditRequest& request_;
  Situation situation_;
};

}  // namespace

const char* next_edit_kind_name(NextEditKind kind) {
  switch (kind) {
    case NextEditKind::kSameChange:
      return "same-change";
    case NextEditKind::kRename:
      return "rename";
    case NextEditKind::kCallSite:
      return "call-site";
    case NextEditKind::kCounterpart:
      return "counterpart";
    case NextEditKind::kImport:
      return "import";
    case NextEditKind::kTag:
      return "tag";
    case NextEditKind::kEnumerator:
      return "enumerator";
    case NextEditKind::kModel:
      return "model";
  }
  return "";
}

Expected<NextEditAnswer> next_edit(const NextEditSources& sources, const NextEditRequest& request,
                                   std::stop_token stop) {
  if (request.text == nullptr || request.cursor > request.text->size())
    return fail(Errc::kInvalidInput, "{}: byte {} is outside the text of {} bytes", request.path,
                request.cursor, request.text ? request.text->size() : 0);
  if (request.edits.empty()) return NextEditAnswer{std::nullopt, "nothing was edited", {}};
  if (request.text->size() > kNextEditBytesMax)
    return NextEditAnswer{std::nullopt, "the document is too large", {}};
  return Decision(sources, request, std::move(stop)).answer();
}

}  // namespace curlew::assist
