# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a kubeconfig is a secret."""

from __future__ import annotations

from ansible_collections.aviary.canary.plugins.module_utils._domain.secrets import (
    secret_headers,
    secrets_in,
    strings_in,
)

KUBECONFIG = {
    "clusters": [{"name": "v1", "cluster": {"server": "https://api", "certificate-authority-data": "CA"}}],
    "users": [
        {"name": "v1", "user": {"token": "TOKEN", "client-key": "/path/key", "client-key-data": "KEY"}},
        {
            "name": "exec",
            "user": {"exec": {"command": "aws", "args": ["ARG"], "env": [{"name": "X", "value": "VALUE"}]}},
        },
    ],
}


def test_only_what_opens_something_is_a_secret() -> None:
    assert set(secrets_in(KUBECONFIG)) == {"TOKEN", "KEY", "ARG", "VALUE"}


def test_every_string_is_found_for_comparison() -> None:
    assert {"v1", "https://api", "CA", "TOKEN", "aws"} <= set(strings_in(KUBECONFIG))
    assert set(strings_in("/path")) == {"/path"}


def test_a_path_and_nonsense_hold_no_secrets() -> None:
    assert list(secrets_in("/path")) == list(secrets_in(None)) == list(secrets_in({"users": ["x", {}]})) == []


def test_a_header_is_a_secret_by_its_name() -> None:
    headers = {"Host": "shop", "Authorization": "Bearer A", "X-Api-Key": "B", "Cookie": "C", "X-Canary": "1"}
    assert set(secret_headers(headers)) == {"Bearer A", "B", "C"}
    assert list(secret_headers(None)) == []
