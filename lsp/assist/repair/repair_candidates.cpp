#include "lsp/assist/repair/repair_candidates.h"

#include <algorithm>

#include "indexer/source/ignore.h"
#include "indexer/words.h"
#include "lsp/assist/edit/parse_errors.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kCausesMax = 4;  // places of one complaint
constexpr double kElsewhere = 0.4;     // what a change elsewhere is worth, where the place is said
constexpr double kNextCause = 0.9;     // how much less likely each is than the one before
// In a text that does not parse: what a candidate that makes it parse better, or not, is worth beside
// one that makes it parse.
constexpr double kParsesBetter = 0.6, kParsesAsBadly = 0.15;
// What a change of a line is worth that is as it was committed, where others are not.
constexpr double kAsCommitted = 0.6;
constexpr std::size_t kChangedPlacesMax = 12;
constexpr std::size_t kWeighedBytesMax = 16u << 20;  // parsed to find out, per complaint

}  // namespace

bool RepairCandidates::is_of_tests(const std::string& path) const {
  const auto [known, is_new] = test_files_.try_emplace(path, false);
  if (is_new)
    if (const Expected<std::string> text = text_(path)) known->second = is_test_file(path, *text);
  return known->second;
}

// The test that fails, or a frame on the way to the failure, stands in a file of tests, or is one.
bool RepairCandidates::stands_apart(const Diagnostic& complaint) const {
  const auto is_of_test = [&](const SourcePlace& place) {
    if (place.path.empty()) return false;
    if (is_test_path(place.path) || is_of_tests(place.path)) return true;
    const Expected<std::string> text =
        complaint.test.empty() ? fail(Errc::kNotFound, "no test") : text_(place.path);
    return text && is_in_test(place.path, *text, place.line);
  };
  return is_of_test(complaint.place) ||
         std::ranges::any_of(complaint.notes,
                             [&](const Diagnostic::Note& note) { return is_of_test(note.place); });
}

void RepairCandidates::work_at(const Diagnostic& complaint) {
  at_work_ = complaint;
  verdicts_.clear();
  of_running_ = !(request_.may_change_tests && !leaves_tests_) && !comes_before_running(complaint);
  tests_apart_ = of_running_ && stands_apart(complaint);
}

bool RepairCandidates::keeps_verdicts(const Candidate& candidate) {
  if (!of_running_) return true;
  const Expected<std::string> text = text_(candidate.path);
  if (!text) return true;
  const std::uint64_t hash = indexer::content_hash(*text);
  const auto [known, is_new] = verdicts_.try_emplace({candidate.path, hash});
  if (is_new) known->second.emplace(candidate.path, *text, at_work_, tests_apart_);
  return !known->second->are_changed_by(*text, candidate.edits);
}

bool RepairCandidates::loses_verdicts(const std::string& path, const std::string& before,
                                      const std::string& after) const {
  if (request_.may_change_tests && !leaves_tests_) return false;
  return count_verdicts(path, after) < count_verdicts(path, before);
}

bool RepairCandidates::may_change(const std::string& path) const {
  if (path.empty() || path.front() == '/' || path.starts_with("..")) return false;
  const bool may_change_tests = request_.may_change_tests && !leaves_tests_;
  if (!may_change_tests && (is_test_path(path) || is_of_tests(path))) return false;
  return request_.files.empty() || std::ranges::any_of(request_.files, [&](const auto& glob) {
           return indexer::glob_matches(glob, path);
         });
}

std::vector<SourcePlace> RepairCandidates::causes(const Diagnostic& complaint) const {
  std::vector<SourcePlace> places = {complaint.place};
  for (const Diagnostic::Note& note : complaint.notes) places.push_back(note.place);
  std::erase_if(
      places, [&](const SourcePlace& place) { return place.line < 1 || !may_change(place.path); });
  if (places.size() > kCausesMax) places.resize(kCausesMax);
  return places;
}

