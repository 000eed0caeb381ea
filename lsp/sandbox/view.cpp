#include "lsp/sandbox/view.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace curlew::sandbox {
namespace fs = std::filesystem;

namespace {

// Single files of /etc, for most of the rest is the machine's own business.
constexpr const char* kSystem[] = {"/usr",
                                   "/bin",
                                   "/sbin",
                                   "/lib",
                                   "/lib32",
                                   "/lib64",
                                   "/libx32",
                                   "/opt",
                                   "/nix/store",
                                   "/gnu/store",
                                   "/etc/alternatives",
                                   "/etc/ld.so.cache",
                                   "/etc/ld.so.conf",
                                   "/etc/ld.so.conf.d",
                                   "/etc/passwd",
                                   "/etc/group",
                                   "/etc/nsswitch.conf",
                                   "/etc/localtime",
                                   "/etc/timezone",
                                   "/etc/ssl/certs",
                                   "/etc/ssl/openssl.cnf",
                                   "/etc/ca-certificates",
                                   "/etc/mime.types",
                                   "/etc/perl",
                                   "/etc/inputrc",
                                   "/etc/profile",
                                   "/etc/debian_version",
                                   "/etc/os-release",
                                   "/etc/services",
                                   "/etc/protocols"};

constexpr const char* kSystemPrefixes[] = {"java-", "python3"};  // in /etc

// Where toolchains put programs and packages below a home; their configuration, which may hold
// credentials, is beside these folders.
constexpr const char* kBelowHome[] = {".cargo/bin",
                                      ".cargo/registry",
                                      ".cargo/git",
                                      ".rustup/toolchains",
                                      ".rustup/settings.toml",
                                      "go/bin",
                                      "go/pkg",
                                      "sdk",
                                      ".local/bin",
                                      ".local/lib",
                                      ".local/share/mise",
                                      ".local/share/pnpm",
                                      ".local/share/uv",
                                      ".local/share/fnm",
                                      ".nvm/versions",
                                      ".volta/tools",
                                      ".pyenv",
                                      ".rbenv",
                                      ".sdkman/candidates",
                                      ".m2/repository",
                                      ".gradle/wrapper",
                                      ".dotnet",
                                      ".nuget/packages",
                                      ".opam",
                                      ".ghcup",
                                      ".asdf/installs",
                                      ".asdf/shims",
                                      ".juliaup",
                                      ".julia",
                                      ".deno/bin",
                                      ".bun/bin",
                                      "miniconda3",
                                      "anaconda3",
                                      "miniforge3",
                                      ".swiftly",
                                      ".elan"};

constexpr const char* kPathVariables[] = {"VIRTUAL_ENV", "CONDA_PREFIX", "JAVA_HOME",
                                          "GOROOT",      "CUDA_HOME",    "CUDA_PATH",
                                          "DOTNET_ROOT", "NODE_PATH"};

constexpr const char* kVariables[] = {"PATH",
                                      "LANG",
                                      "LANGUAGE",
                                      "LC_ALL",
                                      "LC_CTYPE",
                                      "TZ",
                                      "USER",
                                      "LOGNAME",
                                      "CC",
                                      "CXX",
                                      "CPP",
                                      "CFLAGS",
                                      "CXXFLAGS",
                                      "CPPFLAGS",
                                      "LDFLAGS",
                                      "LD_LIBRARY_PATH",
                                      "PKG_CONFIG_PATH",
                                      "CMAKE_PREFIX_PATH",
                                      "CMAKE_GENERATOR",
                                      "MAKEFLAGS",
                                      "JAVA_HOME",
                                      "GOROOT",
                                      "GOPATH",
                                      "GOFLAGS",
                                      "GOTOOLCHAIN",
                                      "RUSTFLAGS",
                                      "PYTHONPATH",
                                      "VIRTUAL_ENV",
                                      "CONDA_PREFIX",
                                      "NODE_PATH",
                                      "DOTNET_ROOT",
                                      "CUDA_HOME",
                                      "CUDA_PATH",
                                      "ASAN_OPTIONS",
                                      "UBSAN_OPTIONS",
                                      "TSAN_OPTIONS"};

// There is no terminal; and no network: fail at once, not after retries.
constexpr std::pair<const char*, const char*> kFixed[] = {
    {"TERM", "dumb"},
    {"NO_COLOR", "1"},
    {"CARGO_NET_OFFLINE", "true"},
    {"GOPROXY", "off"},
    // Python knows compiled files by size and whole seconds: of two texts of one length, put there in
    // the same second, it would run the first one twice.
    {"PYTHONDONTWRITEBYTECODE", "1"}};

constexpr const char* kUsualPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

void add(std::vector<fs::path>& paths, const fs::path& path, const fs::path& home) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error || real == "/" || (!home.empty() && is_below(home, real))) return;
  for (const fs::path& shown : {path.lexically_normal(), real})
    if (std::ranges::find(paths, shown) == paths.end()) paths.push_back(shown);
}

bool is_system(const fs::path& path) {
  return std::ranges::any_of(kSystem, [&](const char* folder) { return is_below(path, folder); });
}

}  // namespace

std::vector<fs::path> system_paths() {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const char* path : kSystem)
    if (fs::exists(path, error)) paths.emplace_back(path);
  for (const auto& entry : fs::directory_iterator("/etc", error))
    for (const char* prefix : kSystemPrefixes)
      if (entry.path().filename().string().starts_with(prefix)) paths.push_back(entry.path());
  return paths;
}

fs::path home_folder() {
  const fs::path home = variable("HOME");
  std::error_code error;
  return home.is_absolute() && home != "/" ? fs::weakly_canonical(home, error) : fs::path();
}

std::vector<fs::path> toolchain_paths() {
  std::vector<fs::path> paths;
  const fs::path home = home_folder();
  if (!home.empty())
    for (const char* below : kBelowHome) add(paths, home / below, home);
  std::string named = variable("PATH");
  for (const char* name : kPathVariables) named.append(1, ':').append(variable(name));
  std::string_view left = named;
  while (!left.empty()) {
    const std::size_t colon = std::min(left.find(':'), left.size());
    const fs::path path(left.substr(0, colon));
    left.remove_prefix(std::min(colon + 1, left.size()));
    if (path.is_absolute() && !is_system(path)) add(paths, path, home);
  }
  return paths;
}

std::map<std::string, std::string> clean_environment() {
  std::map<std::string, std::string> clean;
  for (const char* name : kVariables)
    if (const std::string value = variable(name); !value.empty()) clean[name] = value;
  clean.try_emplace("PATH", kUsualPath);
  clean.try_emplace("LANG", "C.UTF-8");
  for (const auto& [name, value] : kFixed) clean.insert_or_assign(name, value);
  return clean;
}

}  // namespace curlew::sandbox
