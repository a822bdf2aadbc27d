#!/usr/bin/env bash
# Every test, on the real parts. `build/test.sh go`, `frontend` or `window` runs one of the three.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/env.sh
export SUBROSA_REQUIRE_REAL=1 # a missing tool is a failure, not a skip

case "${1:-all}" in all | go)
  echo "== Go"
  build/interop/build.sh     # genuine SQLCipher, for one of them
  build/interop/templates.sh # the chat templates of many models, rendered by Jinja2
  build/native/variant.sh vulkan # for the tests on a GPU in software
  go test -count=1 -timeout 30m ./... # a cached result knows nothing of the programs that the tests run
  ;;
esac
case "${1:-all}" in all | frontend)
  echo "== front end"
  npm run --silent check --prefix frontend
  npm run --silent test --prefix frontend
  ;;
esac
case "${1:-all}" in all | window)
  echo "== the real window"
  build/e2e/run.sh
  ;;
esac
