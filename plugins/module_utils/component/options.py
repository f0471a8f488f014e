# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options that component modules share. Each is declared once: its specification, the host variable that supplies it when a task does
not, and its valid values. plugins/doc_fragments/component.py and docs/platform-variables.md document them; a test keeps all three in
agreement.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..aws.role_forms import EXTERNAL_ID, ROLE
from ..inputs.problems import shown
from ..inputs.tags import doubles, doubles_remedy, tag_problem
from ..inputs.values import ACCOUNT_ID, REGION
from .consent import mistake, not_exact
from .names import OWNER_NAME, OWNER_NAME_IN_WORDS

POLICY_ARN = re.compile(r"arn:[\w-]+:iam::(\d{12}|aws):policy/\S+")

STRING: Mapping[str, Any] = {"type": "str"}
STRINGS: Mapping[str, Any] = {"type": "list", "elements": "str", "default": []}
MAPPING: Mapping[str, Any] = {"type": "dict", "default": {}}


class Shared(dict[str, Any]):
    """The specification of a shared option. The type distinguishes it from a module's own option of the same name."""


def _anything(_value: Any) -> str:
    return ""


def _patterns(patterns: Iterable[str]) -> str:
    return "; ".join(f"has {shown(pattern)}: {problem}" for pattern in patterns if (problem := mistake(pattern)))


def _addresses(addresses: Iterable[str]) -> str:
    return "; ".join(f"has {shown(address)}: {problem}" for address in addresses if (problem := not_exact(address)))


def _tags(tags: Mapping[Any, Any]) -> str:
    wrong = [f"has {shown(name)}: {shown(value)}, but {remedy}" for name, value in tags.items() if (remedy := tag_problem(name, value))]
    wrong += [f"has a name twice: {doubles_remedy(same)}" for same in doubles(str(name) for name in tags)]
    return "; ".join(wrong)


def _tag_patterns(patterns: Iterable[str]) -> str:
    wide = [pattern for pattern in patterns if not pattern.strip("*?")]
    return f"has {shown(wide[0])}, which would ignore every tag; name the tags of the other controller" if wide else ""


def _regions(regions: Iterable[str]) -> str:
    wrong = [region for region in regions if not REGION.fullmatch(region)]
    return f"has {shown(wrong[0])}, which is no region such as us-east-1" if wrong else ""


SECONDS = "a number of seconds, 0 or more"
PAUSE = "a number of seconds, 0.01 or more"
TAGS = "a mapping of tag names to strings"
IGNORED_TAGS = (
    "awsApplication",
    "AutoTag_*",
    "c7n:*",
    "CreatedAt",
    "CreatedBy",
    "GuardDutyManaged",
    "karpenter.sh/*",
    "map-migrated",
    "QSConfig*",
)
"""Tags that AWS services and common automation write to other owners' resources: myApplications, AutoTag, Cloud Custodian, Karpenter, the
Migration Acceleration Program, Quick Setup of Systems Manager."""
PATTERNS = 'a list of patterns of addresses, such as ["network:nat_gateway.main/*"]'


@dataclass(frozen=True)
class Option:
    """One option that modules share.

    ``spec``: as in an argument specification; None where amazon.aws specifies it. ``variable``: the host variable that supplies it; empty
    for what a role or a playbook supplies. ``wanted``: a valid value, in words. ``form`` and ``low``: the required pattern of a string, and
    the minimum of a number. ``check``: returns what else is wrong with a value, in words, or an empty string. ``unset``: values of the
    variable, besides null, that count as unset. ``about``: describes the variable, in one line of docs/platform-variables.md. ``default``:
    what applies without it, where that is not the default of ``spec``.
    """

    name: str
    spec: Mapping[str, Any] | None = None
    variable: str = ""
    about: str = ""
    default: str = ""
    wanted: str = ""
    form: re.Pattern[str] | None = None
    low: float | None = None
    check: Callable[[Any], str] = _anything
    unset: tuple[Any, ...] = ()
    aliases: tuple[str, ...] = ()

    def problem(self, value: Any) -> str:
        """What is wrong with a value of the correct type, phrased to follow the name of the option or variable; empty if it is valid."""
        bad_form = self.form is not None and not self.form.fullmatch(value)
        bad_number = self.low is not None and not (math.isfinite(value) and value >= self.low)
        return f"is {shown(value)}, but must be {self.wanted}" if bad_form or bad_number else self.check(value)


