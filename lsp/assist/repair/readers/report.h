// Where readers put what they found: paths become the workspace's, texts clean, repeats are
// dropped, and there is an end to everything.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lsp/assist/repair/diagnostic.h"

namespace curlew::assist {

// Errors, and besides them as many of the rest: a thousand warnings do not hide the error.
constexpr std::size_t kDiagnosticsMax = 1000;
constexpr std::size_t kNotesMax = 32;   // of one diagnostic
constexpr std::size_t kFixitsMax = 64;  // of one diagnostic
constexpr std::size_t kMessageBytesMax = 2000;
constexpr std::size_t kFoldersMax = 64;  // make in make

// Not thread-safe. Paths come in as printed.
//
// Invariant: the diagnostic added last is open, and gets the notes and fix-its that follow it, until
// the next is added; only then it is compared with those before it.
class Report {
 public:
  explicit Report(const ReadOptions& options);

  void add(Diagnostic diagnostic);
  // For the open one. Dropped where there is none.
  void note(std::string_view message, SourcePlace place = {});
  void fixit(FixIt fixit);
  Diagnostic* open() { return is_open_ ? &open_ : nullptr; }
  void close();
  // For the next one: tools print where a file was included, a template instantiated, first.
  void context(std::string_view message, SourcePlace place = {});

  // The test that runs, as its runner said. Goes into what is added without a name of its own.
  void enter_test(std::string name) { test_ = std::move(name); }
  const std::string& test() const { return test_; }
  bool has_test(const std::string& name) const { return tests_.contains(name); }

  // The folder that relative paths start in.
  void enter_folder(std::string_view path);
  void leave_folder(std::string_view path);

  // Relative to the root where it lies in it. "" stays "".
  std::string path_of(std::string_view printed) const;
  // The user's own: in the workspace, and not in what package managers put there.
  bool is_own(std::string_view printed) const;
  const ReadOptions& options() const { return options_; }

  bool full() const { return errors_ >= kDiagnosticsMax; }
  std::vector<Diagnostic> take();

 private:
  bool is_repeat(const Diagnostic& diagnostic);

  ReadOptions options_;
  std::vector<std::string> folders_;  // as path_of() makes them; the first is the command's own
  std::vector<Diagnostic> kept_;
  std::unordered_set<std::string> keys_;   // of kept_
  std::unordered_set<std::string> tests_;  // of all added
  Diagnostic open_;
  bool is_open_ = false;
  std::vector<Diagnostic::Note> context_;
  std::string test_;
  std::size_t errors_ = 0, others_ = 0;
};

// One line of valid UTF-8 without control characters, of at most kMessageBytesMax.
std::string clean_text(std::string_view text);
// "a%20b" -> "a b"; what is no escape stays.
std::string percent_decoded(std::string_view text);

}  // namespace curlew::assist
