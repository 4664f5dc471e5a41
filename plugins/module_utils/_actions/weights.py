# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move weights, whatever kind of object holds them: read, plan, check, write guarded, prove at the proxies, read back.

What a VirtualService and an HTTPRoute do each in their own way is a Provider; the order of the steps stands here once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._cluster.cluster import Cluster, Reply
from .._cluster.guarded import patch_guarded
from .._cluster.readiness import Lookout, percents
from .._domain import envoy, errors
from .._domain.choice import Choice
from .._domain.outcome import Outcome
from .._domain.ownership import foreign_owner, last_writer
from .._domain.plan import RouteEdit, WeightPlan, plan_weights
from .._domain.reach import Caller
from .._domain.routes import Route, title
from .._domain.shapes import Shape
from .._domain.weights import WantedWeight, WeightRequest
from .._probe import proxies

ATTEMPTS = 5
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The weights of one object, as the task asks for them."""

    namespace: str
    name: str
    weights: WeightRequest
    choice: Choice


@dataclass(frozen=True)
class Request:
    """The module's parameters, read once. Several objects are changed together or not at all."""

    wanted: tuple[Wanted, ...]
    ownership: str
    check_endpoints: bool
    wait: bool
    wait_timeout: int
    wait_for: str | None

    @classmethod
    def from_params(cls, params: Mapping[str, Any], shape: Shape) -> Request:
        first = _wanted(params, {}, shape)
        also: list[Wanted] = []
        for each in params["also"] or ():
            with errors.about(f"{shape.kind} {each['name']}"):
                also.append(_wanted(params, each, shape))
        names = [(each.namespace, each.name) for each in (first, *also)]
        doubled = [f"{namespace}/{name}" for namespace, name in names if names.count((namespace, name)) > 1]
        if doubled:
            raise errors.InvalidRequest(f"{shape.kind} {doubled[0]} is named twice.", "Use all_matching, or two tasks.")
        behaviour = {key: params[key] for key in ("ownership", "check_endpoints", "wait", "wait_timeout", "wait_for")}
        return cls((first, *also), **behaviour)


def _wanted(params: Mapping[str, Any], own: Mapping[str, Any], shape: Shape) -> Wanted:
    """What one object should carry; what it does not say itself is said by the task."""
    said = {**params, **{key: value for key, value in own.items() if value is not None}}
    weights = tuple(WantedWeight(w["weight"], w["host"], w.get("subset"), w["port"]) for w in said["weights"])
    choice = Choice(said.get("protocol") or "http", said["route"], said["all_matching"], said["add_missing"])
    request = WeightRequest(weights, said["total"], said["others"], shape)
    return Wanted(said["namespace"], said["name"], request, choice)


class Provider:
    """What a kind of object needs of its own; one subclass per kind."""

    shape: Shape
    resource: str  # as it is called in paths and permissions

    def read(self, cluster: Cluster, namespace: str, name: str) -> tuple[dict[str, Any], str]:
        """(the object, its path for a write)"""
        raise NotImplementedError

    def clients(self, cluster: Cluster, item: Object, selector: str | None) -> list[proxies.Client]:
        """The proxies that follow the object; raises ProxiesMissing."""
        raise NotImplementedError

    def check(self, cluster: Cluster, read: Read, lookout: Lookout, clients: Sequence[proxies.Client]) -> None:
        """Refuse what would be written and take no effect; without `clients` the task does not wait for proxies."""
        raise NotImplementedError

    def is_for(self, cluster: Cluster, item: Object, route: Route, caller: Caller) -> bool:
        """Whether the caller's proxy gets the route at all."""
        return True

    def view(self, cluster: Cluster, read: Read) -> proxies.View:
        """Where in a proxy the routes of the object stand, and what they should be."""
        raise NotImplementedError

    def wish(self, item: Object, edit: RouteEdit) -> envoy.Wish:
        """What a proxy holds of one planned route."""
        raise NotImplementedError

    def remarks(self, item: Object) -> list[str]:
        """What controllers say of the object as it is now, to warn about."""
        return []


@dataclass(frozen=True)
class Read:
    """An object as it was read, and the plan that was made on it."""

    wanted: Wanted
    item: Object
    path: str
    plan: WeightPlan
    named: str
    attempts: int = 1

    @property
    def place(self) -> tuple[str, str]:
        return self.wanted.namespace, self.wanted.name


