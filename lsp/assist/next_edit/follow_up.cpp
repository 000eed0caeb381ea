#include "lsp/assist/next_edit/follow_up.h"

#include <algorithm>

namespace curlew::assist {
namespace {

constexpr int kRoundsMax = 20;  // each of one kind
constexpr NextEditLimits kLimits{
    .more_places = 10'000, .other_files = 1'000, .search_hits = 20'000};
constexpr std::chrono::seconds kRest{60};  // nobody is typing

// The same change in a third place is likely, but not what was asked for.
bool is_certain(NextEditKind kind) {
  return kind != NextEditKind::kSameChange && kind != NextEditKind::kModel;
}

class Follower {
 public:
  Follower(const NextEditSources& sources, const std::string& path, std::stop_token stop)
      : sources_(sources), path_(path), stop_(std::move(stop)) {}

  Expected<FollowUp> run(const std::string& before, const std::string& after) {
    note_cause(before, after);
    const NextEditSources sources{.index = sources_.index,
                                  .read = [this](const std::string& other) { return text(other); }};
    for (int round = 0; round < kRoundsMax; ++round) {
      NextEditRequest request{.path = path_, .text = text(path_), .edits = causes_};
      request.cursor = causes_.empty() ? 0 : causes_.back().end();
      request.now = EditClock::time_point{} + kRest;
      request.limits = kLimits;
      auto answer = next_edit(sources, request, stop_);
      if (!answer) return std::move(answer.error()).pass();
      for (std::string& note : answer->notes)
        if (std::ranges::find(out_.notes, note) == out_.notes.end())
          out_.notes.push_back(std::move(note));
      if (!answer->edit || !is_certain(answer->edit->kind)) break;
      const std::string& why = answer->edit->why;
      if (std::ranges::find(out_.why, why) == out_.why.end()) out_.why.push_back(why);
      make(std::move(*answer->edit));
    }
    for (const auto& [changed, original] : originals_) {
      out_.before[changed] = original;
      out_.after[changed] = *text(changed);
    }
    return std::move(out_);
  }

 private:
  // From the last hunk to the first, so that each is in terms of the text before it.
  void note_cause(const std::string& before, const std::string& after) {
    EditHistory history;
    std::string now = before;
    const std::vector<TextEdit> edits = edits_between(before, after);
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
      history.note(path_, now, *edit, 0, {});
      now.replace(edit->start, edit->end - edit->start, edit->text);
    }
    causes_ = history.edits();
    texts_[path_] = std::make_shared<const std::string>(after);
  }

  std::shared_ptr<const std::string> text(const std::string& path) {
    if (const auto known = texts_.find(path); known != texts_.end()) return known->second;
    return sources_.read ? sources_.read(path) : nullptr;
  }

  // All places of an answer; those of one file from its end, so that the others stay where they are.
  void make(NextEdit answer) {
    std::vector<FileEdit> places = std::move(answer.more);
    places.push_back(std::move(answer.edit));
    std::ranges::stable_sort(places, [](const FileEdit& a, const FileEdit& b) {
      return a.edits.front().start > b.edits.front().start;
    });
    for (const FileEdit& place : places) {
      const auto old = text(place.path);
      Expected<std::string> changed = apply_edits(*old, place.edits);
      if (!changed) continue;
      originals_.try_emplace(place.path, *old);
      texts_[place.path] = std::make_shared<const std::string>(std::move(*changed));
      if (place.path == path_) move_causes(place.edits);
      ++out_.places;
    }
  }

  void move_causes(const std::vector<TextEdit>& edits) {
    for (PastEdit& cause : causes_) {
      std::size_t start = cause.start;
      for (const TextEdit& edit : edits)
        if (edit.end <= cause.start) start += edit.text.size() - (edit.end - edit.start);
      cause.start = start;
    }
  }

  const NextEditSources& sources_;
  const std::string& path_;
  const std::stop_token stop_;
  std::vector<PastEdit> causes_;
  std::map<std::string, std::shared_ptr<const std::string>> texts_;
  std::map<std::string, std::string> originals_;  // of what was changed here
  FollowUp out_;
};

}  // namespace

Expected<FollowUp> follow_up(const NextEditSources& sources, const std::string& path,
                             const std::string& before, const std::string& after,
                             std::stop_token stop) {
  return Follower(sources, path, std::move(stop)).run(before, after);
}

}  // namespace curlew::assist
