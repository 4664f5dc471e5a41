# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `up` decides to do, from what it finds."""

import pytest

from sandbox.planning import Seen, Work, names, plan

SETUP = ("node", "istio")
WITH_INGRESS = (*SETUP, "ingress")


def seen(*ready, runs=True, build="b1"):
    return Seen(runs, build, frozenset(ready))


def test_nothing_runs_yet():
    assert plan(names(2), SETUP, "b1", {}) == [
        Work("sandbox-1", None, True, SETUP),
        Work("sandbox-2", None, True, SETUP),
    ]


def test_all_runs_already():
    assert plan(["sandbox-1"], SETUP, "b1", {"sandbox-1": seen(*SETUP, "ingress")}) == []


def test_only_what_is_missing_is_added():
    found = {"sandbox-1": seen(*SETUP)}
    assert plan(names(2), (*SETUP, "prometheus"), "b1", found) == [
        Work("sandbox-1", None, False, ("prometheus",)),
        Work("sandbox-2", None, True, (*SETUP, "prometheus")),
    ]


def test_istio_is_not_installed_twice_when_the_gateway_brings_it():
    assert plan(["sandbox-1"], WITH_INGRESS, "b1", {})[0].setup == ("node", "ingress")
    assert plan(["sandbox-1"], WITH_INGRESS, "b1", {"sandbox-1": seen(*SETUP)})[0].setup == ("ingress",)


def test_other_clusters_are_left_alone():
    found = {"sandbox-3": seen(runs=False), "control-plane": seen("crds")}
    assert [work.name for work in plan(["sandbox-1"], SETUP, "b1", found)] == ["sandbox-1"]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (seen(*SETUP, runs=False), "it, or a part of it, has ended"),
        (seen(), "it was never finished"),
        (seen("istio"), "it was never finished"),
        (seen(*SETUP, build="b0"), "its programs have changed"),
    ],
)
def test_an_unusable_cluster_is_started_anew(found, reason):
    assert plan(["sandbox-1"], SETUP, "b1", {"sandbox-1": found}) == [Work("sandbox-1", reason, True, SETUP)]


def test_an_unfinished_addition_does_not_cost_the_cluster():
    found = {"sandbox-1": seen("node")}
    assert plan(["sandbox-1"], SETUP, "b1", found) == [Work("sandbox-1", None, False, ("istio",))]
