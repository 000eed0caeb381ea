#include "tests/bench/completion/cases.h"

#include <algorithm>
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

}  // namespace

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
