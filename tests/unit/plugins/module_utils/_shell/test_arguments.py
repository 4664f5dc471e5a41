# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs are put together without one option hiding another."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._shell.arguments import WAIT_ARG_SPEC, with_connection


def test_a_spec_holds_the_connection_and_its_own_options() -> None:
    assert with_connection(WAIT_ARG_SPEC).keys() >= {"kubeconfig", "host", "wait", "wait_timeout"}


def test_an_option_that_the_connection_has_already_is_refused() -> None:
    with pytest.raises(ValueError, match="host"):
        with_connection({"host": {"type": "str"}})
