# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP probes after a rollout: does the new version answer where users reach it? Evaluating an answer needs no network."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

with contextlib.suppress(ImportError):  # the module reports missing packages
    import urllib3

from ..kubernetes.client import describe
from ..kubernetes.objects import spec
from ..kubernetes.values import Obj

MOST_BODY = 65536
# In a rehearsal, load balancers are reached through a proxy and have certificates of its own authority. No other program reads these names.
REHEARSAL_PROXY, REHEARSAL_AUTHORITY = "MAINSTAY_REHEARSAL_PROXY", "MAINSTAY_REHEARSAL_CA"
SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Probe:
    """``version_header`` or ``version_body`` (a pattern) must yield ``version``: old pods may still answer. ``successes``: needed in a row.

    ``authority``: path to a CA certificate. ``address``: the host to connect to instead of that of the URL, which stays the one asked for.
    ``wait``: seconds for the whole probe, since a load balancer and its DNS name may take minutes. ``timeout``: seconds per request.
    """

    url: str
    statuses: tuple[int, ...] = (200,)
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    version_header: str = ""
    version_body: str = ""
    version: str = ""
    successes: int = 3
    interval: float = 1.0
    timeout: float = 5.0
    wait: float = 120.0
    verify: bool = True
    authority: str | None = None
    redirects: bool = False
    address: str = ""

    @property
    def host(self) -> str:
        return urllib3.util.parse_url(self.url).host or ""


@dataclass(frozen=True)
class Answer:
    """The response, or why there was none. ``unresolved``: the host has no address."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    failed: str = ""
    certificate: bool = False
    unresolved: bool = False


def wrong(probe: Probe, answer: Answer) -> tuple[str, str]:
    """Code and description of the problem with an answer; ("", "") for a good one."""
    if answer.certificate:
        return "probe_certificate", f"the certificate cannot be verified: {answer.failed}"
    if answer.failed:
        return "probe_unreachable", f"no answer: {answer.failed}"
    if answer.status not in probe.statuses:
        where = f" to {answer.headers['location']}" if 300 <= answer.status < 400 and "location" in answer.headers else ""
        return "probe_status", f"HTTP {answer.status}{where} instead of {' or '.join(map(str, probe.statuses))}"
    if probe.body and not re.search(probe.body, answer.body):
        return "probe_body", f"the body does not match {probe.body!r}"
    if probe.version and (found := version_of(probe, answer)) != probe.version:
        return "probe_old_version", f"version {found or '(none)'} answers, not {probe.version}"
    return "", ""


def version_of(probe: Probe, answer: Answer) -> str:
    if probe.version_header:
        return answer.headers.get(probe.version_header.lower(), "")
    found = re.search(probe.version_body, answer.body) if probe.version_body else None
    return "" if found is None else found[1] if found.groups() else found[0]


def in_a_row(problems: Sequence[str], successes: int) -> bool:
    """Whether the last ``successes`` answers were all good. A single good answer may be luck."""
    return len(problems) >= successes and not any(problems[-successes:])


def way_to(probe: Probe, environment: Mapping[str, str]) -> tuple[str, str | None]:
    """The proxy for a probe, "" for none, and the file with the certificate authority, None for the system's.

    A rehearsal's proxy leads to load balancers; addresses on this machine need none. Its authority counts unless the probe names its own.
    """
    proxy = environment.get(REHEARSAL_PROXY, "")
    host = probe.host
    if not proxy or host == "localhost" or host.startswith(("127.", "[::1")):
        return "", probe.authority
    authority = environment.get(REHEARSAL_AUTHORITY, "")
    return proxy, probe.authority or (authority if Path(authority).is_file() else None)


def fetch(probe: Probe) -> Answer:
    """Send one request. Ignores all proxy variables but the rehearsal's, follows redirects only if the probe allows it, limits waits."""
    proxy, authority = way_to(probe, os.environ)
    if proxy and authority is None and probe.url.startswith("https"):
        return Answer(failed="the rehearsal has no load balancer yet")
    options: dict[str, Any] = {"retries": urllib3.Retry(redirect=5, connect=0, read=0, other=0) if probe.redirects else False}
    if probe.url.startswith("https"):
        context = ssl.create_default_context(cafile=authority)
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if not probe.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        options["ssl_context"] = context
    url, headers = probe.url, dict(probe.headers)
    if probe.address:
        parts = urllib3.util.parse_url(url)
        url, headers = parts._replace(host=probe.address).url, {"Host": parts.netloc or "", **headers}
        options |= (
            {"server_hostname": probe.host, "assert_hostname": probe.host if probe.verify else False} if "ssl_context" in options else {}
        )
    options["timeout"] = urllib3.Timeout(total=probe.timeout)
    with urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options) as pool:
        try:
            response = pool.request("GET", url, headers=headers, redirect=probe.redirects, preload_content=False)
            body = response.read(MOST_BODY, decode_content=True)
            response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            bad_certificate = "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error)
            return Answer(failed=describe(error), certificate=bad_certificate, unresolved=_is_unresolved(error))
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, body.decode(errors="replace"))


