# Copyright: (c) 2026, Aviary Canary contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualServices of fields that Istio has, drawn so that nearly all of them are valid: to be shown to its webhook."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from unit.plugins.module_utils._domain import strategies

DOMAIN = "shop.example.com"
PLAIN_MATCHES = st.sampled_from(  # what may stand before a delegate too
    [
        {"uri": {"prefix": "/"}},
        {"uri": {"exact": "/a b?"}, "ignoreUriCase": True},
        {"headers": {"end-user": {"exact": "jason"}, "x-empty": {}}, "name": "jason"},
        {"queryParams": {"v": {"exact": "2"}}, "method": {"exact": "GET"}},
        {"port": 8080, "sourceLabels": {"app": "web"}, "sourceNamespace": "jobs"},
        {"withoutHeaders": {"x-legacy": {"prefix": "1"}}, "scheme": {"exact": "https"}},
        {"authority": {"prefix": "shop."}, "gateways": ["mesh"]},
    ]
)
MATCHES = st.one_of(
    PLAIN_MATCHES,
    st.sampled_from(
        [{"uri": {"regex": "^/v[0-9]+/.*$"}}, {"headers": {"cookie": {"regex": r"^(.*?;)?(user=\d+)(;.*)?$"}}}]
    ),
)
HEADERS = st.sampled_from(
    [
        {"request": {"set": {"x-route": "main"}, "add": {"x-more": "ünï"}, "remove": ["x-debug"]}},
        {"response": {"add": {"cache-control": "no-store"}, "remove": ["server"]}},
        {},
    ]
)
MIRRORS = st.sampled_from(
    [
        {"mirror": {"host": "reviews", "subset": "shadow"}},
        {"mirror": {"host": "audit", "port": {"number": 9000}}, "mirrorPercentage": {"value": 0.1}},
        {
            "mirrors": [
                {"destination": {"host": "audit"}, "percentage": {"value": 12.5}},
                {"destination": {"host": "b"}},
            ]
        },
        {"mirror": {"host": "audit"}, "mirrorPercent": 50},
    ]
)
ROUTE_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "timeout": st.sampled_from(["3s", "1ms", "1h10m", "0.5s"]),
        "retries": st.sampled_from(
            [{"attempts": 3, "perTryTimeout": "2s", "retryOn": "5xx,reset"}, {"attempts": 0}, {"backoff": "50ms"}, {}]
        ),
        "headers": HEADERS,
        "rewrite": st.sampled_from(
            [{"uri": "/"}, {"authority": DOMAIN}, {"uriRegexRewrite": {"match": "^/v(.)", "rewrite": r"/\1"}}]
        ),
        "fault": st.sampled_from(
            [
                {"delay": {"fixedDelay": "5s", "percentage": {"value": 0.1}}},
                {"abort": {"httpStatus": 503, "percentage": {"value": 100}}},
            ]
        ),
        "corsPolicy": st.sampled_from(
            [
                {"allowOrigins": [{"exact": f"https://{DOMAIN}"}, {"regex": ".*"}], "maxAge": "24h"},
                {"allowMethods": ["GET", "POST"], "allowCredentials": True, "exposeHeaders": ["x-a"]},
            ]
        ),
    },
)


@st.composite
def http_elements(draw: Any) -> dict[str, Any]:
    element = strategies.element_of(draw(strategies.keys), draw(strategies.old_weights))
    return {**element, **draw(st.sampled_from([{}, {}, {"headers": draw(HEADERS)}]))}


@st.composite
def plain_elements(draw: Any) -> dict[str, Any]:
    return strategies.element_of(draw(strategies.keys), draw(strategies.old_weights))


@st.composite
def routes(draw: Any, elements: Any) -> list[dict[str, Any]]:
    """A list of destinations, with some weight in it where there are several, as Istio asks."""
    found = draw(st.lists(elements, min_size=1, max_size=4))
    if len(found) > 1 and not sum(element.get("weight", 0) for element in found):
        found[draw(st.integers(0, len(found) - 1))]["weight"] = draw(st.integers(1, 100))
    return found


@st.composite
def http_entries(draw: Any) -> dict[str, Any]:
    kind = draw(st.sampled_from(["route", "route", "route", "redirect", "directResponse", "delegate"]))
    entry: dict[str, Any] = {}
    if draw(st.booleans()):
        entry["name"] = draw(st.sampled_from(["main", "premium", "ünnamed / ~"]))
    if draw(st.booleans()):
        entry["match"] = draw(st.lists(PLAIN_MATCHES if kind == "delegate" else MATCHES, min_size=1, max_size=3))
    if kind == "redirect":
        return {
            **entry,
            "redirect": draw(st.sampled_from([{"uri": "/new"}, {"authority": DOMAIN, "redirectCode": 308}])),
        }
    if kind == "directResponse":
        return {**entry, "directResponse": {"status": 418, "body": {"string": "short\nand stout"}}}
    if kind == "delegate":
        return {**entry, "delegate": {"name": "detail", "namespace": "team"}}
    mirror = draw(MIRRORS) if draw(st.booleans()) else {}
    return {**entry, **draw(ROUTE_FIELDS), **mirror, "route": draw(routes(http_elements()))}


@st.composite
def tcp_entries(draw: Any) -> dict[str, Any]:
    matches = [{"port": 5672}, {"port": 5673, "sourceLabels": {"app": "web"}}, {"destinationSubnets": ["10.0.0.0/8"]}]
    match = draw(st.sampled_from([{}, *({"match": [match]} for match in matches)]))
    return {**match, "route": draw(routes(plain_elements()))}


@st.composite
def tls_entries(draw: Any) -> dict[str, Any]:
    match = draw(st.sampled_from([{"sniHosts": [DOMAIN]}, {"port": 443, "sniHosts": [DOMAIN], "gateways": ["mesh"]}]))
    return {"match": [match], "route": draw(routes(plain_elements()))}


@st.composite
def virtual_services(draw: Any) -> dict[str, Any]:
    """A whole object with at least one entry that sends somewhere."""
    lists = {"http": http_entries(), "tls": tls_entries(), "tcp": tcp_entries()}
    kinds = draw(st.sampled_from([("http",), ("http",), ("http", "tls", "tcp"), ("tls",), ("tcp",), ("http", "tcp")]))
    spec: dict[str, Any] = {"hosts": ["reviews", DOMAIN]}
    spec.update(draw(st.sampled_from([{}, {}, {"gateways": ["mesh", "istio-system/public"]}, {"exportTo": ["."]}])))
    spec.update({protocol: draw(st.lists(lists[protocol], min_size=1, max_size=3)) for protocol in kinds})
    item = strategies.virtual_service_of(spec)
    if not strategies.places(item):
        item["spec"]["http"].append({"route": draw(routes(http_elements()))})
    item["apiVersion"] = f"networking.istio.io/{draw(st.sampled_from(['v1', 'v1', 'v1beta1', 'v1alpha3']))}"
    item["metadata"]["annotations"] = draw(st.sampled_from([{}, {"example.com/owner": "Ærø 🦜\t/spec/http/0~1"}]))
    return item
