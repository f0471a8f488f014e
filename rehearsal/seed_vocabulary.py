"""The vocabulary of a seed and its validation. Nothing here calls a cloud: mistakes are found before anything is changed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.extensions.ec2_regions import OPT_IN
from rehearsal.quotas import QUOTAS
from rehearsal.seed_checks import (
    Check,
    block,
    count,
    document,
    fields,
    flag,
    identity,
    list_of,
    map_of,
    one_of,
    pattern,
    principal,
    something,
    text,
    text_or,
    unknown,
)

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)((?:[.\[][^}:]*)?)\}")
ALWAYS_KNOWN = ("account_id", "region")

PATH = pattern(r"/|/[!-~]+/", "a path of IAM that begins and ends with /")
IAM_NAME = pattern(r"[\w+=,.@-]{1,128}", "a name of IAM: letters, digits and +=,.@-_")
ARN_OR_NAME = pattern(r"arn:[\w-]+:iam::[^:]*:policy/\S+|[\w+=,.@-]{1,128}", "the name of a policy of this seed, or an ARN")
TAGS = map_of(text)
ZONE_NAME = pattern(r"([\w*-]+\.)+[\w-]+\.?", "a domain name")
ZONE = pattern(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", "a zone such as af-south-1a")

SUBNET = fields({"id": identity("subnet"), "cidr": block, "availability_zone": ZONE, "tags": TAGS}, ["cidr", "availability_zone"])
ROLE = {
    "path": PATH,
    "description": text,
    "principal": principal,
    "trust_policy": document,
    "policies": list_of(ARN_OR_NAME),
    "permissions_boundary": ARN_OR_NAME,
    "tags": TAGS,
}
IMAGE_TAG = pattern(r"[A-Za-z0-9_][\w.-]{0,127}", "the tag of an image")
REPOSITORY = pattern(r"[a-z0-9]+([._/-][a-z0-9]+)*", "the name of a repository of ECR")
ACCOUNT = pattern(r"\d{12}", "an account id: 12 digits, in quotes")
IMAGE = text_or(
    IMAGE_TAG,
    fields(
        {"tag": IMAGE_TAG, "platforms": list_of(pattern(r"[a-z0-9]+(/[a-z0-9]+){1,2}", "a platform such as linux/arm64")), "index": flag},
        ["tag"],
    ),
)
CALL = {"service": text, "operation": text, "parameters": something, "register": text, "region": text, "id": text}

SECTIONS: Mapping[str, Check] = {
    "policies": map_of(fields({"path": PATH, "description": text, "document": document, "tags": TAGS}), IAM_NAME),
    "sign_on_roles": map_of(
        fields(
            {
                "suffix": pattern(r"[0-9a-f]{16}", "the 16 hexadecimal digits at the end of the role's name"),
                "home_region": pattern(r"[a-z]{2}(-[a-z]+)+-\d", "a region such as eu-west-1"),
                "policies": list_of(ARN_OR_NAME),
            }
        ),
        pattern(r"[\w+=,.@-]{1,32}", "the name of a permission set: at most 32 letters, digits and +=,.@-_"),
    ),
    "roles": map_of(fields(ROLE), IAM_NAME),
    "keys": map_of(
        fields(
            {
                "id": pattern(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", "the id of a KMS key (not its ARN)"),
                "description": text,
                "policy": document,
                "rotation": flag,
                "tags": TAGS,
            }
        ),
        pattern(r"(?!alias/|aws/)[\w/-]{1,250}", "an alias without alias/ before it"),
    ),
    "vpcs": map_of(
        fields(
            {
                "id": identity("vpc"),
                "cidr": block,
                "dns_hostnames": flag,
                "internet_gateway": fields({"id": identity("igw"), "tags": TAGS}),
                "subnets": map_of(SUBNET),
                "tags": TAGS,
            },
            ["cidr"],
        )
    ),
    "prefix_lists": map_of(fields({"id": identity("pl"), "entries": map_of(text, block), "max_entries": count, "tags": TAGS})),
    "images": map_of(
        fields(
            {
                "id": identity("ami"),
                "architecture": one_of(["arm64", "i386", "x86_64"]),
                "description": text,
                "tags": TAGS,
            }
        )
    ),
    "repositories": map_of(
        fields({"images": list_of(IMAGE), "pull_accounts": list_of(ACCOUNT), "tags": TAGS}),
        REPOSITORY,
    ),
    "hosted_zones": map_of(
        fields(
            {
                "id": pattern(r"Z[A-Z0-9]{1,31}", "the id of a hosted zone, such as Z0123456789ABCDEFGHIJ"),
                "comment": text,
                "private_to": list_of(pattern(r"vpc-[0-9a-f]+|.+", "the name of a VPC of this seed, or an id")),
                "tags": TAGS,
            }
        ),
        ZONE_NAME,
    ),
    "secrets": map_of(
        fields({"value": text, "description": text, "tags": TAGS}, ["value"]),
        pattern(r"[\w/+=.@-]{1,512}", "the name of a secret: letters, digits and /_+=.@-"),
    ),
}
"""Section -> its check, in creation order: later sections may refer to earlier ones."""

CALLS: Mapping[str, Check] = {"calls": list_of(fields(CALL, ["service", "operation"]))}
GLOBAL = frozenset({"policies", "sign_on_roles", "roles", "hosted_zones"})
"""Sections of services without regions: an account has them once."""
OF_REGION: Mapping[str, Check] = {**{name: check for name, check in SECTIONS.items() if name not in GLOBAL}, **CALLS}
REGIONS: Mapping[str, Check] = {
    "regions": map_of(fields(OF_REGION), pattern(r"[a-z]{2}(-[a-z]+)+-\d", "a region such as us-east-1")),
}
ACCOUNTS: Mapping[str, Check] = {
    "accounts": map_of(fields({**SECTIONS, **REGIONS, **CALLS}), ACCOUNT),
}
ALL: Mapping[str, Check] = {
    **SECTIONS,
    **REGIONS,
    **ACCOUNTS,
    **CALLS,
    "quotas": map_of(count, one_of(QUOTAS)),
    "pushed_images": map_of(list_of(IMAGE), REPOSITORY),
    "enabled_regions": list_of(one_of(OPT_IN, "a region that an account has to enable:")),
}
"""Everything that a seed may contain, in creation order. What is in `regions` and `accounts` is a seed of its own."""


@dataclass(frozen=True)
class Named:
    """A member that names entries of another section, and the pattern of values that are not names in this seed."""

    section: str
    member: str
    target: str
    foreign: str


NAMED = (
    Named("sign_on_roles", "policies", "policies", "arn:"),
    Named("roles", "policies", "policies", "arn:"),
    Named("roles", "permissions_boundary", "policies", "arn:"),
    Named("hosted_zones", "private_to", "vpcs", "vpc-"),
)


def mistakes(seed: Any, region: str) -> list[str]:
    """The mistakes in a seed for an account in that region; empty if there are none."""
    if not isinstance(seed, dict):
        return [f"it must be a map of sections: {', '.join(ALL)}"]
    found = [sentence for name, value in seed.items() for sentence in _section(name, value)]
    if found:
        return found
    inner = [f"{where}.{sentence}" for where, part in parts(seed) for sentence in _content(part)]
    return [*_content(seed), *inner, *_regions(seed, region), *_ids(seed), *_references(seed, ALWAYS_KNOWN)]


def parts(seed: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a seed has for further regions and accounts: (its location, its sections)."""
    for name in ("regions", "accounts"):
        for key, part in seed.get(name, {}).items():
            yield f"{name}.{key}", part
            for inner, content in part.get("regions", {}).items():
                yield f"{name}.{key}.regions.{inner}", content


