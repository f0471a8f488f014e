# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A refresh never writes to production, and never to a database of another owner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.refresh.mixups import Side, mixups, side_of

OWNER = {"mainstay:environment": "prod", "mainstay:component": "database"}
SOURCE = Side("prod", "123456789012", "af-south-1", "prod-main", "available", "17.4", "dbadmin", 100, True, (), OWNER)
TARGET = Side(
    "staging",
    "444455556666",
    "eu-west-1",
    "staging-main",
    "available",
    "17.4",
    "dbadmin",
    100,
    tags={"mainstay:environment": "staging", "mainstay:component": "database"},
)


def test_two_databases_that_cannot_be_mixed_up() -> None:
    assert mixups(SOURCE, TARGET, "database") == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ({}, {"claimed": "prod"}, "production is never refreshed"),
        ({}, {"claimed": "production"}, "production is never refreshed"),
        ({}, {"tags": OWNER}, "belongs to prod/database by its tags, not to staging/database"),
        ({}, {"tags": {}}, "has no tags of an owner, not to staging/database"),
        ({}, {"tags": {"mainstay:environment": "staging", "mainstay:component": "other"}}, "belongs to staging/other by its tags"),
        ({}, {"protected": True}, "is protected against deletion"),
        ({}, {"replicas": ("staging-main-a",)}, "has the read replicas staging-main-a"),
        ({}, {"status": "modifying"}, "is modifying; wait"),
        ({"claimed": "dev"}, {}, "data is taken from prod or production only"),
        ({"tags": TARGET.tags}, {}, "the source prod-main in af-south-1 of account 123456789012 belongs to staging/database"),
        ({"tags": {}}, {}, "has no tags of an owner, not to prod"),
        ({"master": "postgres"}, {}, "give both the same master.username"),
        ({"engine_version": "18.1"}, {}, "upgrade the target first"),
        ({"allocated": 200}, {}, "raise storage.size of the target first"),
        ({"account": "444455556666", "region": "eu-west-1", "identifier": "staging-main"}, {}, "source and target are the same database"),
        ({}, {"claimed": "prod", "tags": OWNER}, "source and target both belong to environment prod"),
    ],
)
def test_what_is_refused(source: dict[str, Any], target: dict[str, Any], said: str) -> None:
    found = mixups(replace(SOURCE, **source), replace(TARGET, **target), "database")
    assert any(said in one for one in found), found


def test_a_description_of_rds() -> None:
    reply = {
        "DBInstanceIdentifier": "a",
        "DBInstanceStatus": "available",
        "EngineVersion": "17.4",
        "MasterUsername": "m",
        "AllocatedStorage": 20,
        "DeletionProtection": True,
        "ReadReplicaDBInstanceIdentifiers": ["b"],
        "TagList": [{"Key": "mainstay:environment", "Value": "dev"}],
    }
    found = side_of(reply, "dev", "1", "r")
    assert (found.status, found.allocated, found.protected, found.replicas, found.marked) == ("available", 20, True, ("b",), "dev")
