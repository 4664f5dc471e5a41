# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer is counted once, whatever it looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.aviary.canary.plugins.module_utils._domain.answers import Answer, Arm, count, examples
from ansible_collections.aviary.canary.plugins.module_utils._domain.errors import InvalidRequest

BY_BODY = (Arm("stable", body="Tested load"), Arm("canary", body="New load"))
answers = st.builds(
    Answer,
    status=st.sampled_from([0, 200, 302, 404, 503]),
    headers=st.just({}),
    body=st.sampled_from(["Tested load", "New load", "Tested load New load", "", "other"]),
)


@given(st.lists(answers))
def test_every_request_is_counted_exactly_once(found: list[Answer]) -> None:
    assert count(found, BY_BODY).requests == len(found)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, {}, "Tested load -> POD"), (1, 0, 0, 0)),
        (Answer(200, {}, "New load -> POD"), (0, 1, 0, 0)),
        (Answer(200, {}, "Welcome"), (0, 0, 0, 1)),
        (Answer(200, {}, "Tested load, New load"), (0, 0, 0, 1)),
        (Answer(503, {}, "New load"), (0, 0, 1, 0)),
        (Answer(0, {}, "", "refused"), (0, 0, 1, 0)),
    ],
)
def test_an_answer_is_sorted_by_what_it_says(answer: Answer, expected: tuple[int, ...]) -> None:
    counts = count([answer], BY_BODY)
    assert (*counts.arms.values(), counts.failed, counts.unrecognised) == expected


def test_arms_are_told_by_header_and_by_status_too() -> None:
    arms = (Arm("stable", header=("X-Version", "^1")), Arm("canary", status=418))
    found = [Answer(200, {"x-version": "1.2"}, ""), Answer(418, {}, ""), Answer(500, {}, "")]
    counts = count(found, arms)
    assert (dict(counts.arms), counts.failed) == ({"stable": 1, "canary": 1}, 1)


def test_examples_are_few_and_distinct() -> None:
    odd = [Answer(503, {}, "no healthy\nupstream")] * 3 + [Answer(0, {}, "", "refused")] + [Answer(200, {}, "New load")]
    assert examples(odd, BY_BODY) == ["status 503: no healthy upstream", "refused"]


@pytest.mark.parametrize("ways", [{}, {"body": "a", "status": 200}, {"body": "("}, {"header": ("x", "(")}])
def test_an_arm_that_cannot_be_told_is_refused(ways: dict) -> None:
    with pytest.raises(InvalidRequest, match=r"[aA]rm"):
        Arm("canary", **ways)
