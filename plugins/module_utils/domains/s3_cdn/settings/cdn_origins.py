# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The origins of a distribution."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ....reconcile.model import is_unknown

LONGEST_NAME = 40
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
HEADER = re.compile(r"[A-Za-z0-9-]{1,128}")
REFUSED_HEADERS = (
    *("cache-control", "connection", "content-length", "cookie", "host", "if-match", "if-modified-since", "if-none-match", "if-range"),
    *("if-unmodified-since", "max-forwards", "pragma", "proxy-authorization", "proxy-connection", "range", "request-range", "te"),
    *("trailer", "transfer-encoding", "upgrade", "via", "x-real-ip"),
)
REFUSED_BEGINNINGS = ("x-amz-", "x-edge-")
"""Headers that CloudFront cannot add (CloudFront Developer Guide, "Custom headers that CloudFront can't add to origin requests")."""
CANNOT_BE_ADDED = "CloudFront cannot add this header; use a name such as x-origin-verify"
MOST_HEADERS = 30
DEFAULT_HEADER = "x-origin-verify"
"""The header that the Ingress of an application demands by default, too."""
S3 = re.compile(r"(^|\.)s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?$")
BALANCER = re.compile(r"\.elb\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?$|\.[a-z0-9-]+\.elb\.amazonaws\.com(\.cn)?$")
IDENTITY = re.compile(r"E[A-Z0-9]{5,30}")
PROTOCOLS = {"https": "https-only", "http": "http-only"}
TLS = ("TLSv1", "TLSv1.1", "TLSv1.2")
LOAD_BALANCER = re.compile(r"arn:[\w-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/(app|net)/[\w-]+/[0-9a-f]+")
VPC_ORIGIN = (
    "a VPC origin exists for a load balancer by its ARN only: give load_balancer_arn, and the name in its certificate as domain_name. One "
    "that a controller makes gets another ARN when it is made anew: give it a name in a zone of yours, use domain_name alone, and admit "
    "only CloudFront's prefix list and a secret header of the origin"
)


@dataclass(frozen=True)
class Origin:
    """Either a bucket of the component, or a host. ``headers``: sent to the origin with every request; their values are secrets.

    ``secret``: the name in origin_secrets of the secret whose current value is sent too, in the header ``secret_header``.
    ``load_balancer_arn``: of a load balancer that CloudFront reaches inside its VPC, by a VPC origin.
    ``from_identity``: the origin access identity that the distribution used before, which the bucket's policy still admits.
    """

    name: str
    path: str
    bucket: str = ""
    domain_name: str = ""
    directory: str = ""
    protocol: str = "https"
    http_port: int = 80
    https_port: int = 443
    tls: tuple[str, ...] = ("TLSv1.2",)
    read_timeout: int = 30
    keepalive_timeout: int = 5
    keep_host: bool = False
    shield: str = ""
    from_identity: str = ""
    load_balancer_arn: str = ""
    secret: str = ""
    secret_header: str = DEFAULT_HEADER
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_origins(reader: Reader) -> dict[str, Origin]:
    found = {name: _origin(name, one) for name, one in reader.section("origins").named("the name of an origin", LONGEST_NAME)}
    if not found:
        reader.problems.missing(reader.at("origins"), "describe at least one origin, such as {app: {bucket: site}}")
    return found


def _origin(name: str, reader: Reader) -> Origin:
    bucket, host = reader.text("bucket", ""), reader.text("domain_name", "")
    if reader.take("vpc_origin") is not None:
        reader.problems.messages.append(f"{reader.at('vpc_origin')}: {VPC_ORIGIN}")
    if bool(bucket) == bool(host) and "vpc_origin" not in reader.given:
        reader.problems.missing(reader.path, "set either bucket, the name of a bucket of this component, or domain_name")
    found = Origin(
        name=name,
        path=reader.path,
        bucket=bucket,
        domain_name=_host(reader, host) if host else "",
        directory=_directory(reader),
        shield=reader.text("shield_region", ""),
        **(_bucket_only(reader) if bucket else _custom(reader)),
    )
    reader.finish()
    return found


def _bucket_only(reader: Reader) -> dict[str, Any]:
    identity = reader.text("from_identity", "")
    if identity and not IDENTITY.fullmatch(identity):
        reader.problems.add(reader.at("from_identity"), identity, "it must be the ID of an origin access identity, such as E2QWRUHAPOMQZL")
    return {"from_identity": identity}


