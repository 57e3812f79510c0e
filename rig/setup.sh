#!/usr/bin/env bash
# Makes a virtual environment, once per version of what it needs: `setup.sh [WHERE [REQUIREMENTS]]`; by default that of the local AWS.
# Prints its Python.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-$here/../target/rig/venv}
requirements=${2:-$here/requirements.txt}
python=${PYTHON:-python3}

wanted=$(sha256sum "$requirements" | cut -d ' ' -f 1)
if [[ $(cat "$venv/.made-for" 2>/dev/null) != "$wanted" ]]; then
    mkdir -p "$(dirname "$venv")"
    (
        # Two tests that start at once make it once.
        flock 9
        if [[ $(cat "$venv/.made-for" 2>/dev/null) != "$wanted" ]]; then
            rm -rf "$venv"
            "$python" -m venv "$venv"
            "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
            echo "$wanted" >"$venv/.made-for"
        fi
    ) 9>"$venv.lock" >&2
fi
echo "$venv/bin/python"
