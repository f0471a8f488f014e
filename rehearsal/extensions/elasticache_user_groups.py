"""User groups of role-based access control. A group has exactly one user whose name is `default`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rehearsal.extensions.elasticache_common import arn, check_quota, given_tags, store
from rehearsal.extensions.elasticache_record import DEFAULT_USER, USER_GROUP, Store, User, UserGroup, begun, phase
from rehearsal.extensions.elasticache_versions import engine_named
from rehearsal.life import end_script, life_of
from rehearsal.query_api import contradictory, invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

MOST_USERS = 100
_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,39}")


def user_group(call: Call, name: Any) -> UserGroup:
    found = store(call).user_groups.get(str(name or "").lower())
    if found is None:
        raise Refusal("UserGroupNotFound", f"User group {name} not found.", 404)
    return found


def users_with(call: Call, group: UserGroup) -> list[str]:
    """The replication groups with a user group."""
    return [one.id for one in store(call).groups.values() if one.user_group == group.id]


def described(call: Call, group: UserGroup, status: str | None = None) -> dict[str, Any]:
    pending = {"UserIdsToRemove": group.leaving, "UserIdsToAdd": group.joining}
    return {
        "UserGroupId": group.id,
        "Status": status or group.status,
        "Engine": group.engine,
        "UserIds": list(group.users),
        "MinimumEngineVersion": "7.2" if group.engine == "valkey" else "6.0",
        "PendingChanges": {name: list(users) for name, users in pending.items() if users},
        "ReplicationGroups": users_with(call, group),
        "ServerlessCaches": [],
        "ARN": group.arn,
    }


def check_member(engine: str, user: str, authentication: str) -> None:
    if engine == "valkey" and authentication == "no-password":
        raise contradictory(f"The user {user} needs no password; user groups with the engine valkey take only users that authenticate.")


def _check_users(call: Call, engine: str, names: Sequence[str]) -> list[User]:
    """The users that a group is to have."""
    known = store(call).users
    for name in names:
        if name not in known or known[name].status == "deleting":
            raise Refusal("UserNotFound", f"User {name} not found.", 404)
    users = [known[name] for name in names]
    if not any(user.name == DEFAULT_USER for user in users):
        raise Refusal("DefaultUserRequired", "User group needs to contain a user with the user name default.")
    if len({user.name for user in users}) < len(users):
        raise Refusal("DuplicateUserName", "User group cannot contain two users with the same user name.")
    for user in users:
        check_member(engine, user.id, user.authentication)
    if len(users) > MOST_USERS:
        raise invalid(f"A user group has at most {MOST_USERS} users.")
    return users


def _names(values: Any) -> list[str]:
    return list(dict.fromkeys(str(name).lower() for name in values or []))


@answers("elasticache", "CreateUserGroup")
def create(call: Call) -> Any:
    identity, known = str(call.get("UserGroupId") or ""), store(call).user_groups
    if not _ID.fullmatch(identity):
        raise invalid("The parameter UserGroupId must begin with a letter and have at most 40 letters, digits, and hyphens.")
    identity, engine, tags, names = identity.lower(), engine_named(call.get("Engine")), given_tags(call), _names(call.get("UserIds"))
    if identity in known:
        raise Refusal("UserGroupAlreadyExists", f"User group {identity} already exists.")
    _check_users(call, engine, names)
    check_quota(call, "elasticache_user_groups", len(known) + 1, "UserGroupQuotaExceeded", "user groups")
    group = UserGroup(identity, arn(call, "usergroup", identity), engine, names, tags=tags)
    known[identity] = begun(group, [phase(USER_GROUP, "creating")], "active")
    return described(call, group, "creating")


@answers("elasticache", "DescribeUserGroups")
def describe(call: Call) -> Any:
    if name := call.get("UserGroupId"):
        return {"UserGroups": [described(call, user_group(call, name))]}
    groups = sorted(store(call).user_groups.values(), key=lambda one: one.id)
    return page(call, "UserGroups", [described(call, one) for one in groups])


def active(call: Call, name: Any) -> UserGroup:
    group = user_group(call, name)
    if group.status != "active":
        raise Refusal("InvalidUserGroupState", f"User group {group.id} has status {group.status}. Only active user groups can be modified.")
    return group


@answers("elasticache", "ModifyUserGroup")
def modify(call: Call) -> Any:
    group = active(call, call.get("UserGroupId"))
    joining, leaving = _names(call.get("UserIdsToAdd")), _names(call.get("UserIdsToRemove"))
    engine = engine_named(call.get("Engine")) if call.get("Engine") else group.engine
    if not joining and not leaving and engine == group.engine:
        raise contradictory("No modifications were requested.")
    if both := sorted(set(joining) & set(leaving)):
        raise contradictory(f"The user {both[0]} cannot be added and removed at once.")
    if present := sorted(set(joining) & set(group.users)):
        raise invalid(f"The user {present[0]} is a member of the user group {group.id} already.")
    if absent := sorted(set(leaving) - set(group.users)):
        if absent[0] not in store(call).users:
            raise Refusal("UserNotFound", f"User {absent[0]} not found.", 404)
        raise invalid(f"User {absent[0]} is not a member of user group {group.id}.")
    _check_users(call, engine, [name for name in group.users if name not in leaving] + joining)
    group.engine = engine
    begin(store(call), group, joining, leaving)
    return described(call, group, "modifying")


def begin(known: Store, group: UserGroup, joining: list[str], leaving: list[str]) -> None:
    """Users join and leave a group, which takes time."""
    end_script(USER_GROUP, group)
    group.joining, group.leaving = [*group.joining, *joining], [*group.leaving, *leaving]

    def apply() -> None:
        group.users = [name for name in group.users if name not in leaving] + joining
        group.joining = [name for name in group.joining if name not in joining]
        group.leaving = [name for name in group.leaving if name not in leaving]

    life_of(group).play([phase(USER_GROUP, "modifying", end=apply)], "active")


@answers("elasticache", "DeleteUserGroup")
def delete(call: Call) -> Any:
    group, known = active(call, call.get("UserGroupId")), store(call)
    if used := users_with(call, group):
        raise Refusal("InvalidUserGroupState", f"User group {group.id} is associated with the replication group {used[0]}.")
    end_script(USER_GROUP, group)
    life_of(group).play([phase(USER_GROUP, "deleting", end=lambda: known.user_groups.pop(group.id, None))], "deleting")
    return described(call, group, "deleting")
