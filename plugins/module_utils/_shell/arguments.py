# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pieces of argument specs that several modules share, each beside the doc fragment that describes it."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC

AUTH_OPTIONS = tuple(AUTH_ARG_SPEC)

# doc fragment aviary.canary.wait
WAIT_ARG_SPEC: dict[str, Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 60},
}

# doc fragment aviary.canary.replicas
REPLICAS_ARG_SPEC: dict[str, Any] = {
    "stable": {"type": "str", "required": True},
    "canary": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "share": {"type": "float", "required": True},
    "replicas": {"type": "int"},
    "max_surge": {"type": "int", "default": 0},
    "tolerance_percent": {"type": "float", "default": 1.0},
}


def with_connection(*parts: dict[str, Any]) -> dict[str, Any]:
    """A whole argument spec: kubernetes.core's connection options and the given parts."""
    spec = dict(AUTH_ARG_SPEC)
    for part in parts:
        twice = spec.keys() & part.keys()
        if twice:
            raise ValueError(f"options that kubernetes.core's connection has already: {', '.join(sorted(twice))}")
        spec.update(part)
    return spec
