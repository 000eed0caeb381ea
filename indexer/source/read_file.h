// A file's bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace curlew::indexer {

// All of a regular file (a link to one, too); nothing for what cannot be read, is larger, or is none:
// a FIFO would never end.
std::optional<std::string> read_file(const std::filesystem::path& file, std::uintmax_t bytes_max);

}  // namespace curlew::indexer
