// The scripts that build a program with variants, and run it once for each. Pure.
//
// A command that compiles each time it runs would not be quicker with variants: the compilers it finds in PATH are
// stood in for by a script that keeps what they make, and brings it again when it is asked for the same. Compilers of
// TypeScript are node programs: a hook ends those that have run already (hook.cjs).
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::assist {

// False for commands of other languages (cargo, go, npm, java): what C their builds may hold is not what they test.
bool may_compile_c(const std::vector<std::string>& argv);
// Whether what the command tests may have variants: may_compile_c(), or it is of node.
bool may_vary(const std::vector<std::string>& argv);

// Below the folder of rehearsals; `folder` is where the commands see that.
inline constexpr std::string_view kBuildScript = "build.sh", kPicksScript = "picks.sh",
                                  kSeenFile = "seen", kSourcesFile = "kept/sources";
// In front of all node programs; which variants it found that cannot be read, a line each.
inline constexpr std::string_view kHookFile = "hook.cjs", kBrokenFile = "kept/broken";
extern const std::string_view kNodeHook;

// Where changes of JavaScript or TypeScript are among the variants.
struct NodeTexts {
  bool are_varied = false;
  std::vector<std::string> scripts;  // those that node itself reads, as commands see them
};
// Runs its arguments as a command, all compilers at work.
std::string build_script(std::string_view folder, const NodeTexts& node = {});

struct PickLimits {
  double seconds_max = 0;       // a run with a variant that takes longer saves nothing
  double compile_seconds = 10;  // what one may take that must compile what none before it has
  double grace_seconds = 0.25;  // what a run may take beyond kPickTimes as long as one without
};
inline constexpr int kPickTimes = 5;
// Runs its arguments as a command without a variant, then with each in turn, to the first that exits with 0.
std::string picks_script(std::string_view folder, std::span<const int> picks,
                         const PickLimits& limits, const NodeTexts& node = {});

struct PickRun {
  int pick = 0;  // 0: without
  int exit_code = 0;
  double seconds = 0;
  std::string_view output;  // its end
};
// Of what the script printed.
std::vector<PickRun> read_picks(std::string_view output);
// What the stand-ins were given to compile, relative to `root` where it lies there; each once.
std::vector<std::string> read_sources(std::string_view listed, const std::string& root);
// The numbers in the file of notes.
std::vector<int> read_seen(std::string_view notes);

}  // namespace curlew::assist
