#include "indexer/source/read_file.h"

#include <fstream>
#include <iterator>

namespace curlew::indexer {
namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& file, std::uintmax_t bytes_max) {
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > bytes_max || error)
    return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace curlew::indexer
