#!/usr/bin/env bash
# Installs the Neovim of another Debian suite into a folder of its own, beside the system's.
# usage: install-neovim.sh SUITE FOLDER      trixie has 0.10, forky 0.12; needs patchelf; 60 MB
#
# The packages come from the Debian mirror that this machine already uses, checked with its key; apt's
# own state is not touched: lists, cache and status lie in a temporary folder. The program is bound to
# the libraries that came with it, because it starts itself again for its terminal interface, where a
# wrapper around the dynamic loader would be lost.
set -euo pipefail

readonly suite=$1
readonly folder=$(mkdir -p "$2" && cd "$2" && pwd)
[[ -x $folder/nvim ]] && exit 0

readonly sources=/etc/apt/sources.list.d/debian.sources
mirror=$(awk '$1 == "URIs:" {print $2; exit}' "$sources")
key=$(awk '$1 == "Signed-By:" {print $2; exit}' "$sources")

readonly apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
touch "$apt/status"
echo "deb [signed-by=$key] $mirror $suite main" >"$apt/sources.list"

private_apt() {
  apt-get -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" \
    -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root "$@"
}
private_apt update
private_apt install -y --no-install-recommends --download-only neovim >/dev/null
for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$folder"; done

loader=$(find "$folder" -name 'ld-linux-*.so.*' -print -quit)
libraries=$(dirname "$(find "$folder" -name 'libc.so.6' -print -quit)")
patchelf --set-interpreter "$loader" --force-rpath \
  --set-rpath "$libraries:$folder/usr/lib/$(basename "$libraries")" "$folder/usr/bin/nvim"

cat >"$folder/nvim" <<WRAPPER
#!/bin/sh
export VIMRUNTIME="$folder/usr/share/nvim/runtime"
export LUA_PATH="$folder/usr/share/lua/5.1/?.lua;$folder/usr/share/lua/5.1/?/init.lua;;"
export LUA_CPATH="$folder/usr/lib/$(basename "$libraries")/lua/5.1/?.so;;"
exec "$folder/usr/bin/nvim" "\$@"
WRAPPER
chmod +x "$folder/nvim"
"$folder/nvim" --version | head -1
