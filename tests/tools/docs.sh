#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the documentation site into build/docs, with no network. Runs under in_tree.sh.
set -euo pipefail
umask 022 # antsibull-docs refuses a site that others could write to

site=$CACHE/tree/site
out=$CHECKOUT/build/docs
rm -rf "$site" "$out"
mkdir -p "$site" "$CHECKOUT/build/logs"
antsibull-docs sphinx-init --use-current --squash-hierarchy --dest-dir "$site" aviary.canary >/dev/null

# References into Ansible's own documentation need the network to resolve: leave them as text.
cat >>"$site/conf.py" <<'PYTHON'

intersphinx_mapping = {}
suppress_warnings = ["ref.ref"]
PYTHON

(cd "$site" && ./build.sh) >"$CHECKOUT/build/logs/sphinx.log" 2>&1 || { tail -n 40 "$CHECKOUT/build/logs/sphinx.log"; exit 1; }
cp -r "$site/build/html" "$out"
echo "  docs: build/docs/index.html"
