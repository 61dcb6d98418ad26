#!/bin/sh
# Puts uv into .tools/uv where the system has none: a folder of this project, nothing outside it.
set -eu
if command -v uv >/dev/null 2>&1 || [ -x .tools/uv/bin/uv ]; then exit 0; fi
if ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then
    echo "python3 with venv is needed. On Debian: apt-get install python3 python3-venv" >&2
    exit 1
fi
echo "Getting uv into .tools/uv ..."
rm -rf .tools/uv
python3 -m venv .tools/uv
.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
