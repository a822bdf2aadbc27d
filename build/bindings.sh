#!/usr/bin/env bash
# Generates frontend/wailsjs from the bound methods, as `wails generate module` does. With --check, fails if that changes
# anything.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/env.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r frontend/wailsjs "$work/before"
GOFLAGS="-buildvcs=false -tags=libsqlite3,sqlite_fts5,webkit2_41,bindings" go build -o "$work/bindings" .
XDG_DATA_HOME=$work "$work/bindings" >/dev/null
if [ "${1:-}" = --check ] && ! diff -r "$work/before" frontend/wailsjs; then
  rm -rf frontend/wailsjs
  cp -r "$work/before" frontend/wailsjs
  printf 'frontend/wailsjs is stale: run build/bindings.sh and commit what it changes.\n' >&2
  exit 1
fi
