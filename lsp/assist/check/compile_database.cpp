#include "lsp/assist/check/compile_database.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "indexer/source/read_file.h"
#include "lsp/assist/check/check_command.h"

namespace curlew::assist {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr const char* kName = "compile_commands.json";
constexpr const char* kBuildFolders[] = {
    "build", "out", "builddir", "_build", "cmake-build-debug", "cmake-build-release"};
constexpr std::uintmax_t kBytesMax = std::uintmax_t{512} << 20;
constexpr int kIncludersReadMax = 200;
constexpr std::uintmax_t kIncluderBytesMax = 1u << 20;

// The newest: a workspace with several builds is worked on with the one that was configured last.
fs::path newest_database(const fs::path& root) {
  std::vector<fs::path> places = {root / kName};
  for (const char* folder : kBuildFolders) {
    places.push_back(root / folder / kName);
    std::error_code error;
    for (fs::directory_iterator at(root / folder, error), end; !error && at != end;
         at.increment(error))
      places.push_back(at->path() / kName);
  }
  fs::path best;
  fs::file_time_type best_time;
  for (const fs::path& place : places) {
    std::error_code error;
    const fs::file_time_type time = fs::last_write_time(place, error);
    if (!error && (best.empty() || time > best_time)) best = place, best_time = time;
  }
  return best;
}

const std::string* text_of(const json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? found->get_ptr<const std::string*>()
                                                    : nullptr;
}

// What is wrong with an entry, or "".
std::string read_entry(const json& entry, CompileCommand& out) {
  if (!entry.is_object()) return "expected an object";
  const std::string* directory = text_of(entry, "directory");
  const std::string* file = text_of(entry, "file");
  if (directory == nullptr || !directory->starts_with('/')) return "'directory': expected a path";
  if (file == nullptr || file->empty()) return "'file': expected a path";
  out.directory = fs::path(*directory).lexically_normal();
  out.file = (out.directory / *file).lexically_normal();
  if (const auto arguments = entry.find("arguments"); arguments != entry.end()) {
    if (!arguments->is_array()) return "'arguments': expected a list of texts";
    for (const json& argument : *arguments) {
      if (!argument.is_string()) return "'arguments': expected a list of texts";
      out.argv.push_back(argument.get<std::string>());
    }
  } else if (const std::string* command = text_of(entry, "command")) {
    auto words = shell_words(*command);
    if (!words) return "'command': " + words.error().message();
    out.argv = std::move(*words);
  }
  return out.argv.empty() ? "'command' or 'arguments': expected a command" : "";
}

bool includes(const fs::path& source, const std::string& header) {
  const std::optional<std::string> text = indexer::read_file(source, kIncluderBytesMax);
  if (!text) return false;
  for (std::size_t at = text->find(header); at != text->npos; at = text->find(header, at + 1)) {
    const std::size_t line = text->rfind('\n', at) + 1;  // npos + 1 is 0
    const std::size_t word = text->find_first_not_of(" \t", line);
    const char before = at == 0 ? '\0' : (*text)[at - 1];
    if ((*text)[word] == '#' && (before == '/' || before == '"' || before == '<')) return true;
  }
  return false;
}

std::size_t common_folders(const fs::path& a, const fs::path& b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(std::distance(a.begin(), end));
}

}  // namespace

Expected<std::optional<CompileDatabase>> CompileDatabase::find(const fs::path& root) {
  const fs::path path = newest_database(root);
  if (path.empty()) return std::optional<CompileDatabase>();
  const std::optional<std::string> text = indexer::read_file(path, kBytesMax);
  if (!text)
    return fail(Errc::kInvalidInput, "{}: expected a file of at most {} MiB that can be read",
                path.string(), kBytesMax >> 20);
  const json document = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_array())
    return fail(Errc::kInvalidInput, "{}: expected a JSON list of compile commands", path.string());
  CompileDatabase database;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const std::string wrong = read_entry(document[i], database.commands_.emplace_back());
    if (!wrong.empty())
      return fail(Errc::kInvalidInput, "{}: entry {}: {}", path.string(), i + 1, wrong);
  }
  std::ranges::stable_sort(database.commands_, {}, &CompileCommand::file);
  return std::optional(std::move(database));
}

