# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports point downward only: action -> modules -> _shell, _actions -> _probe -> _cluster -> _domain.

The rules are read from the imports themselves, so a file in a new place fails until the tables below know it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
COLLECTION = "ansible_collections.aviary.canary.plugins"
KUBERNETES_CORE = "ansible_collections.kubernetes.core.plugins.module_utils"

# layer -> the layers of ours that it may import, besides itself
BELOW = {
    "_domain": (),
    "_cluster": ("_domain",),
    "_probe": ("_cluster", "_domain"),
    "_actions": ("_probe", "_cluster", "_domain"),
    "_shell": ("_cluster", "_domain"),
    "modules": ("_shell", "_actions"),
    "plugin_utils": ("_shell", "_cluster"),
    "action": ("plugin_utils", "modules"),
    "doc_fragments": (),
}

# layer -> the packages of others that it may import, besides the standard library
OUTSIDE = {
    "_domain": (),
    "_cluster": ("kubernetes", "urllib3", "websocket", "yaml", f"{KUBERNETES_CORE}.k8s"),
    "_probe": ("ansible.module_utils.urls",),
    "_actions": (),
    "_shell": ("ansible.module_utils", f"{KUBERNETES_CORE}.args_common"),
    "modules": (),
    "plugin_utils": ("ansible.module_utils", "ansible.plugins"),
    "action": (),
    "doc_fragments": (),
}

# What would make an answer of _domain depend on more than its arguments.
IMPURE = {
    "asyncio", "datetime", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil",
    "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip


def dotted_name(file: Path) -> str:
    return ".".join([COLLECTION, *file.relative_to(PLUGINS).with_suffix("").parts])


def layer_of(dotted: str) -> str | None:
    """The layer of one of our own modules; None for what is not ours."""
    if not dotted.startswith(f"{COLLECTION}."):
        return None
    kind, *rest = dotted[len(COLLECTION) + 1 :].split(".")
    return rest[0] if kind == "module_utils" and rest else kind


def imports_of(file: Path) -> Iterator[str]:
    """Every imported name, absolute: `from .errors import X` in _domain is COLLECTION.module_utils._domain.errors.X."""
    package = dotted_name(file).split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def complaint(file: Path, imported: str) -> str | None:
    layer, target = layer_of(dotted_name(file)), layer_of(imported)
    if target is not None:
        fits = target in BELOW[layer] or (target == layer and layer not in ("modules", "action"))
    elif imported.split(".")[0] in sys.stdlib_module_names:
        fits = layer != "_domain" or imported.split(".")[0] not in IMPURE
    else:
        fits = any(f"{imported}.".startswith(f"{package}.") for package in OUTSIDE[layer])
    return None if fits else f"{file.relative_to(PLUGINS)} imports {imported}"


SOURCES = sorted(PLUGINS.rglob("*.py"))


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(PLUGINS)))
def test_imports_point_downward(file: Path) -> None:
    assert layer_of(dotted_name(file)) in BELOW, "a new layer: give it its row in BELOW and OUTSIDE"
    assert [found for imported in imports_of(file) if (found := complaint(file, imported))] == []


def test_every_folder_is_a_layer_of_the_table() -> None:
    folders = {path.parent.name for path in SOURCES if path.parent not in (PLUGINS, PLUGINS / "module_utils")}
    assert folders <= set(BELOW)


@pytest.mark.parametrize(
    ("file", "imported"),
    [
        ("module_utils/_domain/routes.py", "kubernetes.client"),
        ("module_utils/_domain/proof.py", "time.monotonic"),
        ("module_utils/_domain/proof.py", "yaml"),
        ("module_utils/_domain/routes.py", f"{COLLECTION}.module_utils._cluster.session.connect"),
        ("module_utils/_cluster/session.py", f"{COLLECTION}.module_utils._shell.module.run"),
        ("module_utils/_cluster/session.py", "ansible.module_utils.basic.AnsibleModule"),
        ("module_utils/_shell/module.py", "kubernetes.client"),
        ("modules/replica_split.py", "ansible.module_utils.basic.AnsibleModule"),
        ("modules/replica_split.py", f"{COLLECTION}.modules.replica_split_info.main"),
        ("modules/replica_split.py", "kubernetes"),
    ],
)
def test_an_upward_import_is_refused(file: str, imported: str) -> None:
    assert complaint(PLUGINS / file, imported)