std::vector<Candidate> RepairCandidates::find(const Diagnostic& complaint, bool is_running) {
  work_at(complaint);
  std::vector<Candidate> candidates;
  const auto add = [&](std::vector<Candidate> more, double weight) {
    for (Candidate& candidate : more) {
      candidate.chance *= weight;
      if (may_change(candidate.path)) candidates.push_back(std::move(candidate));
    }
  };
  double weight = 1;
  for (const SourcePlace& cause : causes(complaint)) {
    const Expected<std::string> text = text_(cause.path);
    if (!text) continue;
    Diagnostic there = complaint;
    there.place = cause;
    add(propose(repair_place(there, cause.path, *text, index_)), weight);
    weight *= kNextCause;
  }
  add(propose_definitions(complaint, index_, text_), 1);
  // A complaint of running code, or about a test, may have its cause anywhere below, and in whatever
  // was changed last.
  if (is_running || !complaint.test.empty() || !comes_before_running(complaint) ||
      !may_change(complaint.place.path)) {
    Diagnostic there = complaint;
    for (const SourcePlace& place : changed_places()) there.notes.push_back({place, ""});
    add(propose_for_test(there, index_, text_, ran_, breadth_),
        says_what(complaint) ? kElsewhere : 1);
  }
  if (complaint.source == "command") add(propose_anywhere(complaint, suspected_paths_, text_), 1);
  std::erase_if(candidates, [&](const Candidate& c) { return !keeps_verdicts(c); });
  weigh_by_changes(candidates);
  rank(candidates);
  return candidates;
}

std::vector<Candidate> RepairCandidates::find_anywhere(const Diagnostic& complaint) {
  work_at(complaint);
  std::vector<Candidate> candidates = propose_anywhere(complaint, suspected_paths_, text_);
  std::erase_if(candidates, [&](const Candidate& c) { return !keeps_verdicts(c); });
  weigh_by_changes(candidates);
  rank(candidates);
  return candidates;
}

std::optional<std::set<int>> RepairCandidates::changed_lines(const std::string& path) const {
  const auto committed = request_.committed.find(path);
  const Expected<std::string> now =
      committed == request_.committed.end() ? fail(Errc::kNotFound, "as it was") : text_(path);
  if (!now || *now == committed->second) return std::nullopt;
  const LineTable lines(*now);
  std::set<int> changed;
  for (const TextEdit& edit : edits_between(*now, committed->second))
    for (int line = lines.line_of(edit.start); line <= lines.line_of(edit.end); ++line)
      changed.insert(line);
  return changed;
}

std::vector<SourcePlace> RepairCandidates::changed_places() const {
  std::vector<SourcePlace> places;
  for (const auto& [path, text] : request_.committed) {
    const auto lines = may_change(path) ? changed_lines(path) : std::nullopt;
    if (!lines) continue;
    int last = -1;  // of a run of lines the first stands for all
    for (const int line : *lines) {
      if (places.size() < kChangedPlacesMax && line != last + 1)
        places.push_back({path, line, 0, 0, 0});
      last = line;
    }
  }
  return places;
}

void RepairCandidates::weigh_by_changes(std::vector<Candidate>& candidates) const {
  if (request_.committed.empty()) return;
  struct File {
    std::string text;
    std::optional<LineTable> lines;  // of `text`
    std::optional<std::set<int>> changed;
  };
  std::map<std::string, File> files;
  for (Candidate& candidate : candidates) {
    const auto [entry, is_new] = files.try_emplace(candidate.path);
    File& file = entry->second;
    if (is_new) {
      file.changed = changed_lines(candidate.path);
      file.text = text_(candidate.path).value_or("");
      file.lines.emplace(file.text);
    }
    const int line = file.lines->line_of(candidate.edits.front().start);
    if (!file.changed || !file.changed->contains(line)) candidate.chance *= kAsCommitted;
  }
}

void RepairCandidates::rank(std::vector<Candidate>& candidates) {
  const auto sort = [&] {
    std::ranges::stable_sort(
        candidates, [](const Candidate& a, const Candidate& b) { return a.chance > b.chance; });
  };
  sort();  // what is parsed first is what is likely
  weigh_by_parse(candidates);
  sort();
}

void RepairCandidates::weigh_by_parse(std::vector<Candidate>& candidates) {
  std::size_t bytes = 0;
  for (Candidate& candidate : candidates) {
    const Expected<std::string> before = text_(candidate.path);
    const int errors = before ? errors_in(candidate.path, *before) : 0;
    if (errors == 0) continue;
    const Expected<std::string> after = apply_edits(*before, candidate.edits);
    if (!after) continue;
    bytes += after->size();
    const int left = bytes > kWeighedBytesMax ? errors : errors_in(candidate.path, *after);
    if (left > 0) candidate.chance *= left < errors ? kParsesBetter : kParsesAsBadly;
  }
}

int RepairCandidates::errors_in(const std::string& path, const std::string& text) {
  const auto [known, is_new] = errors_.try_emplace(indexer::content_hash(text));
  if (is_new) known->second = parse_errors(path, text);
  return known->second;
}

bool RepairCandidates::parses_worse(const std::string& path, const std::string& before,
                                    const std::string& after) {
  return errors_in(path, after) > errors_in(path, before);
}

}  // namespace curlew::assist
