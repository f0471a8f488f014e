"""Tags of everything in RDS that has an ARN, and the tagging API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.rds_backup_record import backups_in
from rehearsal.query_api import check_tags, invalid, listed, pairs
from rehearsal.registry import Call, answers, lists_tags
from rehearsal.replies import Refusal

NOT_FOUND = {
    "db": "DBInstanceNotFound",
    "pg": "DBParameterGroupNotFound",
    "snapshot": "DBSnapshotNotFound",
    "subgrp": "DBSubnetGroupNotFoundFault",
    "db-proxy": "DBProxyNotFoundFault",
    "auto-backup": "DBInstanceAutomatedBackupNotFound",
}


class _Tags(dict[str, str]):
    """The tags of one of moto's objects, which keeps them as a list, as a dict whose changes reach the object."""

    def __init__(self, resource: Any) -> None:
        super().__init__(pairs(resource.tags))
        self._resource = resource

    def _store(self) -> None:
        self._resource.tags = listed(self)

    def update(self, *given: Any, **named: str) -> None:
        super().update(*given, **named)
        self._store()

    def pop(self, key: str, *default: Any) -> Any:
        found = super().pop(key, *default)
        self._store()
        return found


def resources(backend: Any) -> Iterator[Any]:
    """Everything in a region of RDS that can have tags."""
    for group in (
        backend.databases,
        backend.database_snapshots,
        backend.subnet_groups,
        backend.db_parameter_groups,
        backend.db_proxies,
        backend.option_groups,
        backend.event_subscriptions,
        backend.clusters,
        backend.cluster_snapshots,
        backups_in(backend),
    ):
        yield from group.values()


@lists_tags("rds")
def tagged(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for resource in resources(backend):
        yield resource.arn, _Tags(resource)


def tags_of_arn(backend: Any, arn: str) -> dict[str, str] | None:
    return next((tags for each, tags in tagged(backend) if each == arn), None)


def _found(call: Call) -> dict[str, str]:
    arn = str(call.get("ResourceName") or "")
    parts = arn.split(":")
    if not arn.startswith("arn:") or len(parts) < 7 or parts[2] != "rds":
        raise invalid(f"Invalid resource name: {arn}")
    tags = tags_of_arn(call.backend, arn)
    if tags is None:
        raise Refusal(
            NOT_FOUND.get(parts[5], "InvalidParameterValue"), f"The specified resource name does not match an RDS resource: {arn}", 404
        )
    return tags


@answers("rds", "AddTagsToResource")
def add(call: Call) -> Any:
    tags, given = _found(call), call.get("Tags") or []
    check_tags(given)
    check_tags([*listed({name: value for name, value in tags.items() if not name.lower().startswith("aws:")} | pairs(given))])
    tags.update(pairs(given))
    return {}


@answers("rds", "RemoveTagsFromResource")
def remove(call: Call) -> Any:
    tags = _found(call)
    for key in call.get("TagKeys") or []:
        tags.pop(key, None)
    return {}


@answers("rds", "ListTagsForResource")
def list_tags(call: Call) -> Any:
    return {"TagList": listed(_found(call))}