const CompileCommand* CompileDatabase::command_for(const fs::path& file) const {
  const auto own = std::ranges::lower_bound(commands_, file, {}, &CompileCommand::file);
  if (own != commands_.end() && own->file == file) return &*own;
  // Nearest first: a header's source is mostly beside it, or in the same part of the tree.
  std::vector<const CompileCommand*> near;
  for (const CompileCommand& command : commands_) near.push_back(&command);
  const auto rank = [&](const CompileCommand* command) {
    const bool same_stem = command->file.stem() == file.stem();
    return std::pair(!same_stem, -static_cast<std::ptrdiff_t>(common_folders(command->file, file)));
  };
  std::ranges::stable_sort(near, {}, rank);
  if (near.size() > kIncludersReadMax) near.resize(kIncludersReadMax);
  for (const CompileCommand* command : near)
    if (includes(command->file, file.filename().string())) return command;
  return nullptr;
}

namespace {

constexpr std::string_view kLaunchers[] = {"ccache", "sccache", "distcc", "icecc"};
// What makes files: left out, some with the argument behind them.
constexpr std::string_view kWithValue[] = {"-o",  "-MF", "-MT",
                                           "-MQ", "-MJ", "--serialize-diagnostics"};
constexpr std::string_view kAlone[] = {"-c",   "-S",  "-E",  "-MD",
                                       "-MMD", "-MP", "-MG", "-save-temps"};
constexpr std::string_view kColours[] = {"-fcolor-diagnostics", "-fdiagnostics-color"};
// What names a folder or a file, with the path in the same argument or the next one.
constexpr std::string_view kPaths[] = {
    "-I", "-isystem",   "-iquote",     "-idirafter",   "-include",          "-imacros",
    "-F", "--sysroot=", "-iframework", "-cxx-isystem", "-fmodule-map-file="};

template <std::size_t n>
bool is_one_of(const std::string_view (&names)[n], std::string_view argument) {
  return std::ranges::find(names, argument) != std::end(names);
}

std::string absolute(const fs::path& directory, std::string_view path) {
  return (directory / path).lexically_normal().string();
}

// The longest of kPaths that begins the argument; "" for none.
std::string_view path_option(std::string_view argument) {
  std::string_view best;
  for (const std::string_view option : kPaths)
    if (argument.starts_with(option) && option.size() > best.size()) best = option;
  return best;
}

}  // namespace

std::vector<std::string> check_only(const CompileCommand& command) {
  std::vector<std::string> argv;
  const std::vector<std::string>& given = command.argv;
  const std::string program = fs::path(given[0]).filename().string();
  bool next_is_path = false;
  for (std::size_t i = is_one_of(kLaunchers, program) && given.size() > 1 ? 1 : 0; i < given.size();
       ++i) {
    const std::string_view argument = given[i];
    if (std::exchange(next_is_path, false)) {
      argv.push_back(absolute(command.directory, argument));
    } else if (is_one_of(kWithValue, argument)) {
      ++i;
    } else if (is_one_of(kAlone, argument) ||
               std::ranges::any_of(kColours, [&](auto c) { return argument.starts_with(c); })) {
      continue;
    } else if (const std::string_view option = path_option(argument); !option.empty()) {
      const std::string_view path = argument.substr(option.size());
      next_is_path = path.empty();
      argv.push_back(std::string(option) + (path.empty() ? "" : absolute(command.directory, path)));
    } else if (!argument.starts_with('-') &&
               absolute(command.directory, argument) == command.file) {
      argv.push_back(command.file.string());
    } else {
      argv.emplace_back(argument);
    }
  }
  argv.insert(argv.end(), {"-fsyntax-only", "-fdiagnostics-parseable-fixits"});
  return argv;
}

}  // namespace curlew::assist
