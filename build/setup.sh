#!/usr/bin/env bash
# Installs and builds what the project needs on this machine: Debian packages, pinned native libraries, the encrypted
# SQLite library and the front-end's packages. Each step is skipped when its inputs have not changed.
set -euo pipefail
cd "$(dirname "$0")/.."
stamps=build/.stamps
mkdir -p "$stamps"

say() { printf '\n== %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# stale NAME FILE...: one of the files, or this script, changed since `fresh NAME FILE...`.
stale() { local name=$1; shift; [ "$(cat "$stamps/$name" 2>/dev/null)" != "$(sha256sum "$@" build/setup.sh | sha256sum)" ]; }
fresh() { local name=$1; shift; sha256sum "$@" build/setup.sh | sha256sum > "$stamps/$name"; }

toolchains() {
  command -v go >/dev/null || die "Go is missing: install Go 1.26 and put it on PATH."
  command -v node >/dev/null && command -v npm >/dev/null || die "Node.js is missing: install Node.js 20 with npm and put it on PATH."
  case "$(go env GOVERSION)" in
    go1.2[6-9]*|go1.[3-9][0-9]*|go[2-9]*) ;;
    *) die "Go 1.26 or newer is needed; this is $(go env GOVERSION)." ;;
  esac
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || die "Node.js 20 or newer is needed; this is $(node -v)."
}

debian_packages() {
  local want missing=()
  mapfile -t want < <(grep -v '^#' build/debian-packages.txt)
  for p in "${want[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "this is not Debian; install the equivalents of: ${missing[*]}"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "run as root, or install these first: ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${sudo[@]}" apt-get -qq -o DPkg::Lock::Timeout=600 update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=600 \
    install "${missing[@]}" >/dev/null
}

# The binding opens libllama.so and libggml.so; the packages carry the version in the name. libllama-common is left out:
# nothing here uses it, and it holds an HTTP client.
native_libraries() {
  local in=(build/native/package.json build/native/package-lock.json)
  if stale native "${in[@]}" || [ ! -e build/native/lib/libllama.so ] || [ -e build/native/lib/libllama-common.so ]; then
    say "native libraries (npm, hash-locked)"
    npm ci --silent --prefix build/native
    rm -rf build/native/lib
    mkdir -p build/native/lib
    local from=../node_modules/@node-llama-cpp/linux-x64/bins/linux-x64 f
    for f in build/native/lib/$from/*.so; do ln -s "$from/$(basename "$f")" build/native/lib/; done
    rm build/native/lib/libllama-common.so
    ln -s libllama.v0.5.0.so build/native/lib/libllama.so
    ln -s libggml.v0.5.0.so build/native/lib/libggml.so
    fresh native "${in[@]}"
  fi
}

encrypted_sqlite() {
  local src=build/native/node_modules/better-sqlite3-multiple-ciphers/deps/sqlite3 out=build/native/sqlite
  if stale sqlite "$src/sqlite3.c" || [ ! -e $out/libsqlite3.a ]; then
    say "encrypted SQLite (half a minute)"
    local cpu=()
    case "$(uname -m)" in
      x86_64) cpu=(-maes -msse4.1) ;;
      aarch64) cpu=(-march=armv8-a+crypto) ;;
    esac
    mkdir -p $out
    cp "$src/sqlite3.h" $out/
    gcc -O2 -w "${cpu[@]}" -DSQLITE_TEMP_STORE=3 -DSQLITE_ENABLE_FTS5 -DSQLITE_USE_URI=1 -DSQLITE_SECURE_DELETE \
      -c "$src/sqlite3.c" -o $out/sqlite3.o
    rm -f $out/libsqlite3.a
    ar rcs $out/libsqlite3.a $out/sqlite3.o
    rm $out/sqlite3.o
    fresh sqlite "$src/sqlite3.c"
  fi
}

# PDFium comes as WebAssembly; compiled, it is read in a third of a second instead of compiled in some seconds at each PDF.
compiled_pdfium() {
  local in=(go.sum internal/document/parse/pdf.go)
  if stale pdfium "${in[@]}" || [ -z "$(find build/native/lib/pdfium -type f 2>/dev/null)" ]; then
    say "compiling PDFium (ten seconds)"
    rm -rf build/native/lib/pdfium
    (. build/env.sh; go run ./build/native/pdfium build/native/lib)
    chmod -R a+rX build/native/lib/pdfium
    fresh pdfium "${in[@]}"
  fi
}

frontend_packages() {
  local in=(frontend/package.json frontend/package-lock.json)
  if stale frontend "${in[@]}" || [ ! -d frontend/node_modules ]; then
    say "front-end packages (npm, hash-locked)"
    npm ci --silent --prefix frontend
    fresh frontend "${in[@]}"
  fi
}

toolchains
debian_packages
native_libraries
encrypted_sqlite
compiled_pdfium
[ ! -e frontend/package.json ] || frontend_packages
