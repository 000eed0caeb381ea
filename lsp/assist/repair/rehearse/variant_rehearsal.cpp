#include "lsp/assist/repair/rehearse/variant_rehearsal.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "lsp/assist/repair/count_tests.h"
#include "lsp/assist/repair/rehearse/rehearsal.h"
#include "lsp/assist/repair/rehearse/variant_blame.h"
#include "lsp/assist/repair/rehearse/variant_scripts.h"
#include "lsp/assist/repair/rehearse/variants.h"

namespace curlew::assist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRebuildsMax = 4;       // for what only a run with a variant comes to compile
constexpr int kBuildsMax = 24;        // until one has nothing to complain of
constexpr double kSavesEnough = 0.6;  // what a run may take beside one with compilers, at most
constexpr double kBuildTimes = 10;    // as long as without variants: what a build may take
constexpr std::chrono::milliseconds kBuildExtra{2'000};

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

// Numbers differ from run to run (addresses, times); what is said does not.
bool says_the_same(const CheckResult& a, const CheckResult& b) {
  if (a.end != b.end || a.exit_code != b.exit_code || a.tests_run != b.tests_run) return false;
  const auto words = [](const CheckResult& result) {
    std::multiset<std::string> all;
    for (const Diagnostic& d : result.diagnostics)
      if (d.severity == Severity::kError) all.insert(d.place.path + without_digits(d.message));
    return all;
  };
  return words(a) == words(b);
}

bool holds_word(std::string_view text, std::string_view word) {
  const auto is_word = [&](std::size_t at) {
    return at < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_');
  };
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1))
    if (!(at > 0 && is_word(at - 1)) && !is_word(at + word.size())) return true;
  return false;
}

class Rehearsal {
 public:
  Rehearsal(VariantStage& stage, const VariantRequest& request, std::stop_token stop)
      : stage_(stage),
        request_(request),
        stop_(std::move(stop)),
        until_(Clock::now() + request.limit),
        results_(request.changes.size()),
        plain_seconds_(request.said.seconds) {}

  Expected<std::vector<Rehearsed>> run() {
    collect();
    if (texts_.empty()) return std::move(results_);
    Expected<bool> is_built = build();
    if (!is_built) return std::move(is_built.error()).pass();
    for (int i = 0; *is_built && i < kRebuildsMax; ++i) {
      again_.clear();
      if (Status ran = run_picks(); !ran) return std::move(ran.error()).pass();
      if (again_.empty() || left().count() == 0) break;
      // Without those that this run of the command was the first to compile, and that do not.
      for (const std::size_t change : variants_)
        if (!again_.contains(change)) without_.insert(change);
      is_built = build();
      if (!is_built) return std::move(is_built.error()).pass();
    }
    return std::move(results_);
  }

 private:
  void collect();
  Expected<bool> build();
  Status put_made();
  Status put_scripts();
  bool is_no_program();
  std::size_t leave_out(const CheckResult& result);
  void leave_out_half();
  std::size_t leave_out_unreadable();
  std::size_t leave_out_uses(const std::string& name, const std::string& path);
  void note_reached();
  Status run_picks();
  bool is_for_others_fault(const PickRun& run);
  // False when no more need be run.
  bool note_run(const PickRun& run, std::string_view without);
  bool is_as_before(const PickRun& without) const;
  std::chrono::milliseconds left() const {
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now()));
  }
  void fails(std::size_t change) { results_[change] = {true, 0, true, false}; }
  void cannot(std::size_t change) { results_[change] = {false, 0, false, true}; }

  VariantStage& stage_;
  const VariantRequest& request_;
  const std::stop_token stop_;
  const Clock::time_point until_;
  std::vector<Rehearsed> results_;
  double plain_seconds_;
  std::map<std::string, Variants> texts_;
  std::set<std::size_t> without_;      // changes that are not in the made texts
  std::vector<std::size_t> variants_;  // the change of each number, from 1
  std::map<std::string, MadeText> made_;
  NodeTexts node_;
  std::set<std::size_t> again_;  // changes that could not be run for what others do not compile
  std::vector<int> reached_;     // in the order of their changes
};

// Of which text each is a change. What is of several, or of none that can be told apart, has no variant.
void Rehearsal::collect() {
  for (std::size_t i = 0; i < request_.changes.size(); ++i) {
    const std::pair<const std::string, std::string>* only = nullptr;
    int count = 0;
    for (const auto& changed : request_.changes[i])
      if (const auto before = request_.base.find(changed.first);
          before != request_.base.end() && before->second != changed.second) {
        only = &changed;
        ++count;
      }
    cannot(i);
    if (count != 1) continue;
    auto text = texts_.find(only->first);
    if (text == texts_.end()) {
      const std::string& before = request_.base.at(only->first);
      const auto* language =
          indexer::language_of(only->first, std::string_view(before).substr(0, 256));
      text = texts_.emplace(only->first, Variants(language, before)).first;
    }
    const Variants::Added added = text->second.add(i, only->second);
    if (added == Variants::Added::kYes) results_[i] = {};
    if (added == Variants::Added::kBroken) fails(i);
  }
  std::erase_if(texts_, [](const auto& text) { return text.second.is_empty(); });
  const std::filesystem::path root = std::filesystem::path(stage_.folder()).parent_path();
  for (const auto& [path, text] : texts_) {
    node_.are_varied |= is_script(text.language());
    if (is_script(text.language()) && text.language()->name == "javascript")
      node_.scripts.push_back((root / path).string());
  }
}

