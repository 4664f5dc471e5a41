# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.aviary.canary.tests.demo import cluster, story

ROOT = Path(__file__).parents[3]
STEPS = [step for part in (story.PLAIN, story.ISTIO) for step in part.steps]


def test_the_tutorial_is_told_in_its_order():
    assert [(step.provider, step.share) for step in STEPS] == [
        ("kubernetes", None),
        ("istio", "canary_share="),
        ("istio", "canary_share=1"),
        ("istio", "canary_share=99"),
        ("istio", "canary_share=50"),
    ]


def test_a_share_is_declared_and_verified_alike_and_is_not_needed_to_remove():
    step = STEPS[2]
    assert step.command("deploy")[2:] == step.command("verify")[2:]
    assert step.command("deploy")[-2:] == ["-e", "canary_share=1"]
    assert not any("canary_share" in word for word in step.command("teardown"))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize("playbook", ["deploy", "rollout", "verify", "teardown"])
def test_what_the_commands_name_exists(step, playbook):
    program, name, *options = step.command(playbook)
    assert program == "ansible-playbook"
    assert (ROOT / "playbooks" / f"{name.removeprefix('aviary.canary.')}.yml").exists()
    files = [word.removeprefix("@") for word in options if word.endswith(".yml")]
    assert len(files) == 2
    assert all((ROOT / file).exists() for file in files)


def test_the_variables_keep_to_a_namespace_of_the_demo():
    variables = yaml.safe_load((ROOT / story.VARIABLES).read_text())
    assert variables["canary_namespace"] == cluster.NAMESPACE
