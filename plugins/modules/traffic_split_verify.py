#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the split and judge it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_split_verify
short_description: Measure how the traffic really splits and judge it against what is declared
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - Sends requests from a pod (one command that loops there) or from the control node, tells the arms apart by their
    answers, and judges the counts with exact intervals.
  - Requests that fail or match no arm are counted, never dropped.
  - A verdict is a value. The task fails only when it could not measure.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.attributes
  - aviary.canary.attributes.info
options:
  namespace:
    description: The namespace of the source pod and of O(virtual_service) or O(http_route).
    type: str
    required: true
  url:
    description: What to ask for, as the source sees it.
    type: str
    required: true
  headers:
    description: Headers of every request, such as C(Host) for a gateway.
    type: dict
    default: {}
  source:
    description: Where the requests come from; exactly one of its ways.
    type: dict
    required: true
    suboptions:
      pod:
        description: A pod whose image has C(sh) and C(curl).
        type: str
      selector:
        description: A label selector; the first ready pod that fits asks.
        type: str
      container:
        description: The container; left out, the one that C(kubectl exec) would choose.
        type: str
      control_node:
        description: This machine, through a gateway or a load balancer.
        type: bool
        default: false
  arms:
    description:
      - Name of the arm to how its answers are recognised, by exactly one of V(body) (a regular expression that is
        searched for), V(header) (C(name) and C(value), a regular expression) and V(status) (a number).
      - V(subset) or V(host) say where its traffic goes in O(virtual_service), V(host) where it goes in O(http_route),
        V(deployment) which ready replicas are its own, for an O(expected) that is left out.
    type: dict
    required: true
  expected:
    description: >-
      Name of the arm to its percent; left out, taken from O(virtual_service) or O(http_route), or from the ready
      replicas.
    type: dict
  virtual_service:
    description: The VirtualService that should split the traffic; the source pod must then have a sidecar.
    type: str
  http_route:
    description: >-
      The HTTPRoute of the Gateway API that should split the traffic, in the place of O(virtual_service); the source pod
      must then have a sidecar.
    type: str
  route:
    description: Name or index of the route or rule, needed when several of them send to every arm.
    type: str
  requests:
    description: How many requests to send; 500 when neither this nor O(max_requests) is given.
    type: int
  min_requests:
    description: How many requests to send at least before a verdict, when the number is not fixed.
    type: int
    default: 100
  max_requests:
    description: Send requests until the verdict is sure, but no more than this; the intervals then hold at every look.
    type: int
  confidence:
    description: One minus the risk that a right split is called failed.
    type: float
    default: 0.95
  tolerance_percent:
    description:
      - Points around the expected share that count as right.
      - Left out, the share itself is tested, and the verdict is V(inconclusive) while the interval reaches further
        than two points, or half of the smaller share, to either side.
    type: float
  max_failed_percent:
    description: How many percent of the requests may fail or match no arm before the verdict is V(failed).
    type: float
    default: 0.0
  new_connections:
    description: A new connection for every request, because kube-proxy and TCP routes draw once per connection.
    type: bool
    default: true
  timeout:
    description: How many seconds all requests together may take.
    type: int
    default: 300
seealso:
  - module: aviary.canary.virtual_service_weights
  - module: aviary.canary.http_route_weights
  - module: aviary.canary.replica_split
"""

EXAMPLES = r"""
- name: Does the canary get the share that the VirtualService declares?
  aviary.canary.traffic_split_verify:
    namespace: shop
    url: http://reviews/
    source: {pod: consumer}
    virtual_service: reviews
    arms:
      stable: {body: 'version 1', subset: v1}
      canary: {body: 'version 2', subset: v2}
  register: split
  failed_when: split.verdict != 'passed'

- name: From outside, through the gateway, with a number of my own
  aviary.canary.traffic_split_verify:
    namespace: shop
    url: http://gateway.example.com/
    headers: {Host: shop.example.com}
    source: {control_node: true}
    requests: 2000
    expected: {stable: 90, canary: 10}
    arms:
      stable: {header: {name: x-version, value: '^1'}}
      canary: {header: {name: x-version, value: '^2'}}
"""

RETURN = r"""
verdict:
  description: V(passed), V(failed) or V(inconclusive).
  returned: success
  type: str
  sample: passed
reason:
  description: One sentence why.
  returned: always
  type: str
  sample: Observed stable 90.40 %, canary 9.60 % of 500 requests, as declared.
counts:
  description: Requests per arm, and those that V(failed) or were V(unrecognised).
  returned: success
  type: dict
  sample: {stable: 452, canary: 48, failed: 0, unrecognised: 0}
requests:
  description: How many requests were sent.
  returned: success
  type: int
  sample: 500
observed:
  description: Percent of all requests per arm.
  returned: success
  type: dict
  sample: {stable: 90.4, canary: 9.6}
interval:
  description: Per arm, the low and the high end of the interval in percent.
  returned: success
  type: dict
  sample: {stable: [87.47, 92.84], canary: [7.16, 12.53]}
expected:
  description: Percent per arm that was declared.
  returned: success
  type: dict
  sample: {stable: 90.0, canary: 10.0}
examples:
  description: A few answers that failed or matched no arm.
  returned: success
  type: list
  elements: str
  sample: []
elapsed:
  description: Seconds that the requests took.
  returned: success
  type: float
"""

from ..module_utils._actions.traffic_split_verify import verify_split
from ..module_utils._shell.arguments import with_connection
from ..module_utils._shell.module import run
from ..module_utils._shell.verb import Verb

ARGUMENT_SPEC = with_connection(
    {
        "namespace": {"type": "str", "required": True},
        "url": {"type": "str", "required": True},
        "headers": {"type": "dict", "default": {}},
        "source": {
            "type": "dict",
            "required": True,
            "options": {
                "pod": {"type": "str"},
                "selector": {"type": "str"},
                "container": {"type": "str"},
                "control_node": {"type": "bool", "default": False},
            },
        },
        "arms": {"type": "dict", "required": True},
        "expected": {"type": "dict"},
        "virtual_service": {"type": "str"},
        "http_route": {"type": "str"},
        "route": {"type": "str"},
        "requests": {"type": "int"},
        "min_requests": {"type": "int", "default": 100},
        "max_requests": {"type": "int"},
        "confidence": {"type": "float", "default": 0.95},
        "tolerance_percent": {"type": "float"},
        "max_failed_percent": {"type": "float", "default": 0.0},
        "new_connections": {"type": "bool", "default": True},
        "timeout": {"type": "int", "default": 300},
    },
)

EXCLUSIVE = [("requests", "max_requests"), ("virtual_service", "http_route")]
VERB = Verb(verify_split, ARGUMENT_SPEC, {"mutually_exclusive": EXCLUSIVE})


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
