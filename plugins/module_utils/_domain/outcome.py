# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an action leaves behind, before Ansible's own words are put around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """changed, the module's own result keys, the two sides of a diff, and warnings."""

    result: Mapping[str, Any]
    changed: bool = False
    before: Any = None
    after: Any = None
    header: str = ""
    warnings: tuple[str, ...] = field(default=())

    def diff(self) -> dict[str, Any]:
        """Ansible's diff of the fields that we own; empty when nothing changes."""
        if not self.changed:
            return {}
        return {
            "before": self.before,
            "after": self.after,
            "before_header": self.header,
            "after_header": self.header,
        }