Status Rehearsal::put_made() {
  variants_.clear();
  made_.clear();
  for (const auto& [path, text] : texts_) {
    MadeText made = text.make(without_, variants_);
    if (Status put = stage_.put(path, made.text); !put) return put;
    made_[path] = std::move(made);
  }
  return {};
}

Status Rehearsal::put_scripts() {
  const std::string folder(kRehearsalFolder);
  if (node_.are_varied)
    if (Status put = stage_.put(folder + "/" + std::string(kHookFile), kNodeHook); !put) return put;
  const std::string script = build_script(stage_.folder(), node_);
  return stage_.put(folder + "/" + std::string(kBuildScript), script);
}

Expected<bool> Rehearsal::build() {
  if (Status put = put_scripts(); !put) return std::move(put.error()).pass();
  const auto most = std::chrono::milliseconds(
                        static_cast<std::int64_t>(kBuildTimes * 1000 * request_.said.seconds)) +
                    kBuildExtra;
  for (int i = 0; i < kBuildsMax && left().count() > 0; ++i) {
    if (Status put = put_made(); !put) return std::move(put.error()).pass();
    if (variants_.empty()) return false;
    Expected<CheckResult> result = stage_.run(kBuildScript, most, stop_);
    if (!result) return std::move(result.error()).pass();
    if (says_the_same(*result, request_.said)) {
      if (is_no_program()) return false;
      plain_seconds_ = std::min(plain_seconds_, result->seconds);
      note_reached();
      return true;
    }
    const std::size_t blamed = result->end == sandbox::CommandEnd::kExited ? leave_out(*result) : 0;
    if (blamed == 0 && is_no_program()) return false;
    if (blamed == 0) leave_out_half();
  }
  return false;
}

// A linter, say: it starts no compiler in our sight, and nothing comes to a variant.
bool Rehearsal::is_no_program() {
  const auto has = [&](std::string_view file) {
    const auto text = stage_.text(std::string(kRehearsalFolder) + "/" + std::string(file));
    return text && !text->empty();
  };
  const bool is_all_scripts = std::ranges::all_of(
      texts_, [](const auto& text) { return is_script(text.second.language()); });
  if (is_all_scripts) return !has(kSeenFile) && !has(kBrokenFile);
  return !has(kSourcesFile) && !has(kSeenFile) && without_.empty();
}

// How many are blamed for what it complains of.
std::size_t Rehearsal::leave_out(const CheckResult& result) {
  const std::vector<Diagnostic> fresh =
      new_complaints(request_.said.diagnostics, result.diagnostics);
  Blame found = blame(fresh, made_, static_cast<int>(variants_.size()));
  for (const int number : found.suspects) {
    cannot(variants_[static_cast<std::size_t>(number) - 1]);
    without_.insert(variants_[static_cast<std::size_t>(number) - 1]);
  }
  for (const int number : found.variants) {
    fails(variants_[static_cast<std::size_t>(number) - 1]);
    without_.insert(variants_[static_cast<std::size_t>(number) - 1]);
  }
  std::size_t blamed = found.variants.size() + found.suspects.size() + leave_out_unreadable();
  for (const Diagnostic& complaint : fresh) {
    if (const std::string symbol = missing_symbol(complaint); !symbol.empty())
      blamed += leave_out_uses(symbol, "");
    const std::string name = undeclared_name(complaint);
    const auto text = texts_.find(complaint.place.path);
    if (!name.empty() && text != texts_.end() && !text->second.declares(name))
      blamed += leave_out_uses(name, text->first);
  }
  return blamed;
}

// What node cannot read, as the hook has found.
std::size_t Rehearsal::leave_out_unreadable() {
  const auto notes = stage_.text(std::string(kRehearsalFolder) + "/" + std::string(kBrokenFile));
  std::size_t count = 0;
  for (const int number : read_seen(notes ? *notes : "")) {
    if (number < 1 || static_cast<std::size_t>(number) > variants_.size()) continue;
    const std::size_t change = variants_[static_cast<std::size_t>(number) - 1];
    fails(change);
    count += without_.insert(change).second ? 1 : 0;
  }
  return count;
}

// Of a name that is known nowhere, in this text or in all of them. How many there were.
std::size_t Rehearsal::leave_out_uses(const std::string& name, const std::string& path) {
  std::size_t count = 0;
  for (const std::size_t change : variants_)
    for (const auto& [changed, text] : request_.changes[change]) {
      if (without_.contains(change) || (!path.empty() && path != changed)) continue;
      if (!holds_word(difference_of(request_.base.at(changed), text).now, name)) continue;
      path.empty() ? cannot(change) : fails(change);
      without_.insert(change);
      ++count;
    }
  return count;
}

