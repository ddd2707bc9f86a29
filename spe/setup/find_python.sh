#!/bin/sh
# Print the path of a Python that can run spe (3.11 or later, with ssl and sqlite3), installing Debian's where
# nobody has one and root is at hand. Exit 13, with the remedy, where there is none to be had.
set -u

find_one() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        found=$(command -v "$name" 2>/dev/null) || continue
        # A version manager's shim is slow and may change its mind: ask it once for the interpreter behind it.
        real=$("$found" -c 'import ssl, sqlite3, sys
if sys.version_info < (3, 11): sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' 2>/dev/null) || continue
        printf '%s\n' "$real"
        return 0
    done
    return 1
}

find_one && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "set-up: Python 3.11 or later, from the system's packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends python3 python3-venv; } >/dev/null
    find_one && exit 0
fi
echo "set-up: no Python 3.11 or later (with ssl and sqlite3) is on PATH. Install one, or name it: make ... PYTHON=/path/to/python3" >&2
exit 13
