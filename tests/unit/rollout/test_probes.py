"""Rules 45 to 48: HTTP probes after a rollout."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import ServiceCheck
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.probes import (
    Answer,
    Probe,
    balancer_of,
    fetch,
    in_a_row,
    probe_until,
    service_wrong,
    way_to,
    wrong,
)

from .fake_api import FakeApi
from .running import Hasty, outcome, settled, verify
from .samples import unready
from .test_success import rows

URL = "http://web.example/"
SERVICE = {"spec": {"selector": {"app": "web"}}}


def endpoint(uid: str = "u-web-1", **conditions: bool) -> dict[str, Any]:
    return {"addresses": ["10.0.0.1"], "conditions": conditions, "targetRef": {"kind": "Pod", "uid": uid}}


def slices(*endpoints: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"endpoints": list(endpoints)}]


@pytest.mark.parametrize(
    ("service", "found", "expected"),
    rows(
        new_and_ready=(SERVICE, slices(endpoint(ready=True)), ""),
        ready_by_default=(SERVICE, slices(endpoint()), ""),
        missing=(None, [], "service_missing"),
        selects_nothing=(SERVICE, [], "service_empty"),
        empty_slice=(SERVICE, [{"endpoints": None}], "service_empty"),
        no_selector=({"spec": {}}, [], "service_empty"),
        not_ready=(SERVICE, slices(endpoint(ready=False)), "service_not_ready"),
        on_its_way_out=(SERVICE, slices(endpoint(ready=True, serving=True, terminating=True)), "service_not_ready"),
        old_pods_only=(SERVICE, slices(endpoint("u-old", ready=True)), "service_old"),
        old_and_new=(SERVICE, slices(endpoint("u-old", ready=True), endpoint(ready=True)), ""),
    ),
)
def test_rule_45_a_service_leads_to_ready_pods_of_the_new_revision(service: Any, found: list[Any], expected: str) -> None:
    assert service_wrong("shop/web", service, found, {"u-web-1"})[0] == expected


def test_rule_45_a_selector_that_matches_nothing_is_named() -> None:
    assert (
        service_wrong("shop/web", SERVICE, [], set())[1] == "Service shop/web has no endpoints: its selector {'app': 'web'} matches no pod"
    )


@pytest.mark.parametrize(("uid", "expected"), rows(new=("u-web-1", ("success", "complete")), old=("u-gone", ("failure", "service_old"))))
def test_rule_45_services_are_looked_at_after_the_rollout(uid: str, expected: tuple[str, str]) -> None:
    with FakeApi() as api:
        settled(api)
        api.put({"kind": "Service", "metadata": {"name": "web"}, **SERVICE})
        labels = {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}}
        api.put({"kind": "EndpointSlice", "metadata": labels, **slices(endpoint(uid, ready=True))[0]})
        assert outcome(verify(api, services=(ServiceCheck("web", "shop", 5),))) == expected


WEB_PORT, METRICS_PORT = {"name": "web", "port": 80, "targetPort": "http"}, {"name": "metrics", "port": 9090, "targetPort": 9090}
BOTH = {"spec": {"selector": {"app": "web"}, "ports": [WEB_PORT, METRICS_PORT]}}
SINGLE = {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}}


def sliced(*ports: str | None, uid: str = "u-web-1") -> dict[str, Any]:
    return {"endpoints": [endpoint(uid, ready=True)], "ports": [{"name": name, "port": 80} for name in ports]}


@pytest.mark.parametrize(
    ("service", "found", "expected"),
    rows(
        all_served=(BOTH, [sliced("web", "metrics")], ""),
        in_two_slices=(BOTH, [sliced("metrics"), sliced("web")], ""),
        one_not_declared=(BOTH, [sliced("metrics")], "service_port"),
        none_declared=(SINGLE, [sliced()], "service_port"),
        null=(SINGLE, [{**sliced(), "ports": None}], "service_port"),
        served_by_old_pods_only=(BOTH, [sliced("metrics"), sliced("web", uid="u-old")], "service_port"),
        unnamed=(SINGLE, [sliced("")], ""),
        unnamed_without_a_member=(SINGLE, [{**sliced(), "ports": [{"port": 80}]}], ""),
    ),
)
def test_rule_83_every_port_has_to_lead_to_a_new_pod(service: Any, found: list[Any], expected: str) -> None:
    code, said = service_wrong("shop/web", service, found, {"u-web-1"})
    assert code == expected
    assert not code or "(targetPort http)" in said


def test_rule_83_pods_of_others_behind_the_selector_are_named() -> None:
    with FakeApi() as api:
        settled(api)
        api.put({"kind": "Service", "metadata": {"name": "web"}, **SERVICE})
        labels = {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}}
        foreign = {**endpoint("u-other", ready=True), "targetRef": {"kind": "Pod", "uid": "u-other", "name": "batch-7"}}
        api.put({"kind": "EndpointSlice", "metadata": labels, "endpoints": [endpoint("u-web-1", ready=True), foreign]})
        report = verify(api, services=(ServiceCheck("web", "shop", 5),))
        assert outcome(report) == ("success", "complete")
        assert report.notes == ["Service shop/web also routes to pods that belong to none of the verified workloads: batch-7"]


@pytest.mark.parametrize(
    ("probe", "answer", "expected"),
    rows(
        right=({}, Answer(200), ""),
        other_status=({}, Answer(503), "probe_status"),
        redirect=({}, Answer(302, {"location": "https://login"}), "probe_status"),
        wanted_status=({"statuses": (204, 301)}, Answer(301), ""),
        body=({"body": "ok"}, Answer(200, body="all ok"), ""),
        other_body=({"body": "^ok$"}, Answer(200, body="not ok"), "probe_body"),
        no_answer=({}, Answer(failed="timed out"), "probe_unreachable"),
    ),
)
def test_rule_46_what_a_right_answer_is(probe: dict[str, Any], answer: Answer, expected: str) -> None:
    assert wrong(Probe(URL, **probe), answer)[0] == expected


@pytest.mark.parametrize(
    ("problems", "expected"), rows(enough=(["x", "", "", ""], True), too_few=(["", ""], False), broken=(["", "", "x", "", ""], False))
)
def test_rule_46_a_number_of_consecutive_successes_is_required(problems: list[str], expected: bool) -> None:
    assert in_a_row(problems, 3) is expected


def probed(answers: list[Answer], **probe: Any) -> tuple[str, int, float]:
    """Code, requests, and seconds of a probe that gets these responses, the last one repeatedly."""
    clock = Hasty()
    began = clock.now()
    left = list(answers)
    found = probe_until(Probe(URL, **probe), clock.now, clock.pause, lambda: None, lambda _: left.pop(0) if len(left) > 1 else left[0])
    return found.code, found.requests, clock.now() - began


DOWN = Answer(failed="Name or service not known")


def test_rule_46_a_load_balancer_has_its_own_time_to_come() -> None:
    assert probed([DOWN] * 50 + [Answer(503)] * 20 + [Answer(200)])[:2] == ("", 73)
    code, _requests, seconds = probed([DOWN], wait=30.0)
    assert code == "probe_unreachable"
    assert 30 <= seconds <= 32


V2 = {"version": "2", "version_header": "X-Version"}


@pytest.mark.parametrize(
    ("probe", "answer", "expected"),
    rows(
        new=(V2, Answer(200, {"x-version": "2"}), ""),
        old=(V2, Answer(200, {"x-version": "1"}), "probe_old_version"),
        none=(V2, Answer(200), "probe_old_version"),
        in_the_body=({"version": "2", "version_body": '"version": "([^"]+)"'}, Answer(200, body='{"version": "2"}'), ""),
        old_in_the_body=({"version": "2", "version_body": r"v(\d)"}, Answer(200, body="v1"), "probe_old_version"),
    ),
)
def test_rule_47_the_new_version_has_to_answer(probe: dict[str, Any], answer: Answer, expected: str) -> None:
    assert wrong(Probe(URL, **probe), answer)[0] == expected


def test_rule_47_responses_of_old_pods_restart_the_count() -> None:
    new, old = Answer(200, {"x-version": "2"}), Answer(200, {"x-version": "1"})
    assert probed([new, new, old, new, new, new], **V2)[:2] == ("", 6)


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that give up are expected."""


