// What compilers, linters and test runners say is wrong, made one form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::assist {

enum class Severity : std::uint8_t { kError, kWarning, kNote };

// What a tool's columns count. Only the text tells which bytes are meant (column_bytes()).
enum class ColumnUnit : std::uint8_t { kByte, kUtf16, kCharacter };

// Lines and columns count from 1, as tools print them. 0: the tool did not say.
struct SourcePlace {
  std::string path;  // relative to the workspace's root where it lies in it, else as printed
  int line = 0, column = 0;
  int end_line = 0, end_column = 0;  // exclusive
};

// A change the tool itself proposes.
struct FixIt {
  SourcePlace place;  // with an end; equal to the start for an insertion
  std::string text;
  // Where the tool counts from the file's start, in its unit: [first, behind), and `place` has no line.
  int first = 0, behind = -1;
};

struct Diagnostic {
  SourcePlace place;
  Severity severity = Severity::kError;
  std::string code;     // "E0425", "TS2304", "-Wunused-variable", "F821"; may be ""
  std::string message;  // one line
  std::string source;   // which reader: "gcc", "rustc", "go", "pytest", ...
  std::string test;     // the failing test's name, where it is one
  std::vector<FixIt> fixits;
  struct Note {
    SourcePlace place;  // may be empty
    std::string message;
  };
  std::vector<Note> notes;  // "did you mean", the frames of a traceback, expected and got
  ColumnUnit columns = ColumnUnit::kByte;  // of its own place and its fix-its
};

// Reads everything a command printed: each line by the readers of the tools that it looks like,
// what no reader knows by "path:line:column: message" patterns. In the order printed, each once.
// `root` is the folder that paths are made relative to, `folder` (relative to it) where the command
// ran. Never fails; any bytes will do; linear in the output.
struct ReadOptions {
  std::string root;
  std::string folder;
};
std::vector<Diagnostic> read_diagnostics(std::string_view output, const ReadOptions& options);

// How many bytes of a text, UTF-8 or not, its first `units` are; npos where it has not so many.
std::size_t column_bytes(std::string_view text, std::size_t units, ColumnUnit unit);

// Whether two runs' diagnostics are the same complaint: by path, code and message, not by line, which
// edits above it move.
bool same_complaint(const Diagnostic& a, const Diagnostic& b);
std::size_t count_same(const std::vector<Diagnostic>& all, const Diagnostic& one);
// Those of `after` that are there more often than before.
std::vector<Diagnostic> new_complaints(const std::vector<Diagnostic>& before,
                                       const std::vector<Diagnostic>& after);

}  // namespace curlew::assist
