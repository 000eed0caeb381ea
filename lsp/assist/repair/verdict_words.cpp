#include "lsp/assist/repair/verdict_words.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace curlew::assist {
namespace {

using Words = std::initializer_list<std::string_view>;

bool is_any_of(std::string_view word, Words words) {
  return std::ranges::find(words, word) != words.end();
}
std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}
bool begins_with_any(std::string_view word, Words beginnings) {
  return std::ranges::any_of(beginnings, [&](auto begin) { return word.starts_with(begin); });
}

// Go's t.Errorf, TAP's t.equal.
bool is_of_tester(const Statements& code, std::size_t i) {
  return i >= 2 && code.word(i - 1) == "." && is_any_of(code.word(i - 2), {"t", "b", "tb", "f"}) &&
         is_any_of(code.word(i),
                   {"Error", "Errorf", "Fatal", "Fatalf", "Fail", "FailNow", "equal", "is", "ok",
                    "same", "deepEqual", "true", "false", "not", "notOk", "throws", "fail"});
}

// "exit(1)", "process.exit(code)"; not "exit(0)", "sys.exit()".
bool ends_with_failure(const Statements& code, std::size_t i) {
  if (!is_any_of(code.word(i), {"exit", "_exit", "_Exit", "quick_exit", "Exit"})) return false;
  const std::string_view status = code.word(i + 2);
  return code.word(i + 1) == "(" && status != ")" &&
         !(is_any_of(status, {"0", "EXIT_SUCCESS", "None"}) && code.word(i + 3) == ")");
}

bool fails(const Statements& code, std::size_t i) {
  const std::string_view word = code.word(i);
  const bool is_called = code.word(i + 1) == "(";
  const bool is_macro = code.word(i + 1) == "!";
  if (is_any_of(word, {"throw", "raise"})) return !is_called || code.is_python() || word == "throw";
  if (is_macro && is_any_of(word, {"panic", "unreachable", "bail", "ensure"})) return true;
  if (is_called && is_any_of(word, {"abort", "panic", "fail", "FAIL", "die", "FailNow"}))
    return true;
  const bool is_log = i >= 2 && code.word(i - 1) == "." && code.word(i - 2) == "log";
  if (is_log && word.starts_with("Fatal")) return true;
  if (word == "exitCode" && code.word(i + 1) == "=") return code.word(i + 2) != "0";
  return ends_with_failure(code, i);
}

// failures++, failed = true, n_failed += 1
bool counts_failures(const Statements& code, std::size_t i) {
  if (lower(code.word(i)).find("fail") == std::string::npos) return false;
  const bool is_before = i > 0 && is_any_of(code.word(i - 1), {"++"});
  return is_before || is_any_of(code.word(i + 1), {"=", "+=", "++", "|="});
}

// printf("FAIL: ..."), std::cerr << "wrong"
bool reports(const Statements& code, std::size_t i) {
  const std::string word = lower(code.word(i));
  const bool prints = word.find("print") != word.npos ||
                      is_any_of(word, {"puts", "fputs", "cout", "cerr", "echo", "write", "log"});
  if (!prints || code.token(i).kind != TokenKind::kWord) return false;
  const TokenSpan statement = code.of(i);
  for (std::size_t t = i; t <= statement.last; ++t) {
    if (code.token(t).kind != TokenKind::kString) continue;
    const std::string said = lower(code.word(t));
    for (const std::string_view sign : {"fail", "wrong", "mismatch", "not ok", "expected"})
      if (said.find(sign) != said.npos) return true;
  }
  return false;
}

bool gives_failure(const Statements& code, std::size_t i) {
  if (code.word(i) != "return") return false;
  const TokenSpan statement = code.of(i);
  const std::size_t value = i + 1, end = statement.last;
  if (value > end || is_any_of(code.word(value), {";", "}", "Ok", "nil"})) return false;
  const bool is_one = value == end || code.word(value + 1) == ";";
  return !is_one || !is_any_of(code.word(value), {"0", "EXIT_SUCCESS", "None", "true", "True"});
}

bool asserts(const Statements& code, std::size_t i) {
  const std::string_view word = code.word(i), next = code.word(i + 1);
  const std::string_view before = i > 0 ? code.word(i - 1) : "";
  const bool is_called = next == "(" || next == "!" || next == ".";
  if (word == "assert" && !is_any_of(before, {"import", "{", ",", "const", "<"}) && next != "=" &&
      next != ".")
    return next != ";" && next != "}" && next != ",";
  if (is_called && before != "def" && before != "define" && lower(word).find("assert") != word.npos)
    return next != "." || code.word(i + 3) == "(";
  if (begins_with_any(word, {"EXPECT_", "CHECK_", "REQUIRE_", "BOOST_CHECK", "BOOST_REQUIRE"}) ||
      is_any_of(word, {"REQUIRE", "CHECK", "EXPECT", "VERIFY"}))
    return is_called && before != "define";
  if (word == "expect") return next == "(" && before != ".";
  if (word == "should" || word == "raises") return before == "." && is_called | (next == "(");
  const bool is_required = word == "require" && next == "." && code.word(i + 3) == "(";
  return is_required || (is_of_tester(code, i) && is_called);
}

}  // namespace

bool names_assertion(std::string_view name) {
  return begins_with_any(lower(name), {"assert", "expect_", "check_eq"}) ||
         begins_with_any(name, {"expectE", "CHECK", "EXPECT", "REQUIRE", "ASSERT"});
}

VerdictWord verdict_word(const Statements& code, std::size_t i) {
  const CodeToken& token = code.token(i);
  if (token.kind == TokenKind::kString)  // a docstring's test
    return code.word(i).find(">>> ") != std::string_view::npos ? VerdictWord::kAssertion
                                                               : VerdictWord::kNone;
  if (token.kind != TokenKind::kWord) return VerdictWord::kNone;
  if (asserts(code, i)) return VerdictWord::kAssertion;
  if (fails(code, i) || counts_failures(code, i) || reports(code, i)) return VerdictWord::kFailure;
  if (gives_failure(code, i)) return VerdictWord::kFailureOfMain;
  const bool is_check = begins_with_any(code.word(i), {"check", "verify", "expect", "ensure"});
  return is_check && code.word(i + 1) == "(" ? VerdictWord::kCheck : VerdictWord::kNone;
}

}  // namespace curlew::assist
