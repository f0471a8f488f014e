"""Parameter groups: all parameters of their family, and what a change means for the instances that use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.extensions.rds_parameter_catalog import Parameter, parameters
from rehearsal.extensions.rds_parameter_status import group_changed
from rehearsal.extensions.rds_versions import MAJORS
from rehearsal.query_api import check_identifier, check_tags, filtered, invalid, listed, page, pairs
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

MOST_PER_CALL = 20
DEFAULT = re.compile(r"default\.(postgres\d+)")
STATIC = "cannot use immediate apply method for static parameter"
FAMILIES = tuple(f"postgres{major.number}" for major in MAJORS)


def default_group(family: str) -> str:
    return f"default.{family}"


def ensure_default_groups(backend: Any) -> None:
    """AWS creates a family's default group when the account first uses the family; here all are there from the start."""
    from moto.rds.models import DBParameterGroup

    for family in FAMILIES:
        name = default_group(family)
        if name not in backend.db_parameter_groups:
            text = f"Default parameter group for {family}"
            backend.db_parameter_groups[name] = DBParameterGroup(backend, name, text, family)


def find_group(backend: Any, name: Any) -> Any:
    """The parameter group with this name."""
    ensure_default_groups(backend)
    found = backend.db_parameter_groups.get(str(name or ""))
    if found is None:
        raise Refusal("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
    return found


def _own_group(call: Call) -> Any:
    """The group that a call changes, which must not be AWS's."""
    group = find_group(call.backend, call.get("DBParameterGroupName"))
    if DEFAULT.fullmatch(group.name):
        raise invalid(f"The parameter group {group.name} is a default parameter group, which cannot be modified or deleted.")
    return group


def values_of(group: Any) -> dict[str, dict[str, str]]:
    """The modified parameters of a group: {"ParameterValue", "ApplyMethod"} by name."""
    found: dict[str, dict[str, str]] = group.parameters
    return found


def described_group(group: Any) -> dict[str, Any]:
    return {
        "DBParameterGroupName": group.name,
        "DBParameterGroupFamily": group.family,
        "Description": group.description,
        "DBParameterGroupArn": group.arn,
    }


@answers("rds", "CreateDBParameterGroup")
def create(call: Call) -> Any:
    from moto.rds.models import DBParameterGroup

    name = check_identifier(call.get("DBParameterGroupName"), "DBParameterGroupName", 255)
    family = str(call.get("DBParameterGroupFamily"))
    if not parameters(family):
        raise invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
    if not str(call.get("Description") or "").strip():
        raise invalid("The parameter Description must be provided and must not be blank.")
    check_tags(call.get("Tags"))
    ensure_default_groups(call.backend)
    if name in call.backend.db_parameter_groups:
        raise Refusal("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    _check_quota(call)
    group = DBParameterGroup(call.backend, name, str(call.get("Description")), family, listed(pairs(call.get("Tags"))))
    call.backend.db_parameter_groups[name] = group
    return {"DBParameterGroup": described_group(group)}


def _check_quota(call: Call) -> None:
    limit = call.settings.quotas.get("rds_parameter_groups")
    own = [name for name in call.backend.db_parameter_groups if not DEFAULT.fullmatch(name)]
    if limit is not None and len(own) >= limit:
        raise Refusal("DBParameterGroupQuotaExceeded", f"The quota of {limit} parameter groups has been reached")


@answers("rds", "CopyDBParameterGroup")
def copy(call: Call) -> Any:
    from moto.rds.models import DBParameterGroup

    source = find_group(call.backend, str(call.get("SourceDBParameterGroupIdentifier")).rpartition(":")[2])
    name = check_identifier(call.get("TargetDBParameterGroupIdentifier"), "TargetDBParameterGroupIdentifier", 255)
    if name in call.backend.db_parameter_groups:
        raise Refusal("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    _check_quota(call)
    text = str(call.get("TargetDBParameterGroupDescription"))
    group = DBParameterGroup(call.backend, name, text, source.family, listed(pairs(call.get("Tags"))))
    group.parameters.update({key: dict(value) for key, value in values_of(source).items()})
    call.backend.db_parameter_groups[name] = group
    return {"DBParameterGroup": described_group(group)}


@answers("rds", "DescribeDBParameterGroups")
def describe_groups(call: Call) -> Any:
    ensure_default_groups(call.backend)
    if name := call.get("DBParameterGroupName"):
        return {"DBParameterGroups": [described_group(find_group(call.backend, name))]}
    groups = filtered(call, sorted(call.backend.db_parameter_groups.values(), key=lambda group: group.name), {})
    return page(call, "DBParameterGroups", [described_group(group) for group in groups])


@answers("rds", "DeleteDBParameterGroup")
def delete(call: Call) -> Any:
    group = _own_group(call)
    users = [one.db_instance_identifier for one in call.backend.databases.values() if one.db_parameter_group_name == group.name]
    if users:
        text = f"One or more database instances are still members of this parameter group {group.name}, so the group cannot be deleted"
        raise Refusal("InvalidDBParameterGroupState", text)
    del call.backend.db_parameter_groups[group.name]
    return {}


def described_parameter(one: Parameter, change: Mapping[str, str] | None) -> dict[str, Any]:
    """A parameter as DescribeDBParameters shows it; `change` is what the group has set."""
    value = (change or {}).get("ParameterValue", one.value)
    found = {
        "ParameterName": one.name,
        "Description": one.description,
        # setting a parameter to the default of its family does not make it one that a user has set
        "Source": "user" if change and value != one.value else one.source,
        "ApplyType": one.apply,
        "DataType": one.kind,
        "IsModifiable": one.modifiable,
        "ApplyMethod": (change or {}).get("ApplyMethod", "pending-reboot"),
    }
    if value or change:
        found["ParameterValue"] = value
    if one.allowed:
        found["AllowedValues"] = one.allowed
    return found


@answers("rds", "DescribeDBParameters")
def describe(call: Call) -> Any:
    group = find_group(call.backend, call.get("DBParameterGroupName"))
    source = call.get("Source")
    if source not in (None, "engine-default", "system", "user"):
        raise invalid(f"Invalid source: {source}. Valid values are engine-default, system, and user")
    changes = values_of(group)
    found = [described_parameter(one, changes.get(name)) for name, one in parameters(group.family).items()]
    found = [one for one in found if source in (None, one["Source"])]
    return page(call, "Parameters", filtered(call, found, {"parameter-name": lambda one: [one["ParameterName"]]}))


@answers("rds", "DescribeEngineDefaultParameters")
def describe_defaults(call: Call) -> Any:
    family = str(call.get("DBParameterGroupFamily"))
    if not parameters(family):
        raise invalid(f"ParameterGroupFamily {family} is not a valid parameter group family")
    found = [described_parameter(one, None) for one in parameters(family).values()]
    found = filtered(call, found, {"parameter-name": lambda one: [one["ParameterName"]]})
    return {"EngineDefaults": {"DBParameterGroupFamily": family, **page(call, "Parameters", found)}}


def _known(group: Any, name: str) -> Parameter:
    found = parameters(group.family).get(name)
    if found is None:
        raise invalid(f"Could not find parameter with name: {name}")
    if not found.modifiable:
        raise invalid(f"The parameter {name} cannot be modified.")
    return found


def _changes(call: Call, group: Any) -> Iterator[tuple[Parameter, dict[str, str]]]:
    """The checked changes of a call; nothing is changed if one of them is refused."""
    given = call.get("Parameters") or []
    if len(given) > MOST_PER_CALL:
        raise invalid(f"At most {MOST_PER_CALL} parameters can be modified in a single request, not {len(given)}")
    for change in given:
        one = _known(group, str(change.get("ParameterName")))
        method = change.get("ApplyMethod")
        if method not in ("immediate", "pending-reboot"):
            raise invalid(f"Invalid apply method {method} for {one.name}: it is immediate or pending-reboot")
        if one.static and method == "immediate":
            raise Refusal("InvalidParameterCombination", f"{STATIC} {one.name}")
        yield one, {"ParameterValue": str(change.get("ParameterValue") or ""), "ApplyMethod": str(method)}


@answers("rds", "ModifyDBParameterGroup")
def modify(call: Call) -> Any:
    group = _own_group(call)
    changes = list(_changes(call, group))
    if not changes:
        raise invalid("The parameter Parameters must be provided and must not be blank.")
    for one, change in changes:
        if not one.admits(change["ParameterValue"]):
            text = f"Invalid parameter value: {change['ParameterValue']} for: {one.name} allowed values are: {one.allowed}"
            raise invalid(text)
    for one, change in changes:
        group.parameters[one.name] = change
    group_changed(call.backend, group, {one.name: (one, change["ApplyMethod"]) for one, change in changes})
    return {"DBParameterGroupName": group.name}


@answers("rds", "ResetDBParameterGroup")
def reset(call: Call) -> Any:
    """Resets the named parameters, or all of them; the static ones among all are reset at the next reboot."""
    group = _own_group(call)
    if call.get("ResetAllParameters") in (None, True) and not call.get("Parameters"):
        family = parameters(group.family)
        changed = {name: (family[name], "pending-reboot" if family[name].static else "immediate") for name in values_of(group)}
    else:
        changed = {one.name: (one, change["ApplyMethod"]) for one, change in _changes(call, group)}
        if not changed:
            raise invalid("Parameters must be given if ResetAllParameters is false")
    for name in changed:
        group.parameters.pop(name, None)
    group_changed(call.backend, group, changed)
    return {"DBParameterGroupName": group.name}
