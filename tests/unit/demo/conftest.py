# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the demo as it went on the sandbox."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.tests.demo.measurement import Measurement


@pytest.fixture
def measurement() -> Measurement:
    return Measurement(
        part="Part 2: Istio",
        step="weights 99 / 1",
        about="One request in a hundred to the new load",
        declared=1.0,
        observed=0.9,
        low=0.16,
        high=2.72,
        requests=1000,
        stable=991,
        canary=9,
        failed=0,
        unrecognised=0,
        verdict="passed",
        reason="Observed stable 99.10 %, canary 0.90 % of 1000 requests, as declared.",
        proxies_seconds=0.06,
        commands=("ansible-playbook aviary.canary.deploy", "ansible-playbook aviary.canary.verify"),
    )