@dataclass(frozen=True)
class Written:
    """An object after its write, as the API server stored it."""

    read: Read
    now: Object

    def on_stored(self) -> Read:
        """The same plan, with the object as it is now."""
        return dataclasses.replace(self.read, item=self.now)


def move_weights(cluster: Cluster, params: Mapping[str, Any], provider: Provider) -> Outcome:
    """Carry out one task. In check mode (a dry-run cluster) nothing is waited for that was not written."""
    request = Request.from_params(params, provider.shape)
    reads = [_read(cluster, provider, wanted) for wanted in request.wanted]
    work = _Work(cluster, provider, request)
    with errors.with_warnings(work.warnings):
        written = work.write(work.prepared(reads))
        changed = any(each.read.plan.changes for each in written)
        proof = {}
        if request.wait and not (cluster.dry_run and changed):
            with errors.after_write(changed):
                proof = work.prove(written)
    return _outcome(written, changed, proof, work.warnings)


def _read(cluster: Cluster, provider: Provider, wanted: Wanted, attempts: int = 1) -> Read:
    item, path = provider.read(cluster, wanted.namespace, wanted.name)
    plan = plan_weights(item, wanted.weights, provider.shape, **vars(wanted.choice))
    return Read(wanted, item, path, plan, title(item, provider.shape), attempts)


