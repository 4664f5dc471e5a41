# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from ansible_collections.aviary.canary.tests.demo.table import table


def test_a_line_per_step_with_every_number_under_its_heading(measurement):
    plain = replace(measurement, step="replicas 2 + 1", proxies_seconds=None, verdict="inconclusive")
    headings, rule, first, second = table([measurement, plain])
    assert {len(headings), len(rule), len(first), len(second)} == {len(headings)}
    assert " ".join(first.split()) == "weights 99 / 1 1 % 0.9 % 0.2–2.7 % 1,000 991 9 0 0 0.06 s passed"
    assert second.split()[-2:] == ["–", "inconclusive"]
    for heading in ("declared", "observed", "requests", "failed"):
        end = headings.index(heading) + len(heading)
        assert first[end - 1].isalnum() or first[end - 1] == "%"
        assert first[end] == " "


def test_it_fits_a_screen_of_120_columns(measurement):
    assert all(len(line) <= 120 for line in table([measurement]))
