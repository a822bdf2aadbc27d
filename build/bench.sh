#!/usr/bin/env bash
# Measures, and prints what it measured with the ratios that matter. Everything of one table comes from one run, side by
# side; a busy machine widens the spread, so look at the rounds too. It reports, and passes no judgement by exit code. The models are made up once (2.6 GB, in build/out/bench).
set -euo pipefail
cd "$(dirname "$0")/.."
. build/env.sh
out=build/out/bench
mkdir -p $out

echo "== engine, a bare loop over the same libraries, and node-llama-cpp, on the same models"
build/bench/engine.sh

echo "== start of the window, from exec to a passphrase field that a screen reader finds"
build/e2e/desktop.sh /usr/bin/python3 build/bench/startup.py $out/startup.json >$out/startup.log 2>&1 ||
  { cat $out/startup.log; exit 1; }

echo "== the window in use: frames, keys, a long conversation, memory"
mkdir -p $out/window
go build -o $out/window/subrosa ./build/bench/window
go build -o $out/window/subrosa-engine ./build/e2e/scriptedengine
build/e2e/desktop.sh /usr/bin/python3 build/bench/smooth.py $out/window $out/window.json 2>$out/window.log ||
  { cat $out/window.log; exit 1; }

build/bench/record.sh

echo "== history, redaction"
go test -run '^$' -bench 'CommitMessage' -benchtime 200x ./internal/history
go test -run '^$' -bench 'HundredThousand' -benchtime 1x -timeout 60m ./internal/history
SUBROSA_BENCH_SIZES="${GROWTH:-10000 100000}" go test -run '^$' -bench 'Growth' -benchtime 1x -timeout 120m ./internal/history # GROWTH="10000 100000 1000000" for the whole table
go test -run '^$' -bench . -benchtime 0.3s ./internal/redact ./internal/lockdown
go test -run '^$' -bench 'RedactedTokens' -benchtime 3x ./internal/session # tokens of real answers, and of documents
go test -run '^$' -bench 'Check10KB' ./app
go test -run '^$' -bench . -benchtime 3x -timeout 30m ./internal/document # a PDF of 500 pages: first page, pages a second, peak of the child

echo "== redaction and gitleaks' detector, on the same text, processor time"
(cd build/bench/redact && GOFLAGS='' go run .)

/usr/bin/python3 build/bench/table.py $out
