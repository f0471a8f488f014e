# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of databases and users: what they mean, and one sentence for each problem."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.wanted.settings import Contents, read_contents

GROUP = {"login": "none"}


def contents(databases: Any = None, users: Any = None) -> Contents:
    found, problems = read_contents(databases, users, "dbadmin")
    assert problems == []
    return found


def problems(databases: Any = None, users: Any = None) -> list[str]:
    return read_contents(databases, users, "dbadmin", "rds_databases.main")[1]


def test_a_user_has_a_password_unless_it_says_otherwise() -> None:
    users = contents(users={"a": None, "b": {"login": "iam"}, "c": GROUP}).users
    assert {name: user.login for name, user in users.items()} == {"a": "password", "b": "iam", "c": "none"}


OWNERS: dict[str, tuple[dict[str, Any], str]] = {
    "the master by default": ({}, "dbadmin"),
    "the one named": ({"owner": "team"}, "team"),
    "the only user with that access": ({"access": {"shop": "owner", "reports": "read"}}, "shop"),
}


@pytest.mark.parametrize("name", OWNERS)
def test_owner(name: str) -> None:
    settings, expected = OWNERS[name]
    assert contents({"shop": settings}, {"shop": {}, "reports": {}, "team": GROUP}).databases["shop"].owner == expected


def test_owner_access_is_membership_in_the_group_that_owns_it() -> None:
    found = contents(
        {"shop": {"owner": "team", "access": {"a": "owner", "b": "owner"}}}, {"a": {}, "b": {"member_of": ["x"]}, "x": GROUP, "team": GROUP}
    )
    assert {name: user.member_of for name, user in found.users.items()} == {"a": ("team",), "b": ("team", "x"), "x": (), "team": ()}
    (schema,) = found.databases["shop"].schemas
    assert schema.creators == ("a", "b", "team")


def test_read_and_write_access() -> None:
    database = contents({"shop": {"owner": "team", "access": {"a": "write", "b": "read"}}}, {"a": {}, "b": {}, "team": GROUP}).databases[
        "shop"
    ]
    assert {who: sorted(what) for who, what in database.privileges.items() if what} == {"a": ["CONNECT", "TEMPORARY"], "b": ["CONNECT"]}
    (schema,) = database.schemas
    assert {what: {who: sorted(held) for who, held in lists.items()} for what, lists in schema.privileges.items()} == {
        "schema": {"a": ["USAGE"], "b": ["USAGE"], "public": ["USAGE"]},
        "tables": {"a": ["DELETE", "INSERT", "SELECT", "UPDATE"], "b": ["SELECT"]},
        "sequences": {"a": ["SELECT", "UPDATE", "USAGE"], "b": ["SELECT"]},
        "functions": {"a": ["EXECUTE"], "b": ["EXECUTE"]},
    }


def test_explicit_privileges_add_to_access_and_a_schema_adds_to_its_database() -> None:
    settings = {
        "access": {"a": "read"},
        "privileges": {"a": {"tables": ["TRUNCATE"]}},
        "schemas": {"jobs": {"access": {"b": "write"}, "privileges": {"a": {"tables": ["INSERT"]}}}},
    }
    public, jobs = contents({"shop": settings}, {"a": {}, "b": {}}).databases["shop"].schemas
    assert (public.name, {who: sorted(held) for who, held in public.privileges["tables"].items()}) == (
        "public",
        {"a": ["SELECT", "TRUNCATE"]},
    )
    assert sorted(jobs.privileges["tables"]["a"]) == ["INSERT", "SELECT", "TRUNCATE"]
    assert sorted(jobs.privileges["tables"]["b"]) == ["DELETE", "INSERT", "SELECT", "UPDATE"]


def test_all_roles_may_do_nothing_but_use_schema_public_unless_described() -> None:
    closed, opened = (contents({"shop": {"public": public}}).databases["shop"] for public in (None, {"connect": True, "create": True}))
    assert [sorted(one.privileges["public"]) for one in (closed, opened)] == [[], ["CONNECT"]]
    assert [sorted(one.schemas[0].privileges["schema"]["public"]) for one in (closed, opened)] == [["USAGE"], ["CREATE", "USAGE"]]


def test_extensions_as_a_list_or_with_settings() -> None:
    found = contents(
        {"a": {"extensions": ["vector"]}, "b": {"extensions": {"vector": {"version": "0.8.0", "schema": "x"}, "citext": None}}}
    )
    assert [(e.name, e.version, e.schema) for d in found.databases.values() for e in d.extensions] == [
        ("vector", "", ""),
        ("vector", "0.8.0", "x"),
        ("citext", "", ""),
    ]


