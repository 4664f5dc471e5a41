# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of requests, and which arm each of them came from.

Promise: every request is counted exactly once: for one arm, as failed, or as unrecognised.
Not here: sending requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import InvalidRequest
from .proof import Counts


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; status 0 means that there was none, and `error` then says why."""

    status: int
    headers: Mapping[str, str]
    body: str
    error: str = ""


@dataclass(frozen=True)
class Arm:
    """How one arm's answers are recognised: by exactly one of body, header or status."""

    name: str
    body: str | None = None
    header: tuple[str, str] | None = None
    status: int | None = None

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.body, self.header, self.status)) != 1:
            raise InvalidRequest(
                f"Arm {self.name} needs exactly one of body, header and status to tell its answers.",
                f"For example: {self.name}: {{body: REGEX}}.",
            )
        for pattern in (self.body, self.header[1] if self.header else None):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise InvalidRequest(
                    f"The pattern {pattern!r} of arm {self.name} is no regular expression: {error}.",
                    "Correct the pattern.",
                ) from error

    def sent(self, answer: Answer) -> bool:
        if self.status is not None:
            return answer.status == self.status
        if self.header is not None:
            name, pattern = self.header
            return re.search(pattern, answer.headers.get(name.lower(), "")) is not None
        return re.search(self.body or "", answer.body) is not None


def count(answers: Iterable[Answer], arms: Iterable[Arm]) -> Counts:
    """Sort every answer. One that fits two arms is unrecognised, because it tells nothing.

    Without an answer, or with a status of 400 and above that no arm claims by its status, a request has failed.
    """
    arms = list(arms)
    hits = {arm.name: 0 for arm in arms}
    failed = unrecognised = 0
    for answer in answers:
        claimed = [arm for arm in arms if answer.status and arm.sent(answer)]
        by_status = [arm for arm in claimed if arm.status is not None]
        if not answer.status or (answer.status >= 400 and not by_status):
            failed += 1
        elif len(claimed) == 1:
            hits[claimed[0].name] += 1
        else:
            unrecognised += 1
    return Counts(hits, failed, unrecognised)


def examples(answers: Iterable[Answer], arms: Iterable[Arm], most: int = 3) -> list[str]:
    """A few distinct answers that count as failed or unrecognised, short enough to print."""
    arms = list(arms)
    found: list[str] = []
    for answer in answers:
        single = count([answer], arms)
        if not single.failed and not single.unrecognised:
            continue
        text = answer.error or f"status {answer.status}: {' '.join(answer.body.split())[:80]}"
        if text not in found:
            found.append(text)
        if len(found) == most:
            break
    return found
