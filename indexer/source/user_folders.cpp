#include "indexer/source/user_folders.h"

#include <cstdlib>

namespace curlew::indexer {
namespace fs = std::filesystem;
namespace {

fs::path folder(const char* variable, const char* below_home) {
  if (const char* base = std::getenv(variable); base != nullptr && *base == '/')
    return fs::path(base) / "curlew";
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && *home == '/' ? home : "/tmp") / below_home / "curlew";
}

}  // namespace

fs::path user_cache_folder() {
  return folder("XDG_CACHE_HOME", ".cache");
}

fs::path user_config_folder() {
  return folder("XDG_CONFIG_HOME", ".config");
}

fs::path user_data_folder() {
  return folder("XDG_DATA_HOME", ".local/share");
}

fs::path user_state_folder() {
  return folder("XDG_STATE_HOME", ".local/state");
}

}  // namespace curlew::indexer
