#!/usr/bin/env bash
# Unit tests of the extension, without an editor. usage: unit.sh SOURCE_DIR     Exit code 77: skipped.
set -euo pipefail

readonly extension=$1/editors/vscode tests=$1/tests/editors/vscode

skip() { echo "skipped: $*"; exit 77; }
command -v node >/dev/null || skip "no node"
[[ -x $extension/node_modules/.bin/esbuild ]] || skip "no node_modules (npm ci --ignore-scripts in editors/vscode)"
node_major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
((node_major >= 20)) || skip "the test runner needs Node 20 or newer, this is $(node --version)"

bundle=$(mktemp -d)
trap 'rm -rf "$bundle"' EXIT
for test in "$tests"/*_test.mjs; do
  "$extension/node_modules/.bin/esbuild" "$test" --bundle --platform=node --format=esm --log-level=warning \
    --alias:vscode="$tests/fake_vscode.mjs" --outfile="$bundle/$(basename "$test")"
done
node --test "$bundle"
