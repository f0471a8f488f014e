# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refusals before the first API call, and their wording."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from tests.unit.domains.rds.samples import KEY, NETWORK, SUBNETS, complaints, instance, settings

ABROAD = KEY.replace("af-south-1", "eu-west-1")
FAR = {"region": "eu-west-1", "subnet_ids": list(SUBNETS), "security_group_ids": ["sg-0e000000"]}
GENERATED = {"credentials": "generated"}
BELOW = (
    "but gp3 storage of less than 400 GiB always has 3000 IOPS and 125 MiB/s, and RDS refuses other values; leave it out, or set size to "
    "at "
    "least 400"
)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"version": None},
            'version is missing: give the major version of PostgreSQL in quotes, such as "17", or an exact one such as "17.4"',
        ),
        ({"version": 17.4}, 'version is 17.4, but it must be quoted, because YAML reads it as a number: "17.4"'),
        (
            {"version": "17.4.1"},
            'version is \'17.4.1\', but it must be a major version of PostgreSQL, such as "17", or an exact one such as "17.4"',
        ),
        ({"class": None}, "class is missing: give a DB instance class such as db.t4g.medium"),
        ({"class": "t4g.medium"}, "class is 't4g.medium', but give a DB instance class such as db.t4g.medium"),
        ({"clas": "db.t4g.medium"}, "clas is not a setting; did you mean class?"),
        ({"port": 80}, "port is 80, but it must be a whole number from 1150 to 65535"),
        ({"storage": {}}, "storage.size is missing: give the size in GiB, from 20 to 65536"),
        ({"storage": {"size": 10}}, "storage.size is 10, but it must be a whole number from 20 to 65536"),
        ({"storage": {"size": 100, "iops": 6000}}, f"storage.iops is 6000, {BELOW}"),
        ({"storage": {"size": 100, "throughput": 500}}, f"storage.throughput is 500, {BELOW}"),
        (
            {"storage": {"size": 400, "type": "io2", "iops": 12000, "throughput": 500}},
            "storage.throughput is 500, but storage of type io2 has no throughput to choose; leave it out, or use gp3",
        ),
        (
            {"storage": {"size": 400, "type": "io2"}},
            "storage.iops is missing: storage of type io2 is provisioned by IOPS; give their number",
        ),
        (
            {"storage": {"size": 100, "autoscale_to": 109}},
            "storage.autoscale_to is 109, but it must be none, or a number of GiB from 110 (110 % of the size of 100) to 65536",
        ),
        (
            {"master": {"username": "admin"}},
            "master.username is 'admin', but RDS for PostgreSQL reserves that name; choose another one, such as dbadmin",
        ),
        (
            {"master": {"username": "User"}},
            "master.username is 'User', but RDS for PostgreSQL reserves that name; choose another one, such as dbadmin",
        ),
        (
            {"master": {"username": "rds_me"}},
            "master.username is 'rds_me', but RDS for PostgreSQL reserves that name; choose another one, such as dbadmin",
        ),
        (
            {"master": {"username": "rdsWriteForwardUser"}},
            "master.username is 'rdsWriteForwardUser', but RDS for PostgreSQL reserves that name; choose another one, such as dbadmin",
        ),
        (
            {"master": {"username": "1st"}},
            "master.username is '1st', but it must be 1 to 63 letters, digits and underscores, starting with a letter",
        ),
        (
            {"master": {"password": "s3cret"}},
            "master.password is set, but it is a password in an inventory; remove it, and let credentials be one of managed, generated, "
            "iam",
        ),
        (
            {"master": {"credentials": "iam", "rotation_days": 30}},
            "master.rotation_days is 30, but the credentials are iam, and RDS rotates only managed ones; remove it",
        ),
        (
            {"master": {"rotation": "2026-11"}},
            "master.rotation is '2026-11', but the credentials are managed, and only generated ones are rotated on request; remove it",
        ),
        ({"backups": {"retention_days": -1}}, "backups.retention_days is -1, but it must be a whole number from 0 to 35"),
        ({"backups": {"retention_days": "a week"}}, "backups.retention_days is 'a week', but it must be a whole number from 0 to 35"),
        ({"backups": {"retention_days": 36}}, "backups.retention_days is 36, but it must be a whole number from 0 to 35"),
        (
            {"backups": {"retention_days": 0}},
            "backups.retention_days is 0, but point-in-time recovery, which prod must have need automated backups; set it to 1 to 35",
        ),
        ({"backups": {"window": "3-4"}}, "backups.window is '3-4', but it must be a period in UTC such as \"03:00-04:00\", in quotes"),
        ({"backups": {"window": "03:00-03:20"}}, "backups.window is '03:00-03:20', but it must last at least 30 minutes"),
        (
            {"maintenance": {"window": "sun:05:00-sun:05:29"}},
            "maintenance.window is 'sun:05:00-sun:05:29', but it must last at least 30 minutes",
        ),
        (
            {"maintenance": {"window": "sun:05:00-mon:05:00"}},
            "maintenance.window is 'sun:05:00-mon:05:00', but it must last less than 24 hours",
        ),
        (
            {"maintenance": {"window": "sunday:05:00-sunday:06:00"}},
            "maintenance.window is 'sunday:05:00-sunday:06:00', but it must be a period in UTC such as \"sun:05:00-sun:06:00\", in quotes",
        ),
        (
            {"kms_key_arn": ABROAD},
            f"kms_key_arn is '{ABROAD}', but RDS encrypts with a key of its own region; name one of af-south-1",
        ),
        (
            {"kms_key_arn": "alias/shop"},
            "kms_key_arn is 'alias/shop', but it must be the ARN of a KMS key, not of an alias",
        ),
        (
            {"backups": {"window": "05:00-06:00"}, "maintenance": {"window": "sun:05:30-sun:06:30"}},
            "backups.window is '05:00-06:00', but it overlaps maintenance.window (sun:05:30-sun:06:30), and RDS refuses that; move one of "
            "them",
        ),
        (
            {"backups": {"replicate_to": {"region": "af-south-1"}}},
            "backups.replicate_to.region is 'af-south-1', but that is the region of the instance; name another one",
        ),
        ({"monitoring": {"interval": 20}}, "monitoring.interval is 20, but it must be one of 0, 1, 5, 10, 15, 30, 60 seconds"),
        (
            {"monitoring": {"insights": "advanced", "insights_retention_days": 31}},
            "monitoring.insights_retention_days is 31, but Database Insights advanced requires at least 465 days; leave it out, or set "
            "insights to "
            "standard",
        ),
        (
            {"monitoring": {"insights_retention_days": 30}},
            "monitoring.insights_retention_days is 30, but it must be 7, 731, or a multiple of 31 up to 713",
        ),
        (
            {"replicas": {"reports": {}}},
            "master.credentials is 'managed', but RDS does not allow read replicas of an instance with a managed password; set it to "
            "generated or "
            "iam",
        ),
        (
            {"zone": "af-south-1a"},
            "zone is 'af-south-1a', but a Multi-AZ instance is in two zones, which AWS chooses; remove it, or set multi_az: false",
        ),
        (
            {"zone": "af-south-1c", "multi_az": False},
            "zone is 'af-south-1c', but its subnets are in af-south-1a, af-south-1b; choose one of these",
        ),
        (
            {"master": {"credentials": "iam"}, "iam_authentication": False},
            "iam_authentication is False, but n.main.master.credentials is iam, so the master could not log in; leave it true",
        ),
        (
            {"databases": {"shop": {"extensions": ["pgvector"]}}},
            "databases.shop.extensions names 'pgvector', but the extension is called vector; use that name",
        ),
        (
            {"version": "15.1", "databases": {"shop": {"extensions": ["vector"]}}},
            "databases.shop.extensions names 'vector', but RDS offers it from PostgreSQL 15.2 on, and version is '15.1'; choose that or a "
            "newer one",
        ),
        (
            {"version": "11", "databases": {"shop": {"extensions": ["vector"]}}},
            "databases.shop.extensions names 'vector', but no version of PostgreSQL 11 on RDS offers it; choose a newer major version",
        ),
        (
            {"databases": {"shop": {"extensions": ["pg_cron"]}}},
            "parameters.shared_preload_libraries is 'pg_stat_statements', but the extension pg_cron needs pg_cron in it; add it: the list "
            "replaces "
            "the default",
        ),
        (
            {"databases": {"shop": {"extensions": ["pg_tle"]}}},
            "parameters.shared_preload_libraries is 'pg_stat_statements', but the extension pg_tle needs pg_tle in it; add it: the list "
            "replaces the default",
        ),
        (
            {"proxy": {}},
            "proxy.auth is 'password', but it logs in with the passwords of the instance's users, and none has one; add one to users, or "
            "set auth: iam",
        ),
        (
            {"proxy": {"users": ["app"]}, "users": {"shop": {}}},
            "proxy.users is 'app', but it is not a user with a password; valid names are shop",
        ),
        (
            {"master": GENERATED, "replicas": {"far": {**FAR, "region": "af-south-1"}}},
            "replicas.far.region is 'af-south-1', but that is the region of the instance; remove it, or name another one",
        ),
        (
            {"master": GENERATED, "replicas": {"far": {**FAR, "subnet_ids": [SUBNETS[0]]}}},
            "replicas.far.subnet_ids is ['subnet-0a000000'], but RDS wants subnets in at least two availability zones",
        ),
        (
            {"master": GENERATED, "replicas": {"far": {**FAR, "identifier": "prod-main"}}},
            "replicas.far.identifier is 'prod-main', but n.main already has that identifier; choose another one for one of them",
        ),
        (
            {"master": GENERATED, "replicas": {"far": {"region": "eu-west-1", "subnet_ids": list(SUBNETS)}}},
            "replicas.far.security_group_ids is missing: the replica is in eu-west-1, where the network of its source is not; list those "
            "of a "
            "network there",
        ),
    ],
)
def test_a_mistake_is_refused_in_one_sentence(more: dict[str, Any], expected: str) -> None:
    assert complaints(**more) == [f"n.main.{expected}"]


