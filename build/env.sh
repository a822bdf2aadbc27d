# shellcheck shell=bash
# What every Go command of this project needs. Source it: `. build/env.sh`.
#
# mattn/go-sqlite3 is linked (tag libsqlite3) to SQLite3 Multiple Ciphers in build/native/sqlite; without the tag it
# would quietly build a SQLite that cannot encrypt, and history.Open would refuse to work.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CGO_ENABLED=1
export CGO_CFLAGS="-O2 -I$root/build/native/sqlite"
export CGO_LDFLAGS="-L$root/build/native/sqlite -lm"
export GOFLAGS="-trimpath -buildvcs=false -tags=libsqlite3,sqlite_fts5,desktop,production,webkit2_41"
unset root
