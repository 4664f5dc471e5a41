# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that move weights, whatever kind of object holds them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  route:
    description: Name or index of the route, needed when several routes fit.
    type: str
  all_matching:
    description: Change every route that fits instead of refusing when there are several.
    type: bool
    default: false
  others:
    description:
      - What happens to destinations of the route that O(weights) does not name.
      - V(refuse) fails, V(keep) leaves their weights, V(scale) shares the rest of O(total) among them in
        proportion, V(zero) sets them to 0.
    type: str
    choices: [refuse, keep, scale, zero]
    default: refuse
  add_missing:
    description: Add destinations that the route does not have yet, at the end of its list.
    type: bool
    default: false
  total:
    description: What the weights of the route add up to.
    type: int
    default: 100
  ownership:
    description:
      - What to do when another tool manages the object (Argo CD, Flux, Helm, Flagger, Argo Rollouts) and
        would put the weights back.
    type: str
    choices: [refuse, warn, ignore]
    default: warn
  check_endpoints:
    description:
      - Refuse a weight above 0 for a subset or Service without ready pods.
      - Set to V(false) where the pods live in another cluster.
    type: bool
    default: true
"""
