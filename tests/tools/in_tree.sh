#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run a command in a fresh copy of this checkout at .../ansible_collections/aviary/canary, kubernetes.core beside it.
# ansible-test, ansible-lint, antsibull and galaxy-importer ask for that path and do not accept a symlink to it.
# usage: tests/tools/in_tree.sh COMMAND [ARGUMENT...]     ($CHECKOUT and $CACHE are set for the command)
set -euo pipefail
cd "$(dirname "$0")/../.."

export CHECKOUT=$PWD
export CACHE=${AVIARY_CANARY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aviary-canary}
tree=$CACHE/tree
collection=$tree/ansible_collections/aviary/canary

mkdir -p "$tree"
exec 9>"$tree/.lock"
flock 9 # one gate at a time works in the tree

# What git has or would take, as it stands on disk; a file that is deleted but still tracked has nothing to copy.
files() { git -c safe.directory="$CHECKOUT" ls-files -z --cached --others --exclude-standard --deduplicate; }
existing() { while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done; }

rm -rf "$collection"
mkdir -p "$collection"
files | existing | tar --create --null --files-from - | tar --extract --directory "$collection"
mkdir -p "$tree/ansible_collections/kubernetes"
ln -sfn "$CHECKOUT/.venv/collections/ansible_collections/kubernetes/core" "$tree/ansible_collections/kubernetes/core"

cd "$collection"
export ANSIBLE_COLLECTIONS_PATH=$tree PATH=$CHECKOUT/.venv/bin:$PATH
"$@"
