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

# doc fragment aviary.canary.weights
BACKEND: dict[str, Any] = {
    "host": {"type": "str"},
    "port": {"type": "int"},
    "weight": {"type": "int", "required": True},
}
WEIGHTS: dict[str, Any] = {"type": "list", "elements": "dict"}
OTHERS: dict[str, Any] = {"type": "str", "choices": ["refuse", "keep", "scale", "zero"]}
WEIGHTS_ARG_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "route": {"type": "str"},
    "all_matching": {"type": "bool", "default": False},
    "others": {**OTHERS, "default": "refuse"},
    "add_missing": {"type": "bool", "default": False},
    "total": {"type": "int", "default": 100},
    "ownership": {"type": "str", "choices": ["refuse", "warn", "ignore"], "default": "warn"},
    "check_endpoints": {"type": "bool", "default": True},
    "wait_for": {"type": "str"},
}
# What one of several objects may say for itself.
ALSO_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str"},
    "route": {"type": "str"},
    "others": OTHERS,
    "total": {"type": "int"},
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
