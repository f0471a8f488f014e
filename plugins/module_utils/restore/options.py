# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's options. Reports all problems together, one sentence each, before the first API call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..aws.roles import OPTIONS as ROLE_OPTIONS
from ..aws.roles import role_problems
from ..recovery.access import Access
from ..recovery.fingerprint import comparing
from ..recovery.fingerprint.model import MEBIBYTE, Fingerprint, Options, from_dict
from ..recovery.forms import OWN_TAGS, identifier_wrong, not_positive, tags_wrong
from ..snapshot_gate.options import argument_spec as gate_spec
from ..snapshot_gate.options import policy_of
from .origin import moment_of
from .plan import FAIL, FINGERPRINT, LATEST, NOTHING, REPORT, SOURCE, Gate, Limits, Overrides, Plan, Verification

RESOURCE_ID = re.compile(r"db-[A-Z0-9]{10,}")
POLICY = (
    "needed_for",
    "max_age",
    "rpo",
    "pitr",
    "require_encryption",
    "kms_key",
    "shared_with",
    "count_aws_backup",
    "require_quiesced",
    "copies",
)
KINDS = (
    *("definitions", "owners", "privileges", "extensions", "roles", "properties"),
    *(comparing.ROWS, comparing.CHECKSUM, comparing.SEQUENCE, comparing.VERSION),
)
"""The kinds of differences that can be ignored."""

SETTINGS: dict[str, Any] = {
    "instance_class": {"type": "str"},
    "allocated_storage": {"type": "int"},
    "multi_az": {"type": "bool"},
    "subnet_group": {"type": "str"},
    "security_groups": {"type": "list", "elements": "str"},
    "parameter_group": {"type": "str"},
    "backup_retention": {"type": "int"},
    "deletion_protection": {"type": "bool"},
    "managed_password": {"type": "bool", "no_log": False},
}
VERIFY: dict[str, Any] = {
    "ca_cert": {"type": "path", "required": True},
    "against": {"type": "str", "default": SOURCE, "choices": [SOURCE, FINGERPRINT, NOTHING]},
    "fingerprint": {"type": "path"},
    "databases": {"type": "list", "elements": "str", "default": []},
    "differences": {"type": "str", "default": FAIL, "choices": [FAIL, REPORT]},
    "ignore": {"type": "list", "elements": "str", "default": [], "choices": list(KINDS)},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "exact_up_to": {"type": "int", "default": 256},
    "sample_rows": {"type": "int", "default": 1000},
    "table_timeout": {"type": "float", "default": 300.0},
    "secret": {"type": "str", "default": "", "no_log": False},
    "user": {"type": "str", "default": ""},
}


def argument_spec() -> dict[str, Any]:
    policy = gate_spec()
    return {
        "source": {"type": "str", "required": True},
        "target": {"type": "str", "required": True},
        "snapshot": {"type": "str"},
        "point_in_time": {"type": "str"},
        "gate": {
            "type": "dict",
            "options": {
                "deployment": {"type": "str", "required": True},
                "token": {"type": "str", "required": True, "no_log": False},
                **{name: policy[name] for name in POLICY},
            },
        },
        "settings_from": {"type": "str", "default": ""},
        "settings": {"type": "dict", "options": SETTINGS},
        "kms_key": {"type": "str", "default": "", "no_log": False},
        "tags": {"type": "dict", "default": {}},
        "copy_tags": {"type": "bool", "default": True},
        "verify": {"type": "dict", "options": VERIFY},
        "timeout": {"type": "float", "default": 7200.0},
        "finish_timeout": {"type": "float", "default": 14400.0},
        "poll_interval": {"type": "float", "default": 10.0},
        **ROLE_OPTIONS,
    }


ONE_OF = ["snapshot", "point_in_time", "gate"]