@pytest.fixture
def site() -> Iterator[Site]:
    """Echoes the request, redirects from /old, and does not answer /slow."""
    hold = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self.path == "/slow":
                hold.wait(10)
            self.send_response(302 if self.path == "/old" else 200)
            self.send_header("Location", "/new")
            self.end_headers()
            self.wfile.write(json.dumps({"path": self.path, "host": self.headers["Host"]}).encode())

    server = Site(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    hold.set()
    server.shutdown()
    server.server_close()


def test_rule_48_proxies_of_the_environment_do_not_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answer = fetch(Probe(f"http://127.0.0.1:{site.server_address[1]}/x", headers={"Host": "shop.example"}))
    assert (answer.status, json.loads(answer.body)) == (200, {"path": "/x", "host": "shop.example"})


def test_rule_48_redirects_are_followed_on_demand_only(site: Site) -> None:
    url = f"http://127.0.0.1:{site.server_address[1]}/old"
    assert fetch(Probe(url)).status == 302
    assert json.loads(fetch(Probe(url, redirects=True)).body)["path"] == "/new"


def test_rule_48_a_request_has_a_time_limit(site: Site) -> None:
    answer = fetch(Probe(f"http://127.0.0.1:{site.server_address[1]}/slow", timeout=0.2))
    assert "timed out" in answer.failed


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    from tests.unit.rollout.certificate import write

    return write(tmp_path)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_rule_48_a_bad_certificate_is_distinguished_and_ends_the_probe(site: Site, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    url = f"https://127.0.0.1:{site.server_address[1]}/x"
    assert fetch(Probe(url)).certificate
    assert wrong(Probe(url), fetch(Probe(url)))[0] == "probe_certificate"
    assert fetch(Probe(url, verify=False)).status == 200
    assert fetch(Probe(url, authority=str(certificate))).status == 200
    assert probed([Answer(failed="x", certificate=True)], wait=30.0)[1] == 1


def test_a_pod_that_goes_bad_ends_the_probing() -> None:
    with FakeApi() as api:
        settled(api)
        crashing = unready()
        crashing["status"]["containerStatuses"][0]["restartCount"] = 9

        class Spoiling(Hasty):
            def pause(self, seconds: float) -> None:
                if seconds == 7:  # the pause between two requests
                    api.put(crashing)
                super().pause(seconds)

        found = verify(api, bell=Spoiling(), probes=(Probe("http://127.0.0.1:9/", wait=9999, interval=7),))
        assert outcome(found) == ("failure", "crash_loop")


@pytest.mark.parametrize(
    ("url", "own", "proxy", "expected"),
    rows(
        outside=("https://shop.example.com/", None, "", ("", None)),
        in_a_rehearsal=("https://shop.example.com/", None, "http://127.0.0.1:1", ("http://127.0.0.1:1", "bundle")),
        own_authority=("https://shop.example.com/", "own.pem", "http://127.0.0.1:1", ("http://127.0.0.1:1", "own.pem")),
        this_machine=("http://127.0.0.1:8080/", None, "http://127.0.0.1:1", ("", None)),
        by_name=("http://localhost:8080/", None, "http://127.0.0.1:1", ("", None)),
    ),
)
def test_a_rehearsal_is_reached_through_its_proxy(tmp_path: Path, url: str, own: Any, proxy: str, expected: tuple[str, Any]) -> None:
    """The authority counts once its file is there: the first load balancer creates it."""
    bundle = tmp_path / "ca.pem"
    environment = {"MAINSTAY_REHEARSAL_PROXY": proxy, "MAINSTAY_REHEARSAL_CA": str(bundle)}
    assert way_to(Probe(url, authority=own), environment) == (expected[0], None if expected[1] == "bundle" else expected[1])
    bundle.touch()
    assert way_to(Probe(url, authority=own), environment) == (expected[0], str(bundle) if expected[1] == "bundle" else expected[1])


def test_a_rehearsal_without_load_balancers_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not with the system's authorities: those could not verify the certificate of a load balancer that appears meanwhile."""
    monkeypatch.setenv("MAINSTAY_REHEARSAL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("MAINSTAY_REHEARSAL_CA", str(tmp_path / "ca.pem"))
    probe = Probe("https://shop.example.com/")
    assert wrong(probe, fetch(probe)) == ("probe_unreachable", "no answer: the rehearsal has no load balancer yet")


UNKNOWN = "shop.invalid"
"""A host name that has no record (RFC 2606)."""


def ingress(balancer: dict[str, str] | None, *hosts: str) -> dict[str, Any]:
    rules = [{"host": host} if host else {} for host in hosts]
    status = {"loadBalancer": {"ingress": [balancer]}} if balancer else {}
    return {"metadata": {"name": "shop", "namespace": "shop"}, "spec": {"rules": rules}, "status": status}


@pytest.mark.parametrize(
    ("found", "expected"),
    rows(
        its_host=([ingress({"hostname": "lb.example"}, "other.example.com", "shop.example.com")], "lb.example"),
        an_address=([ingress({"ip": "192.0.2.1"}, "shop.example.com")], "192.0.2.1"),
        wildcard=([ingress({"hostname": "lb.example"}, "*.example.com")], "lb.example"),
        every_host=([ingress({"hostname": "lb.example"}, "")], "lb.example"),
        other_host=([ingress({"hostname": "lb.example"}, "www.example.com", "*.shop.example.com", "*.com")], ""),
        none_yet=([ingress(None, "shop.example.com"), ingress({"hostname": "lb.example"}, "shop.example.com")], "lb.example"),
        no_ingress=([], ""),
    ),
)
def test_the_load_balancer_of_a_host_is_that_of_its_ingress(found: list[Any], expected: str) -> None:
    assert balancer_of(found, "shop.example.com") == expected


def test_a_host_without_a_record_is_asked_at_its_load_balancer(site: Site, tmp_path: Path) -> None:
    """A first deployment is verified before its host names lead anywhere: the certificate and the Host header are those of the host."""
    from tests.unit.rollout.certificate import write

    certificate = write(tmp_path, UNKNOWN)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    port = site.server_address[1]
    probe = Probe(f"https://{UNKNOWN}:{port}/x", authority=str(certificate))
    assert fetch(probe).unresolved
    answer = fetch(replace(probe, address="127.0.0.1"))
    assert (answer.status, json.loads(answer.body)) == (200, {"path": "/x", "host": f"{UNKNOWN}:{port}"})
    other = fetch(replace(probe, url=f"https://other.invalid:{port}/x", address="127.0.0.1"))
    assert other.certificate, other.failed


def test_a_first_deployment_is_verified_at_its_load_balancer(site: Site) -> None:
    probe = Probe(f"http://{UNKNOWN}:{site.server_address[1]}/x", wait=2.0)
    with FakeApi() as api:
        settled(api)
        assert outcome(verify(api, probes=(probe,)))[1] == "probe_unreachable"
        api.put({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", **ingress({"ip": "127.0.0.1"}, UNKNOWN)})
        assert outcome(verify(api, probes=(probe,))) == ("success", "complete")
