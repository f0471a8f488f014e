# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's options. Reports all problems together, one sentence each, before the first API call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..access import Access
from ..fingerprint.comparing import CHECKSUM, ROWS, SEQUENCE
from ..fingerprint.model import DEFINITIONS, EXTENSIONS, MEBIBYTE, OWNERS, PRIVILEGES, PROPERTIES, ROLES, Options
from ..forms import PITR_LAG, identifier_wrong, not_positive
from .markers import Place
from .plan import AUTO, POINT_IN_TIME, SNAPSHOT, Limits, Plan, Target
from .result import Goals

SCHEMA = re.compile(r"(?!pg_)[A-Za-z_][A-Za-z0-9_$]*")
LONGEST_NAME = 63

KINDS = (DEFINITIONS, OWNERS, PRIVILEGES, EXTENSIONS, ROLES, PROPERTIES, ROWS, CHECKSUM, SEQUENCE)
POSITIVE = ("rto", "rpo", "backups_timeout", "timeout", "poll_interval", "ttl")

TARGET: dict[str, Any] = {
    "subnet_group": {"type": "str", "required": True},
    "security_groups": {"type": "list", "elements": "str", "required": True},
    "parameter_group": {"type": "str", "required": True},
    "kms_key": {"type": "str", "required": True, "no_log": False},
    "region": {"type": "str", "default": ""},
    "identifier": {"type": "str", "default": ""},
    "instance_class": {"type": "str", "default": ""},
}
MARKER: dict[str, Any] = {
    "database": {"type": "str", "default": "postgres"},
    "schema": {"type": "str", "default": "mainstay_drill"},
    "table": {"type": "str", "default": "markers"},
    "interval": {"type": "float", "default": 60.0},
}
LOGIN: dict[str, Any] = {
    "secret": {"type": "str", "default": "", "no_log": False},
    "user": {"type": "str", "default": ""},
}
CHECKS: dict[str, Any] = {
    "databases": {"type": "list", "elements": "str", "default": []},
    "exact_mib": {"type": "float", "default": 256.0},
    "sample_rows": {"type": "int", "default": 1000},
    "table_timeout": {"type": "float", "default": 300.0},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "ignore": {"type": "list", "elements": "str", "default": [], "choices": list(KINDS)},
}


def argument_spec() -> dict[str, Any]:
    return {
        "database": {"type": "str", "required": True},
        "target": {"type": "dict", "required": True, "options": TARGET},
        "ca_cert": {"type": "path", "required": True},
        "method": {"type": "str", "default": AUTO, "choices": [AUTO, POINT_IN_TIME, SNAPSHOT]},
        "marker": {"type": "dict", "options": MARKER, "apply_defaults": True},
        "login": {"type": "dict", "options": LOGIN, "apply_defaults": True},
        "checks": {"type": "dict", "options": CHECKS, "apply_defaults": True},
        "rto": {"type": "float", "default": 4 * 3600.0},
        "rpo": {"type": "float", "default": 15 * 60.0},
        "record": {"type": "bool", "default": True},
        "report": {"type": "path", "default": ""},
        "backups_timeout": {"type": "float", "default": 1800.0},
        "timeout": {"type": "float", "default": 18000.0},
        "poll_interval": {"type": "float", "default": 15.0},
        "ttl": {"type": "float", "default": 28800.0},
    }


def plan_of(params: Mapping[str, Any], region: str, *, check_mode: bool) -> tuple[Plan | None, list[str]]:
    """The plan, or every problem with the options. ``region``: that of the database."""
    problems = [*_names_wrong(params, region), *_marker_wrong(params), *_limits_wrong(params)]
    if problems:
        return None, problems
    target, marker, login, checks = params["target"], params["marker"], params["login"], params["checks"]
    return Plan(
        database=params["database"].lower(),
        target=Target(
            subnet_group=target["subnet_group"].lower(),
            security_groups=tuple(target["security_groups"]),
            parameter_group=target["parameter_group"].lower(),
            kms_key=target["kms_key"],
            identifier=target["identifier"].lower(),
            instance_class=target["instance_class"],
            region=target["region"] or region,
        ),
        place=Place(marker["database"], marker["schema"], marker["table"]),
        databases=tuple(dict.fromkeys((marker["database"], *checks["databases"]))) if checks["databases"] else (),
        ca_cert=params["ca_cert"],
        method=params["method"],
        access=Access(login["secret"], login["user"]),
        reading=Options(
            exact_bytes=int(checks["exact_mib"] * MEBIBYTE),
            sample_rows=checks["sample_rows"],
            seconds=checks["table_timeout"],
            exclude=(f"{marker['schema']}.{marker['table']}", *checks["exclude"]),
        ),
        ignore=tuple(checks["ignore"]),
        goals=Goals(params["rto"], params["rpo"]),
        limits=Limits(params["backups_timeout"], params["timeout"], params["poll_interval"], marker["interval"], params["ttl"]),
        record=params["record"],
        report=params["report"] or "",
        check_mode=check_mode,
    ), []


def _names_wrong(params: Mapping[str, Any], region: str) -> list[str]:
    target = params["target"]
    named = {"database": params["database"], "target.identifier": target["identifier"]}
    problems = [
        problem for option, name in named.items() if name or option == "database" for problem in identifier_wrong(name, f"{option} is")
    ]
    if target["identifier"] and target["identifier"].lower() == params["database"].lower():
        problems.append(
            f"target.identifier is {target['identifier']}, the database itself. A drill restores into a new instance; leave it out"
        )
    problems += [
        f"target.{option} is empty; a drill restores into a network of its own, with groups and a key that you name"
        for option in ("subnet_group", "security_groups", "parameter_group", "kms_key")
        if not target[option]
    ]
    if not region:
        problems.append("region is not set: give the region option, or set AWS_REGION")
    return problems


def _marker_wrong(params: Mapping[str, Any]) -> list[str]:
    marker, login = params["marker"], params["login"]
    problems = [
        f"marker.{option} is {marker[option]!r}; give the plain name of a {option}, without pg_ at its beginning"
        for option in ("schema", "table")
        if not SCHEMA.fullmatch(marker[option]) or len(marker[option]) > LONGEST_NAME
    ]
    if marker["schema"] in ("public", "information_schema"):
        problems.append(f"marker.schema is {marker['schema']}; markers are written to a schema of their own")
    if not marker["database"] or marker["database"] in ("rdsadmin", "template0", "template1"):
        problems.append(f"marker.database is {marker['database']!r}; give a database that you can log in to")
    problems += not_positive(marker, ("interval",), "marker.")
    if login["secret"] and login["user"]:
        problems.append("login has both secret and user; give a secret with a password, or a user that logs in with IAM")
    return problems


def _limits_wrong(params: Mapping[str, Any]) -> list[str]:
    checks = params["checks"]
    problems = not_positive(params, POSITIVE) + not_positive(checks, ("sample_rows", "table_timeout"), "checks.")
    if params["method"] != SNAPSHOT and 0 < params["rpo"] < PITR_LAG:
        problems.append(
            f"rpo is {params['rpo']:g} s; point-in-time recovery of RDS is up to {PITR_LAG:g} s behind, so it cannot give that. Raise rpo"
        )
    needed = params["backups_timeout"] + params["timeout"]
    if 0 < params["ttl"] < needed:
        problems.append(
            f"ttl is {params['ttl']:g} s; a drill may take {needed:g} s (backups_timeout and timeout), and what it made would be deleted "
            "under it. Raise ttl"
        )
    return problems
