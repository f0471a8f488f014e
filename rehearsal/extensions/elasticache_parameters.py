"""Cache parameter groups and their parameters. AWS's own groups, such as default.redis7.cluster.on, exist without a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.extensions.elasticache_common import arn, check_quota, given_tags, identifier, store
from rehearsal.extensions.elasticache_parameter_catalog import Parameter, parameters
from rehearsal.extensions.elasticache_record import ParameterGroup, ReplicationGroup
from rehearsal.extensions.elasticache_versions import FAMILIES
from rehearsal.query_api import invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

DEFAULT, CLUSTER_ON = "default.", ".cluster.on"
MOST_AT_ONCE = 20
LONGEST = 255
CLUSTER_ENABLED = "cluster-enabled"


def default_name(family: str, clustered: bool) -> str:
    return f"{DEFAULT}{family}{CLUSTER_ON if clustered else ''}"


def find_group(call: Call, name: Any) -> ParameterGroup | None:
    text = str(name or "").lower()
    if not text.startswith(DEFAULT):
        return store(call).parameter_groups.get(text)
    family = text.removeprefix(DEFAULT).removesuffix(CLUSTER_ON)
    if family not in FAMILIES:
        return None
    values = {CLUSTER_ENABLED: "yes"} if text.endswith(CLUSTER_ON) else {}
    return ParameterGroup(text, arn(call, "parametergroup", text), family, f"Default parameter group for {family}", values)


def parameter_group(call: Call, name: Any) -> ParameterGroup:
    found = find_group(call, name)
    if found is None:
        raise Refusal("CacheParameterGroupNotFound", f"CacheParameterGroup not found: {name}", 404)
    return found


def is_for_clusters(group: ParameterGroup) -> bool:
    return value_of(group, CLUSTER_ENABLED) == "yes"


def value_of(group: ParameterGroup, name: str) -> str:
    return group.values.get(name, parameters(group.family)[name].default)


def values_of(group: ParameterGroup) -> dict[str, str]:
    """All parameters with their values."""
    return {name: value_of(group, name) for name in parameters(group.family)}


def default_values(name: str) -> dict[str, str]:
    """The parameters of one of AWS's own groups."""
    family = name.removeprefix(DEFAULT).removesuffix(CLUSTER_ON)
    return {one: parameter.default for one, parameter in parameters(family).items()}


def members(call: Call, group: ParameterGroup) -> list[ReplicationGroup]:
    return [one for one in store(call).groups.values() if one.parameter_group == group.id]


def described(group: ParameterGroup) -> dict[str, Any]:
    return {
        "CacheParameterGroupName": group.id,
        "CacheParameterGroupFamily": group.family,
        "Description": group.description,
        "IsGlobal": False,
        "ARN": group.arn,
    }


