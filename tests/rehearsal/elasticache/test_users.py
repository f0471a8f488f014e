"""Users and user groups."""

from __future__ import annotations

from typing import Any

from ..conftest import refused, until
from .cache_account import PASSWORD, CacheAccount

VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"
IAM = {"Type": "iam"}
USERS: list[tuple[str, dict[str, Any], str]] = [
    ("no password", {"Passwords": None}, COMBINATION),
    ("short password", {"Passwords": ["short"]}, VALUE),
    ("three passwords", {"Passwords": [f"{PASSWORD}{number}" for number in range(3)]}, COMBINATION),
    ("the same password twice", {"Passwords": [PASSWORD, PASSWORD]}, COMBINATION),
    ("password and none required", {"AuthenticationMode": {"Type": "no-password-required"}}, COMBINATION),
    ("IAM and another name", {"Passwords": None, "AuthenticationMode": IAM, "name": "other"}, COMBINATION),
    ("IAM with a password", {"Passwords": None, "AuthenticationMode": {**IAM, "Passwords": [PASSWORD]}}, COMBINATION),
    ("Valkey without a password", {"Passwords": None, "NoPasswordRequired": True, "Engine": "valkey"}, COMBINATION),
    ("unknown engine", {"Engine": "memcached"}, VALUE),
    ("password in the access string", {"AccessString": "on >secret ~* +@all"}, VALUE),
    ("reset in the access string", {"AccessString": "on reset"}, VALUE),
    ("name with a space", {"name": "My User"}, VALUE),
    ("identifier", {"identity": "1st"}, VALUE),
    ("the one of every account", {"identity": "default"}, "UserAlreadyExists"),
]


def test_what_users_refuse(account: CacheAccount) -> None:
    wrong = []
    for name, options, code in USERS:
        found = refused(account.user, **{"identity": "app", **options})
        if found != code:
            wrong.append(f"{name}: {found}")
    assert wrong == []


def test_a_user_changes(account: CacheAccount) -> None:
    made = account.user("app", Engine="REDIS", Tags=[{"Key": "a", "Value": "b"}])
    assert (made["Status"], made["Engine"], made["Authentication"]) == ("active", "redis", {"Type": "password", "PasswordCount": 1})
    assert account.user("worker", Passwords=None, AuthenticationMode=IAM)["Authentication"] == {"Type": "iam"}
    account.takes(user=0.4)
    changed = account.cache.modify_user(UserId="app", Passwords=[PASSWORD, f"{PASSWORD}2"], AppendAccessString="-@dangerous")
    assert (changed["Status"], changed["Authentication"]["PasswordCount"]) == ("modifying", 1)
    assert refused(account.cache.modify_user, UserId="app", AccessString="on ~* +@all") == "InvalidUserState"
    shown = lambda: account.cache.describe_users(UserId="app")["Users"][0]  # noqa: E731
    until(lambda: shown()["Status"] == "active", 5)
    assert (shown()["AccessString"], shown()["Authentication"]["PasswordCount"]) == ("on ~* +@all -@dangerous", 2)
    assert account.cache.delete_user(UserId="app")["Status"] == "deleting"
    until(lambda: len(account.cache.describe_users()["Users"]) == 2, 5)
    assert refused(account.cache.delete_user, UserId="app") == "UserNotFound"
    for call in (account.cache.delete_user, account.cache.modify_user):
        assert refused(call, UserId="default") == VALUE


def test_users_by_filter(account: CacheAccount) -> None:
    account.user("app")
    found = account.cache.describe_users(Filters=[{"Name": "user-name", "Values": ["app"]}])["Users"]
    assert [one["UserId"] for one in found] == ["app"]


