# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from bench.traffic import Asked, first_after, parse

LOG = "1000000000 Tested\n1500000000 \n2000000000 New\n2500000000 Tes"
REQUESTS = [Asked(1.0, "Tested"), Asked(1.5, ""), Asked(2.0, "New")]


def test_a_line_that_is_still_written_is_left_for_later():
    assert parse(LOG) == REQUESTS


def test_what_kubectl_says_is_no_request():
    assert parse("Defaulted container app\n1000000000 Tested\n") == REQUESTS[:1]


def test_the_first_request_that_follows():
    assert first_after(REQUESTS, 1.2, "New") == 2.0
    assert first_after(REQUESTS, 2.0, "New") == 2.0
    assert first_after(REQUESTS, 2.1, "New") is None
    assert first_after(REQUESTS, 1.2, "Tested") is None
