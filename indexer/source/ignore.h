// Git's ignore rules: which paths of a tree the files .gitignore, .git/info/exclude and the user's
// excludes leave out; .curlewignore in the same syntax. Semantics: gitignore(5).
//
// Rules of a deeper folder beat those of an outer one, a later line beats an earlier one, "!"
// re-includes. Nothing below an excluded folder can be re-included: callers do not enter it.
// Unlike git, a file that is tracked although a rule names it is left out too.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::indexer {

// One line of an ignore file.
struct IgnorePattern {
  std::string glob;          // without "!", leading and trailing slash
  bool negated = false;      // re-includes
  bool folder_only = false;  // written with a trailing slash
  bool anchored = false;     // has another slash: matches from the file's folder on, not any name
};

// The patterns of one ignore file's text, in order. Reads at most kIgnoreBytesMax of it.
std::vector<IgnorePattern> parse_ignore(std::string_view text);
inline constexpr std::size_t kIgnoreBytesMax = 1u << 20;

// Git's wildcards. `*` and `?` do not match "/"; "**" between slashes matches any number of
// folders. Classes "[a-z]", "[!a]", "[[:alpha:]]"; "\" takes the next character literally. A
// malformed pattern matches nothing. Cost is bounded: a pattern that branches too often matches
// nothing.
bool glob_matches(std::string_view glob, std::string_view path);

enum class Verdict { kNone, kIgnored, kIncluded };

// The rules of one ignore file, applied to paths below its folder.
class IgnoreFile {
 public:
  IgnoreFile() = default;
  explicit IgnoreFile(std::string_view text) : patterns_(parse_ignore(text)) {}

  bool empty() const { return patterns_.empty(); }
  // `path` is relative to the file's folder.
  Verdict verdict(std::string_view path, bool is_folder) const;

 private:
  std::vector<IgnorePattern> patterns_;
};

// All rules that hold at one place of a tree: a stack of folders, outermost first.
class IgnoreRules {
 public:
  // Reads the excludes of the repository that holds `root`, and the ignore files of the folders
  // from the repository's root down to, and without, `root`.
  static IgnoreRules outside(const std::filesystem::path& root);

  // Enters a folder (`path` relative to root, "" for root itself); the texts of its .gitignore and
  // .curlewignore, "" where there is none.
  void enter(std::string_view path, std::string_view gitignore, std::string_view curlewignore);
  void leave();

  // `path` relative to root, in the folder entered last or below it.
  bool ignored(std::string_view path, bool is_folder) const;

 private:
  struct Level {
    IgnoreFile git, curlew;
    std::size_t path_bytes = 0;  // of the folder with its slash; paths are cut there
    std::string prefix;          // of folders above root: put in front of the path instead
  };
  Verdict verdict(std::string_view path, bool is_folder, IgnoreFile Level::*file) const;

  IgnoreFile user_, repository_;   // core.excludesFile, .git/info/exclude
  std::string repository_prefix_;  // root relative to the repository, with a slash; "" for itself
  std::vector<Level> levels_;
};

}  // namespace curlew::indexer
