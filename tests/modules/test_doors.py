# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both doors obey the same words of a playbook, with the same results: the module, and its action plugin.

Each playbook is run by ansible-playbook as users do, once through either door.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiproxy import ApiProxy

from .conftest import Shop, to
from .in_process import action_of

ROOT = Path(__file__).parents[2]
NAME = "aviary.canary.virtual_service_weights"
MODULE_PROCESS = "AnsiballZ_virtual_service_weights.py"
SECRET = "hush-hush-hush"


def weights(v1: Any, v2: Any) -> list[dict[str, Any]]:
    return [{"subset": "v1", "weight": v1}, {"subset": "v2", "weight": v2}]


class Playbook:
    """A play of one host, `localhost` or another, and what its registered results were."""

    def __init__(self, folder: Path, door: str, kubeconfig: Path, namespace: str) -> None:
        self.folder, self.door, self.kubeconfig = folder, door, str(kubeconfig)
        self.options = {"name": "reviews", "namespace": namespace, "wait": False}

    def run(
        self,
        *tasks: dict[str, Any],
        host: dict[str, Any] | None = None,
        environment_of_all: dict[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """The result of every task, in order; `self.output` is all that was printed at -vvv."""
        steps = []
        for number, task in enumerate(tasks):
            steps.append({"name": f"Task {number}", "ignore_errors": True, "register": f"found_{number}", **task})
        results = [f"found_{number}" for number in range(len(tasks))]
        content = "{{ [" + ", ".join(results) + "] | to_json }}"
        where = self.folder / "results.json"
        keep = {"name": "Keep", "ansible.builtin.copy": {"content": content, "dest": str(where), "mode": "0600"}}
        keep["vars"] = {"ansible_connection": "local"}
        (self.folder / "play.yml").write_text(
            json.dumps([{"hosts": "one", "gather_facts": False, "tasks": [*steps, keep]}])
        )
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **(host or {})}
        (self.folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"one": variables}}}))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("K8S_AUTH_")}
        environment |= {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connection_plugins"),
        }
        environment.pop("KUBECONFIG", None)
        environment["HOME"] = str(self.folder)  # no kubeconfig of the user's own
        environment["ANSIBLE_ASYNC_DIR"] = str(self.folder / "async")
        environment |= environment_of_all or {}
        if self.door == "module":
            environment["AVIARY_CANARY_DOOR"] = "module"
        command = [Path(sys.executable).with_name("ansible-playbook"), "-vvv", "-i", self.folder / "hosts.yml"]
        done = subprocess.run(
            [*command, self.folder / "play.yml"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        self.output = done.stdout + done.stderr
        if done.returncode != 0:
            pytest.fail(self.output[-2000:])
        return json.loads(where.read_text())

    def task(self, v1: Any = 90, v2: Any = 10, connect: bool = True, **more: Any) -> dict[str, Any]:
        options = {**self.options, "weights": weights(v1, v2), **more}
        return {NAME: {**options, "kubeconfig": self.kubeconfig} if connect else options}

    def ran_as_module(self) -> bool:
        return MODULE_PROCESS in self.output


@pytest.fixture
def proxy(admin_kubeconfig: str) -> Iterator[ApiProxy]:
    with ApiProxy(admin_kubeconfig) as proxy:
        yield proxy


@pytest.fixture(params=["action", "module"])
def playbook(
    request: pytest.FixtureRequest, tmp_path: Path, user: dict[str, Any], shop: Shop, namespace: str
) -> Playbook:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(user))
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)))
    return Playbook(tmp_path, request.param, kubeconfig, namespace)


def test_the_door_is_the_one_that_was_meant(playbook: Playbook) -> None:
    (found,) = playbook.run(playbook.task())
    assert found["changed"] is True
    assert playbook.ran_as_module() is (playbook.door == "module")


