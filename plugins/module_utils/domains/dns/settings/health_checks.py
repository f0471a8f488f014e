# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of health checks, by which Route 53 judges whether an endpoint answers."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from ....inputs.reader import Reader
from ....inputs.values import one_of
from ....reconcile.model import is_unknown
from ..records.domain_names import name_problem, normal

PORTS = {"https": 443, "http": 80, "tcp": 0}
"""protocol -> the default port; TCP has none."""
INTERVALS = (10, 30)
LONGEST_PATH = LONGEST_TEXT = 255
MOST_FAILURES = 10
REGIONS = ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1")
"""Where Route 53 has checkers (Route 53 API Reference, HealthCheckConfig)."""
FEWEST_REGIONS = 3


@dataclass(frozen=True)
class HealthCheck:
    """One health check. ``name``: with that of the zone that lists it. Without ``address``, Route 53 looks ``host`` up. ``regions``: empty
    for all.
    """

    name: str
    path: str
    protocol: str = "https"
    host: str = ""
    address: str = ""
    port: int = 443
    resource_path: str = ""
    contains: str = ""
    interval: int = 30
    failures: int = 3
    inverted: bool = False
    disabled: bool = False
    regions: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def read_health_checks(reader: Reader, zone: str) -> dict[str, HealthCheck]:
    """The health checks of a zone, by name. Every problem is recorded."""
    return {name: _health_check(name, one, zone) for name, one in reader.named("the name of a health check", 32)}


def _health_check(name: str, reader: Reader, zone: str) -> HealthCheck:
    protocol = reader.choice("protocol", PORTS, "https")
    found = HealthCheck(
        name=f"{zone}/{name}",
        path=reader.path,
        protocol=protocol,
        host=_host(reader),
        address=_address(reader),
        port=_port(reader, protocol),
        resource_path=_path(reader, protocol),
        contains=_contains(reader, protocol),
        interval=_interval(reader),
        failures=reader.integer("failures", 3, 1, MOST_FAILURES),
        inverted=reader.boolean("inverted", False),
        disabled=reader.boolean("disabled", False),
        regions=_regions(reader),
        tags=reader.tags("tags"),
    )
    if not found.host and not found.address and not {"host", "address"} & set(reader.given):
        reader.problems.missing(reader.at("host"), "give the host name of the endpoint, or its address")
    reader.finish()
    return found


def _interval(reader: Reader) -> int:
    seconds = reader.integer("interval", INTERVALS[-1], *INTERVALS)
    if seconds not in INTERVALS:
        reader.problems.add(reader.at("interval"), seconds, "Route 53 checks every 10 or every 30 seconds")
    return seconds


def _host(reader: Reader) -> str:
    name = normal(reader.text("host", ""))
    if name and not is_unknown(name) and (problem := name_problem(name)):
        reader.problems.add(reader.at("host"), name, problem)
    return name


def _address(reader: Reader) -> str:
    text = reader.text("address", "")
    if not text or is_unknown(text):
        return text
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        reader.problems.add(reader.at("address"), text, "it must be an IP address such as 203.0.113.10")
        return ""
    if found.is_private and not _is_documentation(found):
        reader.problems.add(reader.at("address"), text, "Route 53 checks endpoints over the Internet, and cannot reach a private address")
    return str(found)


def _is_documentation(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Addresses of examples (RFC 5737, RFC 3849) count as public ones."""
    blocks = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return any(address in ipaddress.ip_network(block) for block in blocks)


def _port(reader: Reader, protocol: str) -> int:
    if protocol == "tcp" and reader.given.get("port") is None:
        reader.problems.missing(reader.at("port"), "TCP has no default port")
    return reader.integer("port", PORTS[protocol], 1, 65535)


def _path(reader: Reader, protocol: str) -> str:
    path = reader.text("path", "" if protocol == "tcp" else "/")
    if path and protocol == "tcp":
        reader.problems.add(reader.at("path"), path, "a check by TCP only connects; remove it, or use http or https")
    elif path and (not path.startswith("/") or len(path) > LONGEST_PATH):
        reader.problems.add(reader.at("path"), path, f"it begins with a slash and has at most {LONGEST_PATH} characters")
    return path


def _contains(reader: Reader, protocol: str) -> str:
    text = reader.text("contains", "")
    if text and protocol == "tcp":
        reader.problems.add(reader.at("contains"), text, "a check by TCP only connects; remove it, or use http or https")
    elif len(text) > LONGEST_TEXT:
        reader.problems.add(reader.at("contains"), text, f"Route 53 looks for at most {LONGEST_TEXT} characters")
    return text


def _regions(reader: Reader) -> tuple[str, ...]:
    found = reader.items("regions", (), one_of(REGIONS), f"Route 53 has checkers in {', '.join(REGIONS)}")
    if found and len(found) < FEWEST_REGIONS:
        reader.problems.add(reader.at("regions"), list(found), f"Route 53 checks from at least {FEWEST_REGIONS} regions")
    return tuple(sorted(found))
