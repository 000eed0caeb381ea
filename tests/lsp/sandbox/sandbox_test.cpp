// Commands that do harm, and what becomes of them. A small C-less world: sh, make and python are
// what the commands are made of.
#include "lsp/sandbox/sandbox.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "lsp/sandbox/descriptor.h"
#include "lsp/sandbox/process_tree.h"

namespace curlew::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string read_file(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_file(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct Way {
  const char* name;
  Isolation isolation;
  bool overlay;
};

// A home with a secret, a workspace in it, and a cache: all in a folder of the test's own.
class SandboxTest : public ::testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    std::string name =
        (fs::canonical(fs::temp_directory_path()) / "curlew-sandbox-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    home_ = base_ / "home";
    root_ = home_ / "work";
    write_file(home_ / ".ssh/id_ed25519", "the secret key");
    write_file(root_ / "src/a.txt", "as it was\n");
    write_file(root_ / "run.sh", "#!/bin/sh\necho ran\n");
    ::chmod((root_ / "run.sh").c_str(), 0755);
    old_home_ = std::getenv("HOME") ? std::getenv("HOME") : "";
    ::setenv("HOME", home_.c_str(), 1);
    ::setenv("CURLEW_TEST_TOKEN", "the secret token", 1);
    reopen();
  }
  void TearDown() override {
    sandbox_.reset();
    ::setenv("HOME", old_home_.c_str(), 1);
    ::unsetenv("CURLEW_TEST_TOKEN");
    if (!base_.empty()) fs::remove_all(base_);
  }

  SandboxOptions options() const {
    return {.workspace = root_,
            .cache = base_ / "cache",
            .isolation = GetParam().isolation,
            .overlay = GetParam().overlay};
  }
  void reopen() {
    sandbox_.reset();
    auto opened = Sandbox::open(options());
    if (!opened && opened.error().kind() == Errc::kUnavailable)
      GTEST_SKIP() << opened.error().message();
    ASSERT_TRUE(opened) << opened.error().message();
    sandbox_ = std::move(*opened);
  }

  CommandResult shell(const std::string& script, const Limits& limits = {.wall = 30s}) {
    auto result = sandbox_->run({.argv = {"sh", "-c", script}, .limits = limits}, {});
    EXPECT_TRUE(result) << result.error().message();
    return result ? *result : CommandResult{.exit_code = -1};
  }

  fs::path base_, home_, root_;
  std::string old_home_;
  std::unique_ptr<Sandbox> sandbox_;
};

INSTANTIATE_TEST_SUITE_P(Ways, SandboxTest,
                         ::testing::Values(Way{"Overlay", Isolation::kBubblewrap, true},
                                           Way{"Copy", Isolation::kBubblewrap, false},
                                           Way{"Landlock", Isolation::kLandlock, true}),
                         [](const auto& info) { return info.param.name; });

TEST_P(SandboxTest, SaysWhyAProgramDoesNotStart) {
  ::chmod((root_ / "run.sh").c_str(), 0644);
  reopen();  // a copy is as the workspace was
  const auto error = [&](const char* program) {
    const auto ran = sandbox_->run({.argv = {program}}, {});
    return ran ? "it ran" : ran.error().message();
  };
  EXPECT_EQ(error("./run.sh"), "starting ./run.sh: it may not be executed (chmod +x?)");
  EXPECT_EQ(error("./none"), "starting ./none: no such program in the sandbox");
}

// Only by its name: nothing is kept from the command but the user's own files, which it has a copy of.
TEST_P(SandboxTest, RunsOnACopyWithoutIsolationWhereThatIsAskedFor) {
  SandboxOptions none = options();
  none.isolation = Isolation::kNone;
  auto opened = Sandbox::open(none);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ((*opened)->isolation(), Isolation::kNone);
  const std::string outside = (base_ / "outside").string();
  const auto ran = (*opened)->run(
      {.argv = {"sh", "-c", "echo made > " + outside + "; echo more >> src/a.txt"}}, {});
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(ran->exit_code, 0) << ran->output;
  EXPECT_EQ(read_file(outside), "made\n");
  EXPECT_EQ(*(*opened)->text("src/a.txt"), "as it was\nmore\n");
  EXPECT_EQ(read_file(root_ / "src/a.txt"), "as it was\n");
  EXPECT_EQ((*opened)->run({.argv = {"sh", "-c", "echo $CURLEW_TEST_TOKEN"}}, {})->output, "\n");
}

// --- What it is for ------------------------------------------------------------------------------

TEST_P(SandboxTest, RunsACommandInTheWorkspace) {
  const CommandResult result = shell("pwd; cat src/a.txt; echo wrong >&2; exit 3");
  EXPECT_EQ(result.output, sandbox_->visible_root().string() + "\nas it was\nwrong\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.end, CommandEnd::kExited);
  auto below = sandbox_->run({.argv = {"cat", "a.txt"}, .folder = "src"}, {});
  ASSERT_TRUE(below);
  EXPECT_EQ(below->output, "as it was\n");
  EXPECT_EQ(shell("./run.sh").output, "ran\n");
}

TEST_P(SandboxTest, ShowsChangedFilesAndKeepsTheUsersOwn) {
  ASSERT_TRUE(sandbox_->put("src/a.txt", "changed\n"));
  ASSERT_TRUE(sandbox_->put("new/deep/b.txt", "new\n"));
  EXPECT_EQ(shell("cat src/a.txt new/deep/b.txt; echo more >> src/a.txt; echo made > c.txt").output,
            "changed\nnew\n");
  EXPECT_EQ(*sandbox_->text("src/a.txt"), "changed\nmore\n");
  EXPECT_EQ(*sandbox_->original("src/a.txt"), "as it was\n");
  EXPECT_FALSE(sandbox_->original("c.txt"));
  EXPECT_EQ(*sandbox_->text("c.txt"), "made\n");
  EXPECT_EQ(*sandbox_->text("run.sh"), "#!/bin/sh\necho ran\n");
  EXPECT_EQ(read_file(root_ / "src/a.txt"), "as it was\n");
  EXPECT_FALSE(fs::exists(root_ / "new"));
  EXPECT_FALSE(fs::exists(root_ / "c.txt"));
  ASSERT_TRUE(sandbox_->restore("src/a.txt"));
  EXPECT_EQ(shell("cat src/a.txt").output, "as it was\n");
}

TEST_P(SandboxTest, KeepsWhatACommandWroteForTheNextOne) {
  shell("echo built > out.o; echo cached > $HOME/cache; echo 1 > $TMPDIR/t");
  EXPECT_EQ(shell("cat out.o $HOME/cache $TMPDIR/t").output, "built\ncached\n1\n");
}

// What was made, changed and deleted so far is so in a clone, too; from then on they are apart.
TEST_P(SandboxTest, AClonesShadowCopyIsAsThisOneWas) {
  write_file(root_ / "gone/old.txt", "old\n");
  write_file(root_ / "src/b.txt", "b\n");
  reopen();
  ASSERT_TRUE(sandbox_->put("src/a.txt", "put\n"));
  shell(
      "mkdir built && echo one > built/x && rm src/b.txt && rm -r gone && mkdir gone && "
      "echo new > gone/new.txt && touch -d 2001-01-01 built/x && echo t > $TMPDIR/t; "
      "echo h > $HOME/h");
  auto made = sandbox_->clone();
  if (GetParam().isolation == Isolation::kLandlock) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind(), Errc::kUnavailable);
    return;
  }
  ASSERT_TRUE(made) << made.error().message();
  shell("echo two > built/x");
  const auto ran = (*made)->run(
      {.argv = {"sh", "-c",
                "cat src/a.txt built/x; ls src gone; date -r built/x +%Y; cat $TMPDIR/t $HOME/h"}},
      {});
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(ran->output, "put\none\ngone:\nnew.txt\n\nsrc:\na.txt\n2001\nt\nh\n");
}

