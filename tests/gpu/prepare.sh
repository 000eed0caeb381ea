#!/usr/bin/env bash
# Puts the few Debian packages that check.sh needs into build/gpu-packages/, so that they can be carried to a machine
# with a card and no network. Run it on a machine with apt; some 4 MB. Nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p build/gpu-packages
cd build/gpu-packages
apt-get download libfmt-dev libfmt9 libexpected-dev nlohmann-json3-dev libgtest-dev libgmock-dev googletest \
  libpcre2-dev libpcre2-8-0 >/dev/null
ls -la -- *.deb
