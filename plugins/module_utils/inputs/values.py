# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Single values of the user's input: each function returns the value in our form, or None if it is invalid.

``Reader.items`` uses them to convert a list. ``one_of`` and ``matching`` create such functions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Container, Iterable
from typing import Any

from ..reconcile.model import is_unknown

ZONE_NAME = re.compile(r"(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d+)(?P<letter>[a-z])")
"""An ordinary zone: a region and a letter. Local zones (us-east-1-bos-1a) and Wavelength zones have longer names and do not match."""

AWS_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
"""A name that EKS and other services accept."""

SERVICE_ACCOUNT = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
"""A DNS subdomain, as Kubernetes accepts for most names."""

NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A DNS label (RFC 1123): what Kubernetes accepts as the name of a namespace or a service account."""

REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")
ACCOUNT_ID = re.compile(r"\d{12}")
INSTANCE_TYPE = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")
KMS_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")
PREFIX_LIST = re.compile(r"pl-[0-9a-f]+")
ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:[a-z0-9-]*:(?:\d{12}|aws)?:\S+")

RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The periods that CloudWatch Logs accepts (PutRetentionPolicy)."""

PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""RFC 1918."""

PortRange = tuple[int, int]
Convert = Callable[[Any], "str | None"]


def one_of(choices: Container[str]) -> Convert:
    """Return a function that accepts the strings in ``choices``."""

    def convert(value: Any) -> str | None:
        return str(value) if isinstance(value, str) and value in choices else None

    return convert


def matching(pattern: re.Pattern[str]) -> Convert:
    """Return a function that accepts the strings that ``pattern`` matches in full."""

    def convert(value: Any) -> str | None:
        return str(value) if isinstance(value, str) and pattern.fullmatch(value) else None

    return convert


as_zone = matching(ZONE_NAME)
as_name = matching(AWS_NAME)
as_namespace = matching(NAMESPACE)
as_prefix_list = matching(PREFIX_LIST)


def as_text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def as_arn(value: Any) -> str | None:
    """An ARN, or a value known only after an apply."""
    return str(value) if isinstance(value, str) and (ARN.fullmatch(value) or is_unknown(value)) else None


def as_integer(value: Any) -> int | None:
    """A whole number, also if a template turned it into a string; None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return None


def as_block(value: Any) -> ipaddress.IPv4Network | None:
    """An IPv4 block with an explicit prefix length and no host bits; None for anything else."""
    try:
        return ipaddress.IPv4Network(value) if isinstance(value, str) and "/" in value else None
    except ValueError:
        return None


def as_block_text(value: Any) -> str | None:
    block = as_block(value)
    return str(block) if block else None


def as_any_block(value: Any) -> str | None:
    """An IPv4 or IPv6 block with an explicit prefix length and no host bits, as text; None for anything else."""
    try:
        return str(ipaddress.ip_network(value)) if isinstance(value, str) and "/" in value else None
    except ValueError:
        return None


def as_public_block(value: Any) -> str | None:
    """A block from which clients can connect over the internet, or the entire internet."""
    block = as_block(value)
    if block is None:
        return None
    local = block.is_private or block.is_link_local or block.is_loopback or block.is_multicast
    return str(block) if block.prefixlen == 0 or not local else None


MOST_PUBLIC = 2**24
MOST_PUBLIC_IPV6 = 19
"""The prefix of the largest IPv6 blocks that registries give to one organization, about."""
"""Number of addresses in a /8. No list of actual clients covers more; halves or quarters of the internet do."""


def is_worldwide(blocks: Iterable[str]) -> bool:
    """Whether these blocks together cover so much of the internet that they do not distinguish clients from everyone else.

    0.0.0.0/0 does, and so does either half, 0.0.0.0/1 or 128.0.0.0/1. Private addresses do not count, because no client on the internet has
    one.
    """
    listed = [ipaddress.ip_network(one) for one in blocks]
    if any(one.version == 6 and one.prefixlen < MOST_PUBLIC_IPV6 for one in listed):
        return True
    private = [ipaddress.IPv4Network(one) for one in PRIVATE_RANGES]
    public = 0
    for block in ipaddress.collapse_addresses(one for one in listed if isinstance(one, ipaddress.IPv4Network)):
        if not any(block.subnet_of(one) for one in private):
            public += block.num_addresses - sum(one.num_addresses for one in private if one.subnet_of(block))
    return public > MOST_PUBLIC


def block_remedy(value: Any) -> str:
    """The remedy for a value that ``as_block`` rejected: names the block that was probably meant."""
    try:
        meant = ipaddress.IPv4Network(value, strict=False) if isinstance(value, str) and "/" in value else None
    except ValueError:
        meant = None
    return f"it has host bits set; the block would be {meant}" if meant else "it must be an IPv4 block such as 10.0.0.0/16"


def as_port(value: Any) -> int | None:
    number = as_integer(value)
    return number if number is not None and 1 <= number <= 65535 else None


def as_port_range(value: Any) -> PortRange | None:
    """A port or "first-last" as a pair."""
    first, separator, last = str(value).partition("-")
    low, high = as_port(first), as_port(last if separator else first)
    return (low, high) if low is not None and high is not None and low <= high and not isinstance(value, bool) else None
