# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""versions.json decides; the Go modules must agree with it, or a cluster would claim a version that it is not."""

import re

import pytest

from sandbox.layout import GO_MODULES, MANIFESTS, VERSIONS


def required(name, module):
    text = (GO_MODULES / name / "go.mod").read_text()
    return re.search(rf"^(?:require)?\s*{re.escape(module)} (\S+)", text, re.MULTILINE).group(1)


@pytest.mark.parametrize(
    ("name", "module", "version"),
    [
        ("kubernetes", "k8s.io/kubernetes", f"v{VERSIONS['kubernetes']}"),
        ("coredns", "github.com/coredns/coredns", f"v{VERSIONS['coredns']}"),
        ("istio", "istio.io/istio", VERSIONS["istio"]["module"]),
    ],
)
def test_go_mod_requires_what_versions_json_says(name, module, version):
    assert required(name, module) == version


def test_the_libraries_of_kubernetes_are_of_its_own_release():
    minor = VERSIONS["kubernetes"].split(".", 1)[1]
    go_mod = (GO_MODULES / "kubernetes/go.mod").read_text()
    replaced = re.findall(r"^replace k8s.io/\S+ => k8s.io/\S+ (\S+)", go_mod, re.MULTILINE)
    assert set(replaced) == {f"v0.{minor}"}


@pytest.mark.parametrize("name", ["kubernetes", "istio", "coredns"])
def test_go_mod_asks_for_the_go_that_is_checked_for(name):
    assert re.search(r"^go (\S+)", (GO_MODULES / name / "go.mod").read_text(), re.M).group(1).startswith(VERSIONS["go"])


def test_no_manifest_names_a_version_of_its_own():
    versions = [VERSIONS["kubernetes"], VERSIONS["coredns"], VERSIONS["istio"]["version"], VERSIONS["envoy"]["version"]]
    for manifest in MANIFESTS.iterdir():
        assert not [version for version in versions if version in manifest.read_text()], manifest.name
