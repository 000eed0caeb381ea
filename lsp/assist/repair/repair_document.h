// Repairs of complaints in an open document: what an editor's quick fix asks for.
//
//   the check of the document (check_command.h) -> a sandbox, with the open documents' text in it
//   -> repair() of these complaints
//
// A repair is verified when the check ran and says so. Without a check, or where it does not complain
// of the place, the likeliest change that leaves the text parsing no worse is given, unverified; one
// by a model that follows instructions where nothing else is likely.
// Stateless; looks at `stop` between runs and in them.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/check/check_command.h"
#include "lsp/assist/repair/repair.h"

namespace curlew::assist {

struct DocumentRepairRequest {
  std::filesystem::path root;
  std::string path;  // of the document, relative to the root
  Changes buffers;   // open documents of the workspace; this one among them
  // Empty: all that the check has to say of the document.
  std::vector<Diagnostic> complaints;
  std::optional<CheckCommand> check;  // to be run: the user allows it
  std::string why_no_check;           // else, for people: "the workspace is not trusted"
  std::chrono::milliseconds budget{30'000};
  int jobs = 1;                           // as RepairRequest's
  model::Generator* generator = nullptr;  // as RepairRequest's
  model::Lane lane = model::Lane::kMain;
};

struct DocumentRepair {
  Changes before, after;  // of the files that change; empty: not repaired
  bool verified = false;
  std::string why;     // what the change is: "`lenght` is spelt `length`, ..."
  std::string reason;  // what the check says of it, or why there is none
  std::string check;   // the command that it was checked with; "" for none
  int tried = 0;

  bool found() const { return !after.empty(); }
};

// Errors: kInvalidInput for a document without text; kCancelled.
Expected<DocumentRepair> repair_document(const indexer::Index* index,
                                         const DocumentRepairRequest& request,
                                         const RepairCallback& progress, std::stop_token stop);

// The likeliest changes for a complaint that leave the text parsing no worse, best first. None of
// them has been checked.
std::vector<Candidate> likely_changes(const Diagnostic& complaint, const std::string& path,
                                      const std::string& text, const indexer::Index* index,
                                      std::size_t count_max);

}  // namespace curlew::assist