class _Work:
    """The steps of one task over its objects, with the warnings that gather on the way."""

    def __init__(self, cluster: Cluster, provider: Provider, request: Request) -> None:
        self.cluster, self.provider, self.request = cluster, provider, request
        self.warnings: list[str] = []

    def prepared(self, reads: Sequence[Read]) -> list[Read]:
        """Every object, after all checks that need no write. Where several change, the cluster tries each one first."""
        for read in reads:
            self._check(read)
        several = sum(read.plan.changes for read in reads) > 1
        if not several or self.cluster.dry_run:
            return list(reads)
        return [self._patched(self.cluster.for_dry_run(), read, [])[0] for read in reads]

    def _check(self, read: Read) -> None:
        self._warn(read.plan.warnings)
        if read.plan.changes:
            self._check_owner(read)
            self._check_effect(read)

    def _warn(self, warnings: Sequence[str]) -> None:
        self.warnings += [warning for warning in warnings if warning not in self.warnings]

    def _check_owner(self, read: Read) -> None:
        owner = foreign_owner(read.item, self.provider.shape.list_name(read.wanted.choice.protocol))
        if not owner or self.request.ownership == "ignore":
            return
        sentence = f"{read.named} is managed by {owner}, which may put its own weights back."
        if self.request.ownership == "refuse":
            raise errors.ForeignOwner(sentence, owner=owner)
        self._warn([sentence])

    def _check_effect(self, read: Read) -> None:
        """Somebody answers, in the eyes of the cluster and of the proxies; and the routes take effect at all."""
        request = self.request
        clients = self.provider.clients(self.cluster, read.item, request.wait_for) if request.wait else []
        callers = [client.caller.namespace for client in clients]
        lookout = Lookout(self.cluster, read.wanted.namespace, callers, self.provider.shape.missing_status)
        if request.check_endpoints or clients:
            self.provider.check(self.cluster, read, lookout, clients)
            self._warn(self.provider.remarks(read.item))
        targets = percents(read.plan.shares())
        for target, percent in targets.items():
            self._warn(lookout.check(target, percent, request.check_endpoints))
        if clients:
            self._check_reached(read, clients)
            self._await_clusters(clients, list(targets))

    def _await_clusters(self, clients: Sequence[proxies.Client], targets: Sequence[Any]) -> None:
        """Subsets first, weights second: a proxy that gets a route before its cluster answers 503."""
        wanted: dict[tuple[str, int | None], list[str]] = {}
        for subset, host, port in targets:
            wanted.setdefault((host, port), []).append(subset)
        for (host, port), subsets in wanted.items():
            proxies.await_endpoints(self.cluster, clients, host, sorted(subsets), port, self.request.wait_timeout)

    def write(self, reads: Sequence[Read]) -> list[Written]:
        """Every object that changes, one after the other; a failure puts back those that were written before it."""
        done: list[Written] = []
        for read in reads:
            try:
                self._write(read, done)
            except errors.CanaryError as error:
                changed = [each for each in done if each.read.plan.changes]
                if len(reads) > 1 and changed and not self.cluster.dry_run:
                    unknown = error.changed and all(each.read.place != read.place for each in done)
                    self._put_back(changed, error)
                    error.changed = unknown
                raise
        return done

    def _write(self, read: Read, done: list[Written]) -> None:
        """The object joins those that are done as soon as it may have been changed."""
        read, reply = self._patched(self.cluster, read, done)
        done.append(Written(read, reply.body if reply else read.item))
        if reply:
            self._warn(reply.warnings)
            with errors.after_write(not self.cluster.dry_run):
                self._check_stored(read, reply.body)

    def _patched(self, cluster: Cluster, read: Read, done: list[Written]) -> tuple[Read, Reply | None]:
        """(the read that was carried out, the answer; None when nothing had to change).

        A lost race repeats the whole from a fresh read: an old plan is never sent again.
        """
        while read.plan.changes:
            try:
                return read, self._patch(cluster, read, read.plan.operations())
            except errors.Conflict as error:
                read = self._read_again(read, error)
            except (errors.ApiUnreachable, errors.ApiFailed) as error:
                if not cluster.dry_run:
                    self._find_out(read, done, error)
                raise
        return read, None

    def _find_out(self, read: Read, done: list[Written], error: errors.CanaryError) -> None:
        """The answer to a write is lost or says nothing of it: look whether it was carried out."""
        try:
            now, _path = self.provider.read(self.cluster, *read.place)
        except errors.CanaryError:
            error.changed = True  # nobody knows, and it is safer to think so
            error.message = f"{error.message.rstrip('.')}; {read.named} may have been changed all the same."
            return
        if not self._planned(read, now).changes:
            error.changed = True
            error.message = f"{error.message.rstrip('.')}; {read.named} was changed all the same."
            done.append(Written(read, now))

    def _read_again(self, read: Read, error: errors.Conflict) -> Read:
        again = _read(self.cluster, self.provider, read.wanted, read.attempts + 1)
        if read.attempts >= ATTEMPTS:
            writer = last_writer(again.item)
            seen = _changes(read.plan.before(), again.plan.before())
            unwritten = "nothing was written" if len(self.request.wanted) == 1 else "it was not written"
            raise errors.Conflict(
                f"{read.named} was changed by somebody else in each of {ATTEMPTS} attempts "
                f"(last writer {writer}{seen}); {unwritten}.",
                last_writer=writer,
                planned_on=read.plan.before(),
                found=again.plan.before(),
            ) from error
        self._check(again)
        return again

    def _patch(self, cluster: Cluster, read: Read, operations: Sequence[Object]) -> Reply:
        namespace, name = read.place
        return patch_guarded(cluster, read.path, operations, f"{self.provider.resource} {name}", namespace)

    def _check_stored(self, read: Read, now: Object) -> None:
        """The API server answers a write with what it stored, after every webhook that may have changed it."""
        seen = self._planned(read, now)
        if seen.changes:
            raise errors.NotProven(
                f"{read.named} does not carry the weights that were just written (last writer {last_writer(now)}).",
                planned=read.plan.after(),
                found=seen.before(),
            )

    def _planned(self, read: Read, now: Object) -> WeightPlan:
        """The same request to the object as it is now: no change is left when it was carried out."""
        return plan_weights(now, read.wanted.weights, self.provider.shape, **vars(read.wanted.choice))

    def _put_back(self, done: Sequence[Written], error: errors.CanaryError) -> None:
        """Undo, last first. What cannot be undone is named, with the failure that began it."""
        left = {}
        for each in reversed(done):
            try:
                self._patch(self.cluster, each.read, each.read.plan.reversal(each.now))
            except errors.CanaryError as failure:
                left[each.read.named] = failure.message
        if left:
            partly = errors.PartlyWritten(
                f"{error.message.rstrip('.')}; and {' and '.join(left)} could not be put back: "
                f"{next(iter(left.values()))}",
                left=left,
                cause=error.reason,
                **error.details,
            )
            partly.changed = True
            raise partly from error
        error.message = f"{error.message.rstrip('.')}; {' and '.join(each.read.named for each in done)} " + (
            "was put back as it was." if len(done) == 1 else "were put back as they were."
        )

    def prove(self, written: Sequence[Written]) -> dict[str, Any]:
        """Every client proxy holds the weights; and the objects still carry them once it does."""
        expected, chosen = [], []
        for each in written:
            read = each.on_stored()
            clients = self.provider.clients(self.cluster, each.now, self.request.wait_for)
            self._check_reached(read, clients)
            expected.append(self._expected(read))
            chosen += [client for client in clients if expected[-1].wishes(client.caller)]
        clients = proxies.joined(chosen)
        seconds = proxies.await_routes(self.cluster, clients, expected, self.request.wait_timeout)
        for each in written:
            if each.read.plan.changes:
                now, _path = self.provider.read(self.cluster, *each.read.place)
                self._check_stored(each.read, now)
                self._warn(self.provider.remarks(now))
        rows = [
            {**client.place, "applied": True, "seconds": seconds[client.name]}
            for client in clients
            if client.name in seconds
        ]
        return {"applied": rows, "applied_seconds": max(seconds.values())}

    def _expected(self, read: Read) -> proxies.Expected:
        def wishes(caller: Caller) -> list[envoy.Wish]:
            meant = [edit for edit in read.plan.edits if self._is_for(read, edit.route, caller)]
            return [self.provider.wish(read.item, edit) for edit in meant]

        return proxies.Expected(self.provider.view(self.cluster, read), wishes)

    def _is_for(self, read: Read, route: Route, caller: Caller) -> bool:
        return self.provider.is_for(self.cluster, read.item, route, caller)

    def _check_reached(self, read: Read, clients: Sequence[proxies.Client]) -> None:
        """A route that none of the chosen clients gets cannot be proven at them."""
        for edit in read.plan.edits:
            if not any(self._is_for(read, edit.route, client.caller) for client in clients):
                word = self.provider.shape.entry.capitalize()
                raise errors.ProxiesMissing(
                    f"{word} {edit.route.label} of {read.named} is for none of the callers that were chosen "
                    f"({', '.join(client.name for client in clients[: proxies.NAMED])}).",
                    "Name the pods that its match lets in with wait_for, or set wait=false to write without proof.",
                )


