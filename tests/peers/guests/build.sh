#!/usr/bin/env bash
# Builds the guests that `cargo peers guests` loads, in Python and in JavaScript: `guests/build.sh FOLDER`.
# Needs Python 3.10 with `venv`, and Node with `npm`; the tools come from their registries, and everything
# is written to FOLDER.
set -euo pipefail
out="$(mkdir -p "${1:?a folder to build in}" && cd "$1" && pwd)"
cd "$(dirname "$0")"

python3 -m venv "$out/python"
"$out/python/bin/pip" install --quiet componentize-py==0.25.1
cp app.py shop.wit "$out"
(cd "$out" && python/bin/componentize-py -d shop.wit -w shop componentize app -o python.wasm)

npm install --silent --prefix "$out" @bytecodealliance/componentize-js@0.23.0
cp shop.js build.mjs "$out"
(cd "$out" && node build.mjs)
ls -l "$out"/*.wasm