TEST_P(SandboxTest, ClonesRunAtTheSameTime) {
  auto made = sandbox_->clone();
  if (GetParam().isolation == Isolation::kLandlock) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind(), Errc::kUnavailable);
    return;
  }
  ASSERT_TRUE(made) << made.error().message();
  const Command slow{.argv = {"sleep", "0.7"}};
  const auto began = std::chrono::steady_clock::now();
  std::thread other([&] { EXPECT_TRUE((*made)->run(slow, {})); });
  EXPECT_TRUE(sandbox_->run(slow, {}));
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1350ms);
}

TEST_P(SandboxTest, ABuildSeesEachChange) {
  write_file(root_ / "Makefile", "out: in\n\tcat in > out\n");
  write_file(root_ / "in", "first\n");
  reopen();
  const auto build = [&] { return shell("make -s out && cat out").output; };
  EXPECT_EQ(build(), "first\n");
  ASSERT_TRUE(sandbox_->put("in", "second\n"));
  EXPECT_EQ(build(), "second\n");
  ASSERT_TRUE(sandbox_->restore("in"));
  EXPECT_EQ(build(), "first\n");
}

// Texts of one length, put there within a second.
TEST_P(SandboxTest, PythonSeesEachChange) {
  if (::access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "no /usr/bin/python3";
  for (const char* value : {"1", "2", "3", "4"}) {
    ASSERT_TRUE(sandbox_->put("src/value.py", std::string("value = ") + value + "\n"));
    EXPECT_EQ(shell("cd src && /usr/bin/python3 -c 'import value; print(value.value)'").output,
              std::string(value) + "\n");
  }
}

TEST_P(SandboxTest, KeepsPermissionsOfWhatIsReplaced) {
  ASSERT_TRUE(sandbox_->put("run.sh", "#!/bin/sh\necho other\n"));
  EXPECT_EQ(shell("./run.sh").output, "other\n");
}

// A shadow copy in the workspace would hold itself.
TEST_P(SandboxTest, KeepsNoShadowCopyInTheWorkspaceItself) {
  SandboxOptions within = options();
  within.cache = root_ / ".cache" / "shadow";
  auto opened = Sandbox::open(within);
  ASSERT_TRUE(opened) << opened.error().message();
  auto result = (*opened)->run({.argv = {"cat", "src/a.txt"}}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "as it was\n");
  EXPECT_FALSE(fs::exists(root_ / ".cache"));
}

TEST_P(SandboxTest, SaysThatThereIsNoSuchProgram) {
  const auto result = sandbox_->run({.argv = {"no-such-program-anywhere"}}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), Errc::kNotFound) << result.error().message();
  EXPECT_FALSE(sandbox_->run({}, {}));
}

