#!/usr/bin/env bash
# Formatting, linting, layering and vetting. `make check FIX=1` formats in place.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/env.sh
tool() { GOFLAGS=-trimpath CGO_ENABLED=0 go tool -modfile=build/tools/go.mod "$@"; }

echo "== gofumpt"
if [ -n "${FIX:-}" ]; then
  git ls-files '*.go' | GOFLAGS='' xargs -r go tool -modfile=build/tools/go.mod gofumpt -w
fi
unformatted=$(git ls-files '*.go' | GOFLAGS='' xargs -r go tool -modfile=build/tools/go.mod gofumpt -l)
[ -z "$unformatted" ] || { printf 'not formatted (make check FIX=1):\n%s\n' "$unformatted"; exit 1; }

echo "== golangci-lint"
tool golangci-lint --version >/dev/null
golangci=$(GOFLAGS=-trimpath CGO_ENABLED=0 go tool -modfile=build/tools/go.mod -n golangci-lint)
"$golangci" run --config build/lint/golangci.yml ./...

echo "== vet for other systems (packages without C)"
for os in windows darwin; do
  GOFLAGS= CGO_ENABLED=0 GOOS=$os go vet $(cat build/lint/portable-packages.txt)
done

echo "== the benchmark's own module is up to date"
(cd build/bench/redact && GOFLAGS='' go list -m all >/dev/null)

echo "== front end"
npm run --silent check --prefix frontend
npm run --silent lint --prefix frontend

echo "== bindings are fresh"
build/bindings.sh --check
