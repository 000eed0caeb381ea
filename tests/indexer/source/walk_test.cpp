#include "indexer/source/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <sstream>

#include "tests/indexer/source/temp_tree.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> paths(const Expected<WalkResult>& result) {
  std::vector<std::string> out;
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return out;
  }
  for (const WalkedFile& file : result->files) out.push_back(file.path);
  return out;
}

int skipped(const Expected<WalkResult>& result, SkipReason reason) {
  const auto it = result->skipped.find(reason);
  return it == result->skipped.end() ? 0 : it->second;
}

TEST(Walk, ListsFilesByPath) {
  TempTree tree;
  for (const char* path : {"b.py", "a.cpp", "a/z.c", "a-b.c", "A.c"}) tree.write(path, "x");
  EXPECT_THAT(paths(walk(tree.root(), {})), ElementsAre("A.c", "a-b.c", "a.cpp", "a/z.c", "b.py"));
}

TEST(Walk, TellsSizeAndTime) {
  TempTree tree;
  tree.write("a.c", "12345");
  const Expected<WalkResult> result = walk(tree.root(), {});
  ASSERT_EQ(result->files.size(), 1u);
  EXPECT_EQ(result->files[0].size, 5u);
  EXPECT_GT(result->files[0].mtime_ns, 1'600'000'000'000'000'000);
}

TEST(Walk, AMissingRootIsAnError) {
  TempTree tree;
  tree.write("file.c", "x");
  for (const char* name : {"missing", "file.c"}) {
    const Expected<WalkResult> result = walk(tree.root() / name, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), Errc::kNotFound);
    EXPECT_THAT(result.error().message(), HasSubstr(name));
  }
}

TEST(Walk, SaysWhyFilesAreLeftOut) {
  TempTree tree;
  tree.write(".gitignore", "*.gen.c\nout/\n");
  tree.write("a.gen.c", "x");
  tree.write("out/a.c", "x");
  tree.write("out/b.c", "x");
  tree.write(".env", "KEY=1");
  tree.write(".ssh/config.py", "x");
  tree.write("notes.unknown", "x");
  tree.write("noextension", "just text");
  tree.write("script", "#!/usr/bin/env python3\n");
  tree.write("big.c", std::string(101, 'x'));
  tree.write("kept.c", std::string(100, 'x'));
  const Expected<WalkResult> result = walk(tree.root(), {.file_bytes_max = 100});
  EXPECT_THAT(paths(result), ElementsAre("kept.c", "script"));
  EXPECT_EQ(skipped(result, SkipReason::kIgnored), 2);
  EXPECT_EQ(skipped(result, SkipReason::kSecret), 2);
  EXPECT_EQ(skipped(result, SkipReason::kTooLarge), 1);
  EXPECT_EQ(skipped(result, SkipReason::kLanguage), 3);  // .gitignore is one of them
}

TEST(Walk, CurlewignoreBeatsGitignore) {
  TempTree tree;
  tree.write(".gitignore", "*.py\n");
  tree.write(".curlewignore", "!wanted.py\nvendor/\n");
  for (const char* path : {"wanted.py", "other.py", "vendor/a.c", "b.c"}) tree.write(path, "x");
  EXPECT_THAT(paths(walk(tree.root(), {})), ElementsAre("b.c", "wanted.py"));
}

TEST(Walk, WalksNestedRepositoriesButNeverEntersTheirStore) {
  TempTree tree;
  tree.write(".git/config.c", "x");
  tree.write("module/.git", "gitdir: ../.git/modules/module\n");
  tree.write("module/a.c", "x");
  tree.write("nested/.git/hooks/b.py", "x");
  tree.write("nested/b.c", "x");
  EXPECT_THAT(paths(walk(tree.root(), {})), ElementsAre("module/a.c", "nested/b.c"));
}

