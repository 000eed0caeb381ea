#!/usr/bin/env bash
# All tests of the Neovim plugin with one Neovim: run.sh NVIM SOURCE_DIR [--update-pictures]
# CURLEW_BINARY names the server. Exit code 77: skipped, with the reason.
set -euo pipefail

readonly nvim=$1 source=$2
shift 2
here=$source/tests/editors/neovim

skip() { echo "skipped: $*"; exit 77; }
command -v "$nvim" >/dev/null || skip "no $nvim (tests/editors/neovim/install-neovim.sh installs newer ones)"
[[ -n ${CURLEW_BINARY:-} && -x $CURLEW_BINARY ]] || skip "CURLEW_BINARY names no program"

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
export XDG_STATE_HOME=$state XDG_CACHE_HOME=$state XDG_DATA_HOME=$state # logs and undo of the editor

"$nvim" --version | head -1
timeout 180 "$nvim" --headless --clean -S "$here/plugin_test.lua"
timeout 300 "$nvim" --headless --clean -S "$here/server_test.lua"
timeout 300 "$nvim" --headless --clean -S "$here/next_edit_test.lua"
typed=0
timeout 240 python3 "$here/typing_test.py" "$nvim" "$source" "$@" || typed=$?
[[ $typed == 0 || $typed == 77 ]]
