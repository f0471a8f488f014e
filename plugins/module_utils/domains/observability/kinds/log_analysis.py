# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metric filters, which count what log events say, and saved queries. Neither has tags; the prefix of their names says whose they are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.kind import AwsKind, Calls
from ....reconcile.errors import AlreadyThere
from ....reconcile.model import Observed, fixed, given

TRANSFORMATION: Mapping[str, str] = {
    "name": "metricName",
    "namespace": "metricNamespace",
    "value": "metricValue",
    "default": "defaultValue",
    "dimensions": "dimensions",
    "unit": "unit",
}


class ByPrefix(AwsKind):
    """``separator``: between the parts of names. The rest of a name after the prefix is the name in the address."""

    calls: Calls
    separator = "-"
    exclusive = True
    mark_in_name = True
    """What another owner has cannot have a name of ours, so there is nothing to mark."""

    resource_name = fixed()

    def prefix(self, aws: Aws) -> str:
        return f"{aws.owner.environment}{self.separator}{aws.owner.component}{self.separator}"

    def name_of(self, raw: Mapping[str, Any]) -> str:
        raise NotImplementedError

    def entries(self, aws: Aws) -> list[dict[str, Any]]:
        """Every entry in the account: read once in an observation."""
        return aws.once(self.calls.list, lambda: aws.list_all("logs", self.calls.list, self.calls.items))

    def find(self, aws: Aws) -> list[Observed]:
        return [one for raw in self.entries(aws) if (one := self._own(aws, raw)) is not None]

    def _own(self, aws: Aws, raw: Mapping[str, Any]) -> Observed | None:
        name, prefix = self.name_of(raw), self.prefix(aws)
        return self.observe(aws, raw, f"{self.name}.{name.removeprefix(prefix)}") if name.startswith(prefix) else None

    def get_resource_name(self, raw: Mapping[str, Any]) -> str:
        return self.name_of(raw)

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        found = (self._own(aws, raw) for raw in self.entries(aws))
        return next((one for one in found if one is not None and one.id == seen.id), None)

    def claim(self, _aws: Aws, _seen: Observed, _address: str) -> None:
        """Its name is its mark."""

    def look_up(self, aws: Aws, identifier: str, _address: str) -> Observed | None:
        """One with a name of ours is ours already; a name cannot be changed."""
        return next((one for one in self.find(aws) if identifier in (one.id, one.properties["resource_name"])), None)


class MetricFilter(ByPrefix):
    """``pattern``: of CloudWatch Logs. ``metric``: {"name", "namespace", "value", "default", "dimensions", "unit"}."""

    name = "metric_filter"
    calls = Calls(
        service="logs",
        list="describe_metric_filters",
        items="metricFilters",
        create="put_metric_filter",
        delete="delete_metric_filter",
        id="filterName",
    )
    named = True

    log_group_name = fixed("logGroupName")
    pattern = given("filterPattern")
    metric = given("metricTransformations")

    def name_of(self, raw: Mapping[str, Any]) -> str:
        return str(raw["filterName"])

    def get_metric(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        transformations = raw.get("metricTransformations") or [{}]
        return {name: transformations[0][api] for name, api in TRANSFORMATION.items() if transformations[0].get(api) not in (None, {}, "")}

    def get_pattern(self, raw: Mapping[str, Any]) -> str:
        return str(raw.get("filterPattern") or "")

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        transformation = {api: properties["metric"][name] for name, api in TRANSFORMATION.items() if name in properties["metric"]}
        return {
            "logGroupName": properties["log_group_name"],
            "filterName": properties["resource_name"],
            "filterPattern": properties["pattern"],
            "metricTransformations": [transformation],
        }

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        sent = self.request(properties)
        aws.change("logs", "put_metric_filter", **sent)
        return self.made(aws, sent, address)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        aws.change("logs", "put_metric_filter", **self.request({**seen.properties, **properties}))

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("logs", "delete_metric_filter", logGroupName=seen.properties["log_group_name"], filterName=seen.id)


class SavedQuery(ByPrefix):
    """A query of Logs Insights, in a folder of the console for each component."""

    name = "saved_query"
    calls = Calls(
        service="logs",
        list="describe_query_definitions",
        items="queryDefinitions",
        create="put_query_definition",
        delete="delete_query_definition",
        id="queryDefinitionId",
    )
    separator = "/"

    query = given("queryString")
    log_group_names = given("logGroupNames")

    def name_of(self, raw: Mapping[str, Any]) -> str:
        return str(raw["name"])

    def get_log_group_names(self, raw: Mapping[str, Any]) -> list[str]:
        return list(raw.get("logGroupNames") or ())

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": properties["resource_name"],
            "queryString": properties["query"],
            "logGroupNames": list(properties.get("log_group_names") or ()),
        }

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        name = str(properties["resource_name"])
        if any(one["name"] == name for one in aws.list_all("logs", self.calls.list, self.calls.items, queryDefinitionNamePrefix=name)):
            raise AlreadyThere(f"a saved query with the name {name} already exists", "logs:PutQueryDefinition")
        sent = self.request(properties)
        reply = aws.change("logs", "put_query_definition", **sent, clientToken=str(uuid.uuid5(uuid.NAMESPACE_OID, token)))
        return self.made(aws, {**sent, **reply}, address)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        aws.change("logs", "put_query_definition", queryDefinitionId=seen.id, **self.request({**seen.properties, **properties}))

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("logs", "delete_query_definition", queryDefinitionId=seen.id)
