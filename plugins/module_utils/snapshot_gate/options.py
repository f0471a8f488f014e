# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's options. Reports all problems together, one sentence each, before the first API call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..aws.roles import OPTIONS as ROLE_OPTIONS
from ..aws.roles import role_of, role_problems
from ..inputs.values import ACCOUNT_ID, REGION
from ..recovery.forms import OWN_TAGS, PITR_LAG, identifier_wrong, not_positive, tags_wrong
from ..recovery.tags import POINT_IN_TIME, SNAPSHOT
from .judging.policy import CHANGES, OPTIONAL, REQUIRE, REQUIRED, TAKE, VERIFY, CopyTo, Policy
from .judging.pruning import Retention
from .judging.restore import Proof, query_problem
from .judging.token import expiry_of
from .plan import Limits, Plan

DEPLOYMENT = re.compile(r"[\w .:/=+@-]{1,128}")
POSITIVE = ("max_age", "rpo", "timeout", "stall_timeout", "poll_interval", "copy_timeout")


PROOF: dict[str, Any] = {
    "query": {"type": "str", "required": True},
    "ca_cert": {"type": "path", "required": True},
    "database": {"type": "str", "default": "postgres"},
    "instance_class": {"type": "str", "default": ""},
    "subnet_group": {"type": "str", "default": ""},
    "security_groups": {"type": "list", "elements": "str", "default": []},
    "parameter_group": {"type": "str", "default": ""},
    "timeout": {"type": "float", "default": 3600.0},
    "query_timeout": {"type": "float", "default": 60.0},
    "ttl": {"type": "float", "default": 7200.0},
}


COPY: dict[str, Any] = {
    "region": {"type": "str", "default": ""},
    "kms_key": {"type": "str", "default": "", "no_log": False},
    **ROLE_OPTIONS,
}


