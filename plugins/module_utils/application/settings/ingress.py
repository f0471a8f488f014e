# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How users reach the services: host names and paths, TLS, and the load balancer's settings. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.kubernetes import SUBDOMAIN
from ...inputs.problems import suggestion
from ...inputs.reader import Reader
from ...reconcile.model import is_unknown
from .load_balancers import Health, read_access_logs, read_annotations, read_attributes, read_health, read_inbound, read_web_acl
from .origin_secret import OriginSecret, read_origin_secret
from .probes import PATH, as_path

SCHEMES = ("internal", "internet-facing")
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 (docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html)."""

MODERN = re.compile(r"ELBSecurityPolicy-(?:TLS13-1-[23]|TLS-1-2|FS-1-2)(?:-[A-Za-z0-9-]+)?")
"""The policies that accept nothing older than TLS 1.2."""

ACM = re.compile(r"arn:[a-z-]+:(?:acm:[a-z0-9-]+:\d{12}:certificate/\S+|iam::\d{12}:server-certificate/\S+)")
GROUP = re.compile(r"(?=.{1,63}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
LOAD_BALANCER_NAME = re.compile(r"(?!internal-)(?=.{1,32}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")

LONGEST_STICKINESS = 604800
"""Seconds; seven days (CreateRule, TargetGroupStickinessConfig)."""


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
    origin_secret: OriginSecret | None = None
    deletion_protection: bool = False
    drop_invalid_headers: bool = True
    health: Health = field(default_factory=Health)
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
        inbound_cidrs=read_inbound(reader),
        access_logs=read_access_logs(reader),
        web_acl=read_web_acl(reader),
        origin_secret=read_origin_secret(reader),
        deletion_protection=reader.boolean("deletion_protection", False),
        drop_invalid_headers=reader.boolean("drop_invalid_headers", True),
        health=read_health(reader),
        group=_matching(reader, "group", GROUP, "it must be at most 63 lower-case letters, digits, '-' and '.'"),
        group_order=reader.integer("group_order", 0, 1, 1000),
        stickiness=reader.integer("stickiness", 0, 0, LONGEST_STICKINESS),
        load_balancer_name=_matching(
            reader, "name", LOAD_BALANCER_NAME, "it must be at most 32 letters, digits and '-', and must not begin with internal-"
        ),
        ip_address_type=reader.choice("ip_address_type", ("ipv4", "dualstack"), "ipv4"),
        tags=reader.tags("tags"),
        attributes=read_attributes(reader, "attributes"),
        target_attributes=read_attributes(reader, "target_attributes"),
        annotations=read_annotations(reader),
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


def _matching(reader: Reader, key: str, pattern: re.Pattern[str], remedy: str) -> str:
    value = reader.take(key)
    if value is None:
        return ""
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    reader.problems.add(reader.at(key), value, remedy)
    return ""


def _check_lists(reader: Reader, found: Ingress) -> None:
    if found.inbound_cidrs and found.security_groups:
        reader.problems.messages.append(
            f"{reader.at('inbound_cidrs')} has no effect with security_groups, which then decide who reaches the load balancer; keep one"
        )
    if found.group_order and not found.group:
        reader.problems.add(
            reader.at("group_order"), found.group_order, "it orders the members of a group, and there is no group; remove it"
        )
    if found.origin_secret and found.group:
        remedy = "other members of a group could let requests past it; give the application a load balancer of its own"
        reader.problems.add(reader.at("group"), found.group, f"origin_secret is set, and {remedy}")
    if len(found.subnet_ids) == 1:
        reader.problems.add(reader.at("subnet_ids"), list(found.subnet_ids), "a load balancer needs at least two, in different zones")
    for name, value in found.tags.items():
        if "," in value or "=" in value or "," in name or "=" in name:
            reader.problems.add(reader.at(f"tags.{name}"), value, "the load balancer controller separates tags by ',' and '='; avoid both")
