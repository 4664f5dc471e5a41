# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from bench.rows import ROWS, chosen, one_task
from bench.rows.proxies import task_end


def names(parts: str) -> list[str]:
    return [bench.name for bench in chosen(parts)]


def test_no_part_means_all():
    assert chosen("") == chosen(" , ") == ROWS


def test_a_part_of_a_name_is_enough_and_several_add_up():
    assert names("DOOR") == ["the same through the module door"]
    assert names("forks 20, forks 5") == names("inventory hosts")
    assert len(names("inventory hosts")) == 2


def test_an_unknown_part_chooses_nothing():
    assert names("windows") == []


def test_names_are_told_apart():
    assert len({bench.name for bench in ROWS}) == len(ROWS)


class Field:
    kubeconfig = "file"
    resets = 0

    def reset(self):
        self.resets += 1


@pytest.fixture
def written(monkeypatch):
    """The playbooks that would run; each task takes a second, and Ansible two."""
    found = []

    def run(tasks, _inventory, changed, **environment):
        assert changed == len(tasks)
        found.append((tasks, environment))
        return 2.0 + len(tasks)

    monkeypatch.setattr(one_task.playbook, "write", lambda _name, tasks: tasks)
    monkeypatch.setattr(one_task.playbook, "localhost", lambda: "inventory")
    monkeypatch.setattr(one_task.playbook, "run", run)
    return found


def test_one_task_more_costs_what_ten_more_cost_by_ten(written):
    field = Field()
    assert one_task.marginal(field, one_task.weights, AVIARY_CANARY_DOOR="module") == 1.0
    assert [(len(tasks), environment) for tasks, environment in written] == [
        (1, {"AVIARY_CANARY_DOOR": "module"}),
        (11, {"AVIARY_CANARY_DOOR": "module"}),
    ]
    assert field.resets == 2


def test_every_task_finds_other_weights_than_it_wants(written):
    one_task.whole(Field(), one_task.weights, 11)
    (tasks, _environment) = written[0]
    canary = [task["aviary.canary.virtual_service_weights"]["weights"][1]["weight"] for task in tasks]
    assert all(now != before for before, now in zip([0, *canary], canary))


def test_the_end_of_a_task_is_read_from_what_the_callback_wrote():
    assert task_end('{"begin": 1.5}\n{"end": 2.5}\n') == 2.5