def plan_of(params: Mapping[str, Any], *, check_mode: bool) -> tuple[Plan | None, list[str]]:
    """The plan, or every problem with the options."""
    moment, wrong_moment = _moment(params["point_in_time"])
    verification, wrong_verification = _verification(params["verify"])
    problems = [
        *_names_wrong(params),
        *([wrong_moment] if wrong_moment else []),
        *tags_wrong(params["tags"], f"{OWN_TAGS} are needed"),
        *_numbers_wrong(params),
        *wrong_verification,
        *role_problems(dict(params)),
    ]
    if problems:
        return None, problems
    gate, given = params["gate"], params["settings"] or {}
    groups = given.get("security_groups")
    return Plan(
        source=params["source"] if RESOURCE_ID.fullmatch(params["source"]) else params["source"].lower(),
        target=params["target"].lower(),
        snapshot=params["snapshot"] or "",
        moment=moment,
        latest=params["point_in_time"] == LATEST,
        gate=Gate(gate["deployment"], gate["token"], policy_of(gate)) if gate else None,
        settings_from=params["settings_from"] or "",
        overrides=Overrides(**{**given, "security_groups": tuple(groups) if groups else None}),
        kms_key=params["kms_key"] or "",
        tags={str(name): str(value) for name, value in params["tags"].items()},
        copy_tags=params["copy_tags"],
        verification=verification,
        limits=Limits(params["timeout"], params["finish_timeout"], params["poll_interval"]),
        check_mode=check_mode,
    ), []


def _moment(text: str | None) -> tuple[float | None, str]:
    return (None, "") if text in (None, "", LATEST) else moment_of(str(text))


def _names_wrong(params: Mapping[str, Any]) -> list[str]:
    problems = [] if sum(bool(params[name]) for name in ONE_OF) == 1 else [f"give exactly one of {', '.join(ONE_OF)}"]
    for name in ("source", "target"):
        text = params[name]
        if name == "source" and (RESOURCE_ID.fullmatch(text) or text.startswith("arn:")):
            continue
        problems += identifier_wrong(text, f"{name} is")
    if params["source"].lower() == params["target"].lower():
        problems.append(f"target is {params['target']}, which is the source; a restore makes a new instance, so name another target")
    return problems


def _numbers_wrong(params: Mapping[str, Any]) -> list[str]:
    problems = not_positive(params, ("timeout", "poll_interval"))
    if params["finish_timeout"] < 0:
        problems.append(f"finish_timeout is {params['finish_timeout']:g}; it cannot be negative")
    given = params["settings"] or {}
    retention = given.get("backup_retention")
    if retention is not None and not 0 <= retention <= 35:
        problems.append(f"settings.backup_retention is {retention}; RDS keeps automated backups for 0 to 35 days")
    return problems


def _verification(given: Mapping[str, Any] | None) -> tuple[Verification | None, list[str]]:
    if not given:
        return None, []
    problems = []
    if given["secret"] and given["user"]:
        problems.append("verify names both secret and user; give one of them")
    if (given["against"] == FINGERPRINT) != bool(given["fingerprint"]):
        problems.append("verify.against is fingerprint exactly if verify.fingerprint names its file")
    expected, problem = _fingerprints(given["fingerprint"]) if given["fingerprint"] else ({}, "")
    problems += [problem] if problem else []
    problems += not_positive(given, ("sample_rows", "table_timeout"), "verify.")
    if problems:
        return None, problems
    return Verification(
        ca_cert=given["ca_cert"],
        against=given["against"],
        expected=expected,
        databases=tuple(given["databases"]) or tuple(expected),
        differences=given["differences"],
        ignore=tuple(given["ignore"]),
        access=Access(given["secret"], given["user"]),
        reading=Options(given["exact_up_to"] * MEBIBYTE, given["sample_rows"], given["table_timeout"], tuple(given["exclude"])),
    ), []


def _fingerprints(path: str) -> tuple[dict[str, Fingerprint], str]:
    """(by database, why the file cannot be used). The file holds ``verification.fingerprints`` of a result."""
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
        return {str(name): from_dict(one) for name, one in given.items()}, ""
    except OSError as error:
        return {}, f"verify.fingerprint is {path}, which cannot be read: {error.strerror}"
    except (ValueError, AttributeError) as error:
        return {}, f"verify.fingerprint is {path}; expected JSON with fingerprints by database, as a result has them: {error}"
