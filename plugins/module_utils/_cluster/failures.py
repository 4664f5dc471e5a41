# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn whatever the client libraries raise into the failures that this collection names.

The only place that knows the libraries' exceptions. Messages are the operator's words; the raw answer of the
API server goes to `details`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from .._domain import errors

# Admission webhooks and policies may answer 403 as well, in these words; RBAC says "cannot".
DENIED = re.compile(r"denied (the )?request")
MISSING = {
    "virtualservices": errors.VirtualServiceMissing,
    "httproutes": errors.HttpRouteMissing,
    "pods": errors.PodMissing,
    "deployments": errors.DeploymentMissing,
}
KINDS = {"virtualservices": "VirtualService", "httproutes": "HTTPRoute"}


def status_of(error: Exception) -> dict[str, Any]:
    """The Status object in an API error's body; empty when the body is something else."""
    try:
        body = json.loads(getattr(error, "body", None) or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def is_unserved(error: Exception) -> bool:
    """Whether a 404 means that the API server does not serve the path at all (no Status object comes back)."""
    return getattr(error, "status", None) == 404 and not status_of(error)


@contextlib.contextmanager
def named(verb: str, what: str, where: str = "") -> Iterator[None]:
    """Rename the errors of one request: `with named("read", "virtualservices reviews", "shop")`."""
    import urllib3.exceptions
    from kubernetes.client.exceptions import ApiException
    from kubernetes.dynamic.exceptions import DynamicApiError

    try:
        yield
    except (DynamicApiError, ApiException) as error:
        raise translate(error, verb, what, where) from error
    except urllib3.exceptions.HTTPError as error:
        raise unreachable(error) from error


def unreachable(error: Exception) -> errors.ApiUnreachable:
    """The API server gave no answer: the innermost cause in one sentence, without the library's nesting."""
    cause: Any = getattr(error, "reason", None) or error
    text = str(cause).rsplit(">: ", maxsplit=1)[-1].rsplit("object at ", maxsplit=1)[-1]
    return errors.ApiUnreachable(f"The API server cannot be reached: {text}.")


def translate(error: Exception, verb: str, what: str, where: str) -> errors.CanaryError:
    """The named failure for an HTTP answer of the API server."""
    place = f" in {where}" if where else ""
    status = getattr(error, "status", None)
    body = status_of(error)
    said = str(body.get("message") or getattr(error, "reason", "") or error).strip()
    details: dict[str, Any] = {"status": status, "answer": said, "about": body.get("details") or {}}
    if is_unserved(error):
        return errors.NotServed(f"The cluster does not serve {what}{place}.", **details)
    if status == 404:
        resource = what.split()[0]
        kind = MISSING.get(resource, errors.ObjectMissing)
        singular = KINDS.get(resource, resource[:-1].capitalize())
        return kind(f"There is no {' '.join([singular, *what.split()[1:]])}{place}.", **details)
    if status == 401:
        return errors.CredentialsRefused("The API server does not accept the credentials.", **details)
    if status == 403 and "system:anonymous" in said:
        return errors.CredentialsRefused(
            "The API server sees this user as anonymous.",
            "The kubeconfig has no credentials, or its credential plugin failed: log in again.",
            **details,
        )
    if status in (400, 422) or (status == 403 and DENIED.search(said)):
        return errors.Rejected(f"The cluster refused to {verb} {what}{place}: {said}", **details)
    if status == 403:
        return errors.AccessDenied(f"The cluster does not allow this user to {verb} {what}{place}.", **details)
    if status == 409:
        return errors.Conflict(f"{what}{place} was changed by somebody else at the same moment.", **details)
    return errors.ApiFailed(f"The API server answered {status} when asked to {verb} {what}{place}: {said}", **details)
