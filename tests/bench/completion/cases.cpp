#include "tests/bench/completion/cases.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace curlew::bench {
namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kFileBytesMax = 100'000;
constexpr std::size_t kFilesMax = 3;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool is_shouted(std::string_view word) {
  return !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
}

}  // namespace

std::string Arguments::option(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

std::optional<Arguments> read_arguments(int argc, char** argv, const std::string& usage) {
  Arguments out;
  bool good = true;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      out.plain.push_back(word);
    } else if (i + 1 < argc && usage.find("[" + word + " ") != usage.npos) {
      out.options[word.substr(2)] = argv[++i];
    } else {
      good = false;
    }
  }
  std::istringstream words(usage.substr(0, usage.find('[')));
  std::size_t wanted = 0;
  for (std::string word; words >> word;) wanted += is_shouted(word);
  if (good && out.plain.size() == wanted) return out;
  std::fprintf(stderr, "%s\n", usage.c_str());
  return std::nullopt;
}

bool for_each_case(const std::string& path, const Arguments& arguments,
                   const std::function<void(const nlohmann::json&)>& take) {
  const std::string limit = arguments.option("limit");
  std::size_t left = limit.empty() ? SIZE_MAX : std::strtoul(limit.c_str(), nullptr, 10);
  std::ifstream in(path);
  if (!in) std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
  const bool opened = in.good();
  for (std::string line; left > 0 && std::getline(in, line); --left)
    take(nlohmann::json::parse(line));
  return opened;
}

std::vector<Neighbour> neighbours(const std::string& trees, const nlohmann::json& value) {
  if (trees.empty()) return {};
  const fs::path file = fs::path(trees) / value.value("tree", "") / value.value("path", "");
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(file.parent_path(), error))
    if (entry.is_regular_file() && entry.path() != file &&
        entry.path().extension() == file.extension() && entry.file_size() <= kFileBytesMax)
      found.push_back(entry.path());
  std::ranges::sort(found);
  found.resize(std::min(found.size(), kFilesMax));
  std::vector<Neighbour> files;
  for (const fs::path& path : found)
    files.push_back({path.string(), std::make_shared<const std::string>(read(path))});
  return files;
}

}  // namespace curlew::bench
