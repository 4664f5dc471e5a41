# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 tests/bench`, with the cluster in KUBECONFIG and kubectl at hand; `make bench` gives it both."""

import pathlib
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)  # so that this folder is the package `bench`

from bench.cli import main  # noqa: E402

sys.exit(main())
