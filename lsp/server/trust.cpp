#include "lsp/server/trust.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "indexer/source/user_folders.h"
#include "lsp/server/uri.h"

namespace curlew::server {
namespace fs = std::filesystem;

namespace {

// Links resolved: a workspace that is opened by another name is the same workspace.
Expected<fs::path> real_folder(const fs::path& root) {
  std::error_code error;
  const fs::path real = fs::canonical(root, error);
  if (error || !fs::is_directory(real, error))
    return fail(Errc::kNotFound, "{}: expected a folder", root.string());
  if (real.string().find('\n') != std::string::npos)
    return fail(Errc::kInvalidInput, "{}: a name with a line break cannot be trusted",
                real.string());
  return real;
}

tl::unexpected<Error> cannot_write(const fs::path& file) {
  return fail(Errc::kUnavailable, "{}: cannot be written: {}", file.string(), std::strerror(errno));
}

// In one write: what another process adds at the same time stays whole.
Status append_line(const fs::path& file, const std::string& line) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_write(file);
  const std::string text = line + "\n";
  const bool is_written = ::write(fd, text.data(), text.size()) == std::ssize(text);
  Status status;
  if (!is_written) status = cannot_write(file);
  ::close(fd);
  return status;
}

}  // namespace

fs::path trust_file() {
  return indexer::user_state_folder() / "trusted";
}

std::vector<fs::path> trusted_folders() {
  std::vector<fs::path> folders;
  std::ifstream in(trust_file());
  for (std::string line; std::getline(in, line);)
    if (line.starts_with('/')) folders.emplace_back(line);
  return folders;
}

bool is_trusted(const fs::path& root) {
  const Expected<fs::path> real = real_folder(root);
  if (!real) return false;
  return std::ranges::any_of(trusted_folders(), [&](const fs::path& folder) {
    return folder == *real || path_below(*real, folder).has_value();
  });
}

Status trust(const fs::path& root) {
  const Expected<fs::path> real = real_folder(root);
  if (!real) return tl::unexpected<Error>(real.error());
  if (is_trusted(*real)) return {};
  std::error_code error;
  fs::create_directories(indexer::user_state_folder(), error);
  return append_line(trust_file(), real->string());
}

Status distrust(const fs::path& root) {
  const Expected<fs::path> real = real_folder(root);
  if (!real) return tl::unexpected<Error>(real.error());
  std::vector<fs::path> folders = trusted_folders();
  if (std::erase(folders, *real) == 0) return {};
  const fs::path file = trust_file(), fresh = file.string() + fmt::format(".{}", ::getpid());
  {
    std::ofstream out(fresh, std::ios::trunc);
    for (const fs::path& folder : folders) out << folder.string() << '\n';
    if (!out.flush()) return cannot_write(fresh);
  }
  std::error_code error;
  fs::rename(fresh, file, error);
  if (error) return fail(Errc::kUnavailable, "{}: {}", file.string(), error.message());
  return {};
}

}  // namespace curlew::server
