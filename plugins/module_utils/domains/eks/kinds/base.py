# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of EKS have in common: where to look for them, how they are tagged, and how to wait for their updates.

Resources inside a cluster are listed cluster by cluster. A kind gets the names of the described clusters (hints) and queries these at once;
clusters of ours that are no longer described come from the list of all clusters, which is read once per observation. An EKS update is an
object of its own and takes time: the reply to the call names it, ``Aws.begun`` keeps the name until the update ends, and a failed update
becomes the error of the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....aws.kind import camel, lower_camel
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....reconcile.errors import CallFailed, EngineError, NotYet
from ....reconcile.model import Observed
from .errors import failed_update, issues, refused
from .reads import in_cluster, others

BUSY = ("CREATING", "UPDATING", "DELETING", "PENDING")
"""Statuses in which EKS accepts no other change."""

Step = Callable[[], Mapping[str, Any]]
"""One mutating call; its reply names the update that it started."""


def eks(noun: str, **names: str) -> NamedCalls:
    """The calls of a kind that follows EKS naming: ``eks("nodegroup")`` -> list_nodegroups, describe_nodegroup, nodegroupName, ..."""
    item = lower_camel(noun)
    regular: dict[str, Any] = {
        "service": "eks",
        "list": f"list_{noun}s",
        "items": f"{item}s",
        "create": f"create_{noun}",
        "describe": f"describe_{noun}",
        "delete": f"delete_{noun}",
        "item": item,
        "id": f"{item}Arn",
        "name": f"{item}Name",
        "arn": f"{item}Arn",
        "token": "clientRequestToken",
    }
    return NamedCalls(**{**regular, **names})


