#include "indexer/source/ignore.h"

#include <algorithm>

#include "indexer/source/files.h"
#include "indexer/source/git_facts.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

// Trailing spaces do not count, unless a backslash stands before them.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    end = i + 1;
  }
  return line.substr(0, end);
}

}  // namespace

std::vector<IgnorePattern> parse_ignore(std::string_view text) {
  text = text.substr(0, kIgnoreBytesMax);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<IgnorePattern> out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#')) continue;
    line = without_trailing_spaces(line);
    IgnorePattern pattern;
    if (line.starts_with('!')) {
      pattern.negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.folder_only = true;
      line.remove_suffix(1);
    }
    pattern.anchored = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    pattern.glob = std::string(line);
    out.push_back(std::move(pattern));
  }
  return out;
}

Verdict IgnoreFile::verdict(std::string_view path, bool is_folder) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (auto it = patterns_.rbegin(); it != patterns_.rend(); ++it) {
    if (it->folder_only && !is_folder) continue;
    if (!glob_matches(it->glob, it->anchored ? path : name)) continue;
    return it->negated ? Verdict::kIncluded : Verdict::kIgnored;
  }
  return Verdict::kNone;
}

IgnoreRules IgnoreRules::outside(const fs::path& root) {
  IgnoreRules out;
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(root, error);
  const std::optional<fs::path> repository = repository_root_of(folder);
  const GitExcludes excludes = git_excludes_of(repository.value_or(fs::path()));
  out.user_ = IgnoreFile(excludes.user);
  out.repository_ = IgnoreFile(excludes.repository);
  if (!repository) return out;
  std::string rest = folder.lexically_relative(*repository).generic_string();
  if (rest == ".") return out;
  rest += '/';
  out.repository_prefix_ = rest;
  fs::path at = *repository;
  while (!rest.empty()) {
    Level level;
    if (const Fd fd = open_folder(at, ""); fd) {
      level.git = IgnoreFile(read_small_file(fd.get(), ".gitignore", kIgnoreBytesMax));
      level.curlew = IgnoreFile(read_small_file(fd.get(), ".curlewignore", kIgnoreBytesMax));
    }
    level.prefix = rest;
    out.levels_.push_back(std::move(level));
    const std::size_t slash = rest.find('/');
    at /= rest.substr(0, slash);
    rest.erase(0, slash + 1);
  }
  return out;
}

void IgnoreRules::enter(std::string_view path, std::string_view gitignore,
                        std::string_view curlewignore) {
  Level level{IgnoreFile(gitignore), IgnoreFile(curlewignore), 0, {}};
  level.path_bytes = path.empty() ? 0 : path.size() + 1;
  levels_.push_back(std::move(level));
}

void IgnoreRules::leave() {
  levels_.pop_back();
}

Verdict IgnoreRules::verdict(std::string_view path, bool is_folder, IgnoreFile Level::*file) const {
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    const IgnoreFile& rules = (*level).*file;
    if (rules.empty()) continue;
    const Verdict found =
        level->prefix.empty()
            ? rules.verdict(path.substr(std::min(path.size(), level->path_bytes)), is_folder)
            : rules.verdict(level->prefix + std::string(path), is_folder);
    if (found != Verdict::kNone) return found;
  }
  return Verdict::kNone;
}

bool IgnoreRules::ignored(std::string_view path, bool is_folder) const {
  Verdict found = verdict(path, is_folder, &Level::curlew);
  if (found == Verdict::kNone) found = verdict(path, is_folder, &Level::git);
  if (found == Verdict::kNone && !(repository_.empty() && user_.empty())) {
    const std::string whole = repository_prefix_ + std::string(path);
    found = repository_.verdict(whole, is_folder);
    if (found == Verdict::kNone) found = user_.verdict(whole, is_folder);
  }
  return found == Verdict::kIgnored;
}

}  // namespace curlew::indexer
