// Files that are never opened, by name alone. Fails closed: where a name could be a secret's and is
// not a source file's, it counts as one. What is decided and why: docs/secrets.md.
#include <algorithm>
#include <string>
#include <vector>

#include "indexer/source/content.h"
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
                                       "wp-config.php",
                                       "wp-config-local.php",
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

// Settings of command-line tools under ".config" (or whatever a collection of dotfiles calls it),
// with the token that the user logged in with.
constexpr std::string_view kToolFolders[] = {"gh", "glab-cli", "hub", "gcloud", "doctl", "rclone"};
constexpr std::string_view kToolFiles[] = {"hosts.yml",   "hosts.yaml",  "config.yml",
                                           "config.yaml", "config.json", "config.toml"};

// Data whose name has one of these words is secret: "gcp-key.json", "awsKeys.yaml", "my.vault.toml".
constexpr std::string_view kWords[] = {
    "key",        "keys",    "apikey",     "apikeys",        "privatekey", "keyfile",
    "secret",     "secrets", "credential", "credentials",    "cred",       "creds",
    "token",      "tokens",  "password",   "passwords",      "passwd",     "pwd",
    "passphrase", "vault",   "private",    "serviceaccount", "adminsdk"};
constexpr std::string_view kKeyWords[] = {"key", "keys", "token", "tokens"};
// Of a key that opens nothing: "key-bindings.json", "foreign_keys.yaml", "design-tokens.json",
// "special_tokens_map.json".
constexpr std::string_view kHarmlessWords[] = {
    "binding", "bindings", "map",   "maps", "mapping",  "mappings", "code",    "codes",  "frame",
    "frames",  "word",     "words", "hot",  "shortcut", "foreign",  "primary", "design", "added"};
// Here such a name is that of a message: "locales/en/keys.json".
constexpr std::string_view kMessageFolders[] = {"locale", "locales", "lang",         "langs",
                                                "i18n",   "l10n",    "translations", "messages"};

// Languages that also hold data, by extension; what no language has is not read anyway.
constexpr std::string_view kDumpExtensions[] = {"sql", "psql", "ddl"};
constexpr std::string_view kDumpWords[] = {"backup", "backups",   "dump",
                                           "dumps",  "mysqldump", "pgdump"};

constexpr std::size_t kKeyLookBytes = 64u << 10;  // where a private key is looked for
constexpr std::size_t kKeyBytesMin = 32;

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

bool is_letter_of(std::string_view text, std::size_t i, char first, char last) {
  return i < text.size() && text[i] >= first && text[i] <= last;
}

// Lower case: "prod.awsKeys-2" -> prod, aws, keys.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool is_open = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool upper = is_letter_of(name, i, 'A', 'Z');
    if (!upper && !is_letter_of(name, i, 'a', 'z')) {
      is_open = false;
      continue;
    }
    if (!is_open || (upper && is_letter_of(name, i - 1, 'a', 'z'))) words.emplace_back();
    words.back() += lower(name.substr(i, 1));
    is_open = true;
  }
  return words;
}

template <std::size_t n>
bool has_one_of(const std::vector<std::string>& words, const std::string_view (&wanted)[n]) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return is_one_of(wanted, word); });
}

bool is_prose(std::string_view name) {
  const Language* language = language_of(name, "");
  return language != nullptr && language->name == "markdown";
}

// By the words of its name, as it is written.
bool is_secret_data(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string extension = lower(name.substr(dot + 1));
  const bool is_dump = is_one_of(kDumpExtensions, extension);
  if (!is_dump && (is_code(name) || is_prose(name))) return false;
  const std::vector<std::string> words = words_of(name.substr(0, dot));
  if (is_dump) return has_one_of(words, kDumpWords);
  const std::string stem = lower(name.substr(0, dot));
  if (stem.ends_with(".env") || (stem == "env" && extension == "json")) return true;
  const bool is_harmless = has_one_of(words, kHarmlessWords);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return is_one_of(kWords, word) && !(is_harmless && is_one_of(kKeyWords, word));
  });
}

// A value of that many bytes without a blank in it.
bool begins_with_a_long_value(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" :\t=\"'"), text.size()));
  return std::min(text.find_first_of(" \t\r\n\"',{"), text.size()) >= kKeyBytesMin;
}

}  // namespace

bool holds_private_key(const Language& language, std::string_view text) {
  if (language.code || language.name == "markdown") return false;
  text = text.substr(0, kKeyLookBytes);
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "PRIVATE KEY";
  for (std::size_t at = 0; (at = text.find(kBegin, at)) != std::string_view::npos;) {
    at += kBegin.size();
    const std::string_view kind = text.substr(at, text.find_first_of("-\n\\", at) - at);
    if (kind.find(kEnd) != std::string_view::npos) return true;  // "RSA ", "PGP ... BLOCK"
  }
  for (const std::string_view field : {"private_key", "privateKey"}) {
    for (std::size_t at = 0; (at = text.find(field, at)) != std::string_view::npos;) {
      at += field.size();
      const std::string_view rest = text.substr(at, 256);
      if (rest.find_first_of(":=") <= 3 && begins_with_a_long_value(rest)) return true;
    }
  }
  return false;
}

bool is_secret_folder(std::string_view path) {
  return is_one_of(kFolders, lower(path.substr(path.rfind('/') + 1)));
}

bool is_secret_path(std::string_view path) {
  const std::string low = lower(path);
  std::string_view name = low, parent;
  bool beside_secrets = false, among_messages = false;
  for (std::size_t slash = 0; (slash = name.find('/')) != std::string_view::npos;) {
    parent = name.substr(0, slash);
    name.remove_prefix(slash + 1);
    if (is_one_of(kFolders, parent)) return true;
    beside_secrets = beside_secrets || is_one_of(kFoldersUnlessCode, parent);
    among_messages = among_messages || is_one_of(kMessageFolders, parent);
  }
  if (is_one_of(kFolders, name) || matches_any(kNames, name)) return true;
  if (parent == ".docker" && name == "config.json") return true;
  if (is_one_of(kToolFolders, parent) && is_one_of(kToolFiles, name) &&
      (name.starts_with("hosts.") || low.find("config/") != std::string::npos))
    return true;
  if (!among_messages && is_secret_data(path.substr(path.rfind('/') + 1))) return true;
  return (beside_secrets || matches_any(kNamesUnlessCode, name)) && !is_code(name);
}

}  // namespace curlew::indexer
