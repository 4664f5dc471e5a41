# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module whole, from its arguments to its JSON, without the cost of a process."""

from __future__ import annotations

import importlib
import json
from typing import Any

import kubernetes
import pytest
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args

MODULES = "ansible_collections.aviary.canary.plugins.modules"


def run_module(
    capsys: pytest.CaptureFixture[str], module: str, check: bool, diff: bool, options: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """(the module's JSON, all that it printed). A traceback fails the test."""
    # What a module's process takes with it when it ends; this one goes on.
    warnings._global_warnings.clear()
    kubernetes.client.Configuration.set_default(None)
    with (
        patch_module_args({**options, "_ansible_check_mode": check, "_ansible_diff": diff}),
        pytest.raises(SystemExit),
    ):
        importlib.import_module(f"{MODULES}.{module}").main()
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    return json.loads(printed.out), printed.out + printed.err
