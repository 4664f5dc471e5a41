# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as they are found in clusters, one a file, and cases.yml: what is asked of each, and what becomes of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
NAMESPACE = "shop"
CHOICE = ("protocol", "route", "all_matching", "add_missing")


@dataclass(frozen=True)
class Case:
    """One request to an object, with its outcome: the weights of the routes by their index, or a reason."""

    kind: str
    file: str
    number: int
    asked: Mapping[str, Any]
    becomes: Mapping[int, list[int]] | None
    refused: str | None

    def __str__(self) -> str:
        return f"{self.file}-{self.number}"

    @property
    def choice(self) -> dict[str, Any]:
        """What of the request chooses the routes."""
        return {name: self.asked[name] for name in CHOICE if name in self.asked}

    @property
    def total(self) -> int:
        return self.asked.get("total", 100)


def files(kind: str) -> list[Path]:
    """Every file of virtual_services or http_routes."""
    return sorted((HERE / kind).glob("*.yml"))


def objects(kind: str) -> dict[str, dict[str, Any]]:
    """Name of the file -> the object, as it would be read from the namespace."""
    return {path.stem: with_namespace(yaml.safe_load(path.read_text())) for path in files(kind)}


def with_namespace(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "metadata": {**item["metadata"], "namespace": NAMESPACE}}


def cases(kind: str) -> list[Case]:
    return [
        _case(kind, file, number, row) for file, rows in _table()[kind].items() for number, row in enumerate(rows, 1)
    ]


@functools.cache
def _table() -> dict[str, dict[str, list[dict[str, Any]]]]:
    return yaml.safe_load((HERE / "cases.yml").read_text())


def _case(kind: str, file: str, number: int, row: dict[str, Any]) -> Case:
    asked = {name: value for name, value in row.items() if name not in ("becomes", "refused")}
    return Case(kind, file, number, asked, row.get("becomes"), row.get("refused"))
