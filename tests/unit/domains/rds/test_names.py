# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of an instance's parts, and of what policies are limited to."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.names import (
    identifiers,
    names,
    role_name,
    secret_name,
    secret_names,
    user_part,
)
from tests.unit.domains.rds.samples import PLACE, instance, settings

AWAY = {"region": "eu-west-1", "subnet_ids": ["subnet-0e000000", "subnet-0f000000"], "security_group_ids": ["sg-0e000000"]}
GENERATED = {"credentials": "generated"}


def test_names() -> None:
    assert secret_name(PLACE, "main", user_part("shop")) == "/mainstay/prod/database/main/user-shop"
    assert role_name("prod", "database", "main", "proxy") == "prod.database.main.proxy"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["prod-main"]),
        ({"identifier": "legacy"}, ["legacy"]),
        ({"master": GENERATED, "replicas": {"b": {}, "a": {"identifier": "x"}}}, ["prod-main", "prod-main-b", "x"]),
        ({"master": GENERATED, "replicas": {"away": AWAY}}, ["prod-main"]),
    ],
)
def test_identifiers_in_the_region(more: dict[str, Any], expected: list[str]) -> None:
    assert sorted(identifiers(instance(**more))) == sorted(expected)


@pytest.mark.parametrize(
    ("more", "every", "users"),
    [
        ({}, [], []),
        ({"master": {"credentials": "iam"}}, [], []),
        ({"master": GENERATED}, ["master"], []),
        ({"users": {"shop": {}}}, ["user-shop"], ["user-shop"]),
        ({"users": {"jobs": {"login": "iam"}, "owner": {"login": "none"}}}, [], []),
        ({"master": GENERATED, "users": {"shop": {"login": "password"}}}, ["master", "user-shop"], ["user-shop"]),
    ],
)
def test_secrets_that_are_described(more: dict[str, Any], every: list[str], users: list[str]) -> None:
    path = "/mainstay/prod/database/main/"
    assert secret_names({"main": instance(**more)}, "prod", "database") == (
        [path + name for name in every],
        [path + name for name in users],
    )


def test_policies_name_the_network_of_the_inventory() -> None:
    network = {"subnet_ids": ["subnet-0b000000", "subnet-0a000000"], "security_group_ids": ["sg-0c000000"]}
    found = names({"main": settings(**network), "other": settings(**network)}, "prod", "database")
    assert (found.subnets, found.security_groups) == (("subnet-0a000000", "subnet-0b000000"), ("sg-0c000000",))


@pytest.mark.parametrize("given", [None, {}, {"main": settings()}])
def test_without_a_network_of_its_own_nothing_is_named(given: Any) -> None:
    found = names(given, "prod", "database")
    assert (found.subnets, found.security_groups) == ((), ())