def test_a_group_needs_a_user_named_default(account: CacheAccount) -> None:
    account.user("app")
    create = account.cache.create_user_group
    assert refused(create, UserGroupId="team", Engine="redis", UserIds=["app"]) == "DefaultUserRequired"
    assert refused(create, UserGroupId="team", Engine="redis", UserIds=["default", "none"]) == "UserNotFound"
    assert refused(create, UserGroupId="team", Engine="valkey", UserIds=["default"]) == COMBINATION  # who needs no password
    account.user("nobody", "default", AccessString="off -@all")
    assert refused(create, UserGroupId="team", Engine="redis", UserIds=["default", "nobody"]) == "DuplicateUserName"
    made = create(UserGroupId="team", Engine="valkey", UserIds=["nobody", "app"], Tags=[{"Key": "a", "Value": "b"}])
    assert (made["Status"], made["UserIds"], made["ReplicationGroups"]) == ("creating", ["nobody", "app"], [])
    assert refused(create, UserGroupId="team", Engine="valkey", UserIds=["nobody"]) == "UserGroupAlreadyExists"
    assert account.cache.describe_users(UserId="app")["Users"][0]["UserGroupIds"] == ["team"]


def test_users_join_and_leave(account: CacheAccount) -> None:
    for name in ("app", "worker"):
        account.user(name)
    account.user_group(users=("app",))
    change = account.cache.modify_user_group
    assert refused(change, UserGroupId="team", UserIdsToRemove=["nobody"]) == "DefaultUserRequired"
    assert refused(change, UserGroupId="team", UserIdsToRemove=["worker"]) == VALUE
    assert refused(change, UserGroupId="team", UserIdsToRemove=["gone"]) == "UserNotFound"
    assert refused(change, UserGroupId="team", UserIdsToAdd=["app"]) == VALUE
    assert refused(change, UserGroupId="team") == COMBINATION
    account.takes(user_group=0.4)
    made = change(UserGroupId="team", UserIdsToAdd=["worker"], UserIdsToRemove=["app"])
    assert (made["Status"], made["PendingChanges"]) == ("modifying", {"UserIdsToAdd": ["worker"], "UserIdsToRemove": ["app"]})
    assert refused(change, UserGroupId="team", UserIdsToAdd=["app"]) == "InvalidUserGroupState"
    assert refused(account.create, UserGroupIds=["team"]) == "InvalidUserGroupState"
    shown = lambda: account.cache.describe_user_groups(UserGroupId="team")["UserGroups"][0]  # noqa: E731
    until(lambda: shown()["Status"] == "active", 5)
    assert (shown()["UserIds"], shown()["PendingChanges"]) == (["nobody", "worker"], {})


def test_a_deleted_user_leaves_its_groups(account: CacheAccount) -> None:
    account.user("app")
    account.user_group(users=("app",))
    assert refused(account.cache.delete_user, UserId="nobody") == "DefaultUserAssociatedToUserGroup"
    account.cache.delete_user(UserId="app")
    assert account.cache.describe_user_groups(UserGroupId="team")["UserGroups"][0]["UserIds"] == ["nobody"]
    account.cache.delete_user_group(UserGroupId="team")
    assert refused(account.cache.describe_user_groups, UserGroupId="team") == "UserGroupNotFound"
    account.cache.delete_user(UserId="nobody")


def test_which_groups_a_cluster_takes(account: CacheAccount) -> None:
    account.user_group("old", "redis")
    account.user_group("new", "valkey")
    assert refused(account.create, UserGroupIds=["new"]) == COMBINATION
    assert refused(account.create, UserGroupIds=["old"], TransitEncryptionEnabled=False) == COMBINATION
    assert refused(account.create, UserGroupIds=["old", "new"]) == COMBINATION
    assert refused(account.create, UserGroupIds=["old"], AuthToken=PASSWORD) == COMBINATION
    account.create(UserGroupIds=["old"])
    for number, name in enumerate(("old", "new")):
        account.create(f"valkey{number}", Engine="valkey", EngineVersion="8.2", UserGroupIds=[name])
    assert refused(account.modify, UserGroupIdsToAdd=["new"]) == COMBINATION
