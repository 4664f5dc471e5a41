# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves: build/bench.json for programs, build/bench/ for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.row import Row
from bench.table import markdown

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "build/bench.json"
WORK = ROOT / "build/bench"  # playbooks, logs, the table and every round's numbers


def as_json(versions: Mapping[str, str], rows: Sequence[Row]) -> dict[str, Any]:
    return {"versions": dict(versions), "rows": [row.as_json() for row in rows]}


def versions_line(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def write(versions: Mapping[str, str], rows: Sequence[Row]) -> None:
    """After every row, so that a run that ends early has told what it knew."""
    RESULT.write_text(json.dumps(as_json(versions, rows), indent=2, ensure_ascii=False) + "\n")
    (WORK / "table.md").write_text("\n".join([*markdown(rows), "", versions_line(versions)]) + "\n")
    (WORK / "rounds.json").write_text(json.dumps({row.name: row.pairs for row in rows}, indent=1) + "\n")
