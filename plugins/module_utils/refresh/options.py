# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of rds_refresh, and the plan that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.roles import OPTIONS as ROLE
from ..aws.roles import role_of, role_problems
from ..component.options import OWNER, shared
from ..domains.database_content.wanted.settings import read_contents
from ..inputs.values import ACCOUNT_ID, REGION
from ..recovery.forms import IDENTIFIER
from .anonymizing import treatments
from .plan import Limits, Origin, RefreshPlan

POSITIVE = ("max_age", "statement_timeout", "timeout", "poll_interval", "ttl")

SOURCE: Mapping[str, Any] = {
    "identifier": {"type": "str", "required": True},
    "account_id": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    "environment": {"type": "str", "default": "prod"},
    "kms_key": {"type": "str", "default": "", "no_log": False},
    **ROLE,
}


def argument_spec() -> dict[str, Any]:
    return {
        **shared(*OWNER, "lock_wait"),
        "identifier": {"type": "str", "required": True},
        "name": {"type": "str", "default": "main"},
        "source": {"type": "dict", "required": True, "options": dict(SOURCE)},
        "kms_key": {"type": "str", "default": "", "no_log": False},
        "security_groups": {"type": "list", "elements": "str", "default": []},
        "ca": {"type": "str", "default": ""},
        "master": {"type": "str", "default": "dbadmin"},
        "databases": {"type": "dict", "default": {}},
        "users": {"type": "dict", "default": {}},
        "anonymize": {"type": "dict", "default": {}},
        "max_age": {"type": "float", "default": 172800.0},
        "keep_previous": {"type": "bool", "default": False},
        "statement_timeout": {"type": "float", "default": 7200.0},
        "timeout": {"type": "float", "default": 14400.0},
        "ttl": {"type": "float", "default": 86400.0},
        "poll_interval": {"type": "float", "default": 10.0},
    }


def plan_of(params: Mapping[str, Any], *, check_mode: bool) -> tuple[RefreshPlan | None, list[str]]:
    """The plan, or every problem with the options. Reads the files with SQL."""
    source = params["source"]
    treated, problems = treatments(params["anonymize"])
    contents, more = read_contents(params["databases"], params["users"], params["master"])
    problems += [*more, *_source_wrong(source)]
    if not IDENTIFIER.fullmatch(params["identifier"]):
        problems.append(f"identifier is {params['identifier']!r}; it must be the identifier of a DB instance")
    problems += [f"{name} is {params[name]:g}; it must be more than 0 seconds" for name in POSITIVE if params[name] <= 0]
    if problems:
        return None, problems
    limits = Limits(params["timeout"], params["timeout"], params["statement_timeout"], params["poll_interval"], params["ttl"])
    return RefreshPlan(
        environment=params["environment"],
        component=params["component"],
        identifier=params["identifier"].lower(),
        within=params["name"],
        origin=Origin(source["account_id"], source["region"], source["identifier"].lower(), source["environment"], source["kms_key"]),
        treatments=treated,
        contents=contents,
        key=params["kms_key"],
        groups=tuple(params["security_groups"]),
        ca=params["ca"],
        max_age=params["max_age"],
        keep_previous=params["keep_previous"],
        limits=limits,
        check_mode=check_mode,
    ), []


def _source_wrong(source: Mapping[str, Any]) -> list[str]:
    problems = role_problems(dict(source), "source.")
    if not ACCOUNT_ID.fullmatch(source["account_id"]):
        problems.append(f"source.account_id is {source['account_id']!r}; it must be the twelve digits of the account, quoted")
    if not REGION.fullmatch(source["region"]):
        problems.append(f"source.region is {source['region']!r}; it must be a region such as af-south-1")
    if not IDENTIFIER.fullmatch(source["identifier"]):
        problems.append(f"source.identifier is {source['identifier']!r}; it must be the identifier of a DB instance")
    role = role_of(dict(source))
    if role is not None and not problems and role.account != source["account_id"]:
        problems.append(f"source.role_arn is of account {role.account}, and source.account_id is {source['account_id']}")
    return problems
