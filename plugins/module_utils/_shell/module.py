# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door of a module: a process of its own, on whatever machine the task runs."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .verb import OF_THE_ARGUMENTS, Verb, answer, hidden


class CanaryModule(AnsibleModule):
    """AnsibleModule whose own complaints about arguments carry a reason too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.no_log_values: set[str] = hidden(self.params, self.no_log_values)

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        self.no_log_values = hidden(self.params, self.no_log_values)  # Ansible complains before __init__ is through
        super().fail_json(msg, **{**OF_THE_ARGUMENTS, **kwargs})


def run(verb: Verb) -> None:
    """Check the arguments, act, and leave with exit_json or fail_json."""
    module = CanaryModule(argument_spec=dict(verb.argument_spec), supports_check_mode=True, **verb.rules)
    result = answer(verb, module.params, module.check_mode, module._diff)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