TEST_P(SandboxTest, RefusesPathsOutOfTheWorkspace) {
  for (const char* path : {"", "/etc/x", "../x", "src/../../x", "./x", "src//x", "src/", "a/./b"}) {
    const Status put = sandbox_->put(path, "x");
    ASSERT_FALSE(put) << path;
    EXPECT_EQ(put.error().kind(), Errc::kInvalidInput);
    EXPECT_FALSE(sandbox_->text(path)) << path;
    if (*path != '\0') {
      EXPECT_FALSE(sandbox_->run({.argv = {"true"}, .folder = path}, {})) << path;
    }
  }
}

TEST_P(SandboxTest, RefusesAWorkspaceThatHoldsTheHome) {
  for (const fs::path& root : {home_, base_, fs::path("/"), base_ / "nothing"}) {
    const auto opened = Sandbox::open({.workspace = root, .cache = base_ / "cache"});
    ASSERT_FALSE(opened) << root;
    EXPECT_EQ(opened.error().kind(), Errc::kInvalidInput) << opened.error().message();
  }
}

// --- What it keeps from commands -----------------------------------------------------------------

TEST_P(SandboxTest, AHostileMakefileReadsNoSecrets) {
  write_file(root_ / "Makefile",
             "all:\n\t-cat " + (home_ / ".ssh/id_ed25519").string() +
                 "\n\t-cat ../.ssh/id_ed25519\n\t-cat $(HOME)/.ssh/id_ed25519\n\t-env\n"
                 "\t-cat /proc/" +
                 std::to_string(::getpid()) +
                 "/environ\n\t-cat /etc/shadow\n"
                 "\t-ls " +
                 base_.string() + " " + home_.string() + "\n");
  write_file(home_ / "shown-by-ls", "");
  reopen();
  const CommandResult result = shell("make -k all");
  EXPECT_EQ(result.output.find("secret"), std::string::npos) << result.output;
  EXPECT_EQ(result.output.find("shown-by-ls"), std::string::npos) << result.output;
  EXPECT_EQ(result.output.find("root:"), std::string::npos) << result.output;
}

