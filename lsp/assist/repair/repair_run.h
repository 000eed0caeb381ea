// One repair at work: the state behind repair() (repair.h). Its parts are in repair.cpp (rounds, tries, and
// what is kept), repair_confirm.cpp, repair_rehearsal.cpp, repair_variants.cpp and repair_model.cpp.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lsp/assist/repair/propose_model.h"
#include "lsp/assist/repair/repair.h"
#include "lsp/assist/repair/repair_candidates.h"
#include "lsp/assist/repair/trials.h"

namespace curlew::assist {

// A candidate, and all that would be there with it.
struct Trial {
  const Candidate* candidate = nullptr;
  Changes changes;  // all that is kept, and this
};

// Not thread-safe; used once.
class RepairRun {
 public:
  RepairRun(Checker& checker, const indexer::Index* index, const RepairRequest& request,
            const RepairCallback& progress, std::stop_token stop);
  Expected<RepairResult> run();
  Expected<std::vector<Proposals>> list();

 private:
  using Clock = std::chrono::steady_clock;

  Expected<RepairResult> work();
  // What the command says as things stand.
  Status look();
  Status run_as_it_is();
  // Which lines the failing tests run. A command that did not end may have a test that does not.
  Status trace_tests();
  void note_hanging(const std::vector<TestTrace>& traces);
  // Not what cannot even be loaded.
  static bool is_of_running_code(const Diagnostic& complaint);
  bool is_rehearsed(const Diagnostic& complaint) const;
  // Their names, that of this complaint first.
  std::vector<std::string> failing_tests(const std::string& first) const;
  // In rehearsals first: what pleases there is run by the command.
  Expected<bool> try_rehearsed(const std::vector<Candidate>& candidates,
                               const Diagnostic& complaint, RepairProgress& shown);
  // Takes from `batch` what has had its turn; puts aside what makes some tests pass.
  Expected<bool> rehearse(std::vector<Trial>& batch, const std::vector<std::string>& tests,
                          const Diagnostic& complaint, std::vector<Trial>& hopeful);
  bool may_uncover(const Candidate& candidate, const Diagnostic& complaint);
  // Of a program that fails and says nothing of where: the files that may be at fault. Looked for once.
  Status suspect_compiled();
  static bool has_c(const std::vector<Candidate>& candidates);  // C++ among them
  // What a test of C says may lead nowhere, or to the wrong place.
  Expected<bool> try_anywhere(const Diagnostic& complaint, RepairProgress& shown);
  // The same for languages with variants; what cannot be one is run in between.
  bool can_be_variant(const Candidate& candidate) const;
  bool has_varied(const std::vector<Candidate>& candidates) const;
  bool is_varied(const Diagnostic& complaint) const;
  Expected<bool> try_varied(const std::vector<Candidate>& candidates, const Diagnostic& complaint,
                            RepairProgress& shown);
  Expected<bool> vary(std::vector<Trial>& batch, const Diagnostic& complaint,
                      std::vector<Trial>& plain);
  Expected<bool> try_plain(std::vector<Trial>& plain, const Diagnostic& complaint,
                           Clock::time_point until);
  bool is_out_of_time() const;
  void note_run(const CheckResult& result);
  // Not far beyond the time there is. A command that has once run its tests takes about as long
  // again: what takes much longer hangs.
  std::chrono::milliseconds run_limit() const;
  bool is_for_some() const;
  static bool is_expectation(const Diagnostic& complaint);
  void find_targets();
  // What is left to do.
  std::vector<Diagnostic> complaints() const;
  bool is_done() const;
  // Every complaint in turn; those that a kept change has removed on its way are left out.
  Expected<bool> run_round();
  // First what is likely without a model, then the model's own, then all there is by its chance.
  Expected<bool> remove(const Diagnostic& complaint);
  // A failing test alone tells most changes apart from the right one, and is quicker than all.
  Status choose_focus(const Diagnostic& complaint);
  // True when one of them is kept.
  Expected<bool> try_all(const std::vector<Candidate>& candidates, const Diagnostic& complaint,
                         RepairProgress& shown);
  // Nothing where the change is none, parses worse, or was tried before. `parses`: who looks whether it does.
  enum class Parses : std::uint8_t { kCheckNow, kCheckLater };
  std::optional<Trial> trial_of(const Candidate& candidate, Parses parses = Parses::kCheckNow);
  // The first in their order that is better is kept.
  Expected<bool> try_these(std::span<Trial> trials, const Diagnostic& complaint);
  // True when the change is kept. One that a test alone likes must please all of them.
  Expected<bool> judge_trial(const Candidate& candidate, Changes& changes,
                             const Diagnostic& complaint, CheckResult result);
  bool keep_further();
  // What a run says of a change that was not kept.
  std::string outcome(const Diagnostic& complaint, const CheckResult& result) const;
  // The lines that may be at fault: those that the complaint names; of running code those, too, that
  // the likeliest changes are about.
  std::vector<ModelPlace> places_for_model(const Diagnostic& complaint,
                                           const std::vector<Candidate>& likely,
                                           const std::vector<Candidate>& rest);
  // Of a model that follows instructions: it is told what became of each answer.
  Expected<bool> try_answers(const std::vector<ModelPlace>& places, const Diagnostic& complaint,
                             RepairProgress& shown);
  // What the model takes is taken from the runs.
  Clock::time_point models_deadline(double share);
  // Of a model that fills in: its lines go where their chances put them. What it cannot do is no
  // reason not to try the rest.
  Status add_lines(const std::vector<ModelPlace>& places, std::vector<Candidate>& rest);
  // An assertion, or a failure, is said less often than before.
  bool loses_verdicts(const Changes& changes) const;
  bool is_better(const Diagnostic& complaint, const CheckResult& result) const;
  // The complaint hid others, which are seen now (complaints.h).
  bool comes_further(const Candidate& candidate, const Diagnostic& complaint,
                     const Changes& changes, const CheckResult& result);
  void note_nearest(const Candidate& candidate, const Diagnostic& complaint, const Changes& changes,
                    const CheckResult& result);
  static std::uint64_t hash_of(const Changes& changes);
  Expected<std::string> current(const std::string& path);
  // Nothing counts that only holds where earlier tries have left something behind.
  Expected<RepairResult> confirm();
  Expected<bool> fails_without();
  bool holds_for_some(const CheckResult& afresh) const;
  std::string reason_repaired() const;
  std::string reason_not_repaired() const;
  std::string reason_ended() const;  // of a command that reached a limit
  Expected<RepairResult> finished(RepairEnd end, std::string reason);

