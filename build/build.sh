#!/usr/bin/env bash
# Builds the four programs into build/bin, with the engine's libraries linked beside them in build/bin/lib: those of
# VARIANT (cpu, vulkan, cuda), or of the last one that was chosen.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/env.sh

if [ -z "$(find frontend/dist -name index.html -newer frontend/package-lock.json)" ] ||
  [ -n "$(find frontend/src frontend/wailsjs frontend/*.html frontend/*.json frontend/*.ts frontend/*.js -newer frontend/dist/index.html -print -quit)" ]; then
  npm run --silent build --prefix frontend
fi

version=$(git describe --always --dirty 2>/dev/null || echo unknown)
flags=(-ldflags "-s -w -X subrosa/app.Version=$version -X main.version=$version")
mkdir -p build/bin
chosen=$(readlink build/bin/lib || true)
variant=${VARIANT:-$(sed -n 's/.*lib-//p' <<<"$chosen")}
build/native/variant.sh "${variant:=cpu}"
lib=lib-$variant
ln -sfn "../native/${lib%-cpu}" build/bin/lib
go build "${flags[@]}" -o build/bin/subrosa .
go build "${flags[@]}" -o build/bin/subrosactl ./app/subrosactl
CGO_ENABLED=0 go build "${flags[@]}" -o build/bin/subrosa-engine ./app/subrosa-engine
CGO_ENABLED=0 go build "${flags[@]}" -o build/bin/subrosa-verify ./app/subrosa-verify