TEST(Walk, FollowsNoLinksAndOpensNoSpecialFiles) {
  TempTree tree;
  tree.write("real/a.c", "x");
  fs::create_directory_symlink(tree.root() / "real", tree.root() / "link");
  fs::create_directory_symlink(tree.root(), tree.root() / "real/loop");
  fs::create_symlink(tree.root() / "real/a.c", tree.root() / "b.c");
  fs::create_symlink("nowhere", tree.root() / "dangling.c");
  ASSERT_EQ(mkfifo((tree.root() / "pipe.c").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((tree.root() / "pipe").c_str(), 0600), 0);
  const Expected<WalkResult> result = walk(tree.root(), {});
  EXPECT_THAT(paths(result), ElementsAre("real/a.c"));
  EXPECT_EQ(skipped(result, SkipReason::kSpecial), 6);
  for (const char* path : {"b.c", "pipe.c", "pipe", "link/a.c", "dangling.c"}) {
    EXPECT_EQ(load_file(tree.root(), path, {}).reason, SkipReason::kSpecial) << path;
    EXPECT_EQ(skip_reason(tree.root(), path, {}), SkipReason::kSpecial) << path;
  }
}

TEST(Walk, KeepsNamesThatAreNotUtf8) {
  TempTree tree;
  tree.write("\xff\xfe.c", "x");
  tree.write("new\nline.c", "x");
  EXPECT_THAT(paths(walk(tree.root(), {})), ElementsAre("new\nline.c", "\xff\xfe.c"));
}

TEST(Walk, StopsAtItsLimits) {
  TempTree tree;
  tree.write("1/2/3/4/deep.c", "x");
  tree.write("1/flat.c", "x");
  const Expected<WalkResult> shallow = walk(tree.root(), {.depth_max = 3});
  EXPECT_THAT(paths(shallow), ElementsAre("1/flat.c"));
  EXPECT_THAT(shallow->warnings, ElementsAre(HasSubstr("1/2/3: more than 3 folders deep")));
  for (int i = 0; i < 10; ++i) tree.write(fmt::format("f{}.c", i), "x");
  const Expected<WalkResult> few = walk(tree.root(), {.files_max = 4});
  EXPECT_EQ(few->files.size(), 4u);
  EXPECT_THAT(few->warnings, Contains(HasSubstr("more than 4 files")));
}

TEST(Walk, StopsWhenAsked) {
  TempTree tree;
  tree.write("a.c", "x");
  std::stop_source stop;
  stop.request_stop();
  const Expected<WalkResult> result = walk(tree.root(), {}, stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), Errc::kCancelled);
}

// Permissions do not hold root back: a child that is nobody looks.
TEST(Walk, CountsAndNamesAFolderItMayNotRead) {
  TempTree tree;
  tree.write("open/a.c", "x");
  tree.write("closed/b.c", "x");
  tree.write("secretive.c", "x");
  fs::permissions(tree.root(), fs::perms(0755));
  fs::permissions(tree.root() / "closed", fs::perms::none);
  fs::permissions(tree.root() / "secretive.c", fs::perms::none);
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(9);
    const Expected<WalkResult> result = walk(tree.root(), {});
    if (!result || result->files.size() != 2) _exit(1);
    if (skipped(result, SkipReason::kUnreadable) != 1) _exit(2);
    if (result->warnings != std::vector<std::string>{"closed: Permission denied"}) _exit(3);
    if (load_file(tree.root(), "secretive.c", {}).reason != SkipReason::kUnreadable) _exit(4);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  fs::permissions(tree.root() / "closed", fs::perms::owner_all);
  if (WEXITSTATUS(status) == 9) GTEST_SKIP() << "cannot become another user";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SkipReasonOfOnePath, IsWhatTheWalkDecides) {
  TempTree tree;
  tree.write(".gitignore", "out/\n*.tmp.c\n");
  tree.write("src/.gitignore", "!b.tmp.c\n/private/\n");
  for (const char* path :
       {"a.c", "out/a.c", "a.tmp.c", "src/a.tmp.c", "src/b.tmp.c", "src/private/x.c",
        "src/deep/y.py", "x.unknown", "server.pem", ".git/a.c", "src/.aws/a.py"}) {
    tree.write(path, "x");
  }
  const std::vector<std::string> walked = paths(walk(tree.root(), {}));
  EXPECT_THAT(walked, ElementsAre("a.c", "src/b.tmp.c", "src/deep/y.py"));
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(tree.root())) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().lexically_relative(tree.root()).string();
    const bool indexed = std::find(walked.begin(), walked.end(), path) != walked.end();
    EXPECT_EQ(skip_reason(tree.root(), path, {}) == SkipReason::kNone, indexed) << path;
  }
  EXPECT_EQ(skip_reason(tree.root(), "out/a.c", {}), SkipReason::kIgnored);
  EXPECT_EQ(skip_reason(tree.root(), "server.pem", {}), SkipReason::kSecret);
  EXPECT_EQ(skip_reason(tree.root(), "src/.aws/a.py", {}), SkipReason::kSecret);
  EXPECT_EQ(skip_reason(tree.root(), ".git/a.c", {}), SkipReason::kIgnored);
  EXPECT_EQ(skip_reason(tree.root(), "x.unknown", {}), SkipReason::kLanguage);
  EXPECT_EQ(skip_reason(tree.root(), "gone.c", {}), SkipReason::kUnreadable);
  EXPECT_EQ(skip_reason(tree.root(), "../outside.c", {}), SkipReason::kUnreadable);
}