class EksKind(NamedKind):
    """The base of all EKS kinds. A resource with a unique ID in its ARN is identified by it, so a successor of its name is another one."""

    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="resourceArn", of="arn", tags="tags", keys="tagKeys", members=None)
    status_member = "status"
    operations: tuple[str, ...] = ("describe_cluster", "describe_update", "list_clusters")
    settles: tuple[str, ...] = ("update", "delete")

    def __init__(self, hints: Iterable[str] = ()) -> None:
        super().__init__()
        self.hints = tuple(hints)

    def api_name(self, name: str) -> str:
        return self.properties[name].api or lower_camel(name)

    def find(self, aws: Aws) -> list[Observed]:
        described = self.in_clusters(aws, self.hints)
        return self.observe_all(aws, described + self.in_clusters(aws, others(aws, self.hints)))

    def in_clusters(self, aws: Aws, clusters: Sequence[str]) -> list[dict[str, Any]]:
        """All resources of this kind in these clusters, regardless of owner."""
        return self.described(aws, [{"clusterName": c, self.calls.name: n} for c, n in self.listed_in(aws, clusters)])

    def listed_in(self, aws: Aws, clusters: Sequence[str]) -> list[tuple[str, str]]:
        """(cluster, name) of every resource of this kind in these clusters."""
        lists = aws.map(lambda cluster: self.names(aws, cluster), clusters)
        return [(cluster, name) for cluster, names in zip(clusters, lists, strict=True) for name in names]

    def names(self, aws: Aws, cluster: str) -> list[str]:
        return in_cluster(lambda: aws.list_all("eks", self.calls.list, self.calls.items, clusterName=cluster))

    def at(self, entry: Mapping[str, Any]) -> dict[str, str]:
        return dict(entry)

    def where(self, seen: Observed) -> dict[str, str]:
        """The parameters that identify one resource."""
        return {name: seen.properties[own] for own, name in self.place().items()}

    def place(self) -> dict[str, str]:
        """The properties that say where a resource is -> the parameters that take them."""
        return {"cluster_name": "clusterName", next(n for n in self.properties if self.api_name(n) == self.calls.name): self.calls.name}

    def reason_of(self, raw: Mapping[str, Any]) -> str:
        return issues(raw)

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        status, reported = raw.get("status"), issues(raw)
        if status in BUSY or (status in (None, "ACTIVE") and not reported):
            return ""
        return f"{status}: {reported or 'EKS gives no reason'}"

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        try:
            return super().create(aws, address, properties, token)
        except CallFailed as error:
            raise refused(error) from error

    def sent(self, _name: str, value: Any) -> Any:
        return value

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As ``find`` sees it, but pending while an update that this run started is in progress. Raises the error of a failed update."""
        if self.under_way(aws, seen):
            return replace(seen, state="pending", reason="an update is in progress")
        raws = self.described(aws, [self.where(seen)])
        found = self.observe_all(aws, raws)
        if not found or found[0].id != seen.id:
            return None
        if raws[0].get("status") == "DELETE_FAILED":
            reason = issues(raws[0]) or "no reason given"
            raise CallFailed(f"deleting it failed: {reason}", f"eks:{camel(self.calls.delete)}", "DELETE_FAILED")
        return found[0]

    def under_way(self, aws: Aws, seen: Observed) -> bool:
        """Whether the last update that this run started is still in progress. Raises CallFailed once for a failed update."""
        update = aws.begun.get(seen.id)
        if update is None:
            return False
        reply = aws.find("eks", "describe_update", updateId=update, **self.of_update(seen))
        reported = reply["update"] if reply else {"status": "Successful"}
        if reported["status"] == "InProgress":
            return True
        aws.begun.pop(seen.id, None)
        if reported["status"] != "Successful":
            raise failed_update(reported)
        return False

    def of_update(self, seen: Observed) -> dict[str, str]:
        """How DescribeUpdate identifies the updated resource: its parameter for the cluster's name is ``name``."""
        return {"name" if name == "clusterName" else name: value for name, value in self.where(seen).items()}

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Send the remaining changes, one update at a time. If more are left, it raises NotYet and is called again."""
        now = self.at_rest(aws, seen)
        declared = self.properties
        left = {name: value for name, value in properties.items() if declared[name].normal(now.properties.get(name)) != value}
        left |= {one: properties[one] for name in list(left) for one in self.together.get(name, ()) if one in properties}
        for name in [name for name in left if hasattr(self, f"set_{name}")]:
            getattr(self, f"set_{name}")(aws, now, left.pop(name))
        steps = self.steps(aws, now, left) if left else []
        if not steps:
            return
        try:
            reply = steps[0]()
        except CallFailed as error:
            raise refused(error) from error
        if "update" in reply:
            aws.begun[seen.id] = reply["update"]["id"]
        if len(steps) > 1:
            raise NotYet("another update must finish first", "", "UpdateInProgress", dependency=True)

    def at_rest(self, aws: Aws, seen: Observed) -> Observed:
        """The current state. Raises NotYet while a change is in progress, including one that this run did not start."""
        raws = [] if self.under_way(aws, seen) else self.described(aws, [self.where(seen)])
        if seen.id in aws.begun or any(raw.get("status") in BUSY for raw in raws):
            raise NotYet("an update is in progress", "", "UpdateInProgress", dependency=True)
        found = self.observe_all(aws, raws)
        if not found or found[0].id != seen.id:
            raise CallFailed(f"{seen.id} no longer exists", hint="Run again.")
        return found[0]

    def steps(self, _aws: Aws, _now: Observed, _left: Mapping[str, Any]) -> list[Step]:
        """The calls that apply the remaining changes, in the required order."""
        return []

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """Look up by cluster name and own name, separated by a slash."""
        cluster, slash, name = identifier.partition("/")
        if not cluster or not slash or not name or identifier.startswith("arn:"):
            raise EngineError(f"{identifier}: write a {self.name} as <name of the cluster>/<{self.calls.name}>")
        return self.observe_any_owner(aws, self.described(aws, [{"clusterName": cluster, self.calls.name: name}]), address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The resource that holds this name in the cluster."""
        params = {name: properties[own] for own, name in self.place().items() if properties.get(own)}
        return self.observe_any_owner(aws, self.described(aws, [params])) if len(params) == len(self.place()) else None
