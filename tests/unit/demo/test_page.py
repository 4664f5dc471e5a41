# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone
from html.parser import HTMLParser

import pytest

from ansible_collections.aviary.canary.tests.demo.page import Run, page

VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Complains about tags that do not match, and collects the text and what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.fetched = [], [], []

    def handle_starttag(self, tag, attrs):
        self.fetched += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return " ".join(" ".join(reader.text).split()), reader.fetched


@pytest.fixture
def run():
    when = datetime(2026, 11, 23, 20, 15, tzinfo=timezone.utc)
    return Run(when, "1 min 12 s", "0.1.0", "1.36.3", "1.31.0", 0.999, ("The last deploy was repeated: 0 changed.",))


def test_it_says_what_was_measured_on_what_and_when(run, measurement):
    text, _fetched = read(page(run, [measurement, replace(measurement, proxies_seconds=0.31)]))
    for part in (
        "Observed, as declared", "2 of 2", "2,000 requests", "0.31 s", "99.9 % interval", "0.2–2.7 %",
        "Kubernetes 1.36.3", "Istio 1.31.0", "aviary.canary 0.1.0", "23 November 2026, 20:15 UTC", "0 changed",
        "1 min 12 s",
        "ansible-playbook aviary.canary.verify",
    ):  # fmt: skip
        assert part in text


def test_nothing_is_fetched(run, measurement):
    html = page(run, [measurement])
    assert read(html)[1] == ["data:,"]
    assert not re.search(r"@import|url\(|<script", html)


def test_a_verdict_that_is_not_passed_heads_the_page_with_its_reason(run, measurement):
    wrong = replace(measurement, verdict="failed", reason="canary is declared 1 % and observed 9.30 %.", observed=9.3)
    text, _fetched = read(page(run, [measurement, wrong]))
    assert "1 of 2 splits did not pass" in text
    assert "failed: canary is declared 1 % and observed 9.30 %." in text


def test_what_comes_from_outside_is_escaped(run, measurement):
    nasty = "<i>&\"'$when"
    html = page(
        replace(run, kubernetes=nasty, istio=nasty, collection=nasty, notes=(nasty,)),
        [replace(measurement, part=nasty, step=nasty, about=nasty, verdict=nasty, reason=nasty, commands=(nasty,))],
    )
    text, _fetched = read(html)
    assert "<i>" not in html
    assert text.count(nasty) >= 9


def test_a_cluster_without_istio_is_not_given_one(run, measurement):
    text, _fetched = read(page(replace(run, istio=None), [replace(measurement, proxies_seconds=None)]))
    assert "None" not in text
    assert "slowest" not in text


@pytest.mark.parametrize(("observed", "reach"), [(1.5, 2), (40.0, 50), (100.0, 100)])
def test_the_close_up_reaches_far_enough(run, measurement, observed, reach):
    html = page(run, [replace(measurement, observed=observed, low=observed, high=observed)])
    assert f"<span>+{reach}</span>" in html
    marks = [float(at) for at in re.findall(r'(?:x1|x2|cx)="([\d.-]+)%"', html)]
    assert all(0 <= at <= 100 for at in marks)


def test_a_high_confidence_is_not_rounded_to_certainty(run, measurement):
    text = page(replace(run, confidence=0.999999), [measurement])
    assert "99.9999 % interval" in text
    assert "0.0001 % for one step" in text
