// Stage 1 of 3: [walk] -> parse -> store. Which files of a workspace are indexed, and why the
// others are not.
//
// Ignore rules are git's (.gitignore at every level, .git/info/exclude, the user's global
// excludes); .curlewignore has the same syntax and beats them. Files whose name is a secret's are
// never opened: the list fails closed. Data files that turn out to hold a private key are left out
// when they are read. Symbolic links are not followed; FIFOs, sockets and devices are not opened.
// The order is the same every time (by path).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"

namespace curlew::indexer {

enum class SkipReason : std::uint8_t {
  kNone,
  kIgnored,  // by .gitignore, excludes or .curlewignore (directories count once)
  kSecret,   // .env*, keys, certificates, credentials; data with a private key in it
  kBinary,   // a NUL byte in the first 8 KiB
  kTooLarge,
  kMinified,    // lines too long to have been written by a person
  kLanguage,    // none of ours
  kUnreadable,  // permission, or gone between listing and reading
  kSpecial,     // link, FIFO, socket, device
};
std::string_view skip_reason_name(SkipReason reason);

struct WalkLimits {
  std::uint64_t file_bytes_max = 2u << 20;
  int depth_max = 64;
  std::size_t files_max = 2'000'000;
};

struct WalkedFile {
  std::string path;  // relative to the root, '/' separators; bytes as the file system has them
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
};

struct WalkResult {
  std::vector<WalkedFile> files;  // by path
  std::map<SkipReason, int> skipped;
  std::vector<std::string> warnings;  // "src/private: permission denied"
};

// kNotFound when root is no directory that can be listed. `stop` ends the walk early with
// kCancelled.
Expected<WalkResult> walk(const std::filesystem::path& root, const WalkLimits& limits,
                          std::stop_token stop = {});

// The same decisions for one path (a file event, an opened buffer): kNone means index it.
SkipReason skip_reason(const std::filesystem::path& root, std::string_view path,
                       const WalkLimits& limits);

// Reads a whole file of at most limits.file_bytes_max. On success `reason` is kNone; else it says
// why not.
struct LoadedFile {
  std::string text;
  SkipReason reason = SkipReason::kNone;
};
LoadedFile load_file(const std::filesystem::path& root, std::string_view path,
                     const WalkLimits& limits);

// ".env.local", "id_rsa", "server.pem", ".aws/credentials", ... in any case. A source file is none
// ("credentials.cpp", "id_rsa_parser.py"), data and prose of that name is ("credentials.json"), and
// so is data with a telling word in its name ("gcp-key.json", "vault.yml"). docs/secrets.md has it all.
bool is_secret_path(std::string_view path);
// A folder nothing of which is read: ".ssh", ".aws", ...
bool is_secret_folder(std::string_view path);

// The enclosing repository's root, or the folder itself where there is none.
std::filesystem::path workspace_root_of(const std::filesystem::path& file_or_dir);

}  // namespace curlew::indexer
