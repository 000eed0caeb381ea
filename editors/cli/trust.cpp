// curlew trust [DIR]: its commands may be run, in the sandbox, to check repairs.
#include "lsp/server/trust.h"

#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"

namespace curlew::cli {
namespace {

int print_list(const CommonOptions& common) {
  Json folders = Json::array();
  std::string lines;
  for (const std::filesystem::path& folder : server::trusted_folders()) {
    folders.push_back(folder.string());
    lines += folder.string() + "\n";
  }
  return print(common.json ? dump(folders) + "\n" : lines);
}

}  // namespace

int run_trust(const CommonOptions& common, const TrustOptions& options) {
  if (options.list) return print_list(common);
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  const std::filesystem::path folder =
      options.folder.empty() ? workspace_root(common, here) : options.folder;
  const server::Status done = options.remove ? server::distrust(folder) : server::trust(folder);
  if (!done) return report(done.error());
  const bool is_trusted = server::is_trusted(folder);
  if (common.json)
    return print(dump(Json{{"folder", folder.string()}, {"trusted", is_trusted}}) + "\n");
  return print(fmt::format("{}: {}\n", folder.string(), is_trusted ? "trusted" : "not trusted"));
}

}  // namespace curlew::cli
