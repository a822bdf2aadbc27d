#!/usr/bin/env bash
# Runs a command on a session bus of its own with a real, unlocked, empty keyring, and with a home of its own: whatever
# the command and its children write for a user lies below $SUBROSA_TEST_ROOT, which goes with it. For tests.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -m 700 "$root"/{home,run,tmp}
export SUBROSA_TEST_ROOT=$root HOME=$root/home TMPDIR=$root/tmp XDG_RUNTIME_DIR=$root/run
export XDG_DATA_HOME=$HOME/.local/share XDG_CACHE_HOME=$HOME/.cache XDG_CONFIG_HOME=$HOME/.config
dbus-run-session -- bash -euo pipefail -c '
  printf "login password" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
  "$@"' with-keyring "$@"
