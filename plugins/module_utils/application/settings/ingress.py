# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How users reach the services: host names and paths, TLS, and the load balancer's settings. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.kubernetes import SUBDOMAIN, key_problem
from ...inputs.problems import suggestion
from ...inputs.reader import Reader
from ...inputs.values import as_block, as_integer, block_remedy
from ...reconcile.model import is_unknown
from .probes import PATH, as_path

SCHEMES = ("internal", "internet-facing")
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 (docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html)."""

MODERN = re.compile(r"ELBSecurityPolicy-(?:TLS13-1-[23]|TLS-1-2|FS-1-2)(?:-[A-Za-z0-9-]+)?")
"""The policies that accept nothing older than TLS 1.2."""

ACM = re.compile(r"arn:[a-z-]+:(?:acm:[a-z0-9-]+:\d{12}:certificate/\S+|iam::\d{12}:server-certificate/\S+)")
WEB_ACL = re.compile(r"arn:[a-z-]+:wafv2:[a-z0-9-]+:\d{12}:(?P<scope>regional|global)/webacl/\S+")
GROUP = re.compile(r"(?=.{1,63}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
CODES = re.compile(r"\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*")
LOAD_BALANCER_NAME = re.compile(r"(?!internal-)(?=.{1,32}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
ATTRIBUTE = re.compile(r"[a-z0-9_.]+")
ANNOTATIONS = "alb.ingress.kubernetes.io/"

LONGEST_STICKINESS = 604800
"""Seconds; seven days (CreateRule, TargetGroupStickinessConfig)."""


@dataclass(frozen=True)
class Health:
    """How the load balancer checks targets. Times in seconds.

    ``path``: empty for that of each service's readiness probe. ``codes``: empty for those of the protocol.
    """

    path: str = ""
    interval: int = 10
    timeout: int = 5
    healthy: int = 2
    unhealthy: int = 2
    codes: str = ""


@dataclass(frozen=True)
class Ingress:
    """``hosts``: services by path, by host name; the host "*" means every host. ``stickiness``: seconds; 0 for none."""

    hosts: Mapping[str, Mapping[str, str]]
    scheme: str = SCHEMES[0]
    certificates: tuple[str, ...] = ()
    tls_policy: str = TLS_POLICY
    idle_timeout: int = 60
    deregistration_delay: int = 15
    security_groups: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    inbound_cidrs: tuple[str, ...] = ()
    access_logs: Mapping[str, str] = field(default_factory=dict)
    web_acl: str = ""
    deletion_protection: bool = False
    drop_invalid_headers: bool = True
    health: Health = Health()
    group: str = ""
    group_order: int = 0
    stickiness: int = 0
    load_balancer_name: str = ""
    ip_address_type: str = "ipv4"
    tags: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    target_attributes: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def services(self) -> tuple[str, ...]:
        """The services behind it, in the order in which they are named."""
        return tuple(dict.fromkeys(service for paths in self.hosts.values() for service in paths.values()))


def read_ingress(parent: Reader, services: Collection[str]) -> Ingress | None:
    """``services``: the names of the application's services. None if there is no ingress."""
    given = parent.take("ingress")
    if not given:
        return None
    reader = Reader(given, parent.at("ingress"), parent.problems)
    scheme = reader.choice("scheme", SCHEMES, SCHEMES[0])
    found = Ingress(
        hosts=_hosts(reader, services),
        scheme=scheme,
        certificates=_certificates(reader),
        tls_policy=_tls_policy(reader),
        idle_timeout=reader.integer("idle_timeout", 60, 1, 4000),
        deregistration_delay=reader.integer("deregistration_delay", 15, 0, 3600),
        security_groups=reader.ids("security_groups", (), "sg-"),
        subnet_ids=reader.ids("subnet_ids", (), "subnet-"),
        inbound_cidrs=_inbound(reader),
        access_logs=_access_logs(reader),
        web_acl=_web_acl(reader),
        deletion_protection=reader.boolean("deletion_protection", False),
        drop_invalid_headers=reader.boolean("drop_invalid_headers", True),
        health=_health(reader),
        group=_matching(reader, "group", GROUP, "it must be at most 63 lower-case letters, digits, '-' and '.'"),
        group_order=reader.integer("group_order", 0, 1, 1000),
        stickiness=reader.integer("stickiness", 0, 0, LONGEST_STICKINESS),
        load_balancer_name=_matching(
            reader, "name", LOAD_BALANCER_NAME, "it must be at most 32 letters, digits and '-', and must not begin with internal-"
        ),
        ip_address_type=reader.choice("ip_address_type", ("ipv4", "dualstack"), "ipv4"),
        tags=reader.tags("tags"),
        attributes=_attributes(reader, "attributes"),
        target_attributes=_attributes(reader, "target_attributes"),
        annotations=_annotations(reader),
    )
    _check_lists(reader, found)
    reader.finish()
    return found


