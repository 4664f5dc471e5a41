# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.tests.demo.measurement import from_result, interval, measured, percent, seconds

RESULT = {
    "verdict": "failed",
    "reason": "canary is declared 1 % and observed 9.30 %.",
    "counts": {"stable": 905, "canary": 93, "failed": 1, "unrecognised": 1},
    "requests": 1000,
    "observed": {"stable": 90.5, "canary": 9.3},
    "interval": {"stable": [87.1, 93.3], "canary": [6.5, 12.7]},
    "expected": {"stable": 99.0, "canary": 1.0},
}


def test_the_canary_is_read_and_nothing_is_dropped():
    found = from_result(RESULT, 0.4, part="p", step="s", about="a", commands=())
    assert (found.declared, found.observed, found.low, found.high) == (1.0, 9.3, 6.5, 12.7)
    assert found.stable + found.canary + found.failed + found.unrecognised == found.requests
    assert (found.verdict, found.passed, found.proxies_seconds) == ("failed", False, 0.4)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 %"), (1, "1 %"), (33.333, "33.3 %"), (99.96, "100 %"), (100, "100 %")]
)
def test_percent(value, text):
    assert percent(value) == text


def test_an_observed_share_keeps_its_decimal():
    assert (measured(1), measured(98.95)) == ("1.0 %", "99.0 %")


def test_interval_and_seconds(measurement):
    assert interval(measurement) == "0.2–2.7 %"
    assert seconds(0.061) == "0.06 s"
    assert seconds(None) == "–"
