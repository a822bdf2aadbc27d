#!/usr/bin/env bash
# Drives the real window through AT-SPI, which presses the same controls by the same names as a screen reader would.
# Screenshots are left in build/out/window. An argument picks steps, such as test_04.
set -euo pipefail
cd "$(dirname "$0")/../.."
rm -rf build/out/window
mkdir -p build/out/window
. build/env.sh
go build -o build/out/slowmodel ./build/e2e/slowmodel
go build -o build/out/openkeys ./build/e2e/openkeys
mkdir -p build/out/hostile
ln -sfn ../../bin/subrosa-engine build/out/hostile/subrosa-engine
cp -f frontend/src/lockdown/ways.js build/out/hostile/ways.js
go build -o build/out/hostile/subrosa ./build/e2e/hostile
mkdir -p build/out/examined
cp -f build/bin/subrosa-engine build/out/examined/subrosa-engine
ln -sfn "$(readlink -f build/bin/lib)" build/out/examined/lib
cp -f frontend/node_modules/axe-core/axe.min.js build/out/examined/axe.min.js
go build -o build/out/examined/subrosa ./build/e2e/examined
mkdir -p build/out/scripted
go build -o build/out/scripted/subrosa-engine ./build/e2e/scriptedengine
cp -f build/bin/subrosa build/out/scripted/subrosa
exec build/e2e/netns.sh build/e2e/desktop.sh /usr/bin/python3 -m unittest -v ${1:+-k "$1"} build/e2e/test_hostile.py build/e2e/test_window.py build/e2e/test_redaction.py build/e2e/test_copying.py build/e2e/test_lock.py build/e2e/test_record.py build/e2e/test_conversation.py build/e2e/test_documents.py build/e2e/test_tour.py build/e2e/test_looks.py