def _hosts(reader: Reader, services: Collection[str]) -> dict[str, dict[str, str]]:
    section = reader.section("hosts")
    if not section.given:
        reader.problems.missing(section.path, "give at least one host with its paths, such as {shop.example.com: {/: web}}")
    found: dict[str, dict[str, str]] = {}
    for host in section.given:
        if not _is_host(host):
            remedy = 'it must be a host name in lower case, such as shop.example.com or *.example.com, or "*" for every host'
            reader.problems.add(section.path, host, remedy)
            continue
        given = section.take(host)
        paths = Reader({"/": given} if isinstance(given, str) else given, section.at(host), reader.problems)
        if not paths.given:
            reader.problems.missing(paths.path, "give at least one path with its service, such as {/: web}")
        found[host] = {path: service for path in paths.given if (service := _backend(paths, path, services))}
    return found


def _is_host(host: Any) -> bool:
    if host == "*":
        return True
    return isinstance(host, str) and len(host) <= 253 and bool(SUBDOMAIN.fullmatch(host.removeprefix("*."))) and "." in host


def _backend(paths: Reader, path: Any, services: Collection[str]) -> str:
    service = paths.take(path)
    if as_path(path) is None or "//" in path:
        paths.problems.add(paths.path, path, PATH)
    elif not isinstance(service, str) or service not in services:
        hint = suggestion(str(service), list(services)) if services else "services is empty"
        paths.problems.add(paths.at(path), service, f"it must be one of services; {hint}")
    else:
        return service
    return ""


def _certificates(reader: Reader) -> tuple[str, ...]:
    """One certificate or several; plain HTTP only if it is asked for, and only inside the network."""
    given = reader.take("certificate")
    plain = reader.boolean("plain_http", False)
    if given is None or given == []:
        if not plain:
            reader.problems.missing(
                reader.at("certificate"),
                "give the ARN of a certificate of ACM; an internal load balancer may do without it if plain_http is true",
            )
        elif reader.given.get("scheme") == "internet-facing":
            reader.problems.add(reader.at("plain_http"), True, "an internet-facing load balancer must encrypt; give it a certificate")
        return ()
    if plain:
        reader.problems.add(reader.at("plain_http"), True, "there is a certificate, and with it every request goes over HTTPS; remove it")
    found = []
    for one in [given] if isinstance(given, str) else given if isinstance(given, list | tuple) else [given]:
        if isinstance(one, str) and (is_unknown(one) or ACM.fullmatch(one)):
            found.append(one)
        else:
            remedy = "it must be the ARN of a certificate, such as arn:aws:acm:af-south-1:123456789012:certificate/..."
            reader.problems.add(reader.at("certificate"), one, remedy)
    return tuple(found)


def _tls_policy(reader: Reader) -> str:
    policy = reader.text("tls_policy", TLS_POLICY)
    if not MODERN.fullmatch(policy):
        remedy = f"it must be a policy that accepts nothing older than TLS 1.2, such as {TLS_POLICY}"
        reader.problems.add(reader.at("tls_policy"), policy, remedy)
    return policy


def _inbound(reader: Reader) -> tuple[str, ...]:
    value = reader.take("inbound_cidrs")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        reader.problems.add(reader.at("inbound_cidrs"), value, "it must be a list of IPv4 blocks")
        return ()
    for position, one in enumerate(value):
        if as_block(one) is None:
            reader.problems.add(f"{reader.at('inbound_cidrs')}[{position}]", one, block_remedy(one))
    return tuple(map(str, value))


def _access_logs(reader: Reader) -> dict[str, str]:
    section = reader.section("access_logs")
    if not section.given:
        return {}
    bucket = section.required_text("bucket", "give the name of the bucket that receives the logs", BUCKET)
    prefix = section.text("prefix", "")
    if prefix and (prefix.startswith("/") or prefix.endswith("/") or "AWSLogs" in prefix or "," in prefix or "=" in prefix):
        section.problems.add(section.at("prefix"), prefix, "it must not begin or end with '/', nor contain AWSLogs, ',' or '='")
    section.finish()
    return {"bucket": bucket, "prefix": prefix}


def _web_acl(reader: Reader) -> str:
    value = reader.take("web_acl")
    if value in (None, ""):
        return ""
    found = WEB_ACL.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and (is_unknown(value) or (found and found["scope"] == "regional")):
        return value
    if found:
        reader.problems.add(reader.at("web_acl"), value, "a global web ACL is for CloudFront; a load balancer needs a regional one")
    else:
        reader.problems.add(reader.at("web_acl"), value, "it must be the ARN of a regional web ACL of WAFv2")
    return ""


