# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The Ingress, with the annotations of the AWS Load Balancer Controller. Pure functions.

Annotations: kubernetes-sigs.github.io/aws-load-balancer-controller, "Ingress annotations". Their values are strings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..settings.facts import Facts
from ..settings.ingress import Ingress
from ..settings.load_balancers import ANNOTATIONS
from ..settings.origin_secret import ORIGIN_SECRET, REFUSING, refusal
from .common import Manifest, made

CLASS = "alb"
USE_ANNOTATION = "use-annotation"
"""The name of the port of a backend that is not a Service but an action in an annotation."""


def ingress_object(one: Ingress, facts: Facts) -> Manifest:
    rules = [{**({} if host == "*" else {"host": host}), "http": {"paths": _paths(paths)}} for host, paths in one.hosts.items()]
    spec: dict[str, Any] = {"ingressClassName": CLASS, "rules": rules}
    if one.origin_secret:
        spec["defaultBackend"] = refusing_backend()
    return made(facts, "networking.k8s.io/v1", "Ingress", facts.kubernetes_name, "ingress", annotations_of(one), spec=spec)


def refusing_backend() -> Manifest:
    """The backend of requests that no rule admits; see origin_secret.refusal."""
    return {"service": {"name": REFUSING, "port": {"name": USE_ANNOTATION}}}


def _paths(paths: Mapping[str, str]) -> list[Manifest]:
    return [{"path": path, "pathType": "Prefix", "backend": backend(service)} for path, service in paths.items()]


def backend(service: str) -> Manifest:
    return {"service": {"name": service, "port": {"name": "http"}}}


def annotations_of(one: Ingress) -> dict[str, str]:
    found = {
        "scheme": one.scheme,
        "target-type": "ip",
        "ip-address-type": one.ip_address_type if one.ip_address_type != "ipv4" else "",
        "load-balancer-attributes": _pairs(_load_balancer(one)),
        "target-group-attributes": _pairs(_target_group(one)),
        "load-balancer-name": one.load_balancer_name,
        "subnets": ",".join(one.subnet_ids),
        "inbound-cidrs": ",".join(one.inbound_cidrs),
        "wafv2-acl-arn": one.web_acl,
        "group.name": one.group,
        "group.order": str(one.group_order or ""),
        "tags": _pairs(one.tags),
        **_listeners(one),
        **_health(one),
        **_security_groups(one),
    }
    secret = {ORIGIN_SECRET: one.origin_secret.annotation, **refusal()} if one.origin_secret else {}
    return {**{f"{ANNOTATIONS}{name}": value for name, value in found.items() if value}, **secret, **one.annotations}


def _listeners(one: Ingress) -> dict[str, str]:
    """HTTPS, to which HTTP redirects; or HTTP alone without a certificate."""
    if not one.certificates:
        return {"listen-ports": json.dumps([{"HTTP": 80}])}
    return {
        "listen-ports": json.dumps([{"HTTP": 80}, {"HTTPS": 443}]),
        "ssl-redirect": "443",
        "certificate-arn": ",".join(one.certificates),
        "ssl-policy": one.tls_policy,
    }


def _health(one: Ingress) -> dict[str, str]:
    """The path is that of each service, so it is an annotation of the Service."""
    health = one.health
    return {
        "healthcheck-interval-seconds": str(health.interval),
        "healthcheck-timeout-seconds": str(health.timeout),
        "healthy-threshold-count": str(health.healthy),
        "unhealthy-threshold-count": str(health.unhealthy),
        "success-codes": health.codes or "200",
    }


def _security_groups(one: Ingress) -> dict[str, str]:
    """With groups of our own, the controller still lets the load balancer reach the pods."""
    if not one.security_groups:
        return {}
    return {"security-groups": ",".join(one.security_groups), "manage-backend-security-group-rules": "true"}


def _load_balancer(one: Ingress) -> dict[str, str]:
    logs = one.access_logs
    return {
        "idle_timeout.timeout_seconds": str(one.idle_timeout),
        "routing.http.drop_invalid_header_fields.enabled": _text(one.drop_invalid_headers),
        "deletion_protection.enabled": _text(one.deletion_protection),
        "access_logs.s3.enabled": _text(bool(logs)),
        **({"access_logs.s3.bucket": logs["bucket"]} if logs else {}),
        **({"access_logs.s3.prefix": logs["prefix"]} if logs.get("prefix") else {}),
        **one.attributes,
    }


def _target_group(one: Ingress) -> dict[str, str]:
    found = {"deregistration_delay.timeout_seconds": str(one.deregistration_delay)}
    if one.stickiness:
        found |= {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"}
        found |= {"stickiness.lb_cookie.duration_seconds": str(one.stickiness)}
    return {**found, **one.target_attributes}


def _text(value: bool) -> str:
    return "true" if value else "false"


def _pairs(values: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def weighted(name: str, weights: Mapping[str, int], stickiness: int = 0, port: str | int = "http") -> tuple[dict[str, str], Manifest]:
    """(annotation, backend) of a rule that divides requests among Services by weight. ``stickiness``: seconds; 0 for none.

    Target group and rule stickiness belong together: with only the former, a client's cookie names a pod of a group that the next request
    does not reach (aws-load-balancer-controller, "Traffic Routing").
    """
    groups = [{"serviceName": service, "servicePort": str(port), "weight": weight} for service, weight in weights.items()]
    forward: Manifest = {"targetGroups": groups}
    if stickiness:
        forward["targetGroupStickinessConfig"] = {"enabled": True, "durationSeconds": stickiness}
    action = json.dumps({"type": "forward", "forwardConfig": forward}, separators=(",", ":"))
    return {f"{ANNOTATIONS}actions.{name}": action}, {"service": {"name": name, "port": {"name": USE_ANNOTATION}}}
