// Which changes are tried for a complaint, and in what order: what the engines (candidate.h) propose
// for every place where it may have its cause, the likeliest first; in a text that does not parse,
// those that make it parse before the others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/verdicts.h"

namespace curlew::assist {

// Not thread-safe. `request` must outlive it.
class RepairCandidates {
 public:
  // `text` gives the text of a path as it stands, kept changes included.
  RepairCandidates(const indexer::Index* index, const RepairRequest& request, TextOf text)
      : index_(index), request_(request), text_(std::move(text)) {}

  // What failing tests run, from now on.
  void suspect(Suspicion ran) { ran_ = std::move(ran); }
  // Tests are not changed, whatever the request says.
  void leave_tests() { leaves_tests_ = true; }
  // Unlikely changes are wanted, too, where a failing test says no more than that it fails.
  void widen() { breadth_ = Breadth::kAll; }
  // For a complaint that leads nowhere: changes of any function in these.
  void suspect_all_of(std::vector<std::string> paths) { suspected_paths_ = std::move(paths); }
  // Where code is run, the cause may stand anywhere below the place.
  std::vector<Candidate> find(const Diagnostic& complaint, bool is_running);
  bool suspects_any() const { return !suspected_paths_.empty(); }
  std::vector<Candidate> find_anywhere(const Diagnostic& complaint);
  // Of the complaint that was last asked about: whether a change leaves what tells right from wrong
  // (verdicts.h) as it is. find() proposes no others.
  bool keeps_verdicts(const Candidate& candidate);
  // Whether there are fewer of them in a text after a change, of whatever complaint.
  bool loses_verdicts(const std::string& path, const std::string& before,
                      const std::string& after) const;
  // Puts the likeliest first.
  void rank(std::vector<Candidate>& candidates);

  // The complaint's own place and those of its notes (the frames of a traceback, the file that a test
  // could not load), as far as they may be changed.
  std::vector<SourcePlace> causes(const Diagnostic& complaint) const;
  bool may_change(const std::string& path) const;
  // Lines changed since the last commit, as places, tests left out: at most a few of a file.
  std::vector<SourcePlace> changed_places() const;
  int errors_in(const std::string& path, const std::string& text);
  bool parses_worse(const std::string& path, const std::string& before, const std::string& after);

 private:
  void work_at(const Diagnostic& complaint);
  bool is_of_tests(const std::string& path) const;
  bool stands_apart(const Diagnostic& complaint) const;
  // Nothing where the path is as it was committed; else which of its lines (from 1) are not.
  std::optional<std::set<int>> changed_lines(const std::string& path) const;
  void weigh_by_changes(std::vector<Candidate>& candidates) const;
  void weigh_by_parse(std::vector<Candidate>& candidates);

  const indexer::Index* index_;
  const RepairRequest& request_;
  const TextOf text_;
  Suspicion ran_;
  bool leaves_tests_ = false;
  std::vector<std::string> suspected_paths_;
  Breadth breadth_ = Breadth::kLikely;
  Diagnostic at_work_;
  bool of_running_ = false, tests_apart_ = false;  // the complaint at work
  std::map<std::pair<std::string, std::uint64_t>, std::optional<Verdicts>> verdicts_;  // of a text
  mutable std::map<std::string, bool> test_files_;
  std::map<std::uint64_t, int> errors_;  // by a text's hash
};

}  // namespace curlew::assist