def _custom(reader: Reader) -> dict[str, Any]:
    tls = reader.choice("tls", TLS, "TLSv1.2")
    return {
        "protocol": reader.choice("protocol", PROTOCOLS, "https"),
        "http_port": reader.integer("http_port", 80, 80, 65535),
        "https_port": reader.integer("https_port", 443, 443, 65535),
        "tls": TLS[TLS.index(tls) :],
        "read_timeout": reader.integer("read_timeout", 30, 1, 120),
        "keepalive_timeout": reader.integer("keepalive_timeout", 5, 1, 120),
        "keep_host": reader.boolean("keep_host", False),
        "load_balancer_arn": _load_balancer(reader),
        "secret": reader.text("origin_secret", ""),
        "secret_header": _secret_header(reader),
    }


def _load_balancer(reader: Reader) -> str:
    arn = reader.text("load_balancer_arn", "")
    if arn and not is_unknown(arn) and not LOAD_BALANCER.fullmatch(arn):
        reader.problems.add(reader.at("load_balancer_arn"), arn, VPC_ORIGIN)
    return arn


def _secret_header(reader: Reader) -> str:
    name = reader.text("origin_secret_header", DEFAULT_HEADER).lower()
    if not can_be_added(name):
        reader.problems.add(reader.at("origin_secret_header"), name, CANNOT_BE_ADDED)
    return name


def can_be_added(header: str) -> bool:
    """Whether CloudFront can add a header of this name, in lower case, to requests."""
    return bool(HEADER.fullmatch(header)) and header not in REFUSED_HEADERS and not header.startswith(REFUSED_BEGINNINGS)


def _host(reader: Reader, host: str) -> str:
    name = host.lower().rstrip(".")
    if is_unknown(host):
        return host
    if S3.search(name):
        reader.problems.add(
            reader.at("domain_name"), host, "a bucket is an origin by its name in these settings: use bucket, so that it stays private"
        )
    elif BALANCER.search(name):
        reader.problems.add(
            reader.at("domain_name"),
            host,
            "a load balancer has no certificate for its own name, and gets another name when it is made anew; give it a name in a zone of "
            "yours, such as origin.example.com, with a certificate for that name",
        )
    elif not HOST.fullmatch(name):
        reader.problems.add(reader.at("domain_name"), host, "it must be the name of a host, such as origin.example.com")
    return name


def _directory(reader: Reader) -> str:
    directory = reader.text("path", "")
    if directory and (not directory.startswith("/") or directory.endswith("/")):
        reader.problems.add(reader.at("path"), directory, "it must begin with / and not end with it, such as /releases/current")
    return directory


def read_headers(given: Any, path: str, origins: Mapping[str, Origin], problems: Problems) -> dict[str, Origin]:
    """The origins with the headers that CloudFront adds to their requests. They are apart from everything else because their values are
    secrets; no message shows one.
    """
    if given is not None and not isinstance(given, Mapping):
        problems.messages.append(f"{path} must be a mapping of origins to the headers that CloudFront adds")
        return dict(origins)
    found = dict(origins)
    for name, headers in (given or {}).items():
        origin = found.get(str(name))
        if origin is None:
            problems.messages.append(f"{path}.{name}: there is no such origin; {suggestion(str(name), list(origins))}")
        elif origin.bucket:
            problems.messages.append(f"{path}.{name} is a bucket, which takes no headers: its policy admits the distribution")
        else:
            found[origin.name] = replace(origin, headers=_headers(headers, f"{path}.{name}", problems))
            if origin.secret and origin.secret_header in found[origin.name].headers:
                problems.messages.append(
                    f"{path}.{name}.{origin.secret_header}: {origin.path}.origin_secret sets it; remove one of the two"
                )
    return found


def _headers(given: Any, path: str, problems: Problems) -> dict[str, str]:
    if not isinstance(given, Mapping):
        problems.messages.append(f"{path} must be a mapping of headers to their values")
        return {}
    found = {}
    for name, value in given.items():
        text = str(name)
        if not can_be_added(text.lower()):
            problems.messages.append(f"{path}.{text}: {CANNOT_BE_ADDED}")
        elif not isinstance(value, str) or not value.strip():
            problems.messages.append(f"{path}.{text} must be a non-empty text; quote it")
        else:
            found[text.lower()] = value
    if len(found) > MOST_HEADERS:
        problems.messages.append(f"{path} has {len(found)} headers, and CloudFront adds at most {MOST_HEADERS}")
    return found
