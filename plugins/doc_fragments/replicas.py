# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a split by replica counts asks for."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  stable:
    description: The Deployment of the stable arm.
    type: str
    required: true
  canary:
    description: The Deployment of the canary arm.
    type: str
    required: true
  namespace:
    description: The namespace of both.
    type: str
    required: true
  share:
    description: The percent of the traffic that the canary should get.
    type: float
    required: true
  replicas:
    description: How many pods both arms may have together; left out, what both are scaled to now.
    type: int
  max_surge:
    description: How many pods more than O(replicas) there may be, when that brings the share nearer; needs O(replicas).
    type: int
    default: 0
  tolerance_percent:
    description: Points around O(share) within which RV(replicas_needed) looks for the smallest budget.
    type: float
    default: 1.0
"""
