# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from bench import report
from bench.row import Goal, Pair, Row

VERSIONS = {"ansible-core": "2.19.14", "Istio": "1.31.0"}
ROW = Row("a task", "s", Goal("difference", 0.3), [Pair(0.4, 0.2)])


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULT", tmp_path / "bench.json")
    monkeypatch.setattr(report, "WORK", tmp_path)
    return tmp_path


def test_the_file_for_programs(files):
    report.write(VERSIONS, [ROW])
    assert json.loads((files / "bench.json").read_text()) == {"versions": VERSIONS, "rows": [ROW.as_json()]}


def test_the_table_for_people_names_the_versions(files):
    report.write(VERSIONS, [ROW])
    assert (files / "table.md").read_text().endswith("\n\nansible-core 2.19.14, Istio 1.31.0\n")


def test_every_round_is_kept(files):
    report.write(VERSIONS, [ROW])
    assert json.loads((files / "rounds.json").read_text()) == {"a task": [[0.4, 0.2]]}
