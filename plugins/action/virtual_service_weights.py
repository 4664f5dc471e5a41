# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module virtual_service_weights, inside Ansible's worker where that is possible."""

from __future__ import annotations

from ..modules.virtual_service_weights import VERB
from ..plugin_utils.door import Door


class ActionModule(Door):
    verb = VERB
