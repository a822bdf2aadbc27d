#!/usr/bin/env bash
# Opens the window, or without a display chats in the terminal. Where no desktop session runs, and so no keyring, one is
# started for this run: gnome-keyring on a private bus, its file under the user's own data directory as always.
set -euo pipefail
cd "$(dirname "$0")/.."

display=${DISPLAY:-}${WAYLAND_DISPLAY:-}
program=(build/bin/subrosa)
[ -n "$display" ] || program=(build/bin/subrosactl chat)

# A bus without a display is a login over the network or a service's: nobody has unlocked a keyring on it.
if [ -n "$display" ] && [ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ]; then
  exec "${program[@]}"
fi

printf 'There is no desktop session here, so a keyring is started for this run.\n' >&2
exec dbus-run-session -- bash -euo pipefail -c '
  password=
  if [ -t 0 ]; then
    read -rsp "Keyring password (the first time, choose one): " password
    printf "\n" >&2
  else
    printf "No terminal to ask for its password: an empty one is used. Do not keep real data this way.\n" >&2
  fi
  printf %s "$password" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
  exec "$@"' run "${program[@]}"
