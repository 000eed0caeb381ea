#!/bin/bash
# A fixture.
source ./common.sh
. "lib/log.sh"

readonly LIMIT=3
export VERBOSE=1
name=world

# Greets.
greet() {
  local who=$1
  for item in "$@"; do
    echo "$item"
  done
  say_hello "$who" "$LIMIT" "${name}"
}

function leave {
  exit_with "$VERBOSE"
}
greet

test_area() {
  assertEquals 4 "$(area 2)"
}
