#!/usr/bin/env bash
# Makes the pictures of docs/tour.md from the screenshots that a run of build/e2e/run.sh left in build/out/window.
set -euo pipefail
cd "$(dirname "$0")/../.."
while read -r name shot; do
  convert "build/out/window/$shot.png" -trim +repage -resize 900x +dither -colors 64 -define png:compression-level=9 -strip "PNG8:docs/pictures/$name.png"
done <<'PICTURES'
preview redaction-2-preview
versions 60-versions
found 64-found
source 52-source
page 57-page
entry 22-record-entry
held 65-held
policy 66-policy
evidence 03b-evidence
models 67-models
way-in 68-way-in
PICTURES