TEST(LoadFile, ReadsWhatIsIndexedAndNothingElse) {
  TempTree tree;
  tree.write("a.c", "int a;\r\n");
  tree.write("binary.c", std::string("int\0a;", 6));
  tree.write("late_nul.c", std::string(9000, 'x') + std::string(1, '\0'));
  tree.write("big.c", std::string(20'000, ' '));
  tree.write("packed.min.js", std::string(3000, 'x'));
  tree.write("long.json",
             "[\n" + std::string(20'001, '1') + "\n" + std::string(10'000, '\n') + "]");
  tree.write("table.c", std::string(3000, 'x'));
  tree.write("empty.py", "");
  tree.write("credentials.json", "{}");
  const WalkLimits limits{.file_bytes_max = 19'999};
  const auto reason = [&](const char* path, const WalkLimits& l) {
    const LoadedFile file = load_file(tree.root(), path, l);
    EXPECT_TRUE(file.reason == SkipReason::kNone || file.text.empty()) << path;
    return file.reason;
  };
  EXPECT_EQ(load_file(tree.root(), "a.c", limits).text, "int a;\r\n");
  EXPECT_EQ(reason("binary.c", limits), SkipReason::kBinary);
  EXPECT_EQ(reason("late_nul.c", limits), SkipReason::kNone);
  EXPECT_EQ(reason("big.c", limits), SkipReason::kTooLarge);
  EXPECT_EQ(reason("big.c", {.file_bytes_max = 20'000}), SkipReason::kNone);
  EXPECT_EQ(reason("packed.min.js", limits), SkipReason::kMinified);
  EXPECT_EQ(reason("long.json", {}), SkipReason::kMinified);
  EXPECT_EQ(reason("table.c", limits), SkipReason::kNone);
  EXPECT_EQ(reason("empty.py", limits), SkipReason::kNone);
  EXPECT_EQ(reason("credentials.json", limits), SkipReason::kSecret);
  EXPECT_EQ(reason("missing.c", limits), SkipReason::kUnreadable);
  EXPECT_EQ(reason("sub/missing.c", limits), SkipReason::kUnreadable);
}

// A file may hold a key whatever its name.
TEST(LoadFile, DataWithAPrivateKeyInItIsSecret) {
  const std::string key(40, 'A');
  const std::string block = "-----BEGIN RSA PRIVATE KEY-----\\n" + key;
  struct Case {
    const char* path;
    std::string text;
    SkipReason reason;
  };
  const Case cases[] = {
      {"a.json", "{\"type\": \"account\", \"private_key\": \"" + key + "\"}", SkipReason::kSecret},
      {"b.json", "{\"cert\": \"" + block + "\"}", SkipReason::kSecret},
      {"c.yaml", "tls: |\n  -----BEGIN PRIVATE KEY-----\n  " + key + "\n", SkipReason::kSecret},
      {"d.toml", "private_key = '" + key + "'\n", SkipReason::kSecret},
      {"schema.json", "{\"private_key\": {\"type\": \"string\"}}", SkipReason::kNone},
      {"e.yaml", "private_key: /etc/ssl/own.pem\n", SkipReason::kNone},
      {"f.json", "{\"a\": \"-----BEGIN CERTIFICATE-----\", \"b\": \"PRIVATE KEY\"}",
       SkipReason::kNone},
      {"test.py", "KEY =  + block + \n", SkipReason::kNone},
      {"README.md", "```\n" + block + "\n```\n", SkipReason::kNone},
  };
  TempTree tree;
  for (const Case& each : cases) {
    tree.write(each.path, each.text);
    EXPECT_EQ(load_file(tree.root(), each.path, {}).reason, each.reason) << each.path;
  }
}

// One icon or font in a string makes no bundle.
TEST(LoadFile, ALongLiteralIsNotMinified) {
  const std::string icon =
      "export const icon = \"data:image/png;base64," + std::string(60'000, 'k') + "\";\n";
  const std::string drawing = "const path = '<path d=\"" + [] {
    std::string points;
    for (int i = 0; i < 6000; ++i) points += "M12 0.5 ";
    return points;
  }() + "\"/>';\n";
  const std::string function = "export function area(w, h) { return w * h; }\n";
  std::string bundle = "/* a licence */\n";
  for (int i = 0; i < 2000; ++i) bundle += "function a(b){return b(\"c\").d};var e=f(1);";
  std::string table = "const primes = [";
  for (int i = 0; i < 6000; ++i) table += "1234567,";
  table += "];\n";
  std::string body;
  for (int i = 0; i < 3000; ++i) body += "  total += price_of(item);\n";
  std::string evaluated = "eval(\"";
  for (int i = 0; i < 500; ++i) evaluated += "function a(b){return b.d};\\n";
  evaluated += "\");\n";
  struct Case {
    const char* path;
    std::string text;
    SkipReason reason;
  };
  const Case cases[] = {
      {"icon.ts", icon + function, SkipReason::kNone},
      {"path.js", drawing + function, SkipReason::kNone},
      {"table.ts", table + body, SkipReason::kNone},
      {"bundle.js", bundle, SkipReason::kMinified},
      {"bundle2.js", icon + bundle, SkipReason::kMinified},
      {"quoted.js", "var q=/'/;" + bundle, SkipReason::kMinified},
      {"evaluated.js", evaluated + evaluated, SkipReason::kMinified},
  };
  TempTree tree;
  for (const Case& each : cases) {
    tree.write(each.path, each.text);
    EXPECT_EQ(load_file(tree.root(), each.path, {}).reason, each.reason) << each.path;
  }
}

TEST(SecretPath, FailsClosed) {
  for (const char* path : {".env",
                           ".env.local",
                           "a/.ENV.production",
                           "prod.env",
                           "server.PEM",
                           "a/b/tls.key",
                           "x.p12",
                           "x.pfx",
                           "id_rsa",
                           "id_rsa.pub",
                           "id_ed25519",
                           "ID_ED25519.bak",
                           "vault.kdbx",
                           ".netrc",
                           ".npmrc",
                           ".pypirc",
                           "credentials",
                           "credentials.json",
                           "aws_credentials.yaml",
                           ".aws/config",
                           "home/.ssh/known_hosts",
                           ".gnupg/x",
                           "a.jks",
                           "a.keystore",
                           "secrets.yml",
                           "secrets.yaml",
                           "prod.secrets.yaml",
                           "terraform.tfstate",
                           "terraform.tfstate.backup",
                           ".htpasswd",
                           "service-account.json",
                           "service_account_key.json",
                           ".git-credentials",
                           ".docker/config.json",
                           "secrets/db.yaml",
                           ".pgpass",
                           "client_secret_1.json",
                           "passwords.md",
                           ".env.py",
                           ".config/gh/hosts.yml",
                           "dotfiles/gh/hosts.yml",
                           "dot_config/glab-cli/config.yml",
                           "gcp-key.json",
                           "key.json",
                           "keys.json",
                           "private.json",
                           "aws_keys.json",
                           "awsKeys.json",
                           "serviceAccountKey.json",
                           "firebase-adminsdk.json",
                           "app-firebase-adminsdk-x1y2-0123456789.json",
                           "vault.json",
                           "config/vault.prod.yml",
                           "db_pwd.toml",
                           "csrf-token.json",
                           "prod.env.yaml",
                           "my.env.json",
                           "env.json",
                           "secret_keys.yml",
                           "wp-config.php",
                           "backup.sql",
                           "db/prod_dump_2024.sql",
                           "locales/en/secrets.json"}) {
    EXPECT_TRUE(is_secret_path(path)) << path;
  }
  std::istringstream harmless(
      "credentials.cpp id_rsa_parser.py src/credentials/store.go environment.py env.ts "
      "keys.h secrets.py tokenizer_config.json package.json monkey.c "
      "docs/secrets_of_the_sea.md keyboard.json config.json a.env.c key.go token.py "
      "secrets.ts private_key.rs vault.tf.go wp-config-sample.php schema.sql "
      "foreign_keys.sql keyed.json tsconfig.json package-lock.json Cargo.lock "
      "key-bindings.json keymap.yaml keywords.yml design-tokens.json tokenizer.json "
      "special_tokens_map.json added_tokens.json locales/en/keys.json environment.yml "
      "conda-env.yml docs/keys.md docs/tokens-of-the-lexer.md github/hosts.yml "
      "hosts.yml ");
  for (std::string path; harmless >> path;) EXPECT_FALSE(is_secret_path(path)) << path;
  EXPECT_FALSE(is_secret_path(""));
  EXPECT_TRUE(is_secret_folder("a/.ssh"));
  EXPECT_FALSE(is_secret_folder("src/credentials"));
}

TEST(WorkspaceRoot, IsTheRepositorysOrTheFolder) {
  TempTree tree;
  tree.write("repo/.git/HEAD", "ref: refs/heads/main\n");
  tree.write("repo/src/a.c", "x");
  tree.write("repo/module/.git", "gitdir: elsewhere\n");
  tree.write("repo/module/b.c", "x");
  tree.write("plain/c.c", "x");
  EXPECT_EQ(workspace_root_of(tree.root() / "repo/src/a.c"), tree.root() / "repo");
  EXPECT_EQ(workspace_root_of(tree.root() / "repo/src"), tree.root() / "repo");
  EXPECT_EQ(workspace_root_of(tree.root() / "repo/module/b.c"), tree.root() / "repo/module");
  EXPECT_EQ(workspace_root_of(tree.root() / "plain/c.c"), tree.root() / "plain");
  EXPECT_EQ(workspace_root_of(tree.root() / "plain/new.c"), tree.root() / "plain");
}

}  // namespace
}  // namespace curlew::indexer