// Nobody knows which: the less likely go.
void Rehearsal::leave_out_half() {
  std::vector<std::size_t> alive = variants_;
  std::ranges::sort(alive);
  for (std::size_t i = alive.size() / 2; i < alive.size(); ++i) {
    cannot(alive[i]);
    without_.insert(alive[i]);
  }
}

// What the failing tests do not come to cannot help them.
void Rehearsal::note_reached() {
  const auto notes = stage_.text(std::string(kRehearsalFolder) + "/" + std::string(kSeenFile));
  std::set<int> seen;
  if (notes)
    for (const int number : read_seen(*notes)) seen.insert(number);
  const bool is_known = !seen.empty();
  reached_.clear();
  for (const auto& [path, made] : made_)
    for (const MadePlace& place : made.places)
      for (int number = place.first; number <= place.last; ++number) {
        if (is_known && !seen.contains(place.first))
          fails(variants_[static_cast<std::size_t>(number) - 1]);
        else
          reached_.push_back(number);
      }
  std::ranges::sort(reached_, {},
                    [&](int number) { return variants_[static_cast<std::size_t>(number) - 1]; });
}

Status Rehearsal::run_picks() {
  const std::string path = std::string(kRehearsalFolder) + "/" + std::string(kPicksScript);
  const PickLimits limits{.seconds_max = kSavesEnough * plain_seconds_,
                          .compile_seconds = kBuildTimes * request_.said.seconds};
  std::span<const int> todo = reached_;
  while (!todo.empty() && left().count() > 0) {
    if (Status put = stage_.put(path, picks_script(stage_.folder(), todo, limits, node_)); !put)
      return put;
    Expected<CheckResult> result = stage_.run(kPicksScript, left(), stop_);
    if (!result) return std::move(result.error()).pass();
    const std::vector<PickRun> runs = read_picks(result->output);
    if (!runs.empty() && runs[0].seconds > limits.seconds_max) {
      // What compiles nothing is as quick without variants; but what is not come to need not be run.
      if (node_.are_varied)
        for (const int number : todo) cannot(variants_[static_cast<std::size_t>(number) - 1]);
      return {};
    }
    if (runs.empty() || !is_as_before(runs[0])) return {};
    for (std::size_t i = 1; i < runs.size() && !todo.empty(); ++i) {
      todo = todo.subspan(1);
      if (!note_run(runs[i], runs[0].output)) return {};
    }
    if (result->end == sandbox::CommandEnd::kTimeLimit) return {};
    if (result->end != sandbox::CommandEnd::kExited && !todo.empty()) {  // it took all memory
      fails(variants_[static_cast<std::size_t>(todo[0]) - 1]);
      todo = todo.subspan(1);
    } else if (runs.size() == 1) {
      return {};
    }
  }
  return {};
}

bool Rehearsal::is_as_before(const PickRun& without) const {
  const int tests = node_.are_varied ? count_tests(without.output) : -1;
  return without.exit_code == request_.said.exit_code &&
         (tests < 0 || tests == request_.said.tests_run);
}

// A run that comes further than those before it may compile what has not been compiled so far.
bool Rehearsal::is_for_others_fault(const PickRun& run) {
  if (run.output.find(": error: ") == run.output.npos) return false;
  const Blame found = blame(stage_.read(run.output), made_, static_cast<int>(variants_.size()));
  bool has_others = false;
  for (const int number : found.variants) {
    fails(variants_[static_cast<std::size_t>(number) - 1]);
    has_others |= number != run.pick;
  }
  return has_others && !found.variants.contains(run.pick);
}

bool Rehearsal::note_run(const PickRun& run, std::string_view without) {
  if (run.pick < 1 || static_cast<std::size_t>(run.pick) > variants_.size()) return false;
  const std::size_t change = variants_[static_cast<std::size_t>(run.pick) - 1];
  fails(change);
  const int tests = count_tests(run.output);
  if (run.exit_code == 0 && tests >= request_.said.tests_run) {
    results_[change] = {true, std::max(1, tests), false, false};
    return false;
  }
  if (run.output == without) return true;
  if (is_for_others_fault(run)) {
    results_[change] = {};
    again_.insert(change);
    return true;
  }
  // Fewer complaints, and no other: one of several faults may be gone.
  const auto errors_of = [](std::vector<Diagnostic> all) {
    std::erase_if(all, [](const Diagnostic& d) { return d.severity != Severity::kError; });
    return all;
  };
  const auto before = errors_of(request_.said.diagnostics),
             after = errors_of(stage_.read(run.output));
  if (!after.empty() && after.size() < before.size() && new_complaints(before, after).empty())
    results_[change].passed = 1;
  return true;
}

}  // namespace

Expected<std::vector<Rehearsed>> rehearse_variants(VariantStage& stage,
                                                   const VariantRequest& request,
                                                   std::stop_token stop) {
  return Rehearsal(stage, request, std::move(stop)).run();
}

}  // namespace curlew::assist
