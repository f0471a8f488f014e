# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of one component's web ACLs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ....inputs.values import as_arn, matching, one_of
from ....reconcile.model import is_unknown

SCOPES = ("cloudfront", "alb")
ACTIONS = ("block", "count", "allow", "captcha", "challenge")
LONGEST_NAME = 30
LONGEST_AWS_NAME = 128
GROUPS: Mapping[str, str] = {
    "common": "AWSManagedRulesCommonRuleSet",
    "known_bad_inputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "ip_reputation": "AWSManagedRulesAmazonIpReputationList",
    "sql_injection": "AWSManagedRulesSQLiRuleSet",
    "admin_protection": "AWSManagedRulesAdminProtectionRuleSet",
    "anonymous_ips": "AWSManagedRulesAnonymousIpList",
    "linux": "AWSManagedRulesLinuxRuleSet",
    "unix": "AWSManagedRulesUnixRuleSet",
    "windows": "AWSManagedRulesWindowsRuleSet",
    "php": "AWSManagedRulesPHPRuleSet",
    "wordpress": "AWSManagedRulesWordPressRuleSet",
}
"""Short names of the rule groups that cost nothing beyond their rule."""

USUAL: Mapping[str, Any] = {"ip_reputation": {}, "common": {}, "known_bad_inputs": {}, "sql_injection": {}}
"""The groups of a web ACL that names none: together they cover what the OWASP Top 10 list as injection and known vulnerabilities."""

COUNTING: Mapping[str, Mapping[str, str]] = {"AWSManagedRulesCommonRuleSet": {"SizeRestrictions_BODY": "count"}}
"""Overrides that apply unless the settings say otherwise. The rule blocks every body of more than 8 KB: uploads, and larger JSON."""

AT_EXTRA_COST: Mapping[str, str] = {
    "AWSManagedRulesBotControlRuleSet": "10 USD a month and 1 USD per million requests",
    "AWSManagedRulesATPRuleSet": "10 USD a month and 1 USD per thousand login attempts",
    "AWSManagedRulesACFPRuleSet": "10 USD a month and 1 USD per thousand sign-ups",
    "AWSManagedRulesAntiDDoSRuleSet": "20 USD a month and 0.15 USD per million requests",
}
"""AWS WAF Pricing."""

CONFIGURED: Mapping[str, str] = {
    "AWSManagedRulesATPRuleSet": "the path of the login page",
    "AWSManagedRulesACFPRuleSet": "the paths of registration",
    "AWSManagedRulesAntiDDoSRuleSet": "what challenges leave out",
}
"""Groups that WAF takes only with a configuration (ManagedRuleGroupConfig)."""

