#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declared weights, replicas, and the share that each of them promises."""

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_split_info
short_description: Read the declared weights and the replicas of a canary, and the shares that they promise
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - Reads both Deployments and the VirtualService or HTTPRoute, as far as they are named and there, and says which
    share of the traffic the canary should get by each of them.
  - An object that is not there is reported as null or as an empty list, not as a failure.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.attributes
  - aviary.canary.attributes.info
options:
  namespace:
    description: The namespace of the canary.
    type: str
    required: true
  stable:
    description: The stable arm.
    type: dict
    suboptions: &arm
      deployment:
        description: Its Deployment.
        type: str
      subset:
        description: Its subset in the route of O(virtual_service).
        type: str
      host:
        description: Its host in the route, where the arms are Services.
        type: str
  canary:
    description: The canary arm.
    type: dict
    suboptions: *arm
  virtual_service:
    description: The VirtualService that splits the traffic.
    type: str
  http_route:
    description: The HTTPRoute of the Gateway API that splits the traffic, in the place of O(virtual_service).
    type: str
  protocol:
    description: The list of routes of O(virtual_service) to look in.
    type: str
    choices: [http, tls, tcp]
    default: http
  route:
    description: Name or index of the route or rule, needed when several of them send to both arms.
    type: str
  wait:
    description: Whether to wait until both Deployments have rolled out, with no old pod left.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait at most.
    type: int
    default: 120
seealso:
  - module: aviary.canary.traffic_split_verify
"""

EXAMPLES = r"""
- name: What should the canary get?
  aviary.canary.traffic_split_info:
    namespace: shop
    stable: {deployment: reviews-v1, subset: v1}
    canary: {deployment: reviews-v2, subset: v2}
    virtual_service: reviews

- name: The same where an HTTPRoute splits between two Services
  aviary.canary.traffic_split_info:
    namespace: shop
    stable: {deployment: reviews-v1, host: reviews-v1}
    canary: {deployment: reviews-v2, host: reviews-v2}
    http_route: reviews
"""

RETURN = r"""
weights:
  description: Every destination of every route, with its weight and its percent of the route.
  returned: success
  type: list
  elements: dict
  sample: [{route: 0, host: reviews, subset: v1, port: null, weight: 90, share_percent: 90.0}]
replicas:
  description: Per arm, the desired and the ready replicas; null for a Deployment that is not there.
  returned: success
  type: dict
  sample: {stable: {desired: 2, ready: 2}, canary: {desired: 1, ready: 1}}
share_percent:
  description:
    - The canary's percent of the traffic by ready replicas (C(kubernetes)), by the weights of O(virtual_service)
      (C(istio)) and by those of O(http_route) (C(gateway_api)); null when it cannot be known.
  returned: success
  type: dict
  sample: {kubernetes: 33.333, istio: 10.0, gateway_api: null}
"""

from ..module_utils._actions.traffic_split_info import read_split
from ..module_utils._shell.arguments import with_connection
from ..module_utils._shell.module import run
from ..module_utils._shell.verb import Verb

ARM = {"deployment": {"type": "str"}, "subset": {"type": "str"}, "host": {"type": "str"}}
ARGUMENT_SPEC = with_connection(
    {
        "namespace": {"type": "str", "required": True},
        "stable": {"type": "dict", "options": ARM},
        "canary": {"type": "dict", "options": ARM},
        "virtual_service": {"type": "str"},
        "http_route": {"type": "str"},
        "protocol": {"type": "str", "choices": ["http", "tls", "tcp"], "default": "http"},
        "route": {"type": "str"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 120},
    },
)

VERB = Verb(read_split, ARGUMENT_SPEC, {"mutually_exclusive": [("virtual_service", "http_route")]})


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
