#!/usr/bin/env bash
# Makes the virtual environment of the local AWS, once per version of what it needs. Prints its Python.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-$here/../target/rig/venv}
python=${PYTHON:-python3}

wanted=$(sha256sum "$here/requirements.txt" | cut -d ' ' -f 1)
if [[ $(cat "$venv/.made-for" 2>/dev/null) != "$wanted" ]]; then
    mkdir -p "$(dirname "$venv")"
    (
        # Two tests that start at once make it once.
        flock 9
        if [[ $(cat "$venv/.made-for" 2>/dev/null) != "$wanted" ]]; then
            rm -rf "$venv"
            "$python" -m venv "$venv"
            "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
            echo "$wanted" >"$venv/.made-for"
        fi
    ) 9>"$venv.lock" >&2
fi
echo "$venv/bin/python"
