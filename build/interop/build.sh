#!/usr/bin/env bash
# Builds genuine SQLCipher and a small reader over it, for the test that the history file opens in it (a minute, once).
# Needs gcc and OpenSSL's headers (libssl-dev).
set -euo pipefail
cd "$(dirname "$0")"
out=../out/interop
src=node_modules/@commapp/sqlcipher-amalgamation/src
now=$(sha256sum package-lock.json reader.c build.sh | sha256sum)
[ "$(cat $out/stamp 2>/dev/null)" != "$now" ] || exit 0
npm ci --silent
mkdir -p $out
gcc -O1 -w -DSQLITE_HAS_CODEC -DSQLITE_TEMP_STORE=2 -DSQLITE_ENABLE_FTS5 -DSQLCIPHER_CRYPTO_OPENSSL -I$src \
  reader.c $src/sqlite3.c -o $out/sqlcipher-reader -lcrypto -lm -lpthread -ldl
echo "$now" >$out/stamp
