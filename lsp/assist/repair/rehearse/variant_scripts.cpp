#include "lsp/assist/repair/rehearse/variant_scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace curlew::assist {
namespace {

constexpr std::string_view kMark =
    "\x1e"
    "curlew pick ";
constexpr int kOutputBytes = 20'000;  // of one run

// In place of a compiler. What it makes is kept by its arguments and the folder it runs in.
constexpr std::string_view kCompiler = R"script(#!/bin/sh
name=${0##*/}
PATH=$CURLEW_PATH
out= is_next= is_object= source= sources=0
for word; do
  if [ -n "$is_next" ]; then out=$word is_next=; continue; fi
  case $word in
    -o) is_next=1 ;;
    -o*) out=${word#-o} ;;
    -c) is_object=1 ;;
    -E|-S|-M|-MM|-fsyntax-only|-|@*|-v|--version|-print*|-dump*) exec "$name" "$@" ;;
    *.c|*.cc|*.cpp|*.cxx|*.C) source=$word sources=$((sources + 1))
      case $word in /*) echo "$word" ;; *) echo "$PWD/$word" ;; esac >>"$CURLEW_KEPT/sources" ;;
  esac
done
if [ -z "$out" ] && [ -n "$is_object" ]; then
  [ $sources = 1 ] || exec "$name" "$@"
  out=${source##*/} out=${out%.*}.o
fi
[ -n "$out" ] || out=a.out
key=$(printf '%s\n' "$PWD" "$name" "$@" | cksum)
kept=$CURLEW_KEPT/${key%% *}-${key##* }
if [ -n "$CURLEW_PICK" ] && [ -f "$kept.out" ]; then
  cat "$kept.said" >&2
  exec cp -p "$kept.out" "$out"
fi
[ -n "$CURLEW_PICK" ] && : >"$CURLEW_KEPT/fresh"
"$name" "$@" 2>"$kept.said"
status=$?
cat "$kept.said" >&2
[ $status = 0 ] && [ -f "$out" ] && cp -p "$out" "$kept.out"
exit $status
)script";

constexpr std::string_view kNodePrograms[] = {"jest", "mocha", "node",   "npm", "npx",
                                              "pnpm", "tsc",   "vitest", "yarn"};
constexpr std::string_view kOtherPrograms[] = {
    "bun",     "bundle", "cargo", "composer", "deno",    "dotnet", "eslint", "go",    "gradle",
    "gradlew", "java",   "javac", "julia",    "kotlinc", "mvn",    "mypy",   "php",   "phpunit",
    "pylint",  "rake",   "rspec", "ruby",     "ruff",    "rustc",  "sbt",    "swift", "zig"};

bool is_one_of(std::span<const std::string_view> programs, const std::vector<std::string>& argv) {
  if (argv.empty()) return false;
  const std::string_view program = argv[0];
  return std::ranges::find(programs, program.substr(program.rfind('/') + 1)) != programs.end();
}

