#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set weights in one HTTPRoute and prove that the proxies hold them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: http_route_weights
short_description: Set the weights of a Gateway API HTTPRoute, and nothing else in it
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - The same as M(aviary.canary.virtual_service_weights) for the backendRefs of an HTTPRoute, in the mesh (its parent
    is a Service) or at a Gateway, as Istio serves them.
  - An absent weight is 1 here. A rule whose weights are all 0 would answer 500 to every request, so that is refused.
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
    description: The HTTPRoute.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  weights:
    description: The backends and their weights. What is left out of a backend matches anything unique.
    type: list
    elements: dict
    required: true
    suboptions: &weight
      host:
        description: The Service, by its name, or by its full name when it is in another namespace.
        type: str
      port:
        description: The port, needed when the rule sends to several ports of one Service.
        type: int
      weight:
        description: A whole number of at least 0.
        type: int
        required: true
  also:
    description:
      - Further HTTPRoutes to change together with O(name). What one of them leaves out is taken from the options of the
        same name.
      - All of them are planned and checked before the first is written, and each write is tried as a dry run first;
        when one is refused in the end, those written before it are put back.
    type: list
    elements: dict
    suboptions:
      name:
        description: The HTTPRoute.
        type: str
        required: true
      namespace:
        description: Its namespace.
        type: str
      weights:
        description: Its backends and their weights, as in O(weights).
        type: list
        elements: dict
        suboptions: *weight
      route:
        description: Name or index of its rule.
        type: str
      others:
        description: What happens to backends that are not named.
        type: str
        choices: [refuse, keep, scale, zero]
      total:
        description: What its weights add up to.
        type: int
seealso:
  - module: aviary.canary.virtual_service_weights
  - module: aviary.canary.traffic_split_verify
"""

EXAMPLES = r"""
- name: Send 10 % to the canary
  aviary.canary.http_route_weights:
    name: reviews
    namespace: shop
    weights:
      - {host: reviews-v1, weight: 90}
      - {host: reviews-v2, weight: 10}

- name: One request in a thousand, by a rule that is called main, and the rest as it is in proportion
  aviary.canary.http_route_weights:
    name: reviews
    namespace: shop
    route: main
    total: 1000
    others: scale
    weights:
      - {host: reviews-v2, weight: 1}

- name: The mesh and the Gateway together, or neither
  aviary.canary.http_route_weights:
    name: reviews
    namespace: shop
    also:
      - name: reviews-gateway
    weights:
      - {host: reviews-v1, weight: 90}
      - {host: reviews-v2, weight: 10}
"""

RETURN = r"""
before:
  description:
    - The weights of the chosen routes as they were; an absent weight is 1.
    - With O(also), each row has C(object) too, the namespace and name of its HTTPRoute.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews-v1, subset: null, port: 80, weight: 100}]
after:
  description: The weights as the API server has them now.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews-v1, subset: null, port: 80, weight: 90}]
diff:
  description: RV(before) and RV(after), in diff mode and when something changed.
  returned: when something changed, in diff mode
  type: dict
generation:
  description: The generation of the HTTPRoute O(name) after the change.
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

from ..module_utils._actions.http_route_weights import set_weights
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

ARGUMENT_SPEC = with_connection(
    WAIT_ARG_SPEC,
    WEIGHTS_ARG_SPEC,
    {
        "weights": {**WEIGHTS, "options": BACKEND, "required": True},
        "also": {
            "type": "list",
            "elements": "dict",
            "options": {**ALSO_OPTIONS, "weights": {**WEIGHTS, "options": BACKEND}},
        },
    },
)
VERB = Verb(set_weights, ARGUMENT_SPEC)


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
