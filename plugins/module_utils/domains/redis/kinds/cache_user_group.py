# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""User groups: who may log in to a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.arn_tags import READ_TAGS
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed, given
from .cache_user import STATES, busy


class CacheUserGroup(NamedKind):
    """Always with a user named ``default``, as ElastiCache requires: our own, who is disabled."""

    name = "cache_user_group"
    calls = NamedCalls(
        service="elasticache",
        list="describe_user_groups",
        items="UserGroups",
        create="create_user_group",
        delete="delete_user_group",
        name="UserGroupId",
        id="UserGroupId",
        arn="ARN",
    )
    tagging = READ_TAGS
    operations = ("modify_user_group",)
    status_member = "Status"
    states = STATES
    settles = ("update", "delete")
    exclusive = True

    user_group_id = fixed()
    engine = fixed()
    user_ids = given(canonical=sorted_strings)

    def get_user_ids(self, raw: Mapping[str, Any]) -> list[str]:
        """The users, as they will be when a change in progress is complete."""
        waiting = raw.get("PendingChanges") or {}
        staying = [one for one in raw.get("UserIds") or [] if one not in (waiting.get("UserIdsToRemove") or [])]
        return [*staying, *(one for one in waiting.get("UserIdsToAdd") or [] if one not in staying)]

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "replication_groups": list(raw.get("ReplicationGroups") or [])}

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])
        if "user_ids" in properties:
            self.set_users(aws, seen, properties["user_ids"] or [])

    def set_users(self, aws: Aws, seen: Observed, wanted: list[str]) -> None:
        """Add and remove the difference. A user that is gone has left the group by itself."""
        raws = self.entries_at(aws, self.where(seen))
        present = self.get_user_ids(raws[0]) if raws else []
        added, removed = sorted(set(wanted) - set(present)), sorted(set(present) - set(wanted))
        params = {"UserIdsToAdd": added, "UserIdsToRemove": removed}
        params = {name: users for name, users in params.items() if users}
        if not params:
            return
        try:
            aws.change("elasticache", "modify_user_group", UserGroupId=seen.id, **params)
        except CallFailed as error:
            if removed and error.code.startswith("UserNotFound"):
                raise NotYet(error.message, error.operation, error.code, dependency=True) from error
            raise busy(error) from error

    def delete(self, aws: Aws, seen: Observed) -> None:
        raws = self.entries_at(aws, self.where(seen))
        if not raws or raws[0].get("Status") == "deleting":
            return
        if groups := raws[0].get("ReplicationGroups"):
            text = f"the replication group {', '.join(groups)} still has it"
            raise NotYet(text, "elasticache:DeleteUserGroup", "InvalidUserGroupState", dependency=True)
        try:
            aws.remove("elasticache", "delete_user_group", UserGroupId=seen.id)
        except CallFailed as error:
            raise busy(error) from error
