// Repairs until a command passes: `curlew repair -- COMMAND`.
//
//   run the command -> what it complains of -> candidates (candidate.h) -> each parsed, then run with
//   the command -> the first that removes its complaint and brings no new one is kept -> again
//
// The result is a repair only if the command passes with all that was kept, afresh, running as many
// tests as before (or, asked for single complaints, these are gone); everything else is a try, and
// says so. Tests and what lies outside the workspace
// are never changed. Stateless; looks at `stop` between runs and in them.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/checker.h"
#include "lsp/assist/repair/suspicion.h"
#include "model/generator.h"

namespace curlew::assist {

struct RepairRequest {
  int rounds_max = 3;  // of keeping a change and looking again
  int jobs = 1;        // runs of the command at once (trials.h); what is kept does not depend on it
  std::chrono::milliseconds budget{120'000};
  std::vector<std::string> files;  // globs of paths that may be changed; empty: any
  bool may_change_tests = false;   // not where a test in `only` expects what is not so
  // Files that differ from the last commit, with the text they had there (indexer/source/git_changes.h):
  // what was changed since then is suspected first.
  Changes committed;
  // Complaints as somebody else sees them (an editor's other servers). Not empty: only what the
  // command says of the same places is worked at, and a repair is what removes one of them, brings
  // no other complaint, and leaves a command that passed passing.
  std::vector<Diagnostic> only;
  // Asked for what needs no model has not removed (propose_model.h); null: nobody is.
  model::Generator* generator = nullptr;
  model::Lane lane = model::Lane::kMain;
  bool result_when_stopped = false;  // kStopped with what there is, instead of kCancelled
};

// "src/a.cpp:12: 'lenght' was not declared"; of a complaint without a place only what it says.
std::string said_of(const Diagnostic& complaint);

struct RepairProgress {
  int round = 0;
  int tried = 0, candidates = 0;  // of the complaint at work
  std::string what;               // said_of() the complaint
};
using RepairCallback = std::function<void(const RepairProgress&)>;

// A change that was kept.
struct KeptChange {
  Candidate candidate;
  Diagnostic diagnostic;  // that it removed
};

struct RepairRound {
  int command_exit = 0;                 // before this round's changes
  std::vector<Diagnostic> diagnostics;  // errors, or what there is when there are none
  std::vector<KeptChange> kept;
  int tried = 0;
  bool verified = false;  // the command passes with this round's changes
};

enum class RepairEnd : std::uint8_t {
  kPassedBefore,  // nothing to repair
  kRepaired,
  kNotRepaired,  // what there is of changes is in the result, unverified
  kOutOfTime,
  kStopped,  // what there is of changes is in the result, unverified
};
std::string_view repair_end_name(RepairEnd end);

struct RepairResult {
  RepairEnd end = RepairEnd::kNotRepaired;
  std::vector<RepairRound> rounds;
  Changes before, after;     // of the files that changed
  std::string reason;        // why it ended so, for people
  std::string model_error;   // why the model could not be asked; "" where it was, or there is none
  bool saw_nothing = false;  // of RepairRequest::only: the command does not complain there
  int runs = 0;
  double seconds = 0;

  bool passed() const { return end == RepairEnd::kPassedBefore || end == RepairEnd::kRepaired; }
  std::string diff() const;
};

// Errors: the command cannot be run at all; kCancelled.
Expected<RepairResult> repair(Checker& checker, const indexer::Index* index,
                              const RepairRequest& request, const RepairCallback& progress,
                              std::stop_token stop);

// A complaint, and what would be tried for it without a model, in this order.
struct Proposals {
  Diagnostic complaint;
  std::vector<Candidate> candidates;
};
// Runs the command once and tries nothing. Errors: as repair().
Expected<std::vector<Proposals>> list_proposals(Checker& checker, const indexer::Index* index,
                                                const RepairRequest& request, std::stop_token stop);

// Whether a path is that of a test: a folder or a name that says so.
bool is_test_path(std::string_view path);

// For a test that fails: changes of the code that it tests, likeliest first. `text` gives the text
// of a path. The complaint's notes are places to begin at, too. `ran`: what failing tests run, where
// that is known.
using TextOf = std::function<Expected<std::string>(const std::string&)>;
std::vector<Candidate> propose_for_test(const Diagnostic& failure, const indexer::Index* index,
                                        const TextOf& text, const Suspicion& ran = {},
                                        Breadth breadth = Breadth::kLikely);

// For a failure that says nothing: changes of all functions in these files, likeliest first.
std::vector<Candidate> propose_anywhere(const Diagnostic& failure,
                                        const std::vector<std::string>& paths, const TextOf& text);

// For a name that is unknown where it is used: definitions one slip away from it, renamed.
std::vector<Candidate> propose_definitions(const Diagnostic& complaint, const indexer::Index* index,
                                           const TextOf& text);

}  // namespace curlew::assist