def _health(parent: Reader) -> Health:
    reader = parent.section("health")
    path = reader.take("path")
    if path is not None and as_path(path) is None:
        reader.problems.add(reader.at("path"), path, PATH)
    codes = reader.take("codes")
    found = Health(
        path=str(path or ""),
        interval=reader.integer("interval", 10, 5, 300),
        timeout=reader.integer("timeout", 5, 2, 120),
        healthy=reader.integer("healthy", 2, 2, 10),
        unhealthy=reader.integer("unhealthy", 2, 2, 10),
        codes=str(codes or ""),
    )
    if found.codes and not CODES.fullmatch(found.codes):
        reader.problems.add(reader.at("codes"), codes, "it must be status codes such as 200 or 200-299,301")
    if found.timeout >= found.interval:
        reader.problems.add(reader.at("timeout"), found.timeout, f"it must be less than interval, which is {found.interval}")
    reader.finish()
    return found


def _matching(reader: Reader, key: str, pattern: re.Pattern[str], remedy: str) -> str:
    value = reader.take(key)
    if value is None:
        return ""
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    reader.problems.add(reader.at(key), value, remedy)
    return ""


def _attributes(reader: Reader, key: str) -> dict[str, str]:
    """Further attributes of the load balancer or its target groups. Those that have a setting of their own are refused."""
    own = {
        "idle_timeout.timeout_seconds": "idle_timeout",
        "routing.http.drop_invalid_header_fields.enabled": "drop_invalid_headers",
        "deletion_protection.enabled": "deletion_protection",
        "deregistration_delay.timeout_seconds": "deregistration_delay",
    }
    found: dict[str, str] = {}
    for name, value in reader.section(key).given.items():
        path = f"{reader.at(key)}.{name}"
        text = str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else as_integer(value)
        setting = own.get(str(name)) or ("access_logs" if str(name).startswith("access_logs.") else "")
        setting = setting or ("stickiness" if str(name).startswith("stickiness.") else "")
        if setting:
            reader.problems.add(path, value, f"it has a setting of its own, ingress.{setting}; use that")
        elif not ATTRIBUTE.fullmatch(str(name)) or text is None or any(sign in str(text) for sign in ",="):
            reader.problems.add(path, value, "it must be the name of an attribute with a value without ',' and '='")
        else:
            found[str(name)] = str(text)
    return found


def _annotations(reader: Reader) -> dict[str, str]:
    """Further annotations, for what has no setting. ``owned`` ones would contradict the settings."""
    found = reader.string_map("annotations")
    for key, value in found.items():
        if wrong := key_problem(key):
            reader.problems.add(reader.at("annotations"), key, wrong)
        elif key in OWN_ANNOTATIONS:
            reader.problems.add(
                reader.at(f"annotations.{key}"), value, f"it has a setting of its own, ingress.{OWN_ANNOTATIONS[key]}; use that"
            )
    return found


OWN_ANNOTATIONS = {
    f"{ANNOTATIONS}{name}": setting
    for name, setting in {
        "scheme": "scheme",
        "certificate-arn": "certificate",
        "ssl-policy": "tls_policy",
        "listen-ports": "certificate",
        "ssl-redirect": "certificate",
        "security-groups": "security_groups",
        "subnets": "subnet_ids",
        "inbound-cidrs": "inbound_cidrs",
        "load-balancer-attributes": "attributes",
        "target-group-attributes": "target_attributes",
        "load-balancer-name": "name",
        "wafv2-acl-arn": "web_acl",
        "group.name": "group",
        "group.order": "group_order",
        "ip-address-type": "ip_address_type",
        "tags": "tags",
        "healthcheck-path": "health.path",
        "healthcheck-interval-seconds": "health.interval",
        "healthcheck-timeout-seconds": "health.timeout",
        "healthy-threshold-count": "health.healthy",
        "unhealthy-threshold-count": "health.unhealthy",
        "success-codes": "health.codes",
    }.items()
}


def _check_lists(reader: Reader, found: Ingress) -> None:
    if found.inbound_cidrs and found.security_groups:
        reader.problems.messages.append(
            f"{reader.at('inbound_cidrs')} has no effect with security_groups, which then decide who reaches the load balancer; keep one"
        )
    if found.group_order and not found.group:
        reader.problems.add(
            reader.at("group_order"), found.group_order, "it orders the members of a group, and there is no group; remove it"
        )
    if len(found.subnet_ids) == 1:
        reader.problems.add(reader.at("subnet_ids"), list(found.subnet_ids), "a load balancer needs at least two, in different zones")
    for name, value in found.tags.items():
        if "," in value or "=" in value or "," in name or "=" in name:
            reader.problems.add(reader.at(f"tags.{name}"), value, "the load balancer controller separates tags by ',' and '='; avoid both")