def test_every_mistake_is_reported_at_once() -> None:
    assert (
        len(complaints(version=17, storage={"size": 10, "iops": 3000}, master={"username": "admin"}, backups={"retention_days": 36})) == 5
    )


@pytest.mark.parametrize(
    ("backup", "maintenance", "wrong"),
    [
        ("03:00-04:00", "sun:04:00-sun:05:00", False),
        ("03:00-04:00", "sun:03:30-sun:04:30", True),
        ("23:45-00:30", "mon:00:00-mon:01:00", True),
        ("00:00-00:30", "sun:23:30-mon:00:15", True),
        ("00:15-00:45", "sun:23:30-mon:00:15", False),
    ],
)
def test_windows_overlap_across_midnight_and_across_the_week(backup: str, maintenance: str, wrong: bool) -> None:
    found = complaints(backups={"window": backup}, maintenance={"window": maintenance})
    assert [one for one in found if "overlaps" in one] == (found if wrong else [])


def test_two_instances_cannot_have_one_identifier() -> None:
    """A replica counts too."""
    both = {"a": settings(identifier="shop-b", master=GENERATED), "b": settings(identifier="shop", master=GENERATED, replicas={"b": {}})}
    found = validate(both, "n", "dev", "database", NETWORK)[1]
    assert found == ["n.b.replicas.b.identifier is 'shop-b', but n.a already has that identifier; choose another one for one of them"]


