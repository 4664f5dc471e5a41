# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which strings of a kubeconfig, and of request headers, must never be printed.

Promise: everything below a user, except the names of files and programs, is a secret; the rest is none. A header
is one by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# What a user entry may hold that opens nothing by itself.
HARMLESS = {"client-certificate", "client-key", "tokenFile", "apiVersion", "command", "interactiveMode", "name"}


def strings_in(value: Any) -> Iterator[str]:
    """Every string in nested dictionaries and lists; a path given as a string is one itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def secrets_in(kubeconfig: Any) -> Iterator[str]:
    """The tokens, passwords, keys and arguments of credential plugins in a kubeconfig given as a dictionary."""
    if not isinstance(kubeconfig, dict):
        return
    for entry in kubeconfig.get("users") or []:
        yield from _secrets_of_user(entry.get("user") if isinstance(entry, dict) else None)


def _secrets_of_user(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in HARMLESS:
                yield from _secrets_of_user(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets_of_user(item)
    elif isinstance(value, str):
        yield value


SECRET_HEADER = re.compile(r"auth|cookie|token|key|secret|password|session", re.IGNORECASE)


def secret_headers(headers: Any) -> Iterator[str]:
    """The values of the headers that carry a credential."""
    if isinstance(headers, dict):
        yield from (str(value) for name, value in headers.items() if SECRET_HEADER.search(str(name)))
