# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print a line per scenario with its elapsed time, the text of every failure, and `N passed, N failed` at the end."""

from __future__ import annotations

import pytest

outcomes: dict[str, str] = {}
elapsed: dict[str, float] = {}


@pytest.hookimpl
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    elapsed[report.nodeid] = elapsed.get(report.nodeid, 0.0) + report.duration
    if report.failed:
        outcomes[report.nodeid] = "failed"
        print(report.longreprtext, *(f"\n{title}\n{text}" for title, text in report.sections), flush=True)
    elif report.skipped:
        outcomes[report.nodeid] = "skipped"
    elif report.when == "call":
        outcomes.setdefault(report.nodeid, "passed")
    if report.when == "teardown":
        seen = "".join(f" ({figures})" for _name, figures in report.user_properties)
        print(f"{outcomes[report.nodeid]:8} {elapsed[report.nodeid]:6.1f} s  {sentence(report)}{seen}", flush=True)


def sentence(report: pytest.TestReport) -> str:
    """The scenario as its name says it: a test is a sentence."""
    return report.location[2].removeprefix("test_").replace("_", " ")


@pytest.hookimpl
def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        outcomes[report.nodeid] = "failed"
        print(report.longreprtext, flush=True)


@pytest.hookimpl
def pytest_sessionfinish() -> None:
    results = list(outcomes.values())
    print(f"{sum(elapsed.values()):.0f} s")
    print(f"{results.count('passed')} passed, {results.count('failed')} failed")
