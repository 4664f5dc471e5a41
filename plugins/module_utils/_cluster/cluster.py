# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection to one cluster: objects by their paths, and commands in pods.

The only file that imports a Kubernetes client. Connection options and authentication are kubernetes.core's;
requests go to known paths, so nothing is discovered. `dry_run` makes every write a server-side dry run.
"""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._domain import errors
from .failures import named, translate, unreachable
from .paths import CORE, object_path

FIELD_MANAGER = "aviary.canary"
REQUEST_TIMEOUT_SECONDS = 30
CONNECTING = threading.Lock()  # the client library hands a connection over in a global


@dataclass(frozen=True)
class Reply:
    """An object as the API server returned it, and the warnings that came with it."""

    body: Any
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommandResult:
    """What a command in a pod left: its two streams and its exit code (None when it could not be started)."""

    stdout: str
    stderr: str
    code: int | None
    error: str = ""


@dataclass
class Cluster:
    """A connected cluster; `connect` makes one."""

    client: Any
    configuration: Any
    dry_run: bool = False
    impersonating: bool = False
    served_versions: dict[str, str] = field(default_factory=dict)

    def for_dry_run(self) -> Cluster:
        """The same connection, over which every write is a rehearsal."""
        return replace(self, dry_run=True)

    def get(self, path: str, what: str, where: str = "", query: Sequence[tuple[str, str]] = ()) -> Reply:
        """GET a known path; raises the named failures of failures.py."""
        return self._request("get", path, "read", what, where, query)

    def json_patch(self, path: str, operations: Sequence[Mapping[str, Any]], what: str, where: str = "") -> Reply:
        """PATCH with JSON Patch: all operations or none; a guard that fails is Rejected with status 422."""
        return self._write(path, list(operations), "application/json-patch+json", what, where)

    def merge_patch(self, path: str, body: Mapping[str, Any], what: str, where: str = "") -> Reply:
        """PATCH with a JSON merge patch, for objects without lists in the change."""
        return self._write(path, dict(body), "application/merge-patch+json", what, where)

    def _write(self, path: str, body: Any, content_type: str, what: str, where: str) -> Reply:
        query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
        if self.dry_run:
            query.append(("dryRun", "All"))
        return self._request("patch", path, "change", what, where, query, body=body, content_type=content_type)

    def _request(
        self, method: str, path: str, verb: str, what: str, where: str, query: Sequence[tuple[str, str]], **options: Any
    ) -> Reply:
        with named(verb, what, where):
            response = self.client.request(
                method,
                path,
                query_params=list(query),
                serialize=False,
                _request_timeout=REQUEST_TIMEOUT_SECONDS,
                **options,
            )
            return Reply(_json(response.data, what), _warnings(response))

    def run_in_pod(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        timeout_seconds: float,
        lines: Sequence[str] = (),
    ) -> CommandResult:
        """Run one command over one websocket and collect what it prints.

        `lines` are given to its standard input, which stays out of audit logs and process lists. Raises WaitExpired
        when it does not end in time, AccessDenied, PodMissing, ProbeFailed or ApiUnreachable.
        """
        from websocket import WebSocketException, WebSocketTimeoutException

        where = f"{namespace}/{pod}"
        socket = self._open_exec(namespace, pod, container, command, with_input=bool(lines))
        try:
            if lines:
                socket.write_stdin("".join(f"{line}\n" for line in lines))
            return _collect(socket, where, timeout_seconds)
        except WebSocketTimeoutException as error:
            raise _too_late(where, timeout_seconds) from error
        except (WebSocketException, OSError) as error:
            raise errors.ApiUnreachable(f"The connection to a command in pod {where} was cut: {error}.") from error
        finally:
            # Not close(): it leaves the socket open when the other side has said goodbye first.
            socket.sock.shutdown()

    def _open_exec(self, namespace: str, pod: str, container: str, command: Sequence[str], with_input: bool) -> Any:
        from kubernetes.stream.ws_client import WSClient, get_websocket_url
        from websocket import WebSocketBadStatusException, WebSocketException

        if self.impersonating:
            # The client library carries no other header than Authorization into a websocket, so the command
            # would silently run with the rights of the impersonating user.
            raise errors.InvalidRequest(
                "Impersonation cannot be carried into a command in a pod.",
                "Use credentials of the user itself for tasks that measure or wait for proxies.",
            )
        query = [("container", container), ("stdout", "true"), ("stderr", "true")]
        query += [("stdin", "true")] if with_input else []
        query += [("command", word) for word in command]
        path = object_path(CORE, namespace, "pods", pod, "exec")
        url = get_websocket_url(f"{self.configuration.host}{path}", query_params=query)
        try:
            return WSClient(self.configuration, url, self._authorization(), capture_all=False)
        except WebSocketBadStatusException as error:
            failure = translate(_api_exception(error), "run a command in", f"pods {pod}", namespace)
            if isinstance(failure, (errors.Rejected, errors.ApiFailed)):
                failure = errors.ProbeFailed(failure.message, **failure.details)
            raise failure from error
        except (WebSocketException, OSError) as error:
            raise unreachable(error) from error

    def _authorization(self) -> dict[str, str]:
        settings = self.configuration.auth_settings().values()
        return {each["key"].lower(): each["value"] for each in settings if each["in"] == "header" and each["value"]}


def _json(data: bytes, what: str) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise errors.ApiFailed(
            f"What answers in the place of the API server, asked for {what}, sends no JSON."
        ) from error


def _warnings(response: Any) -> tuple[str, ...]:
    """The texts of `Warning: 299 - "text"` headers, in which admission webhooks speak."""
    values = response.headers.getlist("Warning") if hasattr(response.headers, "getlist") else []
    return tuple(value.split('"', 1)[-1].rstrip('"').replace('\\"', '"') for value in values)


def _api_exception(error: Any) -> Exception:
    """The refusal of a websocket as an API error; old websocket clients leave out what the server said."""
    from kubernetes.client.exceptions import ApiException

    failure = ApiException(status=error.status_code, reason=str(error))
    body = (getattr(error, "resp_body", None) or b"").decode("utf-8", "replace")
    failure.body = body or json.dumps({"kind": "Status", "message": str(error)})
    return failure


def _collect(socket: Any, where: str, timeout_seconds: float) -> CommandResult:
    deadline = time.monotonic() + timeout_seconds
    streams: dict[int, list[str]] = {1: [], 2: [], 3: []}

    def drain() -> None:
        for channel, parts in streams.items():
            parts.append(socket.read_channel(channel))

    while socket.is_open():
        left = deadline - time.monotonic()
        if left <= 0:
            raise _too_late(where, timeout_seconds)
        socket.sock.settimeout(left)  # a frame that stops halfway would hold us for ever
        socket.update(timeout=min(left, 1.0))
        drain()
    drain()  # reading one channel may have taken in the end of another, and the goodbye
    return _finished("".join(streams[1]), "".join(streams[2]), "".join(streams[3]))


def _too_late(where: str, timeout_seconds: float) -> errors.WaitExpired:
    return errors.WaitExpired(f"A command in pod {where} did not end within {timeout_seconds:g} s.")


def _finished(stdout: str, stderr: str, status: str) -> CommandResult:
    """Read the Status that the kubelet sends on the error channel when the command has ended."""
    try:
        body = json.loads(status or "{}")
    except ValueError:
        return CommandResult(stdout, stderr, None, status)
    if body.get("status") == "Success":
        return CommandResult(stdout, stderr, 0)
    for cause in (body.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode":
            return CommandResult(stdout, stderr, int(cause["message"]))
    return CommandResult(stdout, stderr, None, str(body.get("message") or "the connection was cut"))


def connect(auth: Mapping[str, Any], dry_run: bool = False) -> Cluster:
    """A Cluster for kubernetes.core's connection options (option name -> value; None is left to K8S_AUTH_*).

    Raises KubeconfigMissing, KubeconfigInvalid, ContextMissing, ApiUnreachable or DependencyMissing.
    """
    _check_kubeconfig(auth)
    try:
        import kubernetes  # noqa: F401
        import yaml
        from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client as core
        from ansible_collections.kubernetes.core.plugins.module_utils.k8s.exceptions import CoreException
    except ImportError as error:
        raise errors.DependencyMissing(
            f"The Python library {error.name} is not there.", "Install it with: pip install kubernetes."
        ) from error
    given = {name: value for name, value in auth.items() if value is not None}
    try:
        with CONNECTING, named("read", "version"):  # the client library asks for it when its cache is cold
            _forget_defaults()
            made = core.get_api_client(**given)
    except CoreException as error:
        raise _configuration_failure(str(error), auth) from error
    except (yaml.YAMLError, OSError, ValueError, TypeError, AttributeError) as error:
        # The library takes a kubeconfig and the files that it names as they come, without a look of its own.
        raise errors.KubeconfigInvalid(f"{_subject(auth)} cannot be used: {_first_line(error)}.") from error
    impersonating = any(_option(auth, name) for name in ("impersonate_user", "impersonate_groups"))
    return Cluster(made.client, made.configuration, dry_run, impersonating)


def _forget_defaults() -> None:
    """The client library keeps a connection as the default of all that come after, and reads KUBECONFIG only once."""
    import kubernetes
    from kubernetes.config import kube_config

    kubernetes.client.Configuration.set_default(None)
    kube_config.KUBE_CONFIG_DEFAULT_LOCATION = os.environ.get("KUBECONFIG", "~/.kube/config")


def disconnect() -> None:
    """Remove the keys that the client library has put into files, and what else it keeps of its connections.

    It does so itself when its process ends, but Ansible's workers serve several tasks and end without a word.
    """
    try:
        from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client as core
        from kubernetes.config import kube_config
    except ImportError:
        return
    kube_config._cleanup_temp_files()
    core._pool.clear()


def client_is_there() -> bool:
    """Import all that a connection and a command in a pod will need; False when some of it is not installed.

    The client library is hundreds of modules. What they define stays, so looking for garbage meanwhile finds none and
    costs a third of the time; and what is here now is never looked at again, since a fork that does so copies it all.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        import encodings.idna  # noqa: F401
        import ssl

        import kubernetes.stream.ws_client  # noqa: F401
        import yaml  # noqa: F401
        from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client  # noqa: F401
    except ImportError:
        return False
    finally:
        if collects:
            gc.enable()
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # OpenSSL gets itself ready with the first one
    gc.freeze()
    return True


