# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Base of kinds with APIs like EC2's: one filtered list call returns everything, tags included, and create calls accept tags.

``calls`` names the API: ``ec2("route_table")``. Irregular kinds override ``find``, ``observe``, ``create`` or ``delete``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..reconcile.errors import EngineError
from ..reconcile.model import Observed
from .connection import Aws
from .kind import AwsKind, Calls, camel
from .owner import whose
from .tags import tag_changes, tag_list


@dataclass(frozen=True, kw_only=True)
class Ec2Calls(Calls):
    """The calls of an EC2-like API.

    ``tag_type`` is the resource type in TagSpecifications; ``filter`` is the list call's parameter for filters.
    """

    tag_type: str
    filter: str = "Filters"


def ec2(noun: str, *, token: bool = False, **names: str) -> Ec2Calls:
    """The calls of an EC2 resource with regular names: ``ec2("route_table")`` -> describe_route_tables, RouteTableId, ..."""
    title = camel(noun)
    regular = {
        "service": "ec2",
        "list": f"describe_{noun}s",
        "items": f"{title}s",
        "create": f"create_{noun}",
        "item": title,
        "delete": f"delete_{noun}",
        "id": f"{title}Id",
        "tag_type": noun.replace("_", "-"),
        "token": "ClientToken" if token else "",
    }
    return Ec2Calls(**{**regular, **names})


class Unmarked(NamedTuple):
    """A resource without owner tags: its ID, its Name tag, and its VPC, empty if it has none."""

    id: str
    name: str
    vpc: str


class Ec2Kind(AwsKind):
    """See the module's docstring."""

    calls: Ec2Calls

    id_prefix = ""
    """The prefix of this kind's ids. Empty: the kind has no such ids and cannot be adopted."""

    vpc_filter = ""
    """The list call's filter by VPC. Set for kinds of which a duplicate can be created."""

    twins = False
    """Whether a duplicate can be created if the first resource has lost its owner tags."""

    def regular(self) -> tuple[str, ...]:
        return *super().regular(), "create_tags", "delete_tags"

    def find_unmarked(self, aws: Aws, names: Collection[str], vpcs: Collection[str]) -> list[Unmarked]:
        """The resources without owner tags that have one of these names or are in one of these VPCs."""
        if not self.twins:
            return []
        filters = {"tag:Name": sorted(names), **({self.vpc_filter: sorted(vpcs)} if self.vpc_filter else {})}
        raws: dict[str, dict[str, Any]] = {}
        for name, values in filters.items():
            if values:
                wanted = {self.calls.filter: [{"Name": name, "Values": values}]}
                raws |= {raw[self.calls.id]: raw for raw in aws.list_all(self.calls.service, self.calls.list, self.calls.items, **wanted)}
        return [
            Unmarked(identity, self.tags_of(raw).get("Name", ""), str(raw.get("VpcId") or ""))
            for identity, raw in raws.items()
            if not whose(self.tags_of(raw)) and self._stays(raw) and not self.why_not_adoptable(aws, raw)
        ]

    def _stays(self, raw: Mapping[str, Any]) -> bool:
        return not self.is_gone(raw) and self.state(raw)[0] in ("ready", "pending")

    def find(self, aws: Aws) -> list[Observed]:
        raws = aws.list_all(self.calls.service, self.calls.list, self.calls.items, **{self.calls.filter: aws.owner.filters()})
        return self.observe_all(aws, raws)

    def reason_of(self, raw: Mapping[str, Any]) -> str:
        last = raw.get("LastError", {})
        code = raw.get("FailureCode") or last.get("Code")
        message = raw.get("FailureMessage") or raw.get("FailureReason") or last.get("Message")
        return ": ".join(str(part) for part in (code, message) if part)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        params = self.request(properties)
        params["TagSpecifications"] = [{"ResourceType": self.calls.tag_type, "Tags": tag_list(tags)}]
        if self.calls.token:
            params[self.calls.token] = token
        reply = aws.change(self.calls.service, self.calls.create, **params)
        return self.made(aws, {**reply.get(self.calls.item, reply), "Tags": tag_list(tags)}, address)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("ec2", "create_tags", Resources=[seen.id], Tags=tag_list(changed))
        if dropped:
            aws.change("ec2", "delete_tags", Resources=[seen.id], Tags=[{"Key": name} for name in dropped])

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove(self.calls.service, self.calls.delete, **{self.calls.id: seen.id})

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        reply = aws.find(self.calls.service, self.calls.list, **self.by_id(seen.id))
        raws = reply.get(self.calls.items, []) if reply else []
        found = self.observe_all(aws, raws)
        return found[0] if found else None

    def by_id(self, identifier: str) -> dict[str, Any]:
        """The list call's parameters that select this resource."""
        return {f"{self.calls.id}s": [identifier]}

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("ec2", "create_tags", Resources=[seen.id], Tags=tag_list(aws.owner.tags(address)))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        if not self.id_prefix:
            raise EngineError(f"a {self.name} cannot be adopted")
        if not re.fullmatch(rf"{self.id_prefix}[0-9a-f]{{8,32}}", identifier):
            raise EngineError(
                f"the id of a {self.name} is {self.id_prefix} followed by hexadecimal digits, such as {self.id_prefix}0123456789abcdef0"
            )
        reply = aws.find(self.calls.service, self.calls.list, **self.by_id(identifier))
        return self.observe_any_owner(aws, reply.get(self.calls.items, []) if reply else [], address)

    def first(self, aws: Aws, **filters: Any) -> Observed | None:
        """The first resource, whatever its owner, that passes these list filters (underscores in names); None if a value is missing."""
        if not all(filters.values()):
            return None
        return self.observe_any_owner(aws, self.matching(aws, **filters))

    def matching(self, aws: Aws, **filters: Any) -> list[dict[str, Any]]:
        """The raw resources that pass these list filters (underscores in names)."""
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return aws.list_all(self.calls.service, self.calls.list, self.calls.items, **{self.calls.filter: wanted})