def _changes(before: Sequence[Object], after: Sequence[Object]) -> str:
    """`, expected v1=90, found v1=80`: the weights that somebody else moved."""
    moved = [(one, other) for one, other in zip(before, after) if one["weight"] != other["weight"]]
    if not moved:
        return ""
    labels = [one["subset"] or one["host"] for one, _other in moved]
    expected = ", ".join(f"{label}={one['weight']}" for label, (one, _other) in zip(labels, moved))
    found = ", ".join(f"{label}={other['weight']}" for label, (_one, other) in zip(labels, moved))
    return f"; expected {expected}, found {found}"


def _outcome(written: Sequence[Written], changed: bool, proof: Mapping[str, Any], warnings: Sequence[str]) -> Outcome:
    several = len(written) > 1

    def rows(each: Written, when: str) -> list[dict[str, Any]]:
        found = each.read.plan.before() if when == "before" else each.read.plan.after()
        return [{**({"object": "/".join(each.read.place)} if several else {}), **row} for row in found]

    result: dict[str, Any] = {
        when: [row for each in written for row in rows(each, when)] for when in ("before", "after")
    }
    result["generation"] = written[0].now["metadata"].get("generation")
    result["attempts"] = max(each.read.attempts for each in written)
    return Outcome(
        {**result, **proof},
        changed=changed,
        before="".join(_lines(each, each.read.plan.before(), several) for each in written),
        after="".join(_lines(each, each.read.plan.after(), several) for each in written),
        header=", ".join(each.read.named for each in written),
        warnings=tuple(warnings),
    )


def _lines(each: Written, rows: Sequence[Object], several: bool) -> str:
    """One line per destination, so that a diff shows the numbers and nothing else."""
    text = []
    for row in rows:
        subset = f" subset {row['subset']}" if row["subset"] else ""
        port = f" port {row['port']}" if row["port"] else ""
        place = f"{'/'.join(each.read.place)} " if several else ""
        text.append(f"{place}route {row['route']}: {row['host']}{subset}{port}: {row['weight']}\n")
    return "".join(text)
