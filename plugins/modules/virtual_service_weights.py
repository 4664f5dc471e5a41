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
    guarded JSON Patch, waits until the client proxies hold them, and reads back.
  - Refuses when no route fits, when more than one does, when a weight above 0 would send requests to nobody, or when
    the sidecars would not follow the route.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.attributes
  - aviary.canary.weights
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
    suboptions: &weight
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
  protocol:
    description: The list of routes to look in.
    type: str
    choices: [http, tls, tcp]
    default: http
  also:
    description:
      - Further VirtualServices to change together with O(name), such as the one of a gateway beside that of the mesh.
        What one of them leaves out is taken from the options of the same name.
      - All of them are planned and checked before the first is written, and each write is tried as a dry run first;
        when one is refused in the end, those written before it are put back.
    type: list
    elements: dict
    suboptions:
      name:
        description: The VirtualService.
        type: str
        required: true
      namespace:
        description: Its namespace.
        type: str
      weights:
        description: Its destinations and their weights, as in O(weights).
        type: list
        elements: dict
        suboptions: *weight
      route:
        description: Name or index of its route.
        type: str
      protocol:
        description: The list of routes to look in.
        type: str
        choices: [http, tls, tcp]
      others:
        description: What happens to destinations that are not named.
        type: str
        choices: [refuse, keep, scale, zero]
      total:
        description: What its weights add up to.
        type: int
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

- name: A tenth to a subset that the route does not name yet, and the rest as it is in proportion
  aviary.canary.virtual_service_weights:
    name: reviews
    namespace: shop
    route: main
    add_missing: true
    others: scale
    weights:
      - {subset: v2, weight: 10}

- name: The mesh and the gateway together, or neither
  aviary.canary.virtual_service_weights:
    name: reviews
    namespace: shop
    also:
      - name: reviews-gateway
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
  description:
    - The weights of the chosen routes as they were; an absent weight is 0.
    - With O(also), each row has C(object) too, the namespace and name of its VirtualService.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews, subset: v1, port: null, weight: 100}]
after:
  description: The weights as the API server has them now.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews, subset: v1, port: null, weight: 90}]
diff:
  description: RV(before) and RV(after), in diff mode and when something changed.
  returned: when something changed, in diff mode
  type: dict
generation:
  description: The generation of the VirtualService O(name) after the change.
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

from typing import Any

from ..module_utils._actions.virtual_service_weights import set_weights
from ..module_utils._shell.arguments import (
    ALSO_OPTIONS,
    BACKEND,
    WAIT_ARG_SPEC,
    WEIGHTS,
    WEIGHTS_ARG_SPEC,
    with_connection,
)
from ..module_utils._shell.module import run
from ..module_utils._shell.verb import Verb

DESTINATION = {**BACKEND, "subset": {"type": "str"}}
PROTOCOL: dict[str, Any] = {"type": "str", "choices": ["http", "tls", "tcp"]}
ARGUMENT_SPEC = with_connection(
    WAIT_ARG_SPEC,
    WEIGHTS_ARG_SPEC,
    {
        "weights": {**WEIGHTS, "options": DESTINATION, "required": True},
        "protocol": {**PROTOCOL, "default": "http"},
        "also": {
            "type": "list",
            "elements": "dict",
            "options": {**ALSO_OPTIONS, "weights": {**WEIGHTS, "options": DESTINATION}, "protocol": PROTOCOL},
        },
    },
)
VERB = Verb(set_weights, ARGUMENT_SPEC)


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
