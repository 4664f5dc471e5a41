# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that are kept in two places agree: a machine keeps them, not a reviewer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.aviary.canary.plugins.module_utils._domain import errors

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py"))
ROLES = sorted(path.parent.parent for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
REASONS_PAGE = ROOT / "docs/docsite/rst/reasons.rst"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def tracked_files() -> list[Path]:
    listing = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


# Modules


@pytest.fixture(scope="module")
def module_docs() -> dict[str, Any]:
    """The documentation of every module, doc fragments merged in."""
    command = [Path(sys.executable).with_name("ansible-doc"), "--json", *(f"aviary.canary.{name}" for name in MODULES)]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {name.rpartition(".")[2]: entry["doc"] for name, entry in json.loads(found.stdout).items()}


def test_the_action_group_lists_every_module() -> None:
    group = load(ROOT / "meta/runtime.yml")["action_groups"]["canary"]
    assert [entry for entry in group if isinstance(entry, str)] == MODULES


def test_the_action_group_extends_that_of_kubernetes_core() -> None:
    group = load(ROOT / "meta/runtime.yml")["action_groups"]["canary"]
    assert {"metadata": {"extend_group": ["kubernetes.core.k8s"]}} in group


def test_every_module_has_an_action_plugin_of_its_name() -> None:
    """Without one, the tasks of a playbook pay for a process each."""
    assert sorted(path.stem for path in (ROOT / "plugins/action").glob("[!_]*.py")) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_how_it_behaves(module: str, module_docs: dict[str, Any]) -> None:
    attributes = module_docs[module]["attributes"]
    assert attributes.keys() >= {"action_group", "check_mode", "diff_mode", "idempotent"}
    assert attributes["check_mode"]["support"] == "full"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_takes_the_connection_options_of_kubernetes_core(module: str, module_docs: dict[str, Any]) -> None:
    assert module_docs[module]["options"].keys() >= {"kubeconfig", "context", "host", "api_key", "validate_certs"}


# Errors


def subclasses(root: type) -> list[type]:
    return [cls for direct in root.__subclasses__() for cls in (direct, *subclasses(direct))]


def can_be_raised(cls: type) -> bool:
    """Whether plugins/ uses the class other than to import it, to catch it or to annotate a function."""
    used = re.compile(
        rf"^(?!\s*(from|import|except)\b)(?!.*-> (errors\.)?{cls.__name__}\b).*\b{cls.__name__}\b", re.MULTILINE
    )
    return any(used.search(path.read_text()) for path in PLUGIN_SOURCES)


PLUGIN_SOURCES = [path for path in (ROOT / "plugins").rglob("*.py") if path.name != "errors.py"]
ERRORS = subclasses(errors.CanaryError)
REASONS = {cls.reason: cls for cls in ERRORS if can_be_raised(cls)}
OF_THE_ARGUMENT_SPEC = "invalid_arguments"  # Ansible's own complaint: no class of ours, but a reason all the same
TESTS = [
    path
    for kind in ("py", "yml")
    for path in (ROOT / "tests").rglob(f"*.{kind}")
    if path != Path(__file__) and "sandbox/" not in str(path)
]


def test_every_error_has_a_reason_of_its_own() -> None:
    assert len({cls.reason for cls in ERRORS}) == len(ERRORS)


@pytest.mark.parametrize("cls", [cls for cls in ERRORS if not cls.__subclasses__()], ids=lambda cls: cls.__name__)
def test_every_error_can_happen(cls: type) -> None:
    assert cls.reason in REASONS, f"nothing in plugins/ raises {cls.__name__}"


def test_the_documentation_lists_exactly_the_reasons_there_are() -> None:
    terms = re.findall(r"^(``.+``)$", REASONS_PAGE.read_text(), re.MULTILINE)
    documented = [reason.strip("`") for term in terms for reason in term.split(", ")]
    assert sorted(documented) == sorted([OF_THE_ARGUMENT_SPEC, *REASONS])


def test_a_test_provokes_every_reason() -> None:
    sources = "\n".join(path.read_text() for path in TESTS)

    def is_provoked(reason: str) -> bool:
        raised = rf"raises\((errors\.)?{REASONS[reason].__name__}\b"
        return re.search(rf"""["']{reason}["']|reason: {reason}\b|{raised}""", sources) is not None

    assert [reason for reason in sorted(REASONS) if not is_provoked(reason)] == []


# Roles and playbooks


def defaults_of(role: Path) -> dict[str, Any]:
    file = role / "defaults/main.yml"
    return (load(file) or {}) if file.exists() else {}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_defaults_of_a_role_are_those_of_its_argument_specs(role: Path) -> None:
    defaults_file = role / "defaults/main.yml"
    defaults = (load(defaults_file) or {}) if defaults_file.exists() else {}
    for entry_point, spec in load(role / "meta/argument_specs.yml")["argument_specs"].items():
        documented = {
            name: option["default"] for name, option in spec.get("options", {}).items() if "default" in option
        }
        assert {name: defaults.get(name) for name in documented} == documented, f"{role.name}, {entry_point}"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_documents_every_default(role: Path) -> None:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"].values()
    public = {name for name in defaults_of(role) if not name.startswith("_")}
    assert public <= {name for spec in specs for name in spec.get("options", {})}


@pytest.mark.parametrize("page", ["README.md", "docs/docsite/rst/playbooks.rst"])
def test_a_page_names_every_playbook(page: str) -> None:
    text = (ROOT / page).read_text()
    assert [playbook for playbook in PLAYBOOKS if f"`aviary.canary.{playbook}`" not in text] == []


# The repository


def test_the_dependencies_are_stated_alike() -> None:
    stated = {entry["name"]: entry["version"] for entry in load(ROOT / "requirements.yml")["collections"]}
    assert stated == load(ROOT / "galaxy.yml")["dependencies"]


def test_nothing_is_excused_from_the_sanity_tests() -> None:
    assert list((ROOT / "tests/sanity").glob("ignore*")) == []


# No place for a comment, prose that galaxy.yml's licence covers, or written by antsibull-changelog.
WITHOUT_HEADER = {".md", ".json", ".png", ".svg", ".mod", ".sum", ".html", "COPYING", "changelog.yaml"}


def test_every_file_names_its_licence() -> None:
    def names_it(path: Path) -> bool:
        head = "\n".join(path.read_text().splitlines()[:6])
        return not path.stat().st_size or "SPDX-License-Identifier: GPL-3.0-or-later" in head

    sources = [path for path in tracked_files() if not {path.suffix, path.name} & WITHOUT_HEADER]
    assert [str(path.relative_to(ROOT)) for path in sources if not names_it(path)] == []


# Put together here, so that this file does not hold the names itself.
FOREIGN = re.compile(
    r"(?<![\w.])/(root|home|work)/(?!\.\.)\w"
    "|pypi" + r"\.org|python" + r"hosted\.org|deb\.debian" + r"\.org|golang" + r"\.org"
)


def test_no_file_knows_a_machine_or_a_registry() -> None:
    sources = [path for path in tracked_files() if path.suffix not in {".png", ".sum", ".mod"}]
    found = {
        str(path.relative_to(ROOT)): [match.group() for match in FOREIGN.finditer(path.read_text())] for path in sources
    }
    assert {path: names for path, names in found.items() if names} == {}
