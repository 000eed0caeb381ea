// Files that are never opened, by name alone. Fails closed: where a name could be a secret's and is
// not a source file's, it counts as one.
#include <algorithm>
#include <string>

#include "indexer/source/ignore.h"
#include "indexer/source/language.h"
#include "indexer/source/walk.h"

namespace curlew::indexer {
namespace {

// Whatever is inside of these is secret. Lower case.
constexpr std::string_view kFolders[] = {".ssh",     ".aws",   ".gnupg",          ".gpg",
                                         ".azure",   ".kube",  ".gcloud",         ".oci",
                                         ".secrets", ".vault", ".password-store", ".credentials"};

// Here only source files are read.
constexpr std::string_view kFoldersUnlessCode[] = {"secret", "secrets", "credentials"};

// Secret whatever else they are.
constexpr std::string_view kNames[] = {".env*",
                                       "*.env",
                                       "*.pem",
                                       "*.key",
                                       "*.p12",
                                       "*.p8",
                                       "*.pfx",
                                       "*.pkcs12",
                                       "*.jks",
                                       "*.keystore",
                                       "*.kdbx",
                                       "*.kdb",
                                       "*.ppk",
                                       "*.asc",
                                       "*.gpg",
                                       "*.pgp",
                                       "*.der",
                                       "*.crt",
                                       "*.cer",
                                       "*.csr",
                                       "*.keytab",
                                       "*.ovpn",
                                       "*.tfstate",
                                       "*.tfstate.*",
                                       "*.tfvars",
                                       "*.tfvars.json",
                                       ".netrc",
                                       "_netrc",
                                       ".npmrc",
                                       ".yarnrc.yml",
                                       ".pypirc",
                                       ".pgpass",
                                       ".my.cnf",
                                       ".htpasswd",
                                       ".htdigest",
                                       ".git-credentials",
                                       ".dockercfg",
                                       ".dockerconfigjson",
                                       ".s3cfg",
                                       ".boto",
                                       ".terraformrc",
                                       "kubeconfig*",
                                       "*_history",
                                       "master.key",
                                       "*.secret",
                                       "*.secrets",
                                       ".vault-token",
                                       "authinfo",
                                       ".authinfo",
                                       "shadow",
                                       "*.mobileprovision"};

// Secret unless the name is that of a source file: `credentials.json`, but not `credentials.cpp`.
constexpr std::string_view kNamesUnlessCode[] = {
    "id_rsa*",       "id_dsa*",          "id_ecdsa*",        "id_ed25519*",     "*credentials*",
    "*credential.*", "secret",           "secrets",          "secret.*",        "secrets.*",
    "*.secret.*",    "*.secrets.*",      "*-secret.*",       "*-secrets.*",     "*_secret.*",
    "*_secrets.*",   "service-account*", "service_account*", "serviceaccount*", "client_secret*",
    "*password*",    "*passwd*",         "*private_key*",    "*private-key*",   "*apikey*",
    "*api_key*",     "*api-key*",        "token.*",          "tokens.*",        "auth.json"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

template <std::size_t n>
bool matches_any(const std::string_view (&globs)[n], std::string_view name) {
  return std::any_of(std::begin(globs), std::end(globs),
                     [&](std::string_view glob) { return glob_matches(glob, name); });
}

// By extension alone: "credentials" with a "#!" line is still no source file.
bool is_code(std::string_view name) {
  const Language* language = language_of(name, "");
  return language != nullptr && language->code;
}

template <std::size_t n>
bool is_one_of(const std::string_view (&words)[n], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

bool is_secret_folder(std::string_view path) {
  return is_one_of(kFolders, lower(path.substr(path.rfind('/') + 1)));
}

bool is_secret_path(std::string_view path) {
  const std::string low = lower(path);
  std::string_view name = low, parent;
  bool beside_secrets = false;
  for (std::size_t slash = 0; (slash = name.find('/')) != std::string_view::npos;) {
    parent = name.substr(0, slash);
    name.remove_prefix(slash + 1);
    if (is_one_of(kFolders, parent)) return true;
    beside_secrets = beside_secrets || is_one_of(kFoldersUnlessCode, parent);
  }
  if (is_one_of(kFolders, name) || matches_any(kNames, name)) return true;
  if (parent == ".docker" && name == "config.json") return true;
  return (beside_secrets || matches_any(kNamesUnlessCode, name)) && !is_code(name);
}

}  // namespace curlew::indexer
