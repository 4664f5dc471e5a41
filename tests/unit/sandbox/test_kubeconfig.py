# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One kubeconfig with a context per cluster."""

import base64

import pytest

from sandbox.kubeconfig import for_user, merge


@pytest.fixture
def pki(tmp_path):
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_everything_is_embedded(pki):
    config = for_user(pki, "admin", "https://127.0.0.1:1", "sandbox-1")
    assert base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == b"ca.crt"
    assert base64.b64decode(config["users"][0]["user"]["client-key-data"]) == b"admin.key"
    assert str(pki) not in str(config)


def test_merged_contexts_keep_their_own_cluster_and_user(pki):
    merged = merge(for_user(pki, "admin", f"https://127.0.0.1:{n}", f"sandbox-{n}") for n in (1, 2))
    assert merged["current-context"] == "sandbox-1"
    assert [c["context"] for c in merged["contexts"]] == [
        {"cluster": "sandbox-1", "user": "sandbox-1"},
        {"cluster": "sandbox-2", "user": "sandbox-2"},
    ]
    assert [c["cluster"]["server"] for c in merged["clusters"]] == ["https://127.0.0.1:1", "https://127.0.0.1:2"]