def _content(seed: Mapping[str, Any]) -> Iterator[str]:
    """Mistakes in the sections of one account and region."""
    yield from (*_names(seed), *_roles(seed), *_prefix_lists(seed))


def _section(name: Any, value: Any) -> Iterator[str]:
    check = ALL.get(name)
    yield from check(str(name), value) if check else unknown(str(name), name, ALL)


def _names(seed: Mapping[str, Any]) -> Iterator[str]:
    """Names of entries in other sections must exist, unless they are IDs or ARNs of what the cloud provides anyway."""
    for rule in NAMED:
        for name, entry in seed.get(rule.section, {}).items():
            value = entry.get(rule.member, [])
            for wanted in [value] if isinstance(value, str) else value:
                if not wanted.startswith(rule.foreign) and wanted not in seed.get(rule.target, {}):
                    there = ", ".join(sorted(seed.get(rule.target, {}))) or "none"
                    yield (
                        f"{rule.section}.{name}.{rule.member} names {wanted!r}, which is not in {rule.target} (there: {there}); "
                        f"add it there, or write {'an ARN' if rule.foreign == 'arn:' else 'an id'}"
                    )


def _roles(seed: Mapping[str, Any]) -> Iterator[str]:
    for name, role in seed.get("roles", {}).items():
        if ("principal" in role) == ("trust_policy" in role):
            yield f"roles.{name} needs either principal, such as {{Service: ec2.amazonaws.com}}, or trust_policy"


