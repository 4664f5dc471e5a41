# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from bench import cli
from bench.rows import ROWS


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "file")
    monkeypatch.setattr(cli.shutil, "which", lambda _name: "kubectl")


def test_all_is_there():
    assert cli.complaint(ROWS, "") == ""


def test_what_is_missing_is_said_before_anything_runs(monkeypatch, capsys):
    assert cli.main(["--rows", "windows"]) == 2
    assert "no row has 'windows' in its name" in capsys.readouterr().err
    monkeypatch.setattr(cli.shutil, "which", lambda _name: None)
    assert "kubectl" in cli.complaint(ROWS, "")
    monkeypatch.delenv("KUBECONFIG")
    assert "KUBECONFIG" in cli.complaint(ROWS, "")


@pytest.mark.parametrize("rounds", ["0", "-1", "many"])
def test_a_number_of_rounds_is_one(rounds, capsys):
    with pytest.raises(SystemExit):
        cli.main(["--rounds", rounds])
    assert "--rounds" in capsys.readouterr().err