@pytest.mark.parametrize("identifier", ["Shop", "shop-", "sh--op", "1shop", "a" * 64])
def test_an_identifier_is_one_that_rds_accepts(identifier: str) -> None:
    assert "RDS accepts 1 to 63 lower-case letters" in complaints(identifier=identifier)[0]


def test_a_name_that_is_no_identifier_needs_one() -> None:
    assert "RDS accepts" in complaints(name="a--b")[0]
    assert complaints(name="a--b", identifier="a-b") == []


def test_an_instance_needs_a_network() -> None:
    found = complaints(network=Network())
    assert [one.partition(":")[0] for one in found] == ["n.main.subnet_ids is missing", "n.main.security_group_ids is missing"]
    assert complaints(network=Network((UNKNOWN, UNKNOWN), (UNKNOWN,))) == []


def test_retention_zero_is_refused_where_something_needs_backups() -> None:
    assert complaints("dev", backups={"retention_days": 0}) == []
    more = {"master": GENERATED, "replicas": {"reports": {}}}
    assert "replicas need automated backups" in complaints("dev", backups={"retention_days": 0}, **more)[0]


def test_defaults_of_production() -> None:
    one = instance()
    assert (one.multi_az, one.deletion.protection, one.backups.retention_days) == (True, True, 30)
    assert (one.storage.autoscale_to, one.parameters["rds.force_ssl"], one.lifecycle_support) == (200, "1", "standard")


def test_defaults_elsewhere() -> None:
    one = instance("dev")
    assert (one.multi_az, one.deletion.protection, one.backups.retention_days) == (False, False, 7)


def test_parameters_come_over_the_defaults() -> None:
    one = instance(parameters={"log_statement": None, "work_mem": 16384, "hot_standby_feedback": True})
    assert "log_statement" not in one.parameters
    assert (one.parameters["work_mem"], one.parameters["hot_standby_feedback"]) == ("16384", "1")
