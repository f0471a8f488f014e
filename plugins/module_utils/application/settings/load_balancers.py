# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of a load balancer beside its rules and its TLS: checks, logs, protection, and what has no setting. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...inputs.kubernetes import key_problem
from ...inputs.reader import Reader
from ...inputs.values import as_block, as_integer, block_remedy
from ...reconcile.model import is_unknown
from .probes import PATH, as_path

ANNOTATIONS = "alb.ingress.kubernetes.io/"
WEB_ACL = re.compile(r"arn:[a-z-]+:wafv2:[a-z0-9-]+:\d{12}:(?P<scope>regional|global)/webacl/\S+")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
CODES = re.compile(r"\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*")
ATTRIBUTE = re.compile(r"[a-z0-9_.]+")


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


def read_inbound(reader: Reader) -> tuple[str, ...]:
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


def read_access_logs(reader: Reader) -> dict[str, str]:
    section = reader.section("access_logs")
    if not section.given:
        return {}
    bucket = section.required_text("bucket", "give the name of the bucket that receives the logs", BUCKET)
    prefix = section.text("prefix", "")
    if prefix and (prefix.startswith("/") or prefix.endswith("/") or "AWSLogs" in prefix or "," in prefix or "=" in prefix):
        section.problems.add(section.at("prefix"), prefix, "it must not begin or end with '/', nor contain AWSLogs, ',' or '='")
    section.finish()
    return {"bucket": bucket, "prefix": prefix}


def read_web_acl(reader: Reader) -> str:
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


def read_health(parent: Reader) -> Health:
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


def read_attributes(reader: Reader, key: str) -> dict[str, str]:
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


def read_annotations(reader: Reader) -> dict[str, str]:
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
