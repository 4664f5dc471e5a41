#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nearest reachable share by replica counts: the plan alone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: replica_split_info
short_description: Plan replica counts that come nearest to a share of the traffic
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - Without a mesh, an arm gets the part of the traffic that it has of the ready pods behind the Service. This module
    says which counts come nearest to a share, how far off they are, and how many pods a better share would take.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.replicas
  - aviary.canary.attributes
  - aviary.canary.attributes.info
seealso:
  - module: aviary.canary.replica_split
"""

EXAMPLES = r"""
- name: How near do three pods come to 10 %?
  aviary.canary.replica_split_info:
    namespace: shop
    stable: reviews-v1
    canary: reviews-v2
    share: 10
    replicas: 3
"""

RETURN = r"""
stable_replicas:
  description: Replicas of the stable arm in the plan.
  returned: success
  type: int
  sample: 2
canary_replicas:
  description: Replicas of the canary arm in the plan.
  returned: success
  type: int
  sample: 1
share:
  description: The percent that these counts reach.
  returned: success
  type: float
  sample: 33.333
error_percent:
  description: How many points RV(share) lies from what was asked.
  returned: success
  type: float
  sample: 3.333
nearest:
  description: The next-best shares of the same budget.
  returned: success
  type: list
  elements: dict
  sample: [{stable_replicas: 1, canary_replicas: 2, share: 66.667}]
replicas_needed:
  description: The smallest number of pods whose share is within O(tolerance_percent); null when there is none.
  returned: success
  type: int
  sample: 3
"""

from ..module_utils._actions.replica_split import plan_split
from ..module_utils._shell.arguments import REPLICAS_ARG_SPEC, with_connection
from ..module_utils._shell.module import run
from ..module_utils._shell.verb import Verb

ARGUMENT_SPEC = with_connection(REPLICAS_ARG_SPEC)

VERB = Verb(plan_split, ARGUMENT_SPEC)


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
