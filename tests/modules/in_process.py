# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a verb whole, from its arguments to its JSON, through either of its doors, without the price of a process."""

from __future__ import annotations

import functools
import importlib
import json
import unittest.mock
from typing import Any

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, connection_loader, init_plugin_loader
from ansible.template import Templar
from kubernetes.config import kube_config

COLLECTION = "aviary.canary"
MODULES = f"ansible_collections.{COLLECTION}.plugins.modules"


@functools.cache
def find_collections() -> None:
    """Ansible's own way to find them, before anybody imports one in Python's: an action is loaded by its full name."""
    init_plugin_loader()


def forget() -> None:
    """What a process takes with it when it ends; this one goes on."""
    warnings._global_warnings.clear()


def run_module(
    capsys: pytest.CaptureFixture[str], name: str, check: bool, diff: bool, options: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """(the module's JSON, all that it printed). A traceback fails the test."""
    forget()
    with (
        unittest.mock.patch.object(_internal, "is_controller", False),  # a module's warnings belong into its JSON
        patch_module_args({**options, "_ansible_check_mode": check, "_ansible_diff": diff}),
        pytest.raises(SystemExit),
    ):
        importlib.import_module(f"{MODULES}.{name}").main()
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    return json.loads(printed.out), printed.out + printed.err


def run_action(
    capsys: pytest.CaptureFixture[str], name: str, check: bool, diff: bool, options: dict[str, Any], **words: Any
) -> tuple[dict[str, Any], str]:
    """The same through the action plugin, as Ansible's worker calls it; `words` are keywords of the task."""
    forget()
    action = action_of(name, {"check_mode": check, "diff": diff, **words}, options)
    with unittest.mock.patch.object(kube_config, "_temp_files", {}):  # it removes its keys, and not those of the tests
        found = action.run(task_vars={})
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    text = json.dumps(found)  # a result that JSON cannot say is no result
    return json.loads(text), text + printed.out + printed.err


def action_of(name: str, words: dict[str, Any], options: dict[str, Any]) -> Any:
    """The action plugin of a task on this machine."""
    loader = DataLoader()
    task = Task.load({f"{COLLECTION}.{name}": options, **words}, loader=loader)
    task.args = options  # as a template would leave them: Ansible's own marks are the playbook tests' business
    connection = connection_loader.get("ansible.builtin.local", PlayContext())
    return action_loader.get(
        f"{COLLECTION}.{name}",
        task=task,
        connection=connection,
        play_context=PlayContext(),
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )


DOORS = {"module": run_module, "action": run_action}