def test_the_connection_is_taken_from_options_environment_and_defaults(playbook: Playbook, shop: Shop) -> None:
    connected = {"K8S_AUTH_KUBECONFIG": playbook.kubeconfig}
    found = playbook.run(
        playbook.task(80, 20),
        {**playbook.task(70, 30, connect=False), "environment": connected},
        {
            **playbook.task(60, 40, connect=False),
            "environment": {"K8S_AUTH_KUBECONFIG": "{{ lookup('vars', 'where') }}"},
            "vars": {"where": playbook.kubeconfig},
        },
        {
            **playbook.task(50, 50, connect=False),
            "module_defaults": {"group/aviary.canary.canary": {"kubeconfig": playbook.kubeconfig}},
        },
        {**playbook.task(40, 60, connect=False), "module_defaults": {NAME: {"kubeconfig": playbook.kubeconfig}}},
        playbook.task(30, 70, connect=False),
    )
    assert [each["changed"] for each in found[:5]] == [True] * 5
    assert (found[5]["failed"], found[5]["reason"]) == (True, "kubeconfig_missing")
    assert shop.read_virtual_service()["spec"]["http"][0]["route"][0]["weight"] == 40


def test_an_option_wins_over_the_environment(playbook: Playbook) -> None:
    (found,) = playbook.run({**playbook.task(), "environment": {"K8S_AUTH_KUBECONFIG": "/nowhere"}})
    assert found["changed"] is True


def test_the_items_of_a_loop_go_each_to_its_own_cluster(playbook: Playbook, proxy: ApiProxy, namespace: str) -> None:
    """They run in one worker, where the client library would keep the first connection for all that come after."""
    ours = {"kubeconfig": playbook.kubeconfig}
    other = {"host": proxy.url, "api_key": "anything"}
    task = {
        NAME: {**playbook.options, "weights": weights(90, 10), "kubeconfig": "{{ item.kubeconfig | default(omit) }}"}
    }
    task[NAME] |= {"host": "{{ item.host | default(omit) }}", "api_key": "{{ item.api_key | default(omit) }}"}
    (found,) = playbook.run({**task, "loop": [ours, other, ours]})
    assert [each["changed"] for each in found["results"]] == [True, False, False]
    assert [each.path.split("/")[-1] for each in proxy.requests if "virtualservices" in each.path] == ["reviews"]


def test_the_variable_of_kubectl_is_taken_from_the_environment_of_the_task(playbook: Playbook) -> None:
    task = {**playbook.task(connect=False), "environment": {"KUBECONFIG": playbook.kubeconfig}}
    (found,) = playbook.run(task)
    assert found["changed"] is True


def test_no_key_is_left_behind_in_a_file(playbook: Playbook, tmp_path: Path, admin_kubeconfig: str) -> None:
    """The client library puts the keys of a kubeconfig into files, which a worker would never remove."""
    files = tmp_path / "files"
    files.mkdir()
    task = {NAME: {**playbook.options, "weights": weights(90, 10), "kubeconfig": admin_kubeconfig}}
    (found,) = playbook.run(task, environment_of_all={"TMPDIR": str(files)})
    assert found["changed"] is True
    assert [path.name for path in files.rglob("*") if path.is_file() and "k8srcp" not in path.name] == []


def test_check_mode_and_diff_are_those_of_the_task(playbook: Playbook, shop: Shop) -> None:
    before = shop.read_virtual_service()
    found = playbook.run({**playbook.task(), "check_mode": True, "diff": True}, {**playbook.task(100, 0)})
    assert (found[0]["changed"], found[0]["after"][1]["weight"]) == (True, 10)
    assert found[0]["diff"]["after"].endswith("subset v2: 10\n")
    assert found[1]["changed"] is False
    assert shop.read_virtual_service() == before


def test_templates_and_loops_give_plain_values(playbook: Playbook, shop: Shop) -> None:
    task = playbook.task("{{ 100 - (item | int) }}", "{{ item }}")
    (found,) = playbook.run({**task, "loop": [5, "7", 9]})
    assert [each["changed"] for each in found["results"]] == [True] * 3
    assert shop.read_virtual_service()["spec"]["http"][0]["route"][1]["weight"] == 9


