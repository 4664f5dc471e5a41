#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boot one cluster of the sandbox, run a command against it, stop it again, whatever happened. KEEP=1 leaves it running.
# usage: tests/tools/with_sandbox.sh CLUSTER [OPTION OF `sandbox up`...] -- COMMAND [ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/../.."

cluster=$1
shift
options=()
while [ "$1" != -- ]; do
    options+=("$1")
    shift
done
shift

finish() {
    local status=$?
    if [ -z "${KEEP:-}" ]; then
        python3 tests/sandbox down "$cluster" || [ "$status" != 0 ] || status=1
    fi
    exit "$status"
}
for name in ${!K8S_AUTH_@}; do unset "$name"; done # a connection of the user's own must not draw the tests elsewhere
trap finish EXIT
trap 'exit 130' INT TERM

python3 tests/sandbox up "${options[@]}"

# The tests look at the cluster with the kubectl that was built beside it; a fresh machine has no other.
cache=${AVIARY_CANARY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aviary-canary}
built=$(find "$cache/build" -path '*/kubernetes-*/kubectl' -printf '%T@ %h\n' | sort -n | tail -n 1)
PATH=${built#* }:$PATH "$@"
