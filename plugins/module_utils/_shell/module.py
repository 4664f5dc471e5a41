# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that speaks to Ansible: arguments in, result or named failure out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._cluster.cluster import Cluster, connect
from .._domain.errors import CanaryError
from .._domain.outcome import Outcome
from .._domain.secrets import secret_headers, secrets_in, strings_in
from .arguments import AUTH_OPTIONS

Action = Callable[[Cluster, Mapping[str, Any]], Outcome]


class CanaryModule(AnsibleModule):
    """AnsibleModule whose own complaints about arguments carry a reason too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._show_harmless_parts_of_kubeconfig()
        self._hide_secret_headers()

    def _show_harmless_parts_of_kubeconfig(self) -> None:
        """Hide the secrets of a kubeconfig, not all of it.

        kubernetes.core hides every string in it, so that a path, or a context called v1, is starred out of every
        message and result in which the same word stands.
        """
        kubeconfig = self.params.get("kubeconfig")
        others = {self.params.get(name) for name in ("api_key", "password")}
        self.no_log_values -= set(strings_in(kubeconfig)) - set(secrets_in(kubeconfig)) - others

    def _hide_secret_headers(self) -> None:
        self.no_log_values |= set(secret_headers(self.params.get("headers")))

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        kwargs.setdefault("reason", "invalid_arguments")
        kwargs.setdefault("hint", "Correct the arguments; nothing was sent to the cluster.")
        super().fail_json(msg, **kwargs)


def run(action: Action, argument_spec: dict[str, Any], **rules: Any) -> None:
    """Check the arguments, connect, act, and leave with exit_json or fail_json.

    `rules` are AnsibleModule's mutually_exclusive, required_one_of and the like. In check mode the cluster is
    connected for dry runs only, so an action has no branch of its own for it.
    """
    module = CanaryModule(argument_spec=argument_spec, supports_check_mode=True, **rules)
    try:
        outcome = perform(action, module.params, module.check_mode)
    except CanaryError as error:
        module.fail_json(
            error.message, reason=error.reason, hint=error.hint, details=error.details, changed=error.changed
        )
    for warning in outcome.warnings:
        module.warn(warning)
    result = dict(outcome.result)
    diff = outcome.diff()
    if diff and module._diff:
        result["diff"] = diff
    module.exit_json(changed=outcome.changed, **result)


def perform(action: Action, params: Mapping[str, Any], check_mode: bool) -> Outcome:
    """Connect with the connection options among the params and act; raises CanaryError."""
    cluster = connect({name: params.get(name) for name in AUTH_OPTIONS}, dry_run=check_mode)
    return action(cluster, params)
