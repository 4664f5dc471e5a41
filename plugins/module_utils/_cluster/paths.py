# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of objects in the API, known without discovery."""

from __future__ import annotations

import re

from .._domain.errors import InvalidRequest

# RFC 1123, as the API server asks of the names of everything that is read here.
NAME = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")
CORE, APPS = "/api/v1", "/apis/apps/v1"


def object_path(api: str, namespace: str, resource: str, name: str, *below: str) -> str:
    """`/apis/apps/v1/namespaces/shop/deployments/reviews/scale`; raises InvalidRequest for what is no name."""
    return "/".join([list_path(api, namespace, resource), _checked(name, f"name of {resource}"), *below])


def list_path(api: str, namespace: str | None, resource: str) -> str:
    """The path of every object of the kind, in one namespace or, without one, in all."""
    if namespace is None:
        return f"{api}/{resource}"
    return f"{api}/namespaces/{_checked(namespace, 'namespace')}/{resource}"


def _checked(name: str, what: str) -> str:
    if not NAME.fullmatch(name):
        raise InvalidRequest(
            f"{name!r} cannot be the {what}.", "Names have lower-case letters, digits, hyphens and dots."
        )
    return name