OPTIONS: Mapping[str, Option] = {
    option.name: option
    for option in (
        Option(
            "environment",
            STRING,
            "platform_environment",
            about="The environment that owns the resources, such as `prod`. Environment and component together identify the owner of a "
            "resource.",
            default="required",
            wanted=OWNER_NAME_IN_WORDS,
            form=OWNER_NAME,
        ),
        Option(
            "component",
            STRING,
            "platform_component",
            about="The component that the host represents.",
            default="the name of the host",
            wanted=OWNER_NAME_IN_WORDS,
            form=OWNER_NAME,
        ),
        Option(
            "region",
            None,
            "platform_region",
            about="The AWS region.",
            default="required",
            wanted="a region such as af-south-1",
            form=REGION,
            aliases=("aws_region",),
        ),
        Option(
            "expected_account_id",
            STRING,
            "platform_account_id",
            about="The AWS account ID. Credentials of any other account are refused. Quote it: some IDs begin with a zero.",
            default="required",
            wanted="the twelve digits of the account, quoted",
            form=ACCOUNT_ID,
        ),
        Option(
            "role_arn",
            STRING,
            "platform_role_arn",
            about="ARN of an IAM role in the account to act as, see below. Empty means to act as the credentials themselves.",
            default="none",
            wanted="the ARN of an IAM role, such as arn:aws:iam::123456789012:role/deploy, or empty",
            form=ROLE,
            unset=("",),
        ),
        Option(
            "role_external_id",
            STRING,
            "platform_role_external_id",
            about="The external ID that the role's trust policy demands, if it does.",
            default="none",
            wanted="2 to 1224 letters, digits, or + = , . @ : / - _, or empty",
            form=EXTERNAL_ID,
            unset=("",),
        ),
        Option(
            "further_regions",
            STRINGS,
            "platform_further_regions",
            about="Regions besides `platform_region` in which components may still have resources, see below.",
            wanted='a list of regions, such as ["us-east-1"]',
            check=_regions,
        ),
        Option(
            "tags",
            MAPPING,
            "platform_tags",
            about="Tags for every resource. A more specific tag with the same name takes precedence.",
            wanted=TAGS,
            check=_tags,
        ),
        Option(
            "ignore_tags",
            {**STRINGS, "default": list(IGNORED_TAGS)},
            "platform_ignore_tags",
            about="Tags set by other tools: names, or patterns with `*`, in any case. They stay on the resources and are not drift.",
            default="see below",
            wanted='a list of names of tags, such as ["awsApplication", "c7n:*"]',
            check=_tag_patterns,
        ),
        Option(
            "permissions_boundary",
            STRING,
            "platform_permissions_boundary",
            about="ARN of the permissions boundary for every IAM role created here. Empty means none.",
            default="none",
            wanted="the ARN of an IAM policy, or empty",
            form=POLICY_ARN,
            unset=("",),
        ),
        Option(
            "allow_replace",
            STRINGS,
            "platform_allow_replace",
            about="Patterns of resources that may be replaced (deleted and recreated) if they cannot be changed in place; see below.",
            wanted=PATTERNS,
            check=_patterns,
        ),
        Option(
            "purge",
            STRINGS,
            "platform_purge",
            about="Patterns of resources that may be deleted once the inventory no longer describes them; see below.",
            wanted=PATTERNS,
            check=_patterns,
        ),
        Option(
            "replace",
            STRINGS,
            "platform_replace",
            about="Addresses of resources to replace even though nothing requires it. Each also needs consent. Set it for a single run.",
            wanted='a list of addresses with their component, such as ["network:nat_gateway.main/af-south-1a"]',
            check=_addresses,
        ),
        Option(
            "check_quotas",
            {"type": "bool", "default": True},
            "platform_check_quotas",
            about="Check the account's quotas before the first change, so that everything to be created fits.",
            wanted="true or false",
        ),
        Option(
            "poll_interval",
            {"type": "float", "default": 2.5},
            "platform_poll_interval",
            about="Maximum interval between polls of a resource in transition, in seconds.",
            wanted=PAUSE,
            low=0.01,
        ),
        Option(
            "settle_seconds",
            {"type": "float", "default": 30.0},
            "platform_settle_seconds",
            about="How long reads may lag behind writes, in seconds. If the response to a create call is lost, the resource counts as "
            "missing only after this time.",
            wanted=SECONDS,
            low=0,
        ),
        Option(
            "timeout",
            {"type": "float"},
            "platform_timeout",
            about="Timeout for creating, changing, or deleting one resource, in seconds. 0 means the default for its kind.",
            default="`0`",
            wanted=SECONDS,
            low=0,
            unset=(0.0,),
        ),
        Option(
            "lock_wait",
            {"type": "float", "default": 0.0},
            "platform_lock_wait",
            about="How long to wait for another run of the component to finish, in seconds. 0 fails immediately.",
            wanted=SECONDS,
            low=0,
        ),
        Option(
            "save_plan",
            {"type": "path"},
            "platform_plan_out",
            about="With `--check`: the file to save the plan to. Set it for a single run.",
            default="none",
            wanted="the name of a file, or empty",
            unset=("",),
        ),
        Option(
            "apply_plan",
            {"type": "path"},
            "platform_plan",
            about="The saved plan to apply. Set it for a single run.",
            default="none",
            wanted="the name of a file, or empty",
            unset=("",),
        ),
        Option(
            "fail_on",
            {"type": "str"},
            "platform_fail_on",
            about="With `--check`: fail the run if any component is `blocked`, or if any has `changes`. The plan is still complete.",
            default="none",
            wanted="blocked or changes, or empty",
            form=re.compile("blocked|changes"),
            unset=("",),
        ),
        Option("state", {"type": "str", "choices": ["present", "absent"], "default": "present"}),
        Option("adopt", MAPPING),
        Option("moved", MAPPING),
        Option("defer", STRINGS),
        Option("deferred", STRINGS),
        Option("claimed", STRINGS),
        Option("inventory_host", STRING),
        Option("inventory_hosts", STRINGS),
        Option("sensitive_values", {"type": "str", "no_log": True}),
    )
}
VARIABLES: Mapping[str, Option] = {option.variable: option for option in OPTIONS.values() if option.variable}

