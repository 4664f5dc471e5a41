# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python3 tests/sandbox COMMAND`: a real Kubernetes with a real Istio on this machine. See README.md here."""

import pathlib
import signal
import sys

if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit("The sandbox needs Python 3.9 or newer, and this is %d.%d" % sys.version_info[:2])  # noqa: UP031
if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while nothing has been begun, Ctrl-C just ends it
sys.dont_write_bytecode = True  # it runs as root in a checkout that may be another user's
sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)  # so that this folder is the package `sandbox`

from sandbox.cli import main  # noqa: E402

sys.exit(main())
