# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""DB parameter groups: the parameters that differ from the engine's defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Read
from ....kinds.arn_tags import READ_TAGS, lower
from ....reconcile.model import Observed, fixed, initial, later
from . import limits

MOST_AT_ONCE = 20
"""Parameters that ModifyDBParameterGroup takes."""

DEFAULT = "default."
"""The prefix of AWS's own groups, which cannot be changed."""


def apply_methods(aws: Aws, family: str, names: Iterable[str]) -> dict[str, str]:
    """The method that each parameter takes: RDS refuses ``immediate`` for static ones."""
    wanted = sorted(names)
    types = {one["ParameterName"]: one.get("ApplyType") for one in described_parameters(aws, family, wanted)}
    return {name: "pending-reboot" if types.get(name) == "static" else "immediate" for name in wanted}


def described_parameters(aws: Aws, family: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """The entries of these parameters in a family's defaults. The reply nests them, so its pages are followed here."""
    filters = [{"Name": "parameter-name", "Values": list(names)}]
    found: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while filters[0]["Values"]:
        reply = aws.read("rds", "describe_engine_default_parameters", DBParameterGroupFamily=family, Filters=filters, **marker)
        defaults = reply.get("EngineDefaults") or {}
        found += defaults.get("Parameters") or []
        if not defaults.get("Marker"):
            break
        marker = {"Marker": defaults["Marker"]}
    return found


class DbParameterGroup(NamedKind):
    """Its parameters are those set explicitly; all others are the engine's defaults. Of one family, for one major version."""

    name = "db_parameter_group"
    calls = NamedCalls(
        service="rds",
        list="describe_db_parameter_groups",
        items="DBParameterGroups",
        item="DBParameterGroup",
        create="create_db_parameter_group",
        delete="delete_db_parameter_group",
        name="DBParameterGroupName",
        id="DBParameterGroupName",
        arn="DBParameterGroupArn",
    )
    tagging = READ_TAGS
    reads = (Read("describe_db_parameters", {"Source": "user"}),)
    operations = ("describe_engine_default_parameters", "modify_db_parameter_group", "reset_db_parameter_group")
    quotas = (limits.PARAMETER_GROUPS,)
    # not exclusive: after a major upgrade, the old group can be deleted only once the instance has the new one
    elsewhere = True

    db_parameter_group_name = fixed("DBParameterGroupName", canonical=lower)
    db_parameter_group_family = fixed("DBParameterGroupFamily")
    description = initial()
    parameters = later()

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return [one for one in super().listed(aws) if not one["DBParameterGroupName"].startswith(DEFAULT)]

    def get_parameters(self, raw: Mapping[str, Any]) -> dict[str, str]:
        values = raw.get("Parameters") or []
        return {one["ParameterName"]: one["ParameterValue"] for one in values if one.get("ParameterValue") is not None}

    def set_parameters(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        before: Mapping[str, str] = seen.properties.get("parameters") or {}
        changed = {name: text for name, text in value.items() if before.get(name) != text}
        removed = [name for name in before if name not in value]
        methods = apply_methods(aws, str(seen.properties["db_parameter_group_family"]), [*changed, *removed])
        set_ = [{"ParameterName": name, "ParameterValue": text, "ApplyMethod": methods[name]} for name, text in sorted(changed.items())]
        reset = [{"ParameterName": name, "ApplyMethod": methods[name]} for name in sorted(removed)]
        for some in batches(set_):
            aws.change("rds", "modify_db_parameter_group", DBParameterGroupName=seen.id, Parameters=some)
        for some in batches(reset):
            aws.change("rds", "reset_db_parameter_group", DBParameterGroupName=seen.id, ResetAllParameters=False, Parameters=some)


def batches(entries: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Lists that one call takes."""
    for start in range(0, len(entries), MOST_AT_ONCE):
        yield entries[start : start + MOST_AT_ONCE]
