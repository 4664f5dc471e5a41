# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door of an action plugin: the same verb inside Ansible's own worker, without the price of a process.

A module that is started as a process spends half a second before it does any work. So where the task runs on this
machine, as this user and in the foreground, the verb is called right here; everywhere else the module of the same name
is run. Both take the same arguments, give the same result and obey the same words of a playbook.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ..module_utils._cluster.cluster import client_is_there, disconnect
from ..module_utils._shell.verb import OF_THE_ARGUMENTS, Verb, answer, hidden

CHOICE = (
    "AVIARY_CANARY_DOOR"  # "module" leads every task through the module: to compare the two, or to look for a fault
)
# Ansible imports an action plugin once, before it forks its workers: what is imported here, no task pays for again.
HAVE_CLIENT = client_is_there()


class Door(ActionBase):
    """`verb` is what the subclass does; everything else is how a playbook asks for it."""

    verb: ClassVar[Verb]
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._here() if self._may_stay_here() else self._as_module(task_vars))
        return result

    def _may_stay_here(self) -> bool:
        """Whether a process would run on this machine, as this user and in the foreground."""
        local = str(self._connection.transport).rpartition(".")[2] == "local"
        becomes = bool(self._task.become) or self._connection.become is not None
        return HAVE_CLIENT and local and not becomes and not self._task.async_val and os.environ.get(CHOICE) != "module"

    def _as_module(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        wrap_async = self._task.async_val and not self._connection.has_native_async
        result: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _here(self) -> dict[str, Any]:
        with self._environment():
            validator = ArgumentSpecValidator(self.verb.argument_spec, **self.verb.rules)
            found = validator.validate(plain(self._task.args))
            params = found.validated_parameters
            secrets = hidden(params, found._no_log_values)
            result: dict[str, Any]
            if found.error_messages:
                result = {"failed": True, "changed": False, "msg": self._complaint(found.errors), **OF_THE_ARGUMENTS}
            else:
                result = answer(self.verb, params, bool(self._task.check_mode), bool(self._task.diff))
        warnings = [f"Both option {each['option']} and its alias {each['alias']} are set." for each in found._warnings]
        if warnings:
            result["warnings"] = warnings + result.get("warnings", [])
        result["invocation"] = {"module_args": params}
        flags = {name: result[name] for name in ("changed", "failed") if name in result}
        return {**remove_values(result, secrets), **flags}

    def _complaint(self, errors: Any) -> str:
        if isinstance(errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {errors.msg}"
        return str(errors.msg)

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        """What a process would be started with and take along when it ends, for as long as the verb runs."""
        added: dict[str, Any] = {}
        self._compute_environment_string(added)
        before = dict(os.environ)
        os.environ.update({name: str(value) for name, value in added.items()})
        try:
            yield
        finally:
            disconnect()
            os.environ.clear()
            os.environ.update(before)


def plain(value: Any) -> Any:
    """The value as a module would read it from JSON: without the marks that Ansible puts on what comes of templates."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str.__str__(value) if isinstance(value, str) else str(value)
