# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something moves while a step lasts, on a terminal and in a log."""

import io
import time

import pytest

from sandbox import progress
from sandbox.progress import Step, duration


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 00 s"), (605, "10 min 05 s")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_a_log_gets_one_line_per_short_step():
    out = io.StringIO()
    with Step("Envoy", out):
        pass
    assert out.getvalue().split() == ["ok", "0.0", "s", "Envoy"]


def test_a_failed_step_says_so():
    out = io.StringIO()
    with pytest.raises(ValueError, match="x"), Step("Envoy", out):
        raise ValueError("x")
    assert out.getvalue().split()[0] == "failed"


def test_a_terminal_shows_the_detail_while_it_lasts_and_only_then():
    out = Terminal()
    with Step("Kubernetes", out) as step:
        step.detail = lambda: "812 packages"
        time.sleep(2.5 * progress.BEAT_ON_A_TERMINAL)
    *beats, last = out.getvalue().split("\r\033[K")[1:]
    assert len(beats) >= 2
    assert beats[-1].endswith("Kubernetes: 812 packages")
    assert last.split()[0] == "ok"
    assert "812" not in last