def _prefix_lists(seed: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in seed.get("prefix_lists", {}).items():
        entries = entry.get("entries", {})
        if len({ipaddress.ip_network(cidr).version for cidr in entries}) > 1:
            yield f"prefix_lists.{name}.entries mixes IPv4 and IPv6; AWS wants a list for each"
        if entry.get("max_entries", len(entries)) < len(entries):
            yield f"prefix_lists.{name}.max_entries is {entry['max_entries']}, but there are {len(entries)} entries"


def _regions(seed: Mapping[str, Any], region: str) -> Iterator[str]:
    enabled = seed.get("enabled_regions", OPT_IN)
    if region in OPT_IN and region not in enabled:
        yield f"enabled_regions is {enabled}, without {region}, the region of this inventory: nothing would work there"
    named = [(where, where.rpartition(".")[2]) for where, _part in parts(seed) if ".regions." in f".{where}"]
    for where, other in named:
        if other in OPT_IN and other not in enabled:
            yield f"{where} cannot hold anything: enabled_regions is {enabled}, without {other}"


def _ids(seed: Mapping[str, Any]) -> Iterator[str]:
    """IDs must be unique, except those of multi-Region keys, which have one in several regions."""
    seen: dict[str, str] = {}
    for where, value in _walk("", seed):
        if not where.endswith(".id") or str(value).startswith("mrk-"):
            continue
        if value in seen:
            yield f"{where} is {value!r}, which {seen[value]} is already; every id is that of one thing"
        seen.setdefault(value, where)


def _references(seed: Mapping[str, Any], known: Iterable[str], where: str = "") -> Iterator[str]:
    """A reference names the account, the region, an entry of an earlier section, or an earlier call.

    Within `regions` and `accounts`, it names what is known before these sections too, except sections that the part has itself.
    """
    names: dict[str, Any] = known if isinstance(known, dict) else dict.fromkeys(known)
    names = dict(names)
    for section in ALL:
        content = seed.get(section)
        if section == "calls":
            for number, call in enumerate(content or []):
                yield from _wrong_references(f"{where}calls[{number}]", call, names)
                names |= {call["register"]: None} if "register" in call else {}
        elif section in ("regions", "accounts"):
            for name, part in (content or {}).items():
                yield from _references(part, names, f"{where}{section}.{name}.")
        elif content is not None:
            yield from _wrong_references(f"{where}{section}", content, names)
        if content is not None and section != "calls":
            names[section] = content


def _wrong_references(where: str, value: Any, names: Mapping[str, Any]) -> Iterator[str]:
    """`names`: what references may name, and for a section its entries."""
    for place, entry in _walk(where, value):
        for head, rest in REFERENCE.findall(entry) if isinstance(entry, str) else ():
            if head not in names:
                yield f"{place} refers to ${{{head}{rest}}}, which is not known there; known names: {', '.join(names)}"
            elif names[head] is not None and _first(rest) not in names[head]:
                plain = re.fullmatch(r"[\w.\[\]]*", rest)
                quoted = "" if plain else " (a name with more than letters, digits and _ goes in double quotes)"
                yield f"{place} refers to ${{{head}{rest}}}, but in {head} there is only: {', '.join(names[head])}{quoted}"


def _first(rest: str) -> str:
    """The first name in the rest of a reference: `.legacy.id`, `."example.org".id`."""
    match = re.match(r'\.(?:"([^"]*)"|(\w+))', rest)
    return (match[1] or match[2]) if match else ""


def _walk(where: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar value with its location."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _walk(f"{where}.{name}" if where else str(name), entry)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _walk(f"{where}[{number}]", entry)
    else:
        yield where, value