def _is_unresolved(error: BaseException | None) -> bool:
    """Whether the innermost cause is that a name has no address; urllib3 wraps it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, socket.gaierror):
            return True
        seen.add(id(error))
        reason = getattr(error, "reason", None)
        error = reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__
    return False


def balancer_of(ingresses: Sequence[Obj], host: str) -> str:
    """The host name or address of the load balancer that an Ingress with a rule for this host has got; empty if there is none yet."""
    for ingress in ingresses:
        hosts = [str(rule.get("host") or "*") for rule in spec(ingress).get("rules") or ()]
        if any(one in ("*", host) or (one.startswith("*.") and host.partition(".")[2] == one[2:]) for one in hosts):
            for point in ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
                if found := point.get("hostname") or point.get("ip"):
                    return str(found)
    return ""


@dataclass(frozen=True)
class Probed:
    """How probing ended. ``code`` is empty on success."""

    code: str
    sentence: str
    requests: int


def probe_until(
    probe: Probe, now: Callable[[], float], pause: Callable[[float], None], tick: Callable[[], None], ask: Callable[[Probe], Answer] = fetch
) -> Probed:
    """Send requests until enough consecutive answers are good or the probe's time is up. Calls ``tick`` between requests; it may raise."""
    began = now()
    problems: list[str] = []
    while True:
        code, text = wrong(probe, ask(probe))
        problems.append(text)
        if in_a_row(problems, probe.successes):
            return Probed("", f"{probe.url} answered {probe.successes} times in a row", len(problems))
        if now() - began >= probe.wait or code == "probe_certificate":
            last = text or f"only {_trailing(problems)} good answers in a row, {probe.successes} wanted"
            return Probed(code or "probe_unsteady", f"{probe.url} was not right within {probe.wait:.0f} s: {last}", len(problems))
        tick()
        pause(probe.interval)


def _trailing(problems: Sequence[str]) -> int:
    return next((count for count, text in enumerate(reversed(problems)) if text), len(problems))


def service_wrong(name: str, service: Obj | None, slices: Sequence[Obj], new_pods: Collection[str]) -> tuple[str, str]:
    """Check that a Service routes to ready pods of the new revision. Return code and description; ("", "") if it does."""
    if service is None:
        return "service_missing", f"there is no Service {name}"
    endpoints = [endpoint for found in slices for endpoint in found.get("endpoints") or ()]
    if not endpoints:
        selector = spec(service).get("selector")
        what = f"its selector {dict(selector)} matches no pod" if selector else "it has no selector"
        return "service_empty", f"Service {name} has no endpoints: {what}"
    usable = [endpoint for endpoint in endpoints if _usable(endpoint)]
    if not usable:
        return "service_not_ready", f"Service {name} has {len(endpoints)} endpoints, none of which is ready"
    if not any(_pod_uid(endpoint) in new_pods for endpoint in usable):
        return "service_old", f"Service {name} routes to {len(usable)} ready pods, none of which is of the new revision"
    missing = [port for port in spec(service).get("ports") or () if not _is_served(port, slices, new_pods)]
    if missing:
        ports = ", ".join(f"{port.get('name') or port.get('port')} (targetPort {port.get('targetPort')})" for port in missing)
        return "service_port", f"Service {name} has no endpoint of the new revision for port {ports}. Does a container declare it?"
    return "", ""


def _is_served(port: Mapping[str, Any], slices: Sequence[Obj], new_pods: Collection[str]) -> bool:
    """Whether a slice carries this port of the Service with a usable pod of the new revision.

    A pod none of whose containers declares a named target port is left out for that port only. The slice of such pods has no ports at all.
    """
    return any(
        _pod_uid(endpoint) in new_pods and _usable(endpoint)
        for found in slices
        if any((one.get("name") or "") == (port.get("name") or "") for one in found.get("ports") or ())
        for endpoint in found.get("endpoints") or ()
    )


def foreign_pods(slices: Sequence[Obj], own_pods: Collection[str]) -> list[str]:
    """Names of the ready pods behind a Service that belong to none of the verified workloads but receive some of its requests."""
    references = [endpoint.get("targetRef") or {} for found in slices for endpoint in found.get("endpoints") or () if _usable(endpoint)]
    return sorted({str(one.get("name")) for one in references if one.get("kind", "Pod") == "Pod" and one.get("uid") not in own_pods})


def _pod_uid(endpoint: Mapping[str, Any]) -> Any:
    return (endpoint.get("targetRef") or {}).get("uid")


def _usable(endpoint: Mapping[str, Any]) -> bool:
    """Whether an endpoint is ready and not terminating. A missing ``ready`` means ready."""
    conditions = endpoint.get("conditions") or {}
    return conditions.get("ready") is not False and not conditions.get("terminating")


def slices_path(namespace: str) -> str:
    return f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
