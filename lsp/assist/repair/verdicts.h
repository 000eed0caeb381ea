// What tells right from wrong: assertions, the branches that report a failure, and the calls that a
// failure came through. A change of one of these pleases a command without repairing anything. Wherever
// it stands: a program may well be its own test.
//
//   assertion   assert, EXPECT_EQ, expect(...), console.assert, assert_eq!, t.Errorf, should, ...
//   failure     throw, raise, panic!, exit with a status, `return 1` of main, what prints "FAIL", what
//               counts failures; and the conditions on which these depend
//   test        a definition that a runner runs, one whose name says that it asserts
//   call        a statement of main, or at the top of a script, that a traceback goes through
//
// By tokens, statements (statements.h) and, for definitions, the parse. Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/source/language.h"
#include "lsp/assist/edit/text_edit.h"
#include "lsp/assist/repair/diagnostic.h"

namespace curlew::assist {

// Whether a complaint is of text that does not parse or compile, or of a linter: no program has run.
bool comes_before_running(const Diagnostic& complaint);
// Whether it says itself which name or text is wrong, though only a run has shown it.
bool says_what(const Diagnostic& complaint);

class Verdicts {
 public:
  // `failure`: of a program that runs. `tests_apart`: the test that fails stands in a file of tests, so
  // that what the code throws is a part of what is tested, and not the verdict.
  Verdicts(const std::string& path, std::string_view text, const Diagnostic& failure,
           bool tests_apart);

  // Whether edits of the text change a verdict, take it away or keep the program from coming to it.
  bool are_changed_by(std::string_view text, const std::vector<TextEdit>& edits) const;

 private:
  enum class Kind : std::uint8_t {
    kFixed,     // nothing of it changes
    kCall,      // but arguments, where the complaint is of these
    kFailedAt,  // anything but that it is there, and runs
    kCame,      // of a program without tests: anything but that there is less of it
  };
  struct Span {
    std::size_t start = 0, end = 0;
    Kind kind = Kind::kFixed;
    std::size_t open = 0, close = 0;  // kCall: between its brackets
    bool is_named = false;            // the complaint says which name of it is wrong
  };
  class Finder;

  bool changes(const Span& span, std::string_view text, const TextEdit& edit) const;

  std::vector<Span> spans_;
  std::string language_name_;
  const indexer::Language* language_ = nullptr;
  bool of_arguments_ = false;
  int unreachable_ = 0;
};

// Assertions and failures in a text: fewer after a repair, and it is none.
int count_verdicts(const std::string& path, std::string_view text);

// A file of tests by what it is called and what is in it: "testunits.py" with tests.
bool is_test_file(const std::string& path, std::string_view text);

// Whether a line is that of a test, as runners find them.
bool is_in_test(const std::string& path, std::string_view text, int line);

}  // namespace curlew::assist
