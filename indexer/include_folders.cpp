#include "indexer/include_folders.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "indexer/source/read_file.h"

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kBuildFolders[] = {
    "", "build", "out", "builddir", "_build", "cmake-build-debug", "cmake-build-release"};

// One entry of the database.
struct Command {
  std::string directory, file, command;
  std::vector<std::string> arguments;
};

// Takes the database apart as it is read, so that nothing of it is kept but what is asked for.
class CommandReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit CommandReader(std::function<bool(Command&)> take) : take_(std::move(take)) {}

  bool null() override { return is_in_list(); }
  bool boolean(bool) override { return is_in_list(); }
  bool number_integer(number_integer_t) override { return is_in_list(); }
  bool number_unsigned(number_unsigned_t) override { return is_in_list(); }
  bool number_float(number_float_t, const string_t&) override { return is_in_list(); }
  bool binary(binary_t&) override { return is_in_list(); }
  bool string(string_t& value) override {
    if (depth_ == 3 && key_ == "arguments") command_.arguments.push_back(std::move(value));
    if (depth_ != 2) return is_in_list();
    if (key_ == "directory") command_.directory = std::move(value);
    if (key_ == "file") command_.file = std::move(value);
    if (key_ == "command") command_.command = std::move(value);
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 2) key_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t) override {
    if (!is_in_list()) return false;
    ++depth_;
    return true;
  }
  bool end_object() override {
    if (--depth_ != 1) return true;
    const bool goes_on = take_(command_);
    command_ = {};
    key_.clear();
    is_enough_ = !goes_on;
    return goes_on;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    return complain(fmt::format("no JSON at byte {}", at));
  }

  const std::string& problem() const { return problem_; }
  bool is_enough() const { return is_enough_; }

 private:
  bool is_in_list() { return depth_ > 0 || complain("expected a list of commands"); }
  bool complain(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  std::function<bool(Command&)> take_;
  int depth_ = 0;
  std::string key_;  // of the command at hand
  Command command_;
  bool is_enough_ = false;
  std::string problem_;
};

}  // namespace

// Collects the folders of every file.
class TableBuilder {
 public:
  explicit TableBuilder(const fs::path& root) : root_(root) {}

  void add(const Command& command, const fs::path& base) {
    const fs::path directory = base / command.directory;
    const std::optional<std::string> file = inside(directory / command.file);
    if (!file) return;
    FolderList& folders = by_file_[*file];
    for (std::string& folder : folders_of(command, directory)) add(folders, std::move(folder));
  }
  std::size_t size() const { return by_file_.size(); }

  IncludeTable finish() && {
    IncludeTable table;
    std::map<FolderList, std::uint32_t> known;
    for (auto& [file, folders] : by_file_) {
      const auto [list, is_new] =
          known.try_emplace(folders, static_cast<std::uint32_t>(table.lists_.size()));
      if (is_new) table.lists_.push_back(folders);
      table.lists_of_.emplace(file, list->second);
    }
    return table;
  }

  IncludeTable finish_flags(const Command& command, const fs::path& directory) && {
    IncludeTable table;
    table.lists_.emplace_back();
    for (std::string& folder : folders_of(command, directory))
      add(table.lists_.front(), std::move(folder));
    table.for_all_ = true;
    return table;
  }

 private:
  // In the order in which a compiler looks.
  enum Group { kQuote, kPlain, kSystem, kAfter, kGroups };
  struct Flag {
    std::string_view name;
    Group group;
  };
  static constexpr Flag kFlags[] = {
      {"-iquote", kQuote}, {"-isystem", kSystem}, {"-idirafter", kAfter}, {"-I", kPlain}};

  struct Groups {
    FolderList folders[kGroups];
    int response_files_left = IncludeTable::kResponseFilesMax;
  };

  std::vector<std::string> folders_of(const Command& command, const fs::path& directory) {
    Groups groups;
    read(command.arguments.empty() ? shell_words(command.command) : command.arguments, directory,
         groups);
    FolderList all;
    for (FolderList& group : groups.folders)
      std::move(group.begin(), group.end(), std::back_inserter(all));
    return all;
  }

