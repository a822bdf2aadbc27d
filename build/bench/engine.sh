#!/usr/bin/env bash
# The engine's part of `make bench`: three sides on four models, quoting, decryption. ROUNDS=3 takes fewer than five rounds.
# It takes 20 to 40 minutes on two idle cores; on a busy machine llama.cpp's threads wait for each other, and it takes hours.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/env.sh
out=build/out/bench
mkdir -p $out
npm ci --silent --prefix build/bench/peer
go build -o $out/engine ./build/bench/engine
$out/engine -rounds "${ROUNDS:-5}" >$out/engine.json
go test -run '^$' -bench Decrypt -benchtime 15x ./internal/engine/llama | tee $out/decrypt.txt
