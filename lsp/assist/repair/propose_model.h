// Changes that a model writes for a complaint, for when those that need none have not removed it.
//
// A model that fills in the middle writes lines anew: the one that may be at fault is taken out, and
// what it puts there instead is a candidate (repair as infilling: Xia and Zhang, "Less Training, More
// Repairing Please", FSE 2022). A model that follows instructions is told what the tool says, edits
// the definition around the place as instructed_edit.h lets it, and is told what became of its
// earlier answers. What either says is checked like any candidate.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lsp/assist/complete.h"
#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {

struct ModelPlace {
  const Diagnostic& complaint;  // its own place may be another: a test's
  std::string path;
  std::string_view text;
  int line = 0;              // that may be at fault, from 1
  double chance = 1;         // that it is
  bool may_be_gone = false;  // a line above it may be missing
};

// An answer that was not right: what it changed, and what the tool said of it then.
struct FailedAnswer {
  std::string diff, outcome;
};

class ModelProposer {
 public:
  // `sources.generator` must be there.
  ModelProposer(const Sources& sources, model::Lane lane);

  // Nothing is generated after it.
  void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }

  bool fills_in() const { return fills_in_; }
  bool follows_instructions() const { return follows_instructions_; }

  // The place's line written anew, and one above it that may be missing; none that the text has
  // already. Sample 0 is the likeliest, others differ. Errors: those of the generator, kCancelled.
  Expected<std::vector<Candidate>> lines(const ModelPlace& place, int sample,
                                         std::stop_token stop) const;

  // The definition around the place edited; nothing where the model leaves it as it is. Errors:
  // those of instructed_edit().
  Expected<std::optional<Candidate>> edit(const ModelPlace& place,
                                          const std::vector<FailedAnswer>& failed,
                                          std::stop_token stop) const;

 private:
  Expected<std::optional<Candidate>> line(const ModelPlace& place, bool is_new, int sample,
                                          std::stop_token stop) const;

  const Sources sources_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  const model::Lane lane_;
  bool fills_in_ = false, follows_instructions_ = false;
  std::string name_;
};

}  // namespace curlew::assist
