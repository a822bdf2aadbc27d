#!/usr/bin/env bash
# The record's part of `make bench`, with the targets beside what was measured. Everything comes from this one run.
# SUBROSA_BENCH_ENTRIES=100000 takes a shorter record than a million entries (which is made once, and kept).
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/env.sh
out=build/out/bench
mkdir -p $out
export SUBROSA_BENCH=$PWD/$out SUBROSA_BENCH_BIN=$PWD/build/bin
{
  uptime
  echo "== record: an fsynced entry and a bare fsync in turn; one writer and sixteen; what an entry costs without the disk"
  go test -run '^$' -bench 'Append$' -benchtime 2000x ./internal/audit
  go test -run '^$' -bench 'GroupCommit' -benchtime 1x ./internal/audit
  go test -run '^$' -bench 'WithoutFsync|Line' -benchtime 5000x ./internal/audit
  echo "== record of a million entries (made once, a minute or two): unlock with it, verify it, export it, verify that"
  go test -run '^$' -bench 'Million' -benchtime 1x -timeout 60m ./internal/session
  echo "== export of 40,000 entries in all formats"
  go test -run '^$' -bench 'Export' -benchtime 3x ./internal/export
  uptime
} | tee $out/record.txt
/usr/bin/python3 build/bench/record.py $out/record.txt
