# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every failure that can be raised says what to do."""

from __future__ import annotations

import pytest

from ansible_collections.aviary.canary.plugins.module_utils._domain import errors


def leaves(cls: type[errors.CanaryError]) -> list[type[errors.CanaryError]]:
    below = cls.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] or [cls]


@pytest.mark.parametrize("cls", leaves(errors.CanaryError), ids=lambda cls: cls.__name__)
def test_a_failure_has_a_hint_and_carries_its_details(cls: type[errors.CanaryError]) -> None:
    error = cls("It went wrong.", place="here")
    assert error.hint.endswith(".") or ": " in error.hint
    assert (error.message, error.details, error.changed) == ("It went wrong.", {"place": "here"}, False)
    assert cls("It went wrong.", "Do this.").hint == "Do this."


def test_the_tree_at_the_top_of_the_file_names_every_class() -> None:
    every = {cls.__name__ for cls in vars(errors).values() if isinstance(cls, type) and cls is not errors.Any}
    assert [name for name in every if issubclass(getattr(errors, name), Exception) and name not in errors.__doc__] == []