def argument_spec() -> dict[str, Any]:
    return {
        "databases": {"type": "list", "elements": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "action": {"type": "str", "default": TAKE, "choices": [TAKE, REQUIRE, VERIFY]},
        "changes": {"type": "list", "elements": "str", "choices": list(CHANGES)},
        "needed_for": {"type": "list", "elements": "str", "default": list(CHANGES), "choices": list(CHANGES)},
        "max_age": {"type": "float", "default": 3600.0},
        "rpo": {"type": "float", "default": 900.0},
        "pitr": {"type": "str", "default": REQUIRED, "choices": [REQUIRED, OPTIONAL]},
        "require_encryption": {"type": "bool", "default": True},
        "kms_key": {"type": "str", "default": "", "no_log": False},
        "shared_with": {"type": "list", "elements": "str", "default": []},
        "count_aws_backup": {"type": "bool", "default": False},
        "require_quiesced": {"type": "bool", "default": False},
        "tokens": {"type": "dict", "default": {}, "no_log": False},
        "tags": {"type": "dict", "default": {}},
        "prune": {"type": "bool", "default": True},
        "keep": {"type": "int", "default": 10},
        "keep_days": {"type": "float", "default": 35.0},
        "restore_minutes": {
            "type": "dict",
            "default": {},
            "options": {POINT_IN_TIME: {"type": "float"}, SNAPSHOT: {"type": "float"}},
        },
        "proof": {"type": "dict", "options": PROOF},
        "copies": {"type": "list", "elements": "dict", "default": [], "options": COPY},
        "copy_timeout": {"type": "float", "default": 14400.0},
        "database_timeout": {"type": "float", "default": 1800.0},
        "timeout": {"type": "float", "default": 7200.0},
        "stall_timeout": {"type": "float", "default": 1800.0},
        "poll_interval": {"type": "float", "default": 10.0},
        **ROLE_OPTIONS,
    }


def plan_of(params: Mapping[str, Any], *, check_mode: bool) -> tuple[Plan | None, list[str]]:
    """The plan, or every problem with the options."""
    problems = [
        *_names_wrong(params),
        *_policy_wrong(params),
        *_tokens_wrong(params),
        *tags_wrong(params["tags"], f"the gate needs {OWN_TAGS}"),
        *_proof_wrong(params["proof"]),
        *_copies_wrong(params["copies"]),
        *role_problems(params),
    ]
    if problems:
        return None, problems
    return Plan(
        databases=tuple(one.lower() for one in params["databases"]),
        deployment=params["deployment"],
        policy=policy_of(params),
        changes=None if params["changes"] is None else tuple(params["changes"]),
        action=params["action"],
        tokens={str(name).lower(): str(token) for name, token in params["tokens"].items()},
        tags={str(name): str(value) for name, value in params["tags"].items()},
        prune=params["prune"],
        retention=Retention(params["keep"], params["keep_days"]),
        limits=Limits(
            params["database_timeout"], params["timeout"], params["stall_timeout"], params["poll_interval"], params["copy_timeout"]
        ),
        drill=dict(params["restore_minutes"] or {}),
        proof=_proof(params["proof"]),
        check_mode=check_mode,
    ), []


def policy_of(params: Mapping[str, Any]) -> Policy:
    """Sorted, so that the same policy always gives the same token."""
    return Policy(
        needed_for=tuple(sorted(set(params["needed_for"]))),
        max_age=float(params["max_age"]),
        rpo=float(params["rpo"]),
        pitr=params["pitr"],
        require_encryption=params["require_encryption"],
        kms_key=params["kms_key"] or "",
        shared_with=tuple(sorted(set(params["shared_with"]))),
        count_aws_backup=params["count_aws_backup"],
        require_quiesced=params["require_quiesced"],
        copies=tuple(CopyTo(one["region"] or "", one["kms_key"] or "", role_of(one)) for one in params["copies"]),
    )


def _copies_wrong(copies: Sequence[Mapping[str, Any]]) -> list[str]:
    problems = []
    for position, one in enumerate(copies):
        where = f"copies[{position}]"
        problems += role_problems(one, f"{where}.")
        if one["region"] and not REGION.fullmatch(one["region"]):
            problems.append(f"{where}.region is {one['region']!r}; expected the name of a region, such as eu-central-1")
    return problems


def at_home(plan: Plan, region: str) -> tuple[Plan, list[str]]:
    """The plan with the region of each copy, and what is wrong with that. ``region``: where the databases are."""
    copies = tuple(replace(one, region=one.region or region) for one in plan.policy.copies)
    problems = [
        f"copies[{position}] is in {region}, where the database is, with its account and its key, and so protects against nothing. Name "
        "another region, a kms_key, or a role_arn of another account"
        for position, one in enumerate(copies)
        if one.region == region and not one.account and not one.kms_key
    ]
    places = [(one.region, one.account) for one in copies]
    problems += [
        f"copies names {where} {'of account ' + account if account else ''}".rstrip() + " twice"
        for where, account in sorted(set(places))
        if places.count((where, account)) > 1
    ]
    return replace(plan, policy=replace(plan.policy, copies=copies)), problems


def _proof(given: Mapping[str, Any] | None) -> Proof | None:
    return Proof(**{**given, "security_groups": tuple(given["security_groups"])}) if given else None


def _proof_wrong(given: Mapping[str, Any] | None) -> list[str]:
    if not given:
        return []
    problems = [f"proof.query {problem}"] if (problem := query_problem(given["query"])) else []
    return problems + not_positive(given, ("timeout", "query_timeout", "ttl"), "proof.")


def _names_wrong(params: Mapping[str, Any]) -> list[str]:
    names = params["databases"]
    problems = [] if names else ["databases is empty; name at least one DB instance or cluster"]
    problems += [problem for name in names for problem in identifier_wrong(name, "databases names")]
    lower = [name.lower() for name in names]
    problems += [f"databases names {name!r} twice" for name in sorted(set(lower)) if lower.count(name) > 1]
    if not DEPLOYMENT.fullmatch(params["deployment"]):
        problems.append(
            f"deployment is {params['deployment']!r}; it has to be 1 to 128 letters, digits, spaces, or . : / = + - @ _, because it "
            "becomes a tag"
        )
    return problems


def _policy_wrong(params: Mapping[str, Any]) -> list[str]:
    problems = not_positive(params, POSITIVE)
    problems += [f"{name} is {params[name]:g}; it cannot be negative" for name in ("database_timeout", "keep_days") if params[name] < 0]
    if params["keep"] < 1:
        problems.append(f"keep is {params['keep']}; it has to be at least 1, because the newest snapshot is always kept")
    if params["pitr"] == REQUIRED and 0 < params["rpo"] < PITR_LAG:
        problems.append(
            f"rpo is {params['rpo']:g} s; point-in-time recovery of RDS is up to {PITR_LAG:g} s behind, so it cannot give that. Raise rpo, "
            "or set pitr to optional"
        )
    problems += [
        f"shared_with names {one!r}; it has to be an account ID of 12 digits"
        for one in params["shared_with"]
        if not ACCOUNT_ID.fullmatch(one)
    ]
    return problems


def _tokens_wrong(params: Mapping[str, Any]) -> list[str]:
    if params["action"] != VERIFY:
        return []
    tokens = {str(name).lower(): str(token) for name, token in params["tokens"].items()}
    return [
        f"tokens has {'no' if name.lower() not in tokens else 'an invalid'} token for {name}; give the tokens that the gate returned"
        for name in params["databases"]
        if expiry_of(tokens.get(name.lower(), "")) is None
    ]
