"""What load balancers and pods decide, as tables: rules from annotations, matching, cookies, health, termination, and gates."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from rehearsal.kubernetes.gates import injected
from rehearsal.kubernetes.load_balancers import stacks_of
from rehearsal.kubernetes.routing import ModelError, Routing, path_patterns, routing_of
from rehearsal.traffic import stickiness
from rehearsal.traffic.balancing import redirect
from rehearsal.traffic.matching import meets
from rehearsal.traffic.messages import Malformed, Request, parsed
from rehearsal.traffic.pods import answering, pre_stop_seconds
from rehearsal.traffic.targets import is_expected
from rehearsal.traffic.tls import covers

CLASSES = [{"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}}]


def request(path: str = "/", query: str = "", method: str = "GET", host: str = "shop.example.com", **headers: str) -> Request:
    given = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(method, path, path, query, given)


def path(text: str, kind: str = "Prefix", service: str = "api", port: Any = 80) -> dict[str, Any]:
    number = {"number": port} if isinstance(port, int) else {"name": port}
    return {"path": text, "pathType": kind, "backend": {"service": {"name": service, "port": number}}}


def ingress(*paths: dict[str, Any], name: str = "shop", host: str = "shop.example.com", **said: str) -> dict[str, Any]:
    annotations = {f"alb.ingress.kubernetes.io/{key.replace('__', '.').replace('_', '-')}": value for key, value in said.items()}
    metadata = {"namespace": "web", "name": name, "uid": name, "annotations": annotations}
    rule = {"host": host, "http": {"paths": list(paths)}} if host else {"http": {"paths": list(paths)}}
    return {"metadata": metadata, "spec": {"ingressClassName": "alb", "rules": [rule]}}


def routing(*ingresses: dict[str, Any], services: list[dict[str, Any]] | None = None) -> Routing:
    (stack,) = stacks_of(ingresses, [], CLASSES)
    return routing_of(stack, services or [])


def patterns(found: Routing) -> list[list[str]]:
    conditions = [rule.conditions for listener in found.listeners for rule in listener.rules]
    return [one["PathPatternConfig"]["Values"] for each in conditions for one in each if one["Field"] == "path-pattern"]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("/a", "Exact", ["/a"]),
        ("/a", "Prefix", ["/a", "/a/*"]),
        ("/a/", "Prefix", ["/a", "/a/*"]),
        ("/", "Prefix", ["/*"]),
        ("/a*", "ImplementationSpecific", ["/a*"]),
        ("", "ImplementationSpecific", ["/*"]),
        ("/a", None, ["/a"]),
    ],
)
def test_paths(text: str, kind: str | None, expected: list[str]) -> None:
    assert path_patterns(text, kind) == expected


def test_rules_of_one_host_are_exact_then_longest_first() -> None:
    found = routing(ingress(path("/*", "ImplementationSpecific"), path("/a"), path("/a/b"), path("/", "Exact")))
    assert patterns(found) == [["/"], ["/a/b", "/a/b/*"], ["/a", "/a/*"], ["/*"]]


def test_a_group_is_ordered_and_shares_listeners() -> None:
    late = ingress(path("/late"), name="a", group__name="all", group__order="10")
    early = ingress(path("/early"), name="b", group__name="all", group__order="-1")
    found = routing(late, early)
    assert [each.port for each in found.listeners] == [80]
    assert patterns(found) == [["/early", "/early/*"], ["/late", "/late/*"]]


def test_one_redirect_covers_the_http_listeners_of_a_group() -> None:
    ports = '[{"HTTP": 80}, {"HTTPS": 443}]'
    found = routing(
        ingress(path("/"), name="a", group__name="all", listen_ports=ports, ssl_redirect="443"),
        ingress(path("/b"), name="b", group__name="all", listen_ports=ports),
    )
    http, https = found.listeners
    assert (http.default["Type"], http.rules, len(https.rules)) == ("redirect", (), 2)


def test_annotations_of_a_service_win_for_its_target_group() -> None:
    of_service = {"alb.ingress.kubernetes.io/healthcheck-path": "/of-service"}
    service = {"metadata": {"namespace": "web", "name": "api", "annotations": of_service}}
    attributes = "stickiness.enabled=true,deregistration_delay.timeout_seconds=5"
    (group,) = routing(
        ingress(path("/"), healthcheck_path="/x", success_codes="200-399", target_group_attributes=attributes), services=[service]
    ).groups
    assert (group.health.path, group.health.codes) == ("/of-service", "200-399")
    assert group.attributes == {"stickiness.enabled": "true", "deregistration_delay.timeout_seconds": "5"}


def test_conditions_add_to_host_and_path() -> None:
    further = [
        {"field": "host-header", "hostHeaderConfig": {"values": ["m.example.com"]}},
        {"field": "path-pattern", "pathPatternConfig": {"values": ["/m/*"]}},
        {"field": "query-string", "queryStringConfig": {"values": [{"key": "v", "value": "2"}]}},
    ]
    (listener,) = routing(ingress(path("/a"), conditions__api=json.dumps(further))).listeners
    assert listener.rules[0].conditions == (
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example.com", "m.example.com"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/a/*", "/m/*"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}},
    )


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (ingress(path("/", port="use-annotation", service="x")), "missing actions.x configuration"),
        (ingress(path("/", port="use-annotation", service="x"), actions__x="{"), "failed to parse json annotation"),
        (
            ingress(path("/", port="use-annotation", service="x"), actions__x='{"type":"forward","forwardConfig":{"targetGroups":[{}]}}'),
            "one of",
        ),
        (ingress(path("/a*")), "Prefix path shouldn't contain wildcards: /a*"),
        (ingress(path("/"), listen_ports='[{"TCP": 80}]'), "listen protocol must be HTTP or HTTPS: TCP"),
        (ingress(path("/"), ssl_redirect="443"), "listener does not exist for SSLRedirect port: 443"),
        (ingress(path("/"), group__order="first"), "group order"),
        (ingress(path("/"), healthcheck_interval_seconds="soon"), "health check"),
    ],
)
def test_mistakes_in_annotations(made: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence.replace("*", r"\*")):
        routing(made)


@pytest.mark.parametrize(
    ("condition", "sent", "expected"),
    [
        ({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}}, request(host="Shop.Example.com:443"), True),
        ({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}}, request(host="example.com"), False),
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a?"]}}, request("/ab"), True),
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}, request("/A"), False),
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a.b"]}}, request("/axb"), False),
        ({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["Be*"]}}, request(x_a="beta"), True),
        ({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["*"]}}, request(), False),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}}, request(), False),
        ({"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}}, request(query="a=1&V=2"), True),
        ({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "2"}]}}, request(query="a=1"), False),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}}, request(), True),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}, request(), False),
    ],
)
def test_conditions(condition: dict[str, Any], sent: Request, expected: bool) -> None:
    assert meets([condition], sent) is expected


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}, "https://shop.example.com:443/a?b=c"),
        ({"Host": "new.#{host}", "Path": "/x/#{path}", "Query": "", "StatusCode": "HTTP_302"}, "http://new.shop.example.com:80/x/a?b=c"),
    ],
)
def test_redirects(config: dict[str, str], location: str) -> None:
    found = redirect(config, "HTTP", 80, request("/a", "b=c"))
    assert dict(found.headers)["Location"] == location


def test_a_cookie_counts_until_it_expires() -> None:
    headers = stickiness.cookies(stickiness.TARGET, {"target": "10.0.0.1:80"}, 60, now=1000)
    value = headers[0][1].partition("=")[2].partition(";")[0]
    assert stickiness.read({"AWSALB": value}, "AWSALB", now=1059) == {"target": "10.0.0.1:80"}
    assert stickiness.read({"AWSALBCORS": value}, "AWSALB", now=1059) == {"target": "10.0.0.1:80"}
    assert stickiness.read({"AWSALB": value}, "AWSALB", now=1061) == {}
    assert stickiness.read({"AWSALB": "forged"}, "AWSALB", now=1000) == {}


@pytest.mark.parametrize(
    ("codes", "status", "expected"), [("200", 200, True), ("200,301", 301, True), ("200-399", 400, False), ("x", 200, False)]
)
def test_health_check_codes(codes: str, status: int, expected: bool) -> None:
    assert is_expected(codes, status) is expected


@pytest.mark.parametrize(
    ("names", "name", "expected"),
    [(["*.example.com"], "a.example.com", True), (["*.example.com"], "a.b.example.com", False), (["example.com"], "Example.com.", True)],
)
def test_which_names_a_certificate_covers(names: list[str], name: str, expected: bool) -> None:
    assert covers(names, name) is expected


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [
        ([None], 0),
        ([{"sleep": {"seconds": 15}}], 15),
        ([{"exec": {"command": ["sleep", "5"]}}, {"sleep": {"seconds": 3}}], 5),
        ([{"exec": {"command": ["/bin/sh", "-c", "nginx -s quit; sleep 10"]}}], 10),
        ([{"httpGet": {"path": "/stop", "port": 80}}], 0),
    ],
)
def test_how_long_hooks_take(hooks: list[Any], expected: float) -> None:
    assert pre_stop_seconds({"containers": [{"lifecycle": {"preStop": each}} if each else {} for each in hooks]}) == expected


def pod(image: str = "registry.example/api:1.2", labels: dict[str, str] | None = None, grace: int = 30, **said: str) -> dict[str, Any]:
    annotations = {f"rehearsal.mainstay/{key.replace('_', '-')}": value for key, value in said.items()}
    container = {"name": "app", "image": image, "lifecycle": {"preStop": {"sleep": {"seconds": 40}}}}
    container["readinessProbe"] = {"httpGet": {"path": "/ready", "port": 80}}
    status = {
        "phase": "Running",
        "containerStatuses": [{"state": {"running": {}}}],
        "conditions": [{"type": "ContainersReady", "status": "True"}],
    }
    metadata = {"uid": "u", "name": "api-1", "namespace": "web", "labels": labels or {}, "annotations": annotations}
    return {"metadata": metadata, "spec": {"containers": [container], "terminationGracePeriodSeconds": grace}, "status": status}


DIGEST = "registry.example/api@sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("given", "tags", "version", "statuses", "latency"),
    [
        (pod(), [], "1.2", {"/": 200, "/ready": 200}, 0),
        (pod(labels={"app.kubernetes.io/version": "9"}), [], "9", {"/": 200}, 0),
        (pod(DIGEST), [], "abababababab", {"/": 200}, 0),
        (pod(DIGEST), ["1.5.0-http-503"], "1.5.0-http-503", {"/": 503, "/ready": 200}, 0),
        (pod("registry.example/api:2-latency-250ms"), [], "2-latency-250ms", {"/": 200}, 0.25),
        (pod(http_status="418", http_latency="1s"), [], "1.2", {"/a": 418}, 1),
        (pod(http_paths='{"/": 200, "/api": 500}'), [], "1.2", {"/": 200, "/x": 200, "/api": 500, "/api/1": 500, "/apis": 200}, 0),
        (pod(http_paths='{"/api": 200}'), [], "1.2", {"/api": 200, "/x": 404, "/ready": 200}, 0),
    ],
)
def test_how_a_pod_answers(given: dict[str, Any], tags: list[str], version: str, statuses: dict[str, int], latency: float) -> None:
    found = answering(given, 0.1, lambda image: tags)
    assert (found.version, found.latency) == (version, latency)
    assert {each: found.status_of(each) for each in statuses} == statuses


def test_errors_are_spread_evenly() -> None:
    found = answering(pod("registry.example/api:1-errors-25"), 1)
    assert [found.next_status("/") for _ in range(8)] == [200, 200, 200, 500, 200, 200, 200, 500]


def test_how_a_pod_ends() -> None:
    """Its hook is cut off by the grace; after the hook it accepts nothing, after the grace it finishes nothing."""
    found = answering(pod(grace=30), 0.1)
    found.end(now=100)
    assert [found.accepts(at) for at in (100, 102.9, 103.1)] == [True, True, False]
    assert [found.works(at) for at in (102.9, 103.1)] == [True, False]


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/2\r\nHost: a\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nbad\r\n\r\n"],
)
def test_what_is_no_request(head: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(head)


def test_gates_are_added_to_those_of_the_pod() -> None:
    asked = {"uid": "u", "object": {"spec": {"readinessGates": [{"conditionType": "own"}, {"conditionType": "a"}]}}}
    patch = json.loads(base64.b64decode(injected(asked, ["a", "b"])["patch"]))
    assert [each["conditionType"] for each in patch[0]["value"]] == ["own", "a", "b"]
    assert injected(asked, ["a"]) == {"uid": "u", "allowed": True}
