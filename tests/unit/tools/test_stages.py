# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing line of `make test` is what CI reads, so what goes into it is tested."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "tools/stages.py"
spec = importlib.util.spec_from_file_location("stages", SOURCE)
stages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stages)


@pytest.mark.parametrize(
    ("log", "succeeded", "tally"),
    [
        ("", True, (1, 0, 0)),
        ("", False, (0, 1, 0)),
        ("12 passed in 0.31s", True, (12, 0, 0)),
        ("12 passed, 3 skipped, 2 warnings in 0.31s", True, (12, 0, 3)),
        ("1 failed, 12 passed in 0.31s", False, (12, 1, 0)),
        ("3 failed in 0.31s", False, (0, 3, 0)),
        ("2 passed, 1 error in 0.31s", False, (2, 1, 0)),
        ("5 errors in 0.31s", False, (0, 5, 0)),
        ("4 passed, 0 failed", True, (4, 0, 0)),
        ("12 passed in 0.31s\nstopping the sandbox did not work", False, (12, 1, 0)),
        ("2 passed in 0.1s\n3 passed in 0.1s", True, (5, 0, 0)),
        ("Passed: 0 failure(s), 0 warning(s) in 47 files", True, (1, 0, 0)),
        ("the upload failed 3 times", True, (1, 0, 0)),
    ],
)
def test_a_log_is_counted(log: str, succeeded: bool, tally: tuple[int, int, int]) -> None:
    assert stages.read_tally(log, succeeded) == tally


def test_every_stage_is_a_target_of_the_makefile() -> None:
    makefile = (SOURCE.parents[2] / "Makefile").read_text()
    assert [stage for stage in stages.STAGES if f"\n.PHONY: {stage}\n{stage}:" not in makefile] == []
