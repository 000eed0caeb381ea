// curlew lsp: the language server on standard input and output.
#include "editors/cli/options.h"

namespace curlew::cli {

int run_lsp(const CommonOptions& common) {
  server::ServeOptions options;
  options.command_line = common.settings;
  options.command_line_keys = common.settings_keys;
  return server::serve_stdio(options);
}

}  // namespace curlew::cli
