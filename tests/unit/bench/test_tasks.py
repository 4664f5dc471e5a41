# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from bench import tasks

WEIGHTS = st.integers(0, 100)


@given(before=WEIGHTS, after=WEIGHTS)
def test_all_tasks_ask_for_the_same_content(before, after):
    found = tasks.virtual_service("vs-000", before)
    wanted = tasks.virtual_service("vs-000", after)
    patch = tasks.json_patched("file", "vs-000", after)["kubernetes.core.k8s_json_patch"]["patch"]
    assert jsonpatch.apply_patch(found, patch) == wanted
    definition = tasks.patched("file", "vs-000", after)["kubernetes.core.k8s"]["definition"]
    assert {**found, "spec": {**found["spec"], **definition["spec"]}} == wanted
    ours = tasks.weights("file", "vs-000", after)["aviary.canary.virtual_service_weights"]["weights"]
    assert ours == [
        {"subset": each["destination"]["subset"], "weight": each["weight"]}
        for each in wanted["spec"]["http"][0]["route"]
    ]


def test_all_tasks_go_to_the_same_place():
    for make in (tasks.weights, tasks.patched, tasks.json_patched):
        (options,) = make("file", "vs-007", 10).values()
        assert (options["kubeconfig"], options["namespace"], options["name"]) == ("file", tasks.NAMESPACE, "vs-007")
