#!/usr/bin/env bash
# Runs a command in a network namespace of its own, where every address leads back to this machine: what is sent to anybody
# arrives at a listener here, and nothing leaves. It needs root; without it the command runs as it is.
set -euo pipefail
if [ "$(id -u)" != 0 ] || ! unshare --net --mount true 2>/dev/null; then
  printf 'No network namespace can be made here (it needs root): the canary sees its own port alone.\n' >&2
  exec "$@"
fi
exec unshare --net --mount bash -euo pipefail -c '
  ip link set lo up
  ip addr add 192.0.2.1/32 dev lo # without an address but 127.0.0.1, no name is looked up
  ip route add local default dev lo
  ip -6 route add local default dev lo 2>/dev/null || true
  servers=$(mktemp)
  printf "nameserver 192.0.2.53\noptions timeout:1 attempts:1\n" >"$servers"
  mount --bind "$servers" "$(readlink -f /etc/resolv.conf)"
  hosts=$(mktemp)
  printf "127.0.0.1 localhost\n192.0.2.7 attacker.example\n" >"$hosts"
  mount --bind "$hosts" /etc/hosts
  rm "$servers" "$hosts"
  # A display server here and one elsewhere do not see that they have the same number, and would take the other'\''s socket away.
  mkdir -p /tmp/.X11-unix
  mount -t tmpfs -o mode=1777 x11 /tmp/.X11-unix
  export SUBROSA_E2E_NETNS=1
  exec "$@"' netns "$@"