TEST_P(SandboxTest, NothingOutsideIsWritten) {
  const fs::path target = base_ / "target";
  write_file(target / "file", "safe");
  ::chmod(target.c_str(), 0777);
  for (const std::string& way : std::vector<std::string>{
           "echo bad > " + (target / "file").string(), "echo bad > " + (target / "new").string(),
           "rm -rf " + target.string(), "mv src/a.txt " + target.string(),
           "ln -s " + target.string() + " link; echo bad > link/file",
           "ln " + (target / "file").string() + " hard; echo bad > hard",
           "truncate -s 0 " + (target / "file").string(), "echo bad > ../planted",
           "echo bad > " + (home_ / ".profile").string(), "echo bad > /usr/curlew-planted",
           "echo bad > /dev/shm/curlew-planted"}) {
    shell(way);
    EXPECT_EQ(read_file(target / "file"), "safe") << way;
  }
  if (GetParam().isolation != Isolation::kLandlock) {  // which has no say over permissions
    shell("chmod 000 " + (target / "file").string());
    EXPECT_EQ(read_file(target / "file"), "safe");
  }
  EXPECT_FALSE(fs::exists(target / "new"));
  EXPECT_FALSE(fs::exists(home_ / "planted"));
  EXPECT_FALSE(fs::exists(home_ / ".profile"));
  EXPECT_FALSE(fs::exists("/usr/curlew-planted"));
  EXPECT_FALSE(fs::exists("/dev/shm/curlew-planted"));
  EXPECT_EQ(read_file(root_ / "src/a.txt"), "as it was\n");
}

// A server of ours, which a command must not reach.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(socket_.get(), address, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
    EXPECT_EQ(::getsockname(socket_.get(), address, &size), 0);
  }
  int port() const { return ntohs(address_.sin_port); }
  bool was_called() const {
    return Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)).get() >= 0;
  }

 private:
  Descriptor socket_;
  sockaddr_in address_{};
};

TEST_P(SandboxTest, TheNetworkIsOutOfReach) {
  const Listener listener;
  const std::string connect =
      "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", " +
      std::to_string(listener.port()) + "), 2); print(\"connected\")'";
  const CommandResult result = shell(connect);
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(result.output.find("connected"), std::string::npos) << result.output;
  EXPECT_FALSE(listener.was_called());
  // The test itself can: the command fails for the sandbox's reason, not for another.
  EXPECT_EQ(std::system(("{ " + connect + "; } >/dev/null 2>&1").c_str()), 0);
  EXPECT_TRUE(listener.was_called());
}

TEST_P(SandboxTest, SignalsDoNotReachOthers) {
  const pid_t other = ::fork();
  if (other == 0) {
    ::pause();
    ::_exit(0);
  }
  shell("kill -9 " + std::to_string(other) + "; kill -9 -1");
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, WNOHANG), 0) << "it was killed";
  ::kill(other, SIGKILL);
  ::waitpid(other, &status, 0);
}

TEST_P(SandboxTest, KernelCallsThatAttackersNeedAreRefused) {
  const CommandResult result = shell(
      "unshare -U true && echo made-namespace; mount -t tmpfs none src && echo mounted; "
      "mknod d c 1 3 && echo made-device; true");
  for (const char* word : {"made-namespace", "mounted", "made-device"})
    EXPECT_EQ(result.output.find(word), std::string::npos) << result.output;
}

// --- Limits --------------------------------------------------------------------------------------

// Whether a process that has `mark` in its command line is left.
bool runs_marked(const std::string& mark) {
  for (const auto& entry : fs::directory_iterator("/proc"))
    if (read_file(entry.path() / "cmdline").find(mark) != std::string::npos) return true;
  return false;
}

TEST_P(SandboxTest, NothingOutlivesItsTime) {
  const std::string mark = "3599." + std::to_string(::getpid());
  const auto began = std::chrono::steady_clock::now();
  const CommandResult result =
      shell("setsid sleep " + mark + " & (setsid sh -c 'trap \"\" TERM HUP INT; sleep " + mark +
                "' &) ; trap '' TERM; sleep " + mark,
            {.wall = 700ms});
  EXPECT_EQ(result.end, CommandEnd::kTimeLimit);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
  EXPECT_FALSE(runs_marked(mark));
}

