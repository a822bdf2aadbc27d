#!/usr/bin/env bash
# Renders the chat templates that llama.cpp keeps for its own tests with Jinja2, for a test of the engine. They lie in the
# source bundle within the pinned node-llama-cpp. Gemma 3's, which is not among them, lies in the pinned yzma.
set -euo pipefail
cd "$(dirname "$0")"
out=$PWD/../out/interop
peer=../bench/peer
yzma=$(go list -m -f '{{.Dir}}' github.com/hybridgroup/yzma)
now=$(sha256sum templates.* conversations.json $peer/package-lock.json "$yzma/pkg/template/prompts/gemma3.jinja" | sha256sum)
# Some templates say what day it is.
now="$now $(date +%F)"
[ "$(cat "$out/templates.stamp" 2>/dev/null)" != "$now" ] || exit 0
[ -d $peer/node_modules/node-llama-cpp ] || npm ci --silent --prefix $peer
rm -rf "$out/llama.cpp"
mkdir -p "$out/llama.cpp"
git clone --quiet --bare $peer/node_modules/node-llama-cpp/llama/gitRelease.bundle "$out/llama.cpp/git"
git -C "$out/llama.cpp/git" archive HEAD models/templates | tar -x -C "$out/llama.cpp"
cp "$yzma/pkg/template/prompts/gemma3.jinja" "$out/llama.cpp/models/templates/google-gemma-3.jinja"
/usr/bin/python3 templates.py "$out/llama.cpp/models/templates" conversations.json >"$out/templates.json"
rm -rf "$out/llama.cpp/git"
echo "$now" >"$out/templates.stamp"
