# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cache parameter groups: the parameters that differ from the engine's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import batched
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Read
from ....kinds.arn_tags import READ_TAGS, lower
from ....reconcile.model import Observed, fixed, initial, later

MOST_AT_ONCE = 20
"""Parameters that ModifyCacheParameterGroup takes."""
DEFAULT = "default."
"""The prefix of AWS's own groups, which cannot be changed."""


class CacheParameterGroup(NamedKind):
    """Its parameters are those set explicitly; all others are the engine's defaults. Of one family, for one major version."""

    name = "cache_parameter_group"
    calls = NamedCalls(
        service="elasticache",
        list="describe_cache_parameter_groups",
        items="CacheParameterGroups",
        item="CacheParameterGroup",
        create="create_cache_parameter_group",
        delete="delete_cache_parameter_group",
        name="CacheParameterGroupName",
        id="CacheParameterGroupName",
        arn="ARN",
    )
    tagging = READ_TAGS
    reads = (Read("describe_cache_parameters", {"Source": "user"}),)
    operations = ("modify_cache_parameter_group", "reset_cache_parameter_group")
    # not exclusive: after an upgrade, the old group can be deleted only once the replication group has the new one

    cache_parameter_group_name = fixed("CacheParameterGroupName", canonical=lower)
    cache_parameter_group_family = fixed("CacheParameterGroupFamily")
    description = initial()
    parameters = later()

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return [one for one in super().listed(aws) if not one["CacheParameterGroupName"].startswith(DEFAULT)]

    def get_parameters(self, raw: Mapping[str, Any]) -> dict[str, str]:
        values = raw.get("Parameters") or []
        return {one["ParameterName"]: one["ParameterValue"] for one in values if one.get("ParameterValue") is not None}

    def set_parameters(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        before: Mapping[str, str] = seen.properties.get("parameters") or {}
        changed = [(name, text) for name, text in sorted(value.items()) if before.get(name) != text]
        removed = sorted(name for name in before if name not in value)
        for some in batched(changed, MOST_AT_ONCE):
            sent = [{"ParameterName": name, "ParameterValue": text} for name, text in some]
            aws.change("elasticache", "modify_cache_parameter_group", CacheParameterGroupName=seen.id, ParameterNameValues=sent)
        for names in batched(removed, MOST_AT_ONCE):
            reset = [{"ParameterName": name} for name in names]
            aws.change(
                "elasticache",
                "reset_cache_parameter_group",
                CacheParameterGroupName=seen.id,
                ResetAllParameters=False,
                ParameterNameValues=reset,
            )
