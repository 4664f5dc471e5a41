# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report page: one file, no network. page.html is the frame; here is what fills it, escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from .measurement import Measurement, interval, measured, percent, seconds
from .table import cells

FRAME = Path(__file__).with_name("page.html")
REACHES = (2, 5, 10, 20, 50, 100)  # how far, in points, the close-up may show to each side


@dataclass(frozen=True)
class Run:
    """What the page says besides the measurements."""

    when: datetime
    elapsed: str
    collection: str
    kubernetes: str
    istio: str
    confidence: float
    notes: tuple[str, ...] = ()


def page(run: Run, measurements: Sequence[Measurement]) -> str:
    reach = _reach(measurements)
    return Template(FRAME.read_text(encoding="utf-8")).substitute(
        collection=escape(run.collection),
        when=run.when.strftime("%-d %B %Y, %H:%M %Z").strip(),
        headline=_headline(measurements),
        lead=escape(_lead(run, measurements)),
        figures=_figures(run, measurements),
        confidence=f"{100 * run.confidence:g} %",  # every nine of it counts
        risk=f"{100 * (1 - run.confidence):.2g} %",
        reach=reach,
        rows="\n".join(_part(part, list(rows), reach) for part, rows in groupby(measurements, lambda row: row.part)),
        table="\n".join(map(_table_row, measurements)),
        notes="\n".join(f"<p>{escape(note)}</p>" for note in run.notes),
        commands="\n".join(map(_commands, measurements)),
        footer=escape(f"{_versions(run)} · aviary.canary {run.collection} · the whole demo took {run.elapsed}"),
    )


def _headline(measurements: Sequence[Measurement]) -> str:
    passed = sum(row.passed for row in measurements)
    if passed == len(measurements):
        return "Observed, as declared"
    return f"{len(measurements) - passed} of {len(measurements)} splits did not pass"


def _versions(run: Run) -> str:
    return f"Kubernetes {run.kubernetes}" + (f" · Istio {run.istio}" if run.istio else "")


def _lead(run: Run, measurements: Sequence[Measurement]) -> str:
    where = _versions(run).replace(" · ", " with ")
    requests = sum(row.requests for row in measurements)
    return (
        f"The canary tutorial on a real cluster, {where}: {len(measurements)} splits between a tested load and a "
        f"new one, each declared with Ansible and then measured. {requests:,} requests were sent, and all are counted."
    )


def _figures(run: Run, measurements: Sequence[Measurement]) -> str:
    waits = [row.proxies_seconds for row in measurements if row.proxies_seconds is not None]
    figures = {
        "verdicts passed": f"{sum(row.passed for row in measurements)} of {len(measurements)}",
        "requests": f"{sum(row.requests for row in measurements):,}",
        "failed or unrecognised": f"{sum(row.failed + row.unrecognised for row in measurements):,}",
    }
    if waits:
        figures["slowest update of the proxies"] = seconds(max(waits))
    return "\n".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items())


def _reach(measurements: Sequence[Measurement]) -> int:
    furthest = max(max(abs(row.low - row.declared), abs(row.high - row.declared)) for row in measurements)
    return next(reach for reach in REACHES if furthest <= reach)


def _part(title: str, rows: list[Measurement], reach: int) -> str:
    return "\n".join([f'<div class="part">{escape(title)}</div>', *(_row(row, reach) for row in rows)])


def _row(row: Measurement, reach: int) -> str:
    about = f'<span class="quiet">{escape(row.about)}</span>'
    if not row.passed:
        about += f'<span class="{escape(row.verdict)}">{escape(row.verdict)}: {escape(row.reason)}</span>'
    told = (
        f"declared {percent(row.declared)}, observed {measured(row.observed)}, "
        f"interval {interval(row)}, verdict {row.verdict}"
    )
    return f"""<div class="row step">
<div class="name"><strong>{escape(row.step)}</strong>{about}</div>
{_share_strip(row, told)}
{_difference_strip(row, reach)}
</div>"""


def _share_strip(row: Measurement, told: str) -> str:
    grid = "".join(_upright("grid", at, 0, 100) for at in (0, 25, 50, 75, 100))
    marks = _marks(row.low, row.high, row.declared, row.observed)
    return f'<svg class="strip" role="img" aria-label="{escape(told)}">{grid}{marks}</svg>'


def _difference_strip(row: Measurement, reach: int) -> str:
    """The same, with the declared share in the middle; hidden from screen readers, since it says nothing new."""
    low, high, observed = (50 + 50 * (value - row.declared) / reach for value in (row.low, row.high, row.observed))
    grid = _upright("grid", 0, 0, 100) + _upright("grid", 100, 0, 100) + _upright("zero", 50, 0, 100)
    return f'<svg class="strip difference" aria-hidden="true">{grid}{_marks(low, high, 50, observed)}</svg>'


def _marks(low: float, high: float, declared: float, observed: float) -> str:
    return (
        f'<line class="interval" x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/>'
        f"{_upright('declared', declared, 18, 82)}"
        f'<circle class="observed" cx="{observed:.2f}%" cy="50%" r="6"/>'
    )


def _upright(kind: str, at: float, top: int, bottom: int) -> str:
    return f'<line class="{kind}" x1="{at:.2f}%" x2="{at:.2f}%" y1="{top}%" y2="{bottom}%"/>'


def _table_row(row: Measurement) -> str:
    step, *numbers, verdict = map(escape, cells(row))
    columns = "".join(f"<td>{number}</td>" for number in numbers)
    return f'<tr><th scope="row">{step}</th>{columns}<td class="{verdict}">{verdict}</td></tr>'


def _commands(row: Measurement) -> str:
    typed = escape("\n".join(row.commands))
    return f"<details><summary>{escape(row.step)}</summary><pre>{typed}</pre></details>"
