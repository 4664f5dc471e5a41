#!/usr/bin/python
# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scale both arms to the nearest reachable share."""

from __future__ import annotations

DOCUMENTATION = r"""
module: replica_split
short_description: Scale stable and canary so that the canary gets a share of the traffic
version_added: 0.1.0
author: Aviary Canary contributors (@aviary)
description:
  - Sets the replicas of both Deployments behind one Service to the counts that come nearest to a share, the arm that
    grows first, so that there are never fewer pods than before or after.
  - Never scales an arm to 0 unless a share of exactly 0 or 100 is asked.
  - Waits until both have rolled out.
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - aviary.canary.replicas
  - aviary.canary.attributes
  - aviary.canary.wait
attributes:
  check_mode:
    support: full
    details: The writes are server-side dry runs.
  diff_mode:
    support: full
    details: Shows the replicas of both arms.
  idempotent:
    support: full
seealso:
  - module: aviary.canary.replica_split_info
"""

EXAMPLES = r"""
- name: A third of the traffic for the canary, with three pods
  aviary.canary.replica_split:
    namespace: shop
    stable: reviews-v1
    canary: reviews-v2
    share: 33
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
diff:
  description: The replicas of both arms, in diff mode and when something changed.
  returned: when something changed, in diff mode
  type: dict
elapsed:
  description: Seconds until both had rolled out.
  returned: when O(wait=true), not in check mode with a change
  type: float
"""

from ..module_utils._actions.replica_split import split_replicas
from ..module_utils._shell.arguments import REPLICAS_ARG_SPEC, WAIT_ARG_SPEC, with_connection
from ..module_utils._shell.module import run
from ..module_utils._shell.verb import Verb

ARGUMENT_SPEC = with_connection(REPLICAS_ARG_SPEC, WAIT_ARG_SPEC)

VERB = Verb(split_replicas, ARGUMENT_SPEC)


def main() -> None:
    run(VERB)


if __name__ == "__main__":
    main()
