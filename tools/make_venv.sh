#!/bin/sh
# Makes a virtual environment, or says what the machine lacks. Usage: PYTHON=python3 make_venv.sh DIR
set -eu
python=${PYTHON:-python3}
folder=$1

if ! command -v "$python" >/dev/null 2>&1; then
    echo "$python was not found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old: Python 3.11 or newer is needed. Name one: make PYTHON=python3.12" >&2
    exit 1
fi
if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    exec "$python" -m venv --clear "$folder"
fi
if "$python" -c 'import virtualenv' 2>/dev/null; then
    exec "$python" -m virtualenv --quiet --clear "$folder"
fi
echo "$python has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2
exit 1
