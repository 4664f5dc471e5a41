# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write that happens only while the object is what it was planned on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._domain import errors
from .cluster import Cluster, Reply

PATCH_DOES_NOT_APPLY = "the server rejected our request due to an error in our request"


def patch_guarded(cluster: Cluster, path: str, operations: Sequence[Mapping[str, Any]], what: str, where: str) -> Reply:
    """One JSON Patch with its guards: all of it or nothing.

    A guard that fails, or a race that the API server saw itself, is Conflict; a refusal by a schema or a webhook is
    Rejected, in the cluster's own words.
    """
    try:
        return cluster.json_patch(path, operations, what, where)
    except errors.Rejected as error:
        # Both are status 422. An object that is refused is named in the answer's details; a patch that does not apply
        # gets this text and no details. Ours is well formed, so what did not apply was a guard.
        if error.details["answer"] == PATCH_DOES_NOT_APPLY and not error.details["about"]:
            raise errors.Conflict(f"{what} in {where} was changed between read and write.", **error.details) from error
        raise
