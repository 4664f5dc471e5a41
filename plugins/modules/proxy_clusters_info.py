#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client proxies know of a host's subsets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: proxy_clusters_info
short_description: Read which subsets of a host the client proxies know, and wait until they do
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - A route that names a subset which a proxy does not know yet answers 503. This module reads the cluster list of
    every chosen proxy and waits until each knows every subset with at least one healthy endpoint.
  - Run it between the DestinationRule and the VirtualService.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.attributes
  - aviary.canary.attributes.info
  - aviary.canary.wait
  - aviary.canary.wait.proxies
options:
  namespace:
    description: The namespace of the client pods.
    type: str
    required: true
  destination_host:
    description: The host as a VirtualService in O(namespace) would name it.
    type: str
    required: true
  subsets:
    description: The subsets to look for; an empty name means the host itself, without a subset.
    type: list
    elements: str
    required: true
  port:
    description: The port of the destination; left out, the subset must be known on every port that the proxy has it on.
    type: int
seealso:
  - module: aviary.canary.virtual_service_weights
"""

EXAMPLES = r"""
- name: Wait until every sidecar of the shop knows both subsets
  aviary.canary.proxy_clusters_info:
    namespace: shop
    destination_host: reviews
    subsets: [v1, v2]
"""

RETURN = r"""
proxies:
  description: Per proxy, the healthy endpoints of each subset that it knows.
  returned: success
  type: list
  elements: dict
  sample: [{pod: consumer, namespace: shop, clusters: {v1: 2, v2: 1}}]
elapsed:
  description: Seconds that it took until all knew all.
  returned: success
  type: float
"""

from ..module_utils._actions.proxy_clusters_info import read_proxy_clusters
from ..module_utils._shell.arguments import WAIT_ARG_SPEC, with_connection
from ..module_utils._shell.module import run
from ..module_utils._shell.verb import Verb

ARGUMENT_SPEC = with_connection(
    WAIT_ARG_SPEC,
    {
        "namespace": {"type": "str", "required": True},
        "destination_host": {"type": "str", "required": True},
        "subsets": {"type": "list", "elements": "str", "required": True},
        "port": {"type": "int"},
        "wait_for": {"type": "str"},
    },
)

VERB = Verb(read_proxy_clusters, ARGUMENT_SPEC)


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