@answers("elasticache", "CreateCacheParameterGroup")
def create(call: Call) -> Any:
    name = identifier(call.get("CacheParameterGroupName"), "CacheParameterGroupName", LONGEST)
    family, tags = str(call.get("CacheParameterGroupFamily")), given_tags(call)
    if family not in FAMILIES:
        raise invalid(f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
    if find_group(call, name):
        raise Refusal("CacheParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    known = store(call).parameter_groups
    check_quota(call, "elasticache_parameter_groups", len(known) + 1, "CacheParameterGroupQuotaExceeded", "cache parameter groups")
    if not str(call.get("Description") or "").strip():
        raise invalid("The parameter Description must be provided and must not be blank.")
    known[name] = ParameterGroup(name, arn(call, "parametergroup", name), family, str(call.get("Description")), tags=tags)
    return {"CacheParameterGroup": described(known[name])}


@answers("elasticache", "DescribeCacheParameterGroups")
def describe(call: Call) -> Any:
    if name := call.get("CacheParameterGroupName"):
        found = find_group(call, name)
        if found is None:
            raise Refusal("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.", 404)
        return {"CacheParameterGroups": [described(found)]}
    defaults = [default_name(family, clustered) for family in FAMILIES for clustered in (False, True)]
    groups = [*(parameter_group(call, one) for one in defaults), *store(call).parameter_groups.values()]
    return page(call, "CacheParameterGroups", [described(one) for one in sorted(groups, key=lambda one: one.id)])


def _own_group(call: Call) -> ParameterGroup:
    """The group that a call changes, which cannot be one of AWS's."""
    group = parameter_group(call, call.get("CacheParameterGroupName"))
    if group.id.startswith(DEFAULT):
        raise invalid(f"The parameter group {group.id} is a default parameter group, which cannot be changed.")
    return group


@answers("elasticache", "ModifyCacheParameterGroup")
def modify(call: Call) -> Any:
    group, pairs = _own_group(call), list(call.get("ParameterNameValues") or [])
    if not 1 <= len(pairs) <= MOST_AT_ONCE:
        raise invalid(f"A call changes between 1 and {MOST_AT_ONCE} parameters; this one has {len(pairs)}.")
    wanted = {str(pair.get("ParameterName")): str(pair.get("ParameterValue", "")) for pair in pairs}
    _check(group, wanted)
    _apply(call, group, {**group.values, **wanted}, wanted)
    return {"CacheParameterGroupName": group.id}


def _check(group: ParameterGroup, wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if reason := _modifiable(group, name).problem(value):
            raise invalid(reason)


def _modifiable(group: ParameterGroup, name: str) -> Parameter:
    known = parameters(group.family).get(name)
    if known is None:
        raise invalid(f"The parameter {name} is not a parameter of the family {group.family}.")
    # A group of one's own becomes one for cluster mode before anything uses it.
    if not known.modifiable and name != CLUSTER_ENABLED:
        raise invalid(f"The parameter {name} cannot be modified.")
    return known


def _apply(call: Call, group: ParameterGroup, values: Mapping[str, str], changed: Iterable[str]) -> None:
    catalog, users = parameters(group.family), members(call, group)
    if CLUSTER_ENABLED in changed and users:
        raise Refusal("InvalidCacheParameterGroupState", f"{CLUSTER_ENABLED} cannot be changed while clusters use the group {group.id}.")
    group.values = {name: value for name, value in values.items() if value != catalog[name].default}
    if any(catalog[name].needs_reboot for name in changed):
        for one in users:
            one.apply_status = "pending-reboot"


@answers("elasticache", "ResetCacheParameterGroup")
def reset(call: Call) -> Any:
    group = _own_group(call)
    names = {str(pair.get("ParameterName")) for pair in call.get("ParameterNameValues") or []}
    if bool(call.get("ResetAllParameters")) == bool(names):
        raise invalid("Either ResetAllParameters or ParameterNameValues must be given.")
    for name in names:
        _modifiable(group, name)
    reset_ones = names or set(group.values)
    _apply(call, group, {name: value for name, value in group.values.items() if name not in reset_ones}, reset_ones & set(group.values))
    return {"CacheParameterGroupName": group.id}


@answers("elasticache", "DeleteCacheParameterGroup")
def delete(call: Call) -> Any:
    name = call.get("CacheParameterGroupName")
    if find_group(call, name) is None:
        raise Refusal("CacheParameterGroupNotFound", f"CacheParameterGroupnot found: {name}", 404)  # AWS's own wording
    group = _own_group(call)
    if members(call, group):
        text = "One or more cache clusters are still members of this parameter group, so the group cannot be deleted."
        raise Refusal("InvalidCacheParameterGroupState", f"{text} ({group.id})")
    del store(call).parameter_groups[group.id]
    return {}


@answers("elasticache", "DescribeCacheParameters")
def describe_parameters(call: Call) -> Any:
    group = find_group(call, call.get("CacheParameterGroupName"))
    if group is None:
        raise Refusal("CacheParameterGroupNotFound", f"CacheParameterGroup {call.get('CacheParameterGroupName')} not found.", 404)
    shown = [_shown(one, group.values.get(one.name)) for one in parameters(group.family).values()]
    if (source := call.get("Source")) is not None:
        if source not in ("user", "system", "engine-default"):
            raise invalid(f"Invalid source: {source}. Valid sources are user, system, and engine-default.")
        shown = [one for one in shown if one["Source"] == source]
    return page(call, "Parameters", shown) | {"CacheNodeTypeSpecificParameters": []}


@answers("elasticache", "DescribeEngineDefaultParameters")
def describe_defaults(call: Call) -> Any:
    family = str(call.get("CacheParameterGroupFamily"))
    if family not in FAMILIES:
        raise invalid(f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
    found = page(call, "Parameters", [_shown(one, None) for one in parameters(family).values()])
    return {"EngineDefaults": {"CacheParameterGroupFamily": family, "CacheNodeTypeSpecificParameters": [], **found}}


def _shown(one: Parameter, value: str | None) -> dict[str, Any]:
    return {
        "ParameterName": one.name,
        "ParameterValue": one.default if value is None else value,
        "Description": f"Sets {one.name}.",
        "Source": "system" if value is None else "user",
        "DataType": one.data_type,
        "AllowedValues": one.allowed,
        "IsModifiable": one.modifiable,
        "MinimumEngineVersion": one.since,
        "ChangeType": "requires-reboot" if one.needs_reboot else "immediate",
    }