TEST_P(SandboxTest, NothingOutlivesItsCommand) {
  const std::string mark = "3588." + std::to_string(::getpid());
  const CommandResult result = shell("(setsid sleep " + mark + " >/dev/null 2>&1 &); nohup sleep " +
                                     mark + " >/dev/null 2>&1 & echo done");
  EXPECT_EQ(result.output, "done\n");
  EXPECT_EQ(result.end, CommandEnd::kExited);
  EXPECT_FALSE(runs_marked(mark));
}

TEST_P(SandboxTest, AForkBombEnds) {
  const CommandResult result =
      shell("bomb() { bomb | bomb & }; bomb; sleep 20", {.wall = 10s, .processes = 64});
  EXPECT_NE(result.end, CommandEnd::kExited) << result.exit_code << result.output;
  const std::vector<pid_t> left = descendants(::getpid());
  EXPECT_LE(left.size(), 2u) << "processes are left";
}

TEST_P(SandboxTest, AMemoryHogEnds) {
  const CommandResult result =
      shell("/usr/bin/python3 -c 'x = bytearray(600 << 20); input()'; sleep 20",
            {.wall = 20s, .memory_bytes = 200 << 20});
  EXPECT_EQ(result.end, CommandEnd::kMemoryLimit) << result.output;
}

TEST_P(SandboxTest, AFileGrowsToItsLimit) {
  const CommandResult result = shell("head -c 5000000 /dev/zero > big; stat -c %s big",
                                     {.wall = 20s, .file_bytes = 1 << 20});
  EXPECT_NE(result.output.find("1048576"), std::string::npos) << result.output;
}

TEST_P(SandboxTest, OfALotOfOutputTheEndsAreKept) {
  const CommandResult result = shell("echo first; yes 0123456789 | head -c 30000000; echo last",
                                     {.wall = 30s, .output_bytes = 10'000});
  EXPECT_TRUE(result.output_cut);
  EXPECT_LT(result.output.size(), 10'200u);
  EXPECT_TRUE(result.output.starts_with("first\n0123456789\n"));
  EXPECT_TRUE(result.output.ends_with("last\n"));
  EXPECT_NE(result.output.find("bytes left out"), std::string::npos);
}

TEST_P(SandboxTest, IsStoppedAtOnce) {
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(300ms);
    stop.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  const auto result = sandbox_->run({.argv = {"sleep", "60"}}, stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), Errc::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

// --- Traps for the one who looks afterwards ------------------------------------------------------

TEST_P(SandboxTest, LinksThatACommandLeftAreNotFollowed) {
  const fs::path target = base_ / "target";
  write_file(target / "file", "safe");
  shell("rm -rf src; ln -s " + target.string() + " src; ln -s " + (target / "file").string() +
        " link; mkfifo pipe");
  for (const char* path : {"src/file", "link", "pipe"}) {
    const auto text = sandbox_->text(path);
    EXPECT_FALSE(text) << path << ": " << *text;
  }
  EXPECT_FALSE(sandbox_->put("src/file", "bad"));
  EXPECT_TRUE(sandbox_->put("link", "in place of the link"));
  EXPECT_EQ(read_file(target / "file"), "safe");
}

TEST_P(SandboxTest, NothingIsLeftBehind) {
  shell("mkdir -p a/b/c; echo x > a/b/c/d; chmod 000 a/b/c a/b a; ln -s / root");
  sandbox_.reset();
  for (const auto& entry : fs::directory_iterator(base_ / "cache"))
    EXPECT_EQ(entry.path().filename(), ".lock");
}

TEST_P(SandboxTest, WhatAKilledProcessLeftIsRemoved) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto other = Sandbox::open(options());
    ::_exit(other ? 0 : 1);  // no destructor runs
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto count = [&] {
    return std::distance(fs::directory_iterator(base_ / "cache"), fs::directory_iterator());
  };
  EXPECT_EQ(count(), 3);  // ours, its, the lock
  auto next = Sandbox::open(options());
  ASSERT_TRUE(next);
  EXPECT_EQ(count(), 3);  // ours, the next one's, the lock
}

}  // namespace
}  // namespace curlew::sandbox
