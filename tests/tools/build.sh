#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the collection's tarball and import it as Galaxy would. Runs under in_tree.sh.
# galaxy-importer has an environment of its own, because it holds back packages that other tools need newer.
set -euo pipefail

importer=$CACHE/galaxy-importer
out=$CHECKOUT/build
log=$out/logs/galaxy-importer.log
mkdir -p "$out/logs"

if ! cmp -s "$CHECKOUT/tests/requirements-importer.txt" "$importer/requirements.txt"; then
    echo "  build: environment for galaxy-importer (about 30 s, once)"
    python -m venv --clear "$importer"
    "$importer/bin/pip" install --quiet --disable-pip-version-check -r "$CHECKOUT/tests/requirements-importer.txt"
    cp "$CHECKOUT/tests/requirements-importer.txt" "$importer/requirements.txt"
fi

# The importer looks at the collection alone; kubernetes.core, whose doc fragment the modules use, it finds installed.
installed=$("$importer/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ansible_collections/kubernetes
mkdir -p "$installed"
ln -sfn "$CHECKOUT/.venv/collections/ansible_collections/kubernetes/core" "$installed/core"

# Galaxy wants a changelog in the tarball; before the release is cut, it comes from the fragments, in this copy only.
version=$(sed -n 's/^version: //p' galaxy.yml)
if ! grep -q "^  $version:" changelogs/changelog.yaml 2>/dev/null; then
    antsibull-changelog release --version "$version" >"$log" 2>&1 || { cat "$log"; exit 1; }
fi

rm -f "$out"/aviary-canary-*.tar.gz
ansible-galaxy collection build --output-path "$out" . >/dev/null
tarball=$(echo "$out"/aviary-canary-*.tar.gz)

# The importer leaves its result file where it stands.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PATH=$importer/bin:$PATH GALAXY_IMPORTER_CHECK_REQUIRED_TAGS=true \
    "$importer/bin/python" -m galaxy_importer.main "$tarball" >"$log" 2>&1 || { cat "$log"; exit 1; }

# It ends well with complaints in its log: those count here.
if grep -E '^(ERROR|WARNING|CRITICAL)|: (ERROR|WARNING)|\.(ya?ml|py|md):[0-9]+' "$log"; then
    echo "make build: galaxy-importer complains, see build/logs/galaxy-importer.log"
    exit 1
fi
echo "  build: build/$(basename "$tarball")"
