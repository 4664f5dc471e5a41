# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that wait for a condition."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description: Whether to wait until the change has arrived everywhere, and to fail when it has not.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait at most.
    type: int
    default: 60
"""

    PROXIES = r"""
options:
  wait_for:
    description:
      - Label selector of the client pods whose proxies count, in the namespace.
      - Left out, every ready pod of the namespace with a sidecar counts, and the pods of the gateways that the object
        names.
    type: str
"""
