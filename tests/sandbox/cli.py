# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands. Each one can be stopped at any moment and run again."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
from typing import Any, Callable

from sandbox import addons, build, cluster, commands, kubeconfig, lock, machine, node, planning
from sandbox.cluster import CONTROL_PLANE, Cluster
from sandbox.errors import SandboxError
from sandbox.layout import VERSIONS, Layout, cache_directory
from sandbox.progress import Step

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(asked_to_stop) is not signal.SIG_IGN:  # nohup means what it says
            signal.signal(asked_to_stop, signal.default_int_handler)
    try:
        return int(options.command(Layout(cache_directory(os.environ)), options) or 0)
    except SandboxError as error:
        print(error.explain(), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The sandbox could not go on: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run the command again to go on, or `python3 tests/sandbox down` to remove everything.")
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python3 tests/sandbox", description="A real Kubernetes with a real Istio.")
    verbs = whole.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, command: Callable[[Layout, Any], int | None], text: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, description=text)
        made.set_defaults(command=command)
        return made

    start = verb("up", up, "start what is asked for and does not run yet")
    start.add_argument("--clusters", type=count, metavar="N", help="sandbox-1 to sandbox-N (1)")
    start.add_argument("--ingress", action="store_true", help="with a gateway for traffic from outside")
    start.add_argument("--prometheus", action="store_true", help="with a Prometheus that scrapes the proxies")
    start.add_argument("--control-plane", action="store_true", help="only etcd, API server and CRDs")
    end = verb("down", down, "stop clusters and leave nothing behind")
    end.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    end.add_argument("--all", action="store_true", help="all, in so many words")
    verb("status", status, "what runs, and where its logs are")
    verb("build", lambda layout, options: locked_build(layout), "build what a cluster runs, start nothing")
    inner = verbs.add_parser("node")  # what a cluster's first process is started as; not for people
    inner.add_argument("cache")
    inner.add_argument("name")
    inner.set_defaults(command=lambda layout, options: node.run(options.cache, options.name))
    return whole


def count(text: str) -> int:
    if text.isdigit() and 1 <= int(text) <= 9:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of clusters from 1 to 9")


def locked_build(layout: Layout) -> None:
    machine.check()
    with lock.held(layout.lock, "build"):
        commands.stop_interrupted(layout.logs)
        build.ensure(layout)


def up(layout: Layout, options: argparse.Namespace) -> None:
    if options.control_plane and (options.clusters or additions(options)):
        raise SandboxError("--control-plane is one API server without nodes: nothing of the other options fits on it")
    machine.check()
    names = [CONTROL_PLANE] if options.control_plane else planning.names(options.clusters or 1)
    setup = ("crds",) if options.control_plane else ("node", "istio", *additions(options))
    with lock.held(layout.lock, "up"):
        commands.stop_interrupted(layout.logs)
        built = build.ensure(layout)
        seen = {
            found.name: planning.Seen(found.runs, found.build, frozenset(found.ready))
            for found in cluster.load_all(layout)
        }
        try:
            for work in planning.plan(names, setup, built.key(not options.control_plane), seen):
                carry_out(layout, built, work)
        finally:
            write_kubeconfigs(layout)  # also of what was done before something failed
        for name in names:
            print(describe(cluster.load(layout, name)))
    written = layout.control_plane_kubeconfig if options.control_plane else layout.kubeconfig
    print(f"export KUBECONFIG={shlex.quote(str(written))}")


def additions(options: argparse.Namespace) -> list[str]:
    return [name for name in ("ingress", "prometheus") if getattr(options, name)]


def carry_out(layout: Layout, built: build.Build, work: planning.Work) -> None:
    target = cluster.load(layout, work.name)
    if work.stop:
        with Step(f"{work.name}: cleared, since {work.stop}"):
            cluster.stop(target)
    try:
        if work.start:
            with Step(f"{work.name}: API server"):
                target = cluster.start(layout, built, work.name)
        set_up(target, built, work.setup)
    except KeyboardInterrupt:
        if work.start:  # a half-made cluster is of no use; one that only lacked an addition is
            cluster.stop(cluster.load(layout, work.name))
        raise


def set_up(target: Cluster, built: build.Build, items: tuple[str, ...]) -> None:
    istio = f"Istio {VERSIONS['istio']['version']}"
    actions: dict[str, tuple[str, Callable[[], None]]] = {
        "crds": ("CRDs of Istio and the Gateway API", lambda: addons.crds(target, built)),
        "node": (f"Kubernetes {VERSIONS['kubernetes']} node", lambda: addons.node(target, built)),
        "istio": (istio, lambda: addons.istio(target, built, ingress=False)),
        "ingress": (f"{istio} with an ingress gateway", lambda: addons.istio(target, built, ingress=True)),
        "prometheus": ("Prometheus", lambda: addons.prometheus(target, built)),
    }
    for item in items:
        title, action = actions[item]
        with Step(f"{target.name}: {title}"):
            action()
        target.ready = list(dict.fromkeys([*target.ready, *planning.PROVIDES.get(item, (item,))]))
        target.save()


def write_kubeconfigs(layout: Layout) -> None:
    """Of the clusters that were set up to the end; a file for none of them is removed."""
    usable = [found for found in cluster.load_all(layout) if found.alive and found.ready]
    for path, members in (
        (layout.kubeconfig, [found for found in usable if found.full]),
        (layout.control_plane_kubeconfig, [found for found in usable if not found.full]),
    ):
        configs = [json.loads(found.admin_kubeconfig.read_text()) for found in members]
        if configs:
            commands.write_json(path, kubeconfig.merge(configs))
        else:
            path.unlink(missing_ok=True)


def down(layout: Layout, options: argparse.Namespace) -> None:
    machine.check()
    with lock.held(layout.lock, "down"):
        commands.stop_interrupted(layout.logs)
        found = {item.name: item for item in cluster.load_all(layout)}
        unknown = set(options.names) - set(found)
        if unknown:
            raise SandboxError(f"There is no {', '.join(sorted(unknown))} here; running: {', '.join(found) or 'none'}")
        ending = options.names or list(found)
        for name in ending:
            cluster.kill(found[name])  # all at once, since each takes its time to end
        for name in ending:
            with Step(f"{name}: stop"):
                cluster.stop(found[name])
        write_kubeconfigs(layout)


def status(layout: Layout, options: argparse.Namespace) -> int:
    """Exit code 0 when all that was started is well, 3 when something is not, or nothing runs."""
    found = cluster.load_all(layout)
    for item in found:
        print(describe(item))
    if not found:
        print(f"Nothing runs in {layout.cache}.")
    return 0 if found and all(well(item) for item in found) else 3


def well(item: Cluster) -> bool:
    return item.runs and item.api_answers()


def describe(item: Cluster) -> str:
    ended = ", ".join(f"{name} ended with {code}" for name, code in item.ended_programs().items())
    state = "running" if well(item) else ended or ("the API server does not answer" if item.alive else "ended")
    ports = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in item.ports.items() if name in ("api", *item.ready))
    return f"{item.name}: {state}; ready: {', '.join(item.ready) or 'nothing'}; {ports}; logs: {item.logs}"
