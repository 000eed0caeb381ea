// curlew doctor: what works on this machine, and what to do about what does not.
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "indexer/source/user_folders.h"
#include "kernels/ops.h"
#include "lsp/sandbox/sandbox.h"
#include "model/cuda/cards.h"

namespace curlew::cli {
namespace fs = std::filesystem;
namespace {

enum class State { kOk, kMissing, kBroken };

struct Check {
  std::string what;
  State state;
  std::string detail;
  std::string advice;  // "" when there is nothing to do
};

const char* state_name(State state) {
  switch (state) {
    case State::kOk:
      return "ok";
    case State::kMissing:
      return "missing";
    case State::kBroken:
      return "broken";
  }
  return "?";
}

std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path(rest.substr(0, colon)) / program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return "";
}

Check check_cpu(const server::Settings& settings) {
  const int threads = settings.threads > 0 ? settings.threads : kernels::default_thread_count();
  const std::string path = kernels::cpu_path_name();
  return {"cpu", State::kOk, fmt::format("{}, {} threads", path, threads),
          path == "plain" ? "no AVX2: completions will be slow on this processor" : ""};
}

Check check_gpu() {
  const model::Expected<std::string> card = model::cuda_cards().find();
  if (card) return {"gpu", State::kOk, *card, ""};
  const bool is_there = fs::exists("/dev/nvidiactl");
  return {"gpu", State::kMissing, card.error().message(),
          is_there ? "an NVIDIA device is there; without what is missing the CPU engine is used"
                   : "not needed: the CPU engine is used"};
}

Check check_memory() {
  const double bytes = static_cast<double>(::sysconf(_SC_AVPHYS_PAGES)) *
                       static_cast<double>(::sysconf(_SC_PAGESIZE));
  return {"memory", State::kOk, human_bytes(bytes) + " free", ""};
}

Check check_model(const server::Settings& settings) {
  if (settings.model == "none")
    return {"model", State::kOk, "none: completions by the copy predictor alone", ""};
  if (!settings.endpoint.empty()) return {"model", State::kOk, "remote: " + settings.endpoint, ""};
  auto generator = open_generator(settings);
  if (!generator)
    return {"model", State::kBroken, generator.error().message(),
            "give --model FILE, or set model in config.toml"};
  const model::GeneratorInfo info = (*generator)->info();
  const bool is_card_idle = !info.why_no_card.empty() && model::cuda_cards().find();
  const std::string why = is_card_idle ? ", not on the card: " + info.why_no_card : "";
  return {"model", info.fim ? State::kOk : State::kBroken,
          fmt::format("{} ({}, {}), context {}, fill-in-the-middle: {}, on {}{}", info.model,
                      info.architecture, info.weights, info.context_tokens,
                      info.fim ? info.fim_family : "no", info.device, why),
          info.fim ? "" : "this model cannot complete code in the middle; choose a code model"};
}

Check check_folder(const char* what, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::access(folder.c_str(), W_OK) != 0)
    return {what, State::kBroken, folder.string() + ": cannot be written",
            "make it writable, or set the XDG_* variable that decides it"};
  struct statvfs space {};
  const double free_bytes =
      ::statvfs(folder.c_str(), &space) == 0
          ? static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize)
          : 0;
  return {what, State::kOk, fmt::format("{}, {} free", folder.string(), human_bytes(free_bytes)),
          ""};
}

Check check_program(const char* what, const std::string& program, const char* advice) {
  const std::string path = find_in_path(program);
  return path.empty() ? Check{what, State::kMissing, program + " is not in PATH", advice}
                      : Check{what, State::kOk, path, ""};
}

// Not whether it is installed: whether a command really runs in it.
Check check_sandbox() {
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "curlew-doctor-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return {"sandbox", State::kBroken, folder + ": cannot be made",
            "make room for temporary files"};
  const auto sandbox = sandbox::Sandbox::open({.workspace = folder});
  const Check check = sandbox
                          ? Check{"sandbox", State::kOk, (*sandbox)->description(), ""}
                          : Check{"sandbox", State::kMissing, sandbox.error().message(),
                                  "install bubblewrap: `curlew repair` runs commands nowhere else"};
  fs::remove(folder, error);
  return check;
}

}  // namespace

int run_doctor(const CommonOptions& common) {
  const fs::path root = workspace_root(common, fs::current_path());
  const server::Settings settings = effective_settings(common, root);
  const std::array checks = {
      check_cpu(settings),
      check_gpu(),
      check_memory(),
      check_model(settings),
      check_folder("cache", indexer::user_cache_folder()),
      check_program("editor: VS Code", "code", "install it to use the extension in editors/vscode"),
      check_program("editor: Neovim", "nvim", "install neovim to use the plugin in editors/neovim"),
      check_sandbox(),
  };

  bool broken = false;
  Json list = Json::array();
  std::string out;
  for (const Check& check : checks) {
    broken |= check.state == State::kBroken;
    list.push_back({{"check", check.what},
                    {"state", state_name(check.state)},
                    {"detail", check.detail},
                    {"advice", check.advice}});
    out += fmt::format("{:<8} {:<16} {}\n", state_name(check.state), check.what, check.detail);
    if (!check.advice.empty()) out += fmt::format("{:<25} {}\n", "", check.advice);
  }
  return print(common.json ? dump(list) + "\n" : out, broken ? kExitFound : kExitDone);
}

}  // namespace curlew::cli