  void read(const std::vector<std::string>& words, const fs::path& directory, Groups& groups) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i];
      if (word.starts_with('@') && groups.response_files_left-- > 0) {
        const auto text = read_file(directory / word.substr(1), IncludeTable::kResponseBytesMax);
        if (text) read(shell_words(*text), directory, groups);
        continue;
      }
      const Flag* flag = std::find_if(std::begin(kFlags), std::end(kFlags),
                                      [&](const Flag& f) { return word.starts_with(f.name); });
      if (flag == std::end(kFlags)) continue;
      std::string_view folder = word.substr(flag->name.size());
      if (folder.empty() && ++i < words.size()) folder = words[i];
      if (folder.empty()) continue;
      if (std::optional<std::string> known = inside(directory / folder))
        groups.folders[flag->group].push_back(std::move(*known));
    }
  }

  static void add(FolderList& folders, std::string folder) {
    const bool is_known = std::find(folders.begin(), folders.end(), folder) != folders.end();
    if (!is_known && folders.size() < IncludeTable::kFoldersMax)
      folders.push_back(std::move(folder));
  }

  // Relative to the root; nothing for what lies outside. Folders are asked for again and again, and
  // following their links costs system calls.
  std::optional<std::string> inside(const fs::path& path) {
    const auto [known, is_new] = inside_.try_emplace(path.lexically_normal().native());
    if (!is_new) return known->second;
    std::error_code code;
    fs::path real = fs::weakly_canonical(path.parent_path(), code);
    if (code) return std::nullopt;
    const fs::path relative = (real / path.filename()).lexically_normal().lexically_relative(root_);
    std::string text = relative.native();
    while (text.ends_with('/')) text.pop_back();
    if (text.empty() || text == ".." || text.starts_with("../")) return std::nullopt;
    known->second = text == "." ? std::string() : std::move(text);
    return known->second;
  }

  const fs::path& root_;
  std::map<std::string, FolderList> by_file_;
  std::unordered_map<std::string, std::optional<std::string>> inside_;
};

Expected<IncludeTable> IncludeTable::read_commands(std::string_view text, const fs::path& root,
                                                   const fs::path& folder) {
  TableBuilder builder(root);
  CommandReader reader([&](Command& command) {
    builder.add(command, folder);
    return builder.size() < kCommandsMax;
  });
  const bool is_read = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  if (!is_read && !reader.is_enough())
    return fail(Errc::kInvalidInput, "not a compilation database: {}", reader.problem());
  return std::move(builder).finish();
}

// One argument a line.
IncludeTable IncludeTable::read_flags(std::string_view text, const fs::path& root,
                                      const fs::path& folder) {
  Command command;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (!line.empty()) command.arguments.emplace_back(line);
  }
  return TableBuilder(root).finish_flags(command, folder);
}

const FolderList& IncludeTable::folders_of(std::string_view path) const {
  static const FolderList kNone;
  if (for_all_) return lists_.front();
  if (lists_of_.empty()) return kNone;
  auto behind = lists_of_.lower_bound(path);
  if (behind != lists_of_.end() && behind->first == path) return lists_[behind->second];
  const auto in_common = [&](const std::string& other) {
    return std::mismatch(path.begin(), path.end(), other.begin(), other.end()).first - path.begin();
  };
  // What has most in common stands beside where the path would stand.
  if (behind == lists_of_.end()) return lists_[std::prev(behind)->second];
  if (behind != lists_of_.begin() &&
      in_common(std::prev(behind)->first) >= in_common(behind->first))
    --behind;
  return lists_[behind->second];
}

IncludeFolders::Stamp IncludeFolders::look() const {
  const auto stamp_of = [](fs::path file) {
    struct stat info;
    if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return Stamp{};
    return Stamp{std::move(file), info.st_ino, info.st_size,
                 info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
  };
  for (std::string_view folder : kBuildFolders) {
    Stamp stamp = stamp_of(root_ / folder / "compile_commands.json");
    if (!stamp.file.empty()) return stamp;
  }
  return stamp_of(root_ / "compile_flags.txt");
}

void IncludeFolders::load(const Stamp& stamp) {
  loaded_ = stamp;
  table_ = nullptr;
  note_.clear();
  if (stamp.file.empty()) return;
  const std::string name = stamp.file.lexically_relative(root_).native();
  const auto text = read_file(stamp.file, IncludeTable::kFileBytesMax);
  if (!text) {
    note_ = fmt::format("{}: not used: cannot be read, or more than {} MiB", name,
                        IncludeTable::kFileBytesMax >> 20);
    return;
  }
  const fs::path folder = stamp.file.parent_path();
  Expected<IncludeTable> table = stamp.file.extension() == ".json"
                                     ? IncludeTable::read_commands(*text, root_, folder)
                                     : IncludeTable::read_flags(*text, root_, folder);
  if (table) {
    table_ = std::make_shared<const IncludeTable>(std::move(*table));
  } else {
    note_ = fmt::format("{}: not used: {}", name, table.error().message());
  }
}

IncludeTablePtr IncludeFolders::table() {
  const Stamp now = look();
  std::lock_guard lock(mutex_);
  if (now != loaded_) load(now);
  return table_;
}

std::string IncludeFolders::note() {
  (void)table();
  std::lock_guard lock(mutex_);
  return note_;
}

std::vector<std::string> shell_words(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (quote == 0 && is_blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      words.back() += command[++i];
    } else {
      words.back() += c;
    }
  }
  return words;
}

}  // namespace curlew::indexer