PATH = "rds_databases.main"
WRONG: dict[str, tuple[Any, Any, str]] = {
    "two owners in a list": (
        {"shop": {"owner": ["a", "b"]}},
        {"a": {}, "b": {}},
        f"{PATH}.databases.shop.owner is ['a', 'b'], but a database has one owner",
    ),
    "two owners by access": (
        {"shop": {"access": {"a": "owner", "b": "owner"}}},
        {"a": {}, "b": {}},
        f"{PATH}.databases.shop.access is {{'a': 'owner', 'b': 'owner'}}, but a database has one owner",
    ),
    "owner and another one": (
        {"shop": {"owner": "a", "access": {"b": "owner"}}},
        {"a": {}, "b": {}},
        f"{PATH}.databases.shop.access is {{'b': 'owner'}}, but owner is 'a', who logs in, and a database has one owner",
    ),
    "the master and another one": (
        {"shop": {"owner": "dbadmin", "access": {"b": "owner"}}},
        {"b": {}},
        f"{PATH}.databases.shop.access is {{'b': 'owner'}}, but owner is 'dbadmin', who logs in",
    ),
    "an unknown owner": ({"shop": {"owner": "shopp"}}, {"shop": {}}, "did you mean shop?"),
    "access for an unknown user": ({"shop": {"access": {"shp": "read"}}}, {"shop": {}}, "did you mean shop?"),
    "an unknown access": ({"shop": {"access": {"shop": "admin"}}}, {"shop": {}}, "it must be one of read, write, owner"),
    "an unknown privilege": ({"shop": {"privileges": {"a": {"tables": ["DROP"]}}}}, {"a": {}}, "it must be one of DELETE, INSERT"),
    "an unknown class": ({"shop": {"privileges": {"a": {"views": ["SELECT"]}}}}, {"a": {}}, "views is not a setting"),
    "an unknown setting": ({"shop": {"onwer": "a"}}, {"a": {}}, "did you mean owner?"),
    "a reserved database": ({"rdsadmin": {}}, {}, "belongs to PostgreSQL, RDS, or this collection"),
    "a malformed database": ({"Shop": {}}, {}, "at most 63 lower-case letters"),
    "a reserved user": ({}, {"rds_superuser": {}}, "belongs to PostgreSQL, RDS, or this collection"),
    "pg_ is reserved": ({}, {"pg_shop": {}}, "belongs to PostgreSQL, RDS, or this collection"),
    "a user of RDS Proxy": ({}, {"rdsproxyadmin": {}}, "belongs to PostgreSQL, RDS, or this collection"),
    "two users of one name in two cases": ({}, {"shop": {}, "Shop": {}}, f"{PATH}.users.Shop is 'Shop', but the name of a user must be"),
    "a rotation of no password": ({}, {"a": {"login": "iam", "rotation": "2"}}, "login is iam, and only generated passwords are rotated"),
    "an encoding that is none": ({"shop": {"encoding": "utf9"}}, {}, "it must be a server encoding of PostgreSQL such as UTF8"),
    "the master as a user": ({}, {"dbadmin": {}}, "it is the master user"),
    "a password in the inventory": (
        {},
        {"shop": {"password": "hunter22"}},
        f"{PATH}.users.shop.password is set, but passwords are never written down",
    ),
    "both ways to log in": ({}, {"shop": {"login": "password+iam"}}, "it must be one of password, iam, none"),
    "membership in rds_iam": ({}, {"shop": {"member_of": ["rds_iam"]}}, "login: iam makes a user a member of it"),
    "membership in rds_superuser": ({}, {"shop": {"member_of": ["rds_superuser"]}}, "it has the rights of the master user"),
    "membership in the master": ({}, {"shop": {"member_of": ["dbadmin"]}}, "it has the rights of the master user"),
    "membership in nothing": ({}, {"shop": {"member_of": ["shops"]}}, "did you mean shop?"),
    "a circle of memberships": ({}, {"a": {"member_of": ["b"]}, "b": {"member_of": ["a"]}}, "it leads back to a: a -> b -> a"),
    "valid until when": ({}, {"a": {"valid_until": "tomorrow"}}, "it must be a time in UTC"),
    "a setting that is none": ({}, {"a": {"settings": {"work mem": "1MB"}}}, "it must be the name of a PostgreSQL setting"),
    "version and update": ({"shop": {"extensions": {"vector": {"version": "1", "update": True}}}}, {}, "version pins it to 1"),
    "an extension that is none": ({"shop": {"extensions": ["vector; --"]}}, {}, "it must be the name of an extension"),
    "no mapping": (["shop"], {}, "it must be a mapping"),
}


@pytest.mark.parametrize("name", WRONG)
def test_problems(name: str) -> None:
    databases, users, expected = WRONG[name]
    found = problems(databases, users)
    assert len(found) == (2 if name == "a circle of memberships" else 1), found
    assert expected in found[0]
    assert all(one.startswith(PATH) for one in found)
    assert not any("hunter22" in one for one in found)


def test_a_role_of_postgresql_may_be_a_group() -> None:
    assert contents(users={"a": {"member_of": ["pg_monitor"]}}).users["a"].member_of == ("pg_monitor",)


def test_the_role_checks_every_instance_with_its_own_master() -> None:
    instances = {
        "main": {"users": {"dbadmin": {}}},
        "other": {"master": {"username": "root"}, "users": {"dbadmin": {}, "root": {}}},
        "wrong": "no mapping",
    }
    found = role_errors({"rds_databases": instances})
    assert [one.partition(" is ")[0] for one in found] == ["rds_databases.main.users.dbadmin", "rds_databases.other.users.root"]
    assert role_errors({"rds_databases": instances, "rds_manage_content": False}) == []
