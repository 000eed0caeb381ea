#!/usr/bin/env bash
# Typechecks, bundles and packages the extension. usage: build.sh SOURCE_DIR     Exit code 77: skipped.
set -euo pipefail

skip() { echo "skipped: $*"; exit 77; }
cd "$1/editors/vscode"
command -v npm >/dev/null || skip "no npm"
[[ -x node_modules/.bin/tsc ]] || skip "no node_modules (npm ci --ignore-scripts in editors/vscode)"

node_major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
((node_major >= 20)) || skip "packaging needs Node 20 or newer, this is $(node --version)"

rm -f curlew-0.1.0.vsix
npm run --silent package
[[ -s curlew-0.1.0.vsix ]]
