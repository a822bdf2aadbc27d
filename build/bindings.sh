#!/usr/bin/env bash
# Generates frontend/wailsjs from the bound methods, as `wails generate module` does. With --check, fails if that changes
# anything. It runs in what the program takes for its data directory: nothing else can be written (docs/adr/0046).
set -euo pipefail
cd "$(dirname "$0")/.."
. build/env.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
home=$work/subrosa
mkdir -p "$home/frontend"
cp wails.json go.mod "$home"
cp -r frontend/wailsjs "$home/frontend"
GOFLAGS="-buildvcs=false -tags=libsqlite3,sqlite_fts5,webkit2_41,bindings" go build -o "$work/bindings" .
(cd "$home" && XDG_DATA_HOME=$work "$work/bindings" >/dev/null)
if [ "${1:-}" != --check ]; then
  rm -rf frontend/wailsjs
  cp -r "$home/frontend/wailsjs" frontend
elif ! diff -r frontend/wailsjs "$home/frontend/wailsjs"; then
  printf 'frontend/wailsjs is stale: run build/bindings.sh and commit what it changes.\n' >&2
  exit 1
fi
