# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who reaches a bucket, and how: public access, its policy, other origins of browsers, and the senders of logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.reader import Reader
from ....inputs.values import as_text, one_of

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
BLOCKS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
SENDERS = ("server_access", "load_balancers", "network_load_balancers", "vpc_flow_logs", "cloudfront", "waf")
"""What can write logs to a bucket."""
OUR_SIDS = "Mainstay"
"""The beginning of the identifiers of our own statements."""
MOST_RULES, MOST_SECONDS = 100, 86_400
ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")


@dataclass(frozen=True)
class CorsRule:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int = 0


@dataclass(frozen=True)
class AccessLogs:
    """``bucket``: the name, in the settings, of the bucket that gets the logs."""

    bucket: str
    prefix: str
    path: str = ""


@dataclass(frozen=True)
class Access:
    """``statements``: added to the bucket's policy; those without a resource concern the bucket and all of its objects.
    ``kept_statements``: patterns of the identifiers of others' statements that stay.
    """

    public_access: Mapping[str, bool] = field(default_factory=dict)
    statements: tuple[Mapping[str, Any], ...] = ()
    kept_statements: tuple[str, ...] = ()
    cors: tuple[CorsRule, ...] = ()
    logs_from: tuple[str, ...] = ()
    access_logs: AccessLogs | None = None


def read_access(reader: Reader) -> Access:
    blocks = reader.section("public_access_block")
    found = Access(
        public_access={name: blocks.boolean(name, True) for name in BLOCKS},
        statements=_statements(reader),
        kept_statements=reader.items(
            "kept_statements", ("AWSLogDelivery*",), as_text, "it must be the Sid of statements, or a pattern with *"
        ),
        cors=_cors(reader),
        logs_from=reader.items("logs_from", (), one_of(SENDERS), f"it must be one of {', '.join(SENDERS)}"),
        access_logs=_access_logs(reader),
    )
    blocks.finish()
    return found


def _statements(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    value = reader.take("policy_statements")
    if value is None:
        return ()
    path = reader.at("policy_statements")
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        reader.problems.add(path, value, "it must be a list of statements of a bucket policy")
        return ()
    for position, one in enumerate(value):
        _check_statement(reader, f"{path}[{position}]", one)
    return tuple(dict(one) for one in value)


def _check_statement(reader: Reader, path: str, one: Mapping[str, Any]) -> None:
    problems = reader.problems
    if unknown := [name for name in one if name not in ELEMENTS]:
        problems.messages.append(f"{path}.{unknown[0]} is no element of a statement; there are {', '.join(ELEMENTS)}")
    lacking = [name for name in ("Principal", "Action") if name not in one and f"Not{name}" not in one]
    if lacking:
        problems.missing(path, f"the statement has no {' and no '.join(lacking)}")
    if one.get("Effect") not in ("Allow", "Deny"):
        problems.add(f"{path}.Effect", one.get("Effect"), "it must be Allow or Deny")
    if str(one.get("Sid") or "").startswith(OUR_SIDS):
        problems.add(f"{path}.Sid", one["Sid"], f"identifiers that begin with {OUR_SIDS} are the role's own; choose another one")


def _cors(reader: Reader) -> tuple[CorsRule, ...]:
    value = reader.take("cors")
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > MOST_RULES:
        reader.problems.add(reader.at("cors"), value, f"it must be a list of at most {MOST_RULES} rules")
        return ()
    return tuple(_cors_rule(Reader(one, f"{reader.at('cors')}[{position}]", reader.problems)) for position, one in enumerate(value))


def _cors_rule(reader: Reader) -> CorsRule:
    texts = "it must be a non-empty string"
    origins = reader.items("origins", (), as_text, "it must be an origin such as https://shop.example.com")
    found = CorsRule(
        origins=origins,
        methods=reader.items("methods", ("GET", "HEAD"), one_of(METHODS), f"it must be one of {', '.join(METHODS)}"),
        headers=reader.items("headers", (), as_text, texts),
        expose_headers=reader.items("expose_headers", (), as_text, texts),
        max_age=reader.integer("max_age", 0, 0, MOST_SECONDS),
    )
    if not origins:
        reader.problems.missing(reader.at("origins"), "name the origins whose pages may call the bucket, such as https://shop.example.com")
    for position, origin in enumerate(origins):
        if origin.count("*") > 1:
            reader.problems.add(f"{reader.at('origins')}[{position}]", origin, "S3 accepts one * in an origin")
    reader.finish()
    return found


def _access_logs(reader: Reader) -> AccessLogs | None:
    value = reader.take("access_logs")
    if value is None:
        return None
    section = Reader(value, reader.at("access_logs"), reader.problems)
    name = reader.path.rpartition(".")[2]
    found = AccessLogs(
        bucket=section.required_text("bucket", "name the bucket of this component that gets the logs"),
        prefix=section.text("prefix", f"s3/{name}/"),
        path=section.path,
    )
    section.finish()
    return found
