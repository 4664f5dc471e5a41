# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module says about check mode, diff and its action group."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the cluster.
  diff_mode:
    description: Returns details on what has changed or would change in diff mode.
  idempotent:
    description: A second run with the same arguments changes nothing.
  action_group:
    description: Use C(group/aviary.canary.canary) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - aviary.canary.canary
requirements:
  - python >= 3.9
  - kubernetes (Python library) >= 24.2.0
  - PyYAML
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict changes without modifying the cluster.
    support: full
    details: Only reads.
  diff_mode:
    description: Returns details on what has changed or would change in diff mode.
    support: none
    details: Changes nothing.
  idempotent:
    description: A second run with the same arguments changes nothing.
    support: full
    details: Only reads.
"""