  Checker& checker_;
  const RepairRequest& request_;
  const RepairCallback& progress_;
  const std::stop_token stop_;
  const Clock::time_point began_;
  Trials trials_;
  RepairCandidates candidates_;
  std::optional<ModelProposer> model_;
  int tests_wanted_ = -1;
  std::chrono::milliseconds longest_run_{0};
  Changes kept_;
  CheckResult first_, now_;                  // without changes; with what is kept
  std::vector<Diagnostic> targets_;          // the command's own words for request_.only
  std::set<std::uint64_t> tried_;            // hashes of all changes
  std::string last_outcome_;                 // of the last try that was not kept
  bool rehearses_ = false;                   // changes are rehearsed before they are run
  std::vector<std::string> traced_failing_;  // tests
  bool knows_compiled_ = false;              // and candidates_ suspects it
  bool varies_ = false;  // changes are rehearsed as variants where their language has them
  std::optional<Diagnostic> focus_;  // the test that is run alone, at first
  struct Nearest {
    KeptChange change;
    Changes changes;
    std::size_t left = 0;  // complaints
  };
  std::optional<Nearest> nearest_;  // of what was not kept
  struct Further {
    KeptChange change;
    Changes changes;
    CheckResult result;
  };
  std::optional<Further> further_;  // of the complaint at work: the likeliest that comes further
  RepairResult result_;
};

}  // namespace curlew::assist
