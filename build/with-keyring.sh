#!/usr/bin/env bash
# Runs a command on a session bus of its own with a real, unlocked, empty keyring. For tests: everything lies in a
# temporary directory that goes with it.
set -euo pipefail
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
mkdir -m 700 "$data/run"
export XDG_DATA_HOME=$data/share XDG_RUNTIME_DIR=$data/run
dbus-run-session -- bash -c '
  printf "login password" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
  "$@"' with-keyring "$@"
