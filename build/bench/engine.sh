#!/usr/bin/env bash
# The engine's part of `make bench`: three sides on four models, quoting, memory, a conversation reopened or read ahead (half
# as many rounds), decryption. ROUNDS=2 takes fewer than five rounds. Each side of each round says when it is done. On a busy
# machine llama.cpp's threads wait for each other, and it takes hours; `engine -quick -threads 1` sees that everything runs.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/env.sh
out=build/out/bench
mkdir -p $out
npm ci --silent --prefix build/bench/peer
go build -o $out/engine ./build/bench/engine
CGO_ENABLED=0 go build -o $out/subrosa-engine ./app/subrosa-engine
$out/engine -engine $out/subrosa-engine -rounds "${ROUNDS:-5}" >$out/engine.json
go test -run '^$' -bench Decrypt -benchtime 15x ./internal/engine/llama | tee $out/decrypt.txt
