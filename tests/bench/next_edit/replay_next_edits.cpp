// Replays real changes of files and counts what next_edit() would have offered on the way.
//
//   make_changes.py REPOSITORY... > changes.jsonl
//   replay_next_edits changes.jsonl [--upwards] [--wrong]
//
// A line of input is {"path", "before", "after"}. The hunks between the two texts are made one
// after the other, from the top or from the bottom; before each but the first the next edit is asked for, with the
// cursor behind the last. One that is offered is right when it makes lines what they become, wrong
// when it makes a line anything else; either way it is offered once. No index: what can be known of one file.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "lsp/assist/next_edit/next_edit.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kHunksMin = 2, kHunksMax = 24;

struct Counts {
  int asked = 0, shown = 0, right = 0;
};
struct Totals {
  std::map<std::string, Counts> by_kind;  // asked in "all" only
  std::vector<double> milliseconds;
};

// Lines that have to change yet, counted by the bytes that the shortest script touches.
std::size_t bytes_to_go(std::string_view from, std::string_view to) {
  std::size_t bytes = 0;
  for (const TextEdit& edit : edits_between(from, to))
    bytes += edit.end - edit.start + edit.text.size();
  return bytes;
}

// Of this thread: other programs may be busy.
double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

class Replay {
 public:
  Replay(const nlohmann::json& change, bool is_upwards, bool says_wrong, Totals& totals)
      : path_(change["path"]),
        after_(change["after"]),
        text_(change["before"]),
        is_upwards_(is_upwards),
        says_wrong_(says_wrong),
        totals_(totals) {}

  void run() {
    std::vector<TextEdit> edits = edits_between(text_, after_);
    if (edits.size() < kHunksMin || edits.size() > kHunksMax) return;
    if (is_upwards_) {
      for (std::size_t i = edits.size(); i-- > 0;) {
        make(edits[i]);
        if (i > 0) ask(edits[i].start + edits[i].text.size());
      }
      return;
    }
    std::ptrdiff_t shift = 0;
    for (std::size_t i = 0; i < edits.size(); ++i) {
      TextEdit edit = edits[i];
      edit.start = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(edit.start) + shift);
      edit.end = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(edit.end) + shift);
      make(edit);
      shift += static_cast<std::ptrdiff_t>(edit.text.size()) -
               static_cast<std::ptrdiff_t>(edit.end - edit.start);
      if (i + 1 < edits.size()) ask(edit.start + edit.text.size());
    }
  }

 private:
  void make(const TextEdit& edit) {
    now_ += std::chrono::seconds(10);
    history_.note(path_, text_, edit, ++version_, now_);
    text_.replace(edit.start, edit.end - edit.start, edit.text);
  }

  void ask(std::size_t cursor) {
    NextEditRequest request{.path = path_,
                            .text = std::make_shared<const std::string>(text_),
                            .cursor = cursor,
                            .edits = history_.edits(),
                            .unwanted = unwanted_,
                            .now = now_ + std::chrono::seconds(1)};
    const double start = processor_ms();
    const Expected<NextEditAnswer> answer = next_edit({}, request, {});
    totals_.milliseconds.push_back(processor_ms() - start);
    ++totals_.by_kind["all"].asked;
    if (!answer || !answer->edit) return;
    const NextEdit& next = *answer->edit;
    const std::string made = apply_edits(text_, next.edit.edits).value_or(text_);
    const bool is_right = bytes_to_go(made, after_) < bytes_to_go(text_, after_);
    const bool is_same = next.kind == NextEditKind::kSameChange;
    const std::string kind_name = is_same ? next.why : next_edit_kind_name(next.kind);
    for (const std::string& kind : {std::string("all"), kind_name}) {
      ++totals_.by_kind[kind].shown;
      totals_.by_kind[kind].right += is_right;
    }
    unwanted_.push_back(next.change);  // whoever goes on elsewhere did not want it
    if (says_wrong_ && !is_right)
      fmt::print("--- {}: {} ({})\n-{}\n+{}\n", path_, next.why, next_edit_kind_name(next.kind),
                 next.change.from, next.change.to);
  }

  const std::string path_, after_;
  std::string text_;
  const bool is_upwards_, says_wrong_;
  Totals& totals_;
  EditHistory history_;
  std::vector<LineChange> unwanted_;
  EditClock::time_point now_{};
  int version_ = 1;
};

}  // namespace
}  // namespace curlew::assist

int main(int argc, char** argv) {
  using namespace curlew::assist;
  if (argc < 2) {
    fmt::print(stderr, "usage: replay_next_edits CHANGES.jsonl [--upwards] [--wrong]\n");
    return 2;
  }
  const std::set<std::string> options(argv + 2, argv + argc);
  std::ifstream file(argv[1]);
  Totals totals;
  for (std::string line; std::getline(file, line);)
    Replay(nlohmann::json::parse(line), options.contains("--upwards"), options.contains("--wrong"),
           totals)
        .run();
  for (const auto& [kind, counts] : totals.by_kind)
    fmt::print("{:44} asked {:6} shown {:5} right {:5}\n", kind, counts.asked, counts.shown,
               counts.right);
  std::ranges::sort(totals.milliseconds);
  const auto at = [&](double share) {
    return totals.milliseconds.empty()
               ? 0
               : totals.milliseconds[static_cast<std::size_t>(
                     share * static_cast<double>(totals.milliseconds.size() - 1))];
  };
  fmt::print("processor ms: median {:.2f}, 95% {:.2f}, most {:.2f}\n", at(0.5), at(0.95), at(1));
  return 0;
}