OWNER = ("environment", "component", "expected_account_id", "role_arn", "role_external_id", "further_regions")
"""Who owns the resources of a call, and where they are."""
NAMES = ("adopt", "moved")
"""The existing resources that the described addresses refer to."""
PATIENCE = ("poll_interval", "settle_seconds", "timeout", "lock_wait")
"""How long a call waits, and for what."""
CHANGE = (
    *("state", "allow_replace", "purge", "replace", "adopt", "moved", "defer", "deferred", "claimed"),
    *("save_plan", "apply_plan", "fail_on", "inventory_host", "inventory_hosts", "sensitive_values"),
)
"""How the described state is reached."""
RESOURCES = ("tags", "ignore_tags", "permissions_boundary", "check_quotas")
"""Options that only concern AWS."""


def shared(*names: str) -> dict[str, Any]:
    """The argument specification of these options."""
    return {name: Shared(copy.deepcopy(dict(OPTIONS[name].spec or {}))) for name in names}


def option_problems(params: Mapping[str, Any]) -> list[str]:
    """What is wrong with the shared options of a module, one sentence each. Ansible has already checked their types."""
    found = []
    for name, option in OPTIONS.items():
        value = params.get(name)
        called = f"{name} ({option.variable})" if option.variable else name
        if name in params and name in ("environment", "component") and not value:
            found.append(f"{called} is not set. It must be {option.wanted}.")
        elif value is not None and value not in option.unset and (problem := option.problem(value)):
            found.append(f"{called} {problem}.")
    return found or [*_role_elsewhere(params), *_boundary_elsewhere(params)]


def _role_elsewhere(params: Mapping[str, Any]) -> list[str]:
    """A role acts in its own account."""
    match, account = ROLE.fullmatch(params.get("role_arn") or ""), params.get("expected_account_id")
    if match is None or not account or match[1] == str(account):
        return []
    return [
        f"role_arn (platform_role_arn) is {shown(params['role_arn'])}, but must be a role of account {account}, which expected_account_id "
        "(platform_account_id) names: a role acts in its own account."
    ]


def _boundary_elsewhere(params: Mapping[str, Any]) -> list[str]:
    """IAM accepts only permissions boundaries from the role's own account or from AWS, and refuses others when the role is created."""
    boundary, account = params.get("permissions_boundary"), params.get("expected_account_id")
    match = POLICY_ARN.fullmatch(boundary or "")
    if match is None or not account or match[1] in ("aws", str(account)):
        return []
    return [
        f"permissions_boundary (platform_permissions_boundary) is {shown(boundary)}, but must be a policy of account {account}, or of AWS: "
        "IAM accepts no boundary of another account."
    ]
