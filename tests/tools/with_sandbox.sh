#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boot the sandbox, run a command against it, stop it again, whatever happened. KEEP=1 leaves it running.
# usage: tests/tools/with_sandbox.sh [OPTION OF `sandbox up`...] -- COMMAND [ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/../.."

options=()
while [ "$1" != -- ]; do
    options+=("$1")
    shift
done
shift

stop() { if [ -z "${KEEP:-}" ]; then python3 tests/sandbox down --all; fi; }
trap stop EXIT
trap 'exit 130' INT TERM

python3 tests/sandbox up "${options[@]}"
"$@"