WINDOWS = (60, 120, 300, 600)
LIMITS = (10, 2_000_000_000)
BODY_SIZES = {"cloudfront": (16, 32, 48, 64), "alb": (8, 16, 32, 48, 64)}
"""KB of a request body that WAF inspects. AWS WAF Developer Guide, "Managing body inspection size limits"."""
REDACTABLE = ("query_string", "uri_path", "method")
HEADER = re.compile(r"[a-z0-9-]{1,64}")
PATH = re.compile(r"/[!-~]{0,199}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
RULE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
MOST_ADDRESSES = 10_000
LOG_PREFIX = "aws-waf-logs-"


@dataclass(frozen=True)
class ManagedGroup:
    """``overrides``: name of a rule -> action instead of its own. ``count``: whether the whole group only counts. ``configuration``: in
    the form of WAF's API, ManagedRuleGroupConfigs.
    """

    name: str
    vendor: str
    aws_name: str
    path: str
    version: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    count: bool = False
    configuration: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class RateLimit:
    """``limit``: requests of one address within ``window`` seconds. ``starts_with``: only paths that begin like this; empty for all."""

    name: str
    limit: int
    window: int = 300
    action: str = "block"
    starts_with: str = ""


@dataclass(frozen=True)
class IpSet:
    """``external``: something else owns the addresses once the set exists."""

    name: str
    addresses: tuple[str, ...]
    action: str
    version: int = 4
    external: bool = False


@dataclass(frozen=True)
class Logging:
    """``destination``: the ARN of a log group, bucket, or stream of the user's; empty for a log group of ours. ``only``: the actions whose
    requests are logged; empty for all."""

    retention_days: int = 30
    destination: str = ""
    redact: tuple[str, ...] = ("authorization", "cookie")
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class WebAcl:
    """One description, which makes one web ACL in each of its scopes."""

    name: str
    path: str
    aws_name: str
    scopes: tuple[str, ...]
    allow: bool = True
    groups: tuple[ManagedGroup, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    ip_sets: tuple[IpSet, ...] = ()
    logging: Logging | None = field(default_factory=Logging)
    sampled: bool = True
    body_kb: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)

    def in_waf(self, scope: str) -> str:
        """The name in WAF. The regional one says so, so that both can exist in us-east-1."""
        return f"{self.aws_name}-{scope}" if len(self.scopes) > 1 else self.aws_name


WebAcls = Mapping[str, WebAcl]


def read_web_acls(given: Any, path: str, prefix: str, problems: Problems, usual: tuple[str, ...] = ()) -> WebAcls:
    """``prefix``: of the names in WAF: environment and component. ``usual``: the scopes of those that name none."""
    reader = Reader(given, path, problems)
    return {name: _web_acl(name, one, prefix, usual) for name, one in reader.named("the name of a web ACL", LONGEST_NAME)}


def _web_acl(name: str, reader: Reader, prefix: str, usual: tuple[str, ...]) -> WebAcl:
    scopes = reader.items("scopes", usual, one_of(SCOPES), f"a scope is one of {', '.join(SCOPES)}")
    if not scopes:
        reader.problems.missing(reader.at("scopes"), "name what it protects: [cloudfront], [alb], or both")
    found = WebAcl(
        name=name,
        path=reader.path,
        aws_name=_name(reader, f"{prefix}{name}"),
        scopes=scopes,
        allow=reader.choice("default_action", ("allow", "block"), "allow") == "allow",
        groups=_groups(reader),
        rate_limits=tuple(_rate_limit(one, each) for one, each in _named(reader, "rate_limits", "a rate limit")),
        ip_sets=tuple(_ip_set(one, each) for one, each in _named(reader, "ip_sets", "an IP set")),
        logging=_logging(reader),
        sampled=reader.boolean("sampled_requests", True),
        body_kb=_body_kb(reader, scopes),
        tags=reader.tags("tags"),
    )
    if not found.allow and not any(one.action == "allow" for one in found.ip_sets):
        reader.problems.add(reader.at("default_action"), "block", "no IP set is allowed, so that every request would be blocked")
    reader.finish()
    return found


def _named(reader: Reader, key: str, what: str) -> list[tuple[str, Reader]]:
    return list(reader.section(key).named(f"the name of {what}", LONGEST_NAME))


def _name(reader: Reader, default: str) -> str:
    """The longest suffix is that of a scope."""
    name = reader.text("name", default)
    longest = LONGEST_AWS_NAME - len("-cloudfront")
    if not NAME.fullmatch(name) or len(name) > longest:
        reader.problems.add(reader.at("name"), name, f"it must be at most {longest} letters, digits, hyphens, and underscores")
    return name


def _groups(reader: Reader) -> tuple[ManagedGroup, ...]:
    given = reader.section("managed_groups")
    if reader.given.get("managed_groups") is None:
        given = Reader(USUAL, given.path, reader.problems)
    return tuple(_group(str(name), Reader(one, given.at(str(name)), reader.problems)) for name, one in given.given.items())


def _group(name: str, reader: Reader) -> ManagedGroup:
    vendor = reader.text("vendor", "AWS")
    aws_name = GROUPS.get(name, name)
    if aws_name == name and vendor == "AWS" and not name.startswith("AWSManagedRules"):
        reader.problems.messages.append(f"{reader.path} is no managed rule group; {suggestion(name, list(GROUPS))}")
    overrides = {**COUNTING.get(aws_name, {}), **_overrides(reader)}
    found = ManagedGroup(
        name,
        vendor,
        aws_name,
        reader.path,
        version=reader.text("version", ""),
        overrides=overrides,
        count=reader.boolean("count", False),
        configuration=reader.items("configuration", (), _as_mapping, "it must be a mapping, such as {LoginPath: /login}"),
    )
    if aws_name in CONFIGURED and not found.configuration:
        reader.problems.missing(
            reader.at("configuration"), f"WAF takes this group only with {CONFIGURED[aws_name]}; see ManagedRuleGroupConfig"
        )
    reader.finish()
    return found


def _as_mapping(value: Any) -> Mapping[str, Any] | None:
    return dict(value) if isinstance(value, Mapping) and value else None


def _overrides(reader: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, action in reader.mapping("rules").items():
        if action not in ACTIONS:
            reader.problems.add(f"{reader.at('rules')}.{name}", action, f"an action is one of {', '.join(ACTIONS)}")
        else:
            found[name] = action
    return found


def _rate_limit(name: str, reader: Reader) -> RateLimit:
    path = reader.text("starts_with", "")
    if path and not PATH.fullmatch(path):
        reader.problems.add(reader.at("starts_with"), path, "it must be the beginning of a path, such as /api/login")
    window = reader.integer("window", 300, WINDOWS[0], WINDOWS[-1])
    if window not in WINDOWS:
        reader.problems.add(reader.at("window"), window, f"it must be one of {', '.join(map(str, WINDOWS))} seconds")
    if reader.given.get("limit") is None:
        reader.problems.missing(reader.at("limit"), f"give the requests that one address may send in {window} seconds, such as 2000")
    action = reader.choice("action", [one for one in ACTIONS if one != "allow"], "block")
    found = RateLimit(name, reader.integer("limit", LIMITS[0], *LIMITS), window, action, path)
    reader.finish()
    return found


def _ip_set(name: str, reader: Reader) -> IpSet:
    external = reader.choice("owner", ("inventory", "external"), "inventory") == "external"
    addresses = reader.items("addresses", (), _as_network, "it must be a block of addresses without host bits, such as 192.0.2.0/24")
    versions = {ipaddress.ip_network(one).version for one in addresses}
    if len(versions) > 1:
        reader.problems.add(reader.at("addresses"), list(addresses), "a set has IPv4 or IPv6 addresses; make one set for each")
    if len(addresses) > MOST_ADDRESSES:
        reader.problems.messages.append(f"{reader.at('addresses')} has {len(addresses)} entries, but a set has up to {MOST_ADDRESSES}")
    if not addresses and not external:
        reader.problems.missing(reader.at("addresses"), "list blocks of addresses, or set owner: external if something else fills the set")
    version = versions.pop() if len(versions) == 1 else reader.integer("ip_version", 4, 4, 6)
    reader.take("ip_version")
    found = IpSet(name, addresses, reader.choice("action", ACTIONS, "block"), version, external)
    reader.finish()
    return found


def _as_network(value: Any) -> str | None:
    """WAF takes no block with the prefix length 0."""
    try:
        network = ipaddress.ip_network(value) if isinstance(value, str) and "/" in value else None
    except ValueError:
        return None
    return str(network) if network is not None and network.prefixlen else None


def _logging(reader: Reader) -> Logging | None:
    if reader.given.get("logging") is False:
        reader.take("logging")
        return None
    given = reader.section("logging")
    destination = given.text("destination", "")
    if destination and not (as_arn(destination) and (is_unknown(destination) or _last_part(destination).startswith(LOG_PREFIX))):
        remedy = f"it must be the ARN of a log group, bucket, or Firehose stream whose name begins with {LOG_PREFIX}"
        given.problems.add(given.at("destination"), destination, remedy)
    if destination.endswith(":*"):
        given.problems.add(given.at("destination"), destination, "WAF takes the ARN of a log group without :* at its end")
    as_field = matching(re.compile(rf"{HEADER.pattern}|{'|'.join(REDACTABLE)}"))
    found = Logging(
        retention_days=given.retention_days("retention_days", 30),
        destination=destination,
        redact=given.items("redact", Logging.redact, as_field, f"name a header in lower case, or {', '.join(REDACTABLE)}"),
        only=given.items("only", (), one_of(ACTIONS), f"an action is one of {', '.join(ACTIONS)}"),
    )
    given.finish()
    return found


def _last_part(arn: str) -> str:
    return arn.removesuffix(":*").rpartition(":")[2].rpartition("/")[2]


def _body_kb(reader: Reader, scopes: tuple[str, ...]) -> int:
    size = reader.integer("inspected_body_kb", 0, 0, 64)
    for scope in scopes if size else ():
        if size not in BODY_SIZES[scope]:
            allowed = ", ".join(map(str, BODY_SIZES[scope]))
            reader.problems.add(reader.at("inspected_body_kb"), size, f"for {scope}, WAF inspects one of {allowed} KB")
    return size
