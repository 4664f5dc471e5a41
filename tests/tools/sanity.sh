#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible-test sanity with no container, on every supported Python of this machine. Runs under in_tree.sh.
set -euo pipefail

PIP=24.2 # the version that ansible-test of ansible-core 2.19 starts its environments with

home=$CACHE/ansible-test # ansible-test keeps its environments under HOME; the user's own stays as it is
downloads=$home/.ansible/test/cache
bootstrap=$downloads/get_pip_${PIP//./_}.py
pythons=$home/pythons
mkdir -p "$downloads" "$home/.config/pip" "$pythons"

# ansible-test passes no PIP_* variable on, but pip reads its file: hand the settings of this machine over.
{
    echo '[global]'
    pip config list | sed -n "s/^\(global\|:env:\)\.\([a-z-]*\)='\(.*\)'$/\2 = \3/p" | sort -u -t= -k1,1
} >"$home/.config/pip/pip.conf"

# Where ansible-test would fetch get-pip.py from its own server, the same pip from the package index stands in.
if [ ! -e "$bootstrap" ]; then
    pip download --quiet --no-deps --dest "$downloads" "pip==$PIP"
    cat >"$bootstrap" <<PYTHON
import os
import sys

wheel = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pip-$PIP-py3-none-any.whl")
sys.path.insert(0, wheel)
from pip._internal.cli.main import main

arguments = [wheel if argument == "pip==$PIP" else argument for argument in sys.argv[1:]]
arguments = [argument for argument in arguments if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--upgrade", "--force-reinstall", *arguments]))
PYTHON
fi

# A pyenv shim may exist and not run, which ends ansible-test: show it only interpreters that answer.
rm -f "$pythons"/*
for version in 3.9 3.10 3.11 3.12 3.13; do
    for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/"python$version"; do
        if real=$("$candidate" -c 'import sys, venv; print(sys.executable)' 2>/dev/null); then
            ln -sfn "$real" "$pythons/python$version"
        fi
    done
done

HOME=$home PATH=$CHECKOUT/.venv/bin:$pythons:/usr/bin:/bin ansible-test sanity --color no "$@"
