// Runs a workspace's commands (a compiler, its tests) on changed files, where they can do no harm.
//
//   Expected<std::unique_ptr<Sandbox>> sandbox = Sandbox::open({.workspace = root});
//   (*sandbox)->put("src/a.c", fixed);                       // the user's file is not touched
//   Expected<CommandResult> result = (*sandbox)->run({.argv = {"make", "-s"}}, stop);
//
// A command sees the system's programs and libraries, the folders of toolchains in the user's home,
// and a shadow copy of the workspace; of these it can write the shadow copy and a private /tmp. It
// sees nothing else of the disk, no network, no other process, no variable of the environment that
// is not listed in environment.cpp, and it ends when its time is up, with everything it started.
//
// How, by what the machine offers (docs/sandbox.md has what each keeps and does not keep):
//   bubblewrap   namespaces, a shadow copy that is an overlay at the workspace's own path, seccomp
//   Landlock     rules on paths, seccomp; the shadow copy is a copy in another folder
//   neither      open() fails with kUnavailable
//   none         only where it is asked for by name, because the user said so for this very command: limits,
//                clean variables and a copy of the workspace, but nothing is kept from the command
//
// One run at a time (further callers wait); put() and text() not during a run. Everything is in a
// folder of the cache that goes with the object, or, when the process was killed, with the next
// Sandbox that is opened.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/sandbox/error.h"

namespace curlew::sandbox {

enum class Isolation : std::uint8_t { kBubblewrap, kLandlock, kNone };
std::string_view isolation_name(Isolation isolation);  // "bubblewrap", "landlock", "nothing"

struct SandboxOptions {
  std::filesystem::path workspace;  // absolute
  std::filesystem::path cache;      // holds shadow copies; "": $XDG_CACHE_HOME/curlew/shadow
  std::vector<std::filesystem::path> readable;  // absolute; shown besides, not to be written
  std::optional<Isolation> isolation;           // this one, or an error; else the best there is
  bool overlay = true;                          // false: the shadow copy is always a real copy
};

struct Limits {
  std::chrono::milliseconds wall{60'000};
  std::chrono::seconds cpu{300};                      // of one process
  std::int64_t memory_bytes = std::int64_t{4} << 30;  // resident, of all processes together
  int processes = 512;                                // and threads, together
  std::int64_t file_bytes = std::int64_t{1} << 30;    // of one file that is written
  std::size_t output_bytes = std::size_t{2} << 20;    // kept; the middle is left out beyond it
};

struct Command {
  std::vector<std::string> argv;                   // a program found in PATH, and its arguments
  std::string folder;                              // relative to the workspace's root
  std::map<std::string, std::string> environment;  // added to what every command gets
  Limits limits;
};

enum class CommandEnd : std::uint8_t {
  kExited,  // by itself, or by a signal of its own doing
  kTimeLimit,
  kMemoryLimit,
  kProcessLimit,
};

struct CommandResult {
  CommandEnd end = CommandEnd::kExited;
  int exit_code = 0;        // 128 + the signal, as shells have it
  std::string output;       // standard output and error, as they came
  bool output_cut = false;  // in the middle
  double seconds = 0;
};

class Sandbox {
 public:
  // kUnavailable says what was tried and why it does not work.
  static Expected<std::unique_ptr<Sandbox>> open(const SandboxOptions& options);
  ~Sandbox();
  // Another one, with all that was put or built in this one's shadow copy so far, so that both can run
  // at once. kInvalidInput where that is too much to copy, kIo; kUnavailable with Landlock, where
  // what was built knows the folder that it was built in.
  Expected<std::unique_ptr<Sandbox>> clone() const;

  // The shadow copy's file is `text` from now on, until the next put(). Paths are relative to the
  // workspace's root and must not lead out of it, be it by a link. The file is always as new as
  // now, so that a build sees the change; folders are made as needed.
  Status put(const std::string& path, std::string_view text);
  // As the workspace has it, and new again.
  Status restore(const std::string& path);
  // What the shadow copy has now: from put(), a command, or the workspace.
  Expected<std::string> text(const std::string& path) const;
  // The workspace's own, whatever was put or a command has made of it.
  Expected<std::string> original(const std::string& path) const;

  // kCancelled when stopped, kNotFound when there is no such program, or it may not be executed; a command that fails is a
  // result, not an error.
  Expected<CommandResult> run(const Command& command, std::stop_token stop);

  Isolation isolation() const;
  std::string description() const;  // "bubblewrap with an overlay"
  // Where a command finds the workspace: its own path with bubblewrap, else that of the copy.
  const std::filesystem::path& visible_root() const;

 private:
  struct Impl;
  explicit Sandbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace curlew::sandbox
