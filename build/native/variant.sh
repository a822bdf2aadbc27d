#!/usr/bin/env bash
# Fetches a variant of llama.cpp's libraries (npm, hash-locked) and links it in build/native/lib-NAME, with what belongs to
# any of them. `variant.sh cpu` needs nothing more than setup.sh has made: build/native/lib.
set -euo pipefail
cd "$(dirname "$0")"
name=${1:?vulkan or cuda}
case $name in
  cpu) exit 0 ;;
  vulkan | cuda) ;;
  metal)
    printf 'variant: npm has no Metal build of this llama.cpp (v0.5.0), and the programs refuse to start on macOS.\n' >&2
    exit 1 ;;
  *)
    printf 'variant: there is cpu, vulkan and cuda, and no %s.\n' "$name" >&2
    exit 1 ;;
esac
stamp=../.stamps/native-$name
inputs=$(cat "$name/package.json" "$name/package-lock.json" variant.sh | sha256sum)
[ "$(cat "$stamp" 2>/dev/null)" != "$inputs" ] || [ ! -e "lib-$name/libllama.so" ] || exit 0

printf '\n== native libraries: %s (npm, hash-locked)\n' "$name"
npm ci --silent --ignore-scripts --prefix "$name"
rm -rf "lib-$name"
mkdir -p "lib-$name"
for f in "$name/node_modules/@node-llama-cpp/linux-x64-$name/bins/linux-x64-$name"/*.so; do ln -s "../$f" "lib-$name/"; done
rm "lib-$name/libllama-common.so" # nothing here uses it, and it holds an HTTP client
ln -s "libllama.$name.v0.5.0.so" "lib-$name/libllama.so"
ln -s "libggml.$name.v0.5.0.so" "lib-$name/libggml.so"
ln -s ../lib/pdfium "lib-$name/pdfium"
mkdir -p ../.stamps
printf '%s\n' "$inputs" >"$stamp"
