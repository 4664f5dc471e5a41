#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set weights in one VirtualService and prove that the proxies hold them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: virtual_service_weights
short_description: Set the weights of an Istio VirtualService, and nothing else in it
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - Reads the VirtualService, decides which route carries the destinations, writes only their weights with a
    guarded JSON Patch, reads back, and waits until the client proxies hold them.
  - Refuses when no route fits, when more than one does, or when a weight above 0 would send requests to nobody.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.attributes
  - aviary.canary.wait
  - aviary.canary.wait.proxies
attributes:
  check_mode:
    support: full
    details: The write is a server-side dry run, so admission webhooks answer too.
  diff_mode:
    support: full
    details: Shows the weights of the chosen routes.
  idempotent:
    support: full
options:
  name:
    description: The VirtualService.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  weights:
    description: The destinations and their weights. What is left out of a destination matches anything unique.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description: The host, short or full; without it the subset alone tells the destination.
        type: str
      subset:
        description: The subset; without it the destination of O(weights[].host) that has no subset is meant.
        type: str
      port:
        description: The port, needed when the route sends to several ports of one destination.
        type: int
      weight:
        description: A whole number of at least 0.
        type: int
        required: true
  route:
    description: Name or index of the route, needed when several routes fit.
    type: str
  protocol:
    description: The list of routes to look in.
    type: str
    choices: [http, tls, tcp]
    default: http
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
      - What to do when another tool manages the VirtualService (Argo CD, Flux, Helm, Flagger, Argo Rollouts) and
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
seealso:
  - module: aviary.canary.traffic_split_verify
  - module: aviary.canary.traffic_split_info
"""

EXAMPLES = r"""
- name: Send 10 % to the canary
  aviary.canary.virtual_service_weights:
    name: reviews
    namespace: shop
    weights:
      - {subset: v1, weight: 90}
      - {subset: v2, weight: 10}

- name: The same in one of several routes, proven at the pods of the front end
  aviary.canary.virtual_service_weights:
    name: reviews
    namespace: shop
    route: premium
    wait_for: app=frontend
    weights:
      - {subset: v1, weight: 90}
      - {subset: v2, weight: 10}

- name: Back to stable
  aviary.canary.virtual_service_weights:
    name: reviews
    namespace: shop
    weights:
      - {subset: v1, weight: 100}
      - {subset: v2, weight: 0}
"""

RETURN = r"""
before:
  description: The weights of the chosen routes as they were; an absent weight is 0.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews, subset: v1, port: null, weight: 100}]
after:
  description: The weights as they are now, read back from the cluster.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews, subset: v1, port: null, weight: 90}]
diff:
  description: RV(before) and RV(after), in diff mode and when something changed.
  returned: when something changed, in diff mode
  type: dict
generation:
  description: The generation of the VirtualService after the change.
  returned: success
  type: int
attempts:
  description: How often it was read and planned; above 1 when somebody else wrote at the same moment.
  returned: success
  type: int
applied:
  description: Per client proxy, whether it holds the weights and after how many seconds it was seen to.
  returned: when O(wait=true), not in check mode with a change
  type: list
  elements: dict
  sample: [{pod: consumer, namespace: shop, applied: true, seconds: 0.12}]
applied_seconds:
  description: Seconds until the last proxy held the weights.
  returned: when RV(applied) is
  type: float
"""

from ..module_utils._actions.virtual_service_weights import set_weights
from ..module_utils._shell.arguments import WAIT_ARG_SPEC, with_connection
from ..module_utils._shell.module import run

ARGUMENT_SPEC = with_connection(
    WAIT_ARG_SPEC,
    {
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
        "weights": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "host": {"type": "str"},
                "subset": {"type": "str"},
                "port": {"type": "int"},
                "weight": {"type": "int", "required": True},
            },
        },
        "route": {"type": "str"},
        "protocol": {"type": "str", "choices": ["http", "tls", "tcp"], "default": "http"},
        "all_matching": {"type": "bool", "default": False},
        "others": {"type": "str", "choices": ["refuse", "keep", "scale", "zero"], "default": "refuse"},
        "add_missing": {"type": "bool", "default": False},
        "total": {"type": "int", "default": 100},
        "ownership": {"type": "str", "choices": ["refuse", "warn", "ignore"], "default": "warn"},
        "check_endpoints": {"type": "bool", "default": True},
        "wait_for": {"type": "str"},
    },
)


def main() -> None:
    run(set_weights, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
