#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Build .venv: the pinned tools, kubernetes.core, and this checkout as the collection aviary.canary.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The PyPI package `ansible` carries the collections; only kubernetes.core is taken out of it.
ANSIBLE_WHEEL=ansible==12.3.0

step() { printf '  setup [%3d s] %s\n' "$SECONDS" "$*"; }
die() { printf 'make setup: %s\n' "$*" >&2; exit 1; }

# Print the first Python that fits: ansible-core 2.19 runs on 3.11 to 3.13. A pyenv shim may exist and yet not run.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    die "no Python 3.11, 3.12 or 3.13 found; install one (Debian: apt-get install python3 python3-venv), or name it: make setup PYTHON=/path/to/python3.11"
}

# Debian keeps ensurepip in a package of its own.
ensure_venv_module() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    local package
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        die "$1 cannot make virtual environments; install $package, then run make setup again"
    fi
    step "installing $package"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; } >"$log" 2>&1 ||
        die "apt-get could not install $package; see $log"
}

# Take kubernetes.core out of the wheel and leave the other hundred collections.
unpack_kubernetes_core() {
    local download=$1
    .venv/bin/pip download --quiet --no-deps --only-binary :all: --dest "$download" "$ANSIBLE_WHEEL"
    .venv/bin/python - "$download"/ansible-*.whl .venv/collections <<'PYTHON'
import sys
import zipfile

wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    wanted = [name for name in archive.namelist() if name.startswith("ansible_collections/kubernetes/core/")]
    archive.extractall(target, wanted)
PYTHON
}

mkdir -p build/logs
log=$PWD/build/logs/setup-python.log
exec 9>build/.setup.lock
flock 9 # two make commands started together must not fill one .venv
python=$(find_python)
ensure_venv_module "$python"

step "virtual environment with $("$python" --version)"
.venv/bin/python -c '' 2>/dev/null || rm -rf .venv # left behind by a Python that is gone
"$python" -m venv .venv
step "pinned tools from tests/requirements.txt (about a minute)"
.venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt -c tests/constraints.txt

step "kubernetes.core out of $ANSIBLE_WHEEL"
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
unpack_kubernetes_core "$download"

mkdir -p .venv/collections/ansible_collections/aviary
ln -sfn ../../../.. .venv/collections/ansible_collections/aviary/canary
touch .venv/.stamp
step "done; '. .venv/bin/activate' gives ansible-playbook and the tools"
