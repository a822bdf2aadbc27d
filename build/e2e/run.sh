#!/usr/bin/env bash
# Drives the real window: Xvfb, a window manager, a session bus with a real keyring, and AT-SPI, which presses the same
# controls by the same names as a screen reader would. Screenshots are left in build/out/window.
set -euo pipefail
cd "$(dirname "$0")/../.."

exec 5< <(Xvfb -displayfd 1 -screen 0 1280x840x24 -nolisten tcp 2>/dev/null)
xvfb=$!
trap 'kill $xvfb 2>/dev/null || true' EXIT
read -r -t 20 number <&5
export DISPLAY=:$number GTK_A11Y=atspi NO_AT_BRIDGE=0 GDK_BACKEND=x11
unset WAYLAND_DISPLAY
rm -rf build/out/window
mkdir -p build/out/window

build/with-keyring.sh bash -c '
  openbox 2>/dev/null &
  wm=$!
  rc=0
  PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m unittest -v ${0:+-k "$0"} build/e2e/test_window.py || rc=$?
  kill $wm
  exit $rc' "${1:-}"
