#!/usr/bin/env bash
# Runs a command on a desktop of its own: Xvfb, a window manager, a session bus with a real keyring, and AT-SPI.
set -euo pipefail
cd "$(dirname "$0")/../.."

exec 5< <(Xvfb -displayfd 1 -screen 0 1280x840x24 -nolisten tcp 2>/dev/null)
xvfb=$!
trap 'kill $xvfb 2>/dev/null || true' EXIT
read -r -t 20 number <&5
export DISPLAY=:$number GTK_A11Y=atspi NO_AT_BRIDGE=0 GDK_BACKEND=x11 PYTHONDONTWRITEBYTECODE=1
unset WAYLAND_DISPLAY

build/with-keyring.sh bash -c '
  openbox 2>/dev/null &
  wm=$!
  rc=0
  "$@" || rc=$?
  kill $wm
  exit $rc' desktop "$@"