def test_a_secret_is_printed_nowhere(playbook: Playbook, user: dict[str, Any]) -> None:
    server = user["clusters"][0]["cluster"]["server"]
    remote = {"host": server, "api_key": "{{ secret }}", "validate_certs": False}
    found = playbook.run(
        {**playbook.task(connect=False, **remote), "vars": {"secret": SECRET}},
        {**playbook.task(connect=False, kubeconfig=user)},
        {**playbook.task(80, 20), "no_log": True},
    )
    assert found[0]["reason"] == "credentials_refused"
    assert found[1]["changed"] is True
    token = user["users"][0]["user"]["token"]
    printed = [line for line in playbook.output.splitlines() if not line.startswith("task path")]
    assert [line for line in printed if SECRET in line or token in line] == []
    assert "output has been hidden" in playbook.output


def test_become_async_and_another_connection_lead_to_the_module(playbook: Playbook, shop: Shop) -> None:
    for words in (
        {"become": True, "become_method": "su", "become_user": "root"},
        {"async": 60, "poll": 1},
    ):
        (found,) = playbook.run({**playbook.task(80, 20), **words})
        assert (found["changed"], playbook.ran_as_module()) == (True, True), playbook.output[-2000:]
        shop.set_weights(100, 0)
    (found,) = playbook.run(playbook.task(80, 20), host={"ansible_connection": "elsewhere"})
    assert (found["changed"], playbook.ran_as_module()) == (True, True)


def test_a_task_that_is_delegated_here_needs_no_module(playbook: Playbook) -> None:
    (found,) = playbook.run(
        {**playbook.task(), "delegate_to": "localhost", "vars": {"ansible_connection": "local"}},
        host={"ansible_connection": "elsewhere"},
    )
    assert (found["changed"], playbook.ran_as_module()) == (True, playbook.door == "module")


def test_a_failure_carries_the_same_words(playbook: Playbook) -> None:
    found = playbook.run(
        playbook.task(90, 20),
        {NAME: {"name": "reviews"}},
        playbook.task(colour="red"),
        playbook.task(total="many"),
    )
    assert [each["reason"] for each in found] == ["weights_invalid", *["invalid_arguments"] * 3]
    assert found[1]["msg"] == "missing required arguments: namespace, weights"
    assert "colour. Supported parameters include" in found[2]["msg"]
    assert "total" in found[3]["msg"]
    assert all(each["hint"] for each in found)


def test_results_are_equal_through_both_doors(tmp_path: Path, user: dict[str, Any], shop: Shop, namespace: str) -> None:
    """To the last key, arguments included; only what Ansible itself adds may differ."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(user))
    shop.ready_application()
    shop.virtual_service(to(("v1", 100), ("v2", 0)), annotations={"argocd.argoproj.io/tracking-id": "x"})
    found = {}
    for door in ("action", "module"):
        play = Playbook(tmp_path, door, kubeconfig, namespace)
        moved, refused, unknown = play.run({**play.task(), "diff": True}, play.task(0, 0), play.task(colour="red"))
        found[door] = [comparable(each) for each in (moved, refused, unknown)]
        shop.set_weights(100, 0)
    assert found["action"] == found["module"]


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """Without what counts up from run to run, and what only a process leaves behind."""
    kept = {key: value for key, value in result.items() if key not in ("generation", "exception")}
    return json.loads(re.sub(r"\(aviary\.canary\.|\(", "(", json.dumps(kept)))


def test_a_controller_without_the_client_library_leads_to_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    action = action_of("virtual_service_weights", {}, {})
    assert action._may_stay_here()
    monkeypatch.setattr(sys.modules[type(action).__mro__[1].__module__], "HAVE_CLIENT", False)
    assert not action._may_stay_here()
