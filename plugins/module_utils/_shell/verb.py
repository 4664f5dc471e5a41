# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verb of the collection, and its answer: what both doors, the module and the action plugin, have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from .._cluster.cluster import Cluster, connect
from .._domain.errors import CanaryError
from .._domain.outcome import Outcome
from .._domain.secrets import secret_headers, secrets_in, strings_in
from .arguments import AUTH_OPTIONS

Action = Callable[[Cluster, Mapping[str, Any]], Outcome]
# What Ansible's own complaints about arguments are given beside their text.
OF_THE_ARGUMENTS = {
    "reason": "invalid_arguments",
    "hint": "Correct the arguments; nothing was sent to the cluster.",
}


@dataclass(frozen=True)
class Verb:
    """An action and the arguments that it takes; `rules` are AnsibleModule's mutually_exclusive and the like."""

    action: Action
    argument_spec: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)


def answer(verb: Verb, params: Mapping[str, Any], check_mode: bool, diff_mode: bool) -> dict[str, Any]:
    """The result of the task as Ansible shows it, a failure that we can name included; `warnings` is a list of texts.

    In check mode the cluster is connected for dry runs only, so an action has no branch of its own for it.
    """
    try:
        cluster = connect({name: params.get(name) for name in AUTH_OPTIONS}, dry_run=check_mode)
        outcome = verb.action(cluster, params)
    except CanaryError as error:
        named = {"reason": error.reason, "hint": error.hint, "details": error.details}
        told = {"warnings": list(error.warnings)} if error.warnings else {}
        return {"failed": True, "changed": error.changed, "msg": error.message, **named, **told}
    result = {"changed": outcome.changed, **outcome.result}
    diff = outcome.diff()
    if diff and diff_mode:
        result["diff"] = diff
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    return result


def hidden(params: Mapping[str, Any], marked: Set[str]) -> set[str]:
    """The texts that must never be printed; `marked` are those that the argument spec says are secret.

    kubernetes.core marks every string of a kubeconfig, so that a path, or a context called v1, is starred out of every
    message and result in which the same word stands. Its secrets are hidden here, and not all of it.
    """
    kubeconfig = params.get("kubeconfig")
    others = {params.get(name) for name in ("api_key", "password")}
    harmless = set(strings_in(kubeconfig)) - set(secrets_in(kubeconfig)) - others
    return ((set(marked) - harmless) | set(secret_headers(params.get("headers")))) - {""}
