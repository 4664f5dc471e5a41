# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the Go that was found recent enough?"""

import pytest

from sandbox.machine import is_recent


@pytest.mark.parametrize("found", ["go1.26", "go1.26.0", "go1.26.8\n", "go1.27rc1", "go2.0", "go1.100.1"])
def test_recent_enough(found):
    assert is_recent(found, "1.26")


@pytest.mark.parametrize("found", ["go1.25.9", "go1.3", "devel", "", "gccgo"])
def test_too_old_or_unknown(found):
    assert not is_recent(found, "1.26")