def _option(auth: Mapping[str, Any], name: str) -> Any:
    return auth.get(name) or os.environ.get(f"K8S_AUTH_{name.upper()}")


def _kubeconfig(auth: Mapping[str, Any]) -> str:
    kubeconfig = _option(auth, "kubeconfig") or os.environ.get("KUBECONFIG") or "~/.kube/config"
    return kubeconfig if isinstance(kubeconfig, str) else "given as a dictionary"


def _check_kubeconfig(auth: Mapping[str, Any]) -> None:
    """A file that is not there is said so before the library falls back to another one."""
    kubeconfig = _option(auth, "kubeconfig")
    if not isinstance(kubeconfig, str):
        return
    paths = [path for path in kubeconfig.split(os.pathsep) if path]
    if not any(os.path.exists(os.path.expanduser(path)) for path in paths):
        raise errors.KubeconfigMissing(f"There is no kubeconfig {kubeconfig}.")


def _subject(auth: Mapping[str, Any]) -> str:
    if _option(auth, "host") and not _option(auth, "kubeconfig"):
        return f"The connection to {_option(auth, 'host')}"
    return f"The kubeconfig {_kubeconfig(auth)}"


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).rstrip(".")


def _configuration_failure(message: str, auth: Mapping[str, Any]) -> errors.ClusterError:
    context = _option(auth, "context")
    if context and "context" in message:
        return errors.ContextMissing(f"The kubeconfig {_kubeconfig(auth)} has no context {context}.")
    if "No configuration found" in message and not _option(auth, "kubeconfig"):
        return errors.KubeconfigMissing(
            f"There is no kubeconfig {_kubeconfig(auth)}, and no host with credentials is given.",
            "Set kubeconfig, K8S_AUTH_KUBECONFIG or KUBECONFIG, or host with api_key.",
        )
    said = message.rpartition("Could not create API client: ")[2].rstrip(".")
    return errors.KubeconfigInvalid(f"{_subject(auth)} cannot be used: {said}.")
