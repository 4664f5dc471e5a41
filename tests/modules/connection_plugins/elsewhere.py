# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that is not called local: what a task on another machine looks like, without another machine."""

from __future__ import annotations

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: elsewhere
short_description: Local by another name
description: [Runs commands on this machine.]
author: Aviary Canary contributors (@aviary)
"""


class Connection(Local):
    transport = "elsewhere"