std::string in_quotes(std::string_view word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// Where the stand-ins are, and where they keep what was made.
std::string environment(std::string_view folder, const NodeTexts& node) {
  std::string script = fmt::format(
      "folder={}\n"
      "CURLEW_PATH=$PATH CURLEW_KEPT=$folder/kept\n"
      "PATH=$folder/bin:$PATH\n"
      "export PATH CURLEW_PATH CURLEW_KEPT\n"
      "ulimit -c 0\n",
      in_quotes(folder));
  if (node.are_varied)
    script +=
        "NODE_OPTIONS=\"--require \\\"$folder/hook.cjs\\\"${NODE_OPTIONS:+ $NODE_OPTIONS}\"\n"
        "export NODE_OPTIONS\n";
  return script;
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

bool may_compile_c(const std::vector<std::string>& argv) {
  return !argv.empty() && !is_one_of(kNodePrograms, argv) && !is_one_of(kOtherPrograms, argv);
}

bool may_vary(const std::vector<std::string>& argv) {
  return may_compile_c(argv) || is_one_of(kNodePrograms, argv);
}

std::string build_script(std::string_view folder, const NodeTexts& node) {
  std::string script = "#!/bin/sh\n";
  script += environment(folder, node);
  script += "rm -rf \"$CURLEW_KEPT\" \"$folder/bin\" \"$folder/seen\"\n";
  script += "mkdir -p \"$CURLEW_KEPT\" \"$folder/bin\"\n";
  script += "cat >\"$folder/bin/cc\" <<'CURLEW_COMPILER'\n";
  script += kCompiler;
  script += "CURLEW_COMPILER\n";
  script +=
      "chmod +x \"$folder/bin/cc\"\n"
      "for name in gcc g++ c++ clang clang++ c99 c89 tcc; do\n"
      "  command -v $name >/dev/null && cp -p \"$folder/bin/cc\" \"$folder/bin/$name\"\n"
      "done\n"
      "CURLEW_SEEN=$folder/seen\n"
      "export CURLEW_SEEN\n";
  if (!node.scripts.empty()) {
    script += "command -v node >/dev/null && NODE_OPTIONS= node \"$folder/hook.cjs\"";
    for (const std::string& path : node.scripts) script += " " + in_quotes(path);
    script += "\n[ -s \"$CURLEW_KEPT/broken\" ] && exit 1\n";
  }
  script += "exec \"$@\"\n";
  return script;
}

std::string picks_script(std::string_view folder, std::span<const int> picks,
                         const PickLimits& limits, const NodeTexts& node) {
  std::string script = "#!/bin/sh\n";
  script += environment(folder, node);
  script += fmt::format("most={} grace={} long={}\n",
                        static_cast<std::int64_t>(limits.seconds_max * 1000),
                        static_cast<std::int64_t>(limits.grace_seconds * 1000),
                        static_cast<std::int64_t>(limits.compile_seconds) + 1);
  script += R"script(limit=$((most + grace))
said=$folder/said
run() {
  pick=$1; shift
  before=$(date +%s%N)
  CURLEW_PICK=$pick timeout -k 1 $((limit / 1000)).$(printf %03d $((limit % 1000))) "$@" >"$said" 2>&1 </dev/null
  status=$?
  # What a run is the first to come to must be compiled: then again.
  if [ $status = 124 ] && [ -f "$CURLEW_KEPT/fresh" ]; then
    CURLEW_PICK=$pick timeout -k 1 $long "$@" >"$said" 2>&1 </dev/null
    status=$?
  fi
  took=$((($(date +%s%N) - before) / 1000000))
  printf '\036curlew pick %s %s %s\n' $pick $status $took
  if [ $status != 0 ] && [ -f "$CURLEW_KEPT/fresh" ]; then
    rm -f "$CURLEW_KEPT/fresh"
    grep -a ": error: " "$said" | head -c 20000
  fi
  tail -c )script";
  script += fmt::format("{}", kOutputBytes);
  script += R"script( "$said"
}
export CURLEW_PICK
run 0 "$@"
[ $took -le $most ] || exit 0
limit=$(()script";
  script += fmt::format("{}", kPickTimes);
  script += R"script( * took + grace))
for pick in)script";
  for (const int pick : picks) script += fmt::format(" {}", pick);
  script += R"script(; do
  run $pick "$@"
  [ $status = 0 ] && exit 0
done
exit 0
)script";
  return script;
}

std::vector<PickRun> read_picks(std::string_view output) {
  std::vector<PickRun> runs;
  for (std::size_t at = output.find(kMark); at != output.npos;) {
    at += kMark.size();
    const std::size_t next = output.find(kMark, at);
    std::string_view said = output.substr(at, next - at);
    PickRun run;
    int milliseconds = 0;
    if (take_number(said, run.pick) && take_number(said, run.exit_code) &&
        take_number(said, milliseconds) && said.starts_with('\n')) {
      run.seconds = milliseconds / 1000.0;
      run.output = said.substr(1);
      runs.push_back(run);
    }
    at = next;
  }
  return runs;
}

std::vector<std::string> read_sources(std::string_view listed, const std::string& root) {
  std::vector<std::string> paths;
  while (!listed.empty()) {
    const std::string_view line = listed.substr(0, listed.find('\n'));
    listed.remove_prefix(std::min(listed.size(), line.size() + 1));
    const std::string path =
        std::filesystem::path(line).lexically_normal().lexically_relative(root).string();
    const bool is_inside = !path.empty() && !path.starts_with("..");
    if (is_inside && std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  return paths;
}

std::vector<int> read_seen(std::string_view notes) {
  std::vector<int> numbers;
  while (!notes.empty()) {
    const std::string_view line = notes.substr(0, notes.find('\n'));
    std::string_view left = line;
    int number = 0;
    if (take_number(left, number) && left.empty()) numbers.push_back(number);
    notes.remove_prefix(std::min(notes.size(), line.size() + 1));
  }
  return numbers;
}

}  // namespace curlew::assist
