# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replicas in another region: where each of their parts is, what is asked there, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import KINDS, RdsDomain
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import AwsFacts, Key, Subnet
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.further_regions import Region, problems, questions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from tests.unit.domains.rds.samples import OFFER, PLACE, instance, known, settings

AWAY = "eu-west-1"
SUBNETS = ["subnet-0e000000", "subnet-0f000000"]
KEY = f"arn:aws:kms:{AWAY}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FAR = {"region": AWAY, "subnet_ids": SUBNETS, "security_group_ids": ["sg-0e000000"]}
OTHERS = {"master": {"credentials": "generated"}, "proxy": {"auth": "iam"}}


def built(**far: Any) -> dict[str, Resource]:
    """The resources of an instance with a proxy, a replica beside it, and one in another region."""
    one = instance(**OTHERS, replicas={"near": {}, "far": {**FAR, **far}})
    return {resource.address: resource for resource in build({"main": one}, PLACE, known(), lambda _name: True)}


IN_THE_OTHER_REGION = {
    "database_key.eu-west-1",
    "db_log_group.main/far-iam-db-auth-error",
    "db_log_group.main/far-postgresql",
    "db_log_group.main/far-upgrade",
    "db_parameter_group.main/far-postgres17",
    "db_replica.main/far",
    "db_subnet_group.main/far",
}


def test_each_part_is_in_the_region_of_what_it_is_for() -> None:
    resources = built()
    assert {address for address, one in resources.items() if one.properties.get("region") == AWAY} == IN_THE_OTHER_REGION
    assert all("region" not in one.properties for address, one in resources.items() if address not in IN_THE_OTHER_REGION)
    assert all("region" in KINDS[resources[address].kind].properties for address in IN_THE_OTHER_REGION)


def test_a_replica_refers_to_what_exists_in_its_region() -> None:
    resources = built()
    far, near = (resources[f"db_replica.main/{name}"] for name in ("far", "near"))
    key = ref("database_key.eu-west-1", "arn")
    expected = {
        "source_db_instance_identifier": ref("db_instance.main", "arn"),
        "db_subnet_group_name": ref("db_subnet_group.main/far"),
        "db_parameter_group_name": ref("db_parameter_group.main/far-postgres17"),
        "vpc_security_group_ids": ["sg-0e000000"],
        "kms_key_id": key,
        "performance_insights_kms_key_id": key,
    }
    assert {name: far.properties[name] for name in expected} == expected
    assert (near.properties["source_db_instance_identifier"], near.properties["kms_key_id"]) == (
        ref("db_instance.main"),
        ref("database_key.data", "arn"),
    )
    assert "db_subnet_group_name" not in near.properties
    assert {"db_parameter_group.main/far-postgres17", "db_log_group.main/far-postgresql"} <= set(far.after)
    assert resources["db_log_group.main/far-upgrade"].properties["kms_key_id"] == key


def test_no_name_is_used_twice() -> None:
    """The order of deletions follows names, whatever the region."""
    resources = built()
    for kind, name in (("db_subnet_group", "db_subnet_group_name"), ("db_parameter_group", "db_parameter_group_name")):
        found = [one.properties[name] for one in resources.values() if one.kind == kind]
        assert len(found) == len(set(found)) == 2


def test_the_key_there_serves_the_logs_there() -> None:
    resources = built()
    far, own = (str(resources[f"database_key.{name}"].properties["policy"]) for name in (AWAY, "data"))
    assert ("logs.eu-west-1" in far, "/prod-main-far/" in far, "/prod-main/" in far) == (True, True, False)
    assert ("eu-west-1" in own, "/prod-main-near/" in own, "/prod-main-far/" in own) == (False, True, False)


def test_a_key_of_the_user_s_encrypts_the_replica_and_not_its_logs() -> None:
    resources = built(kms_key_arn=KEY)
    replica = resources["db_replica.main/far"].properties
    assert (replica["kms_key_id"], replica["performance_insights_kms_key_id"]) == (KEY, KEY)
    assert resources["db_log_group.main/far-postgresql"].properties["kms_key_id"] == ref("database_key.eu-west-1", "arn")


def test_a_removal_looks_in_the_same_regions() -> None:
    databases = {"main": settings(**OTHERS, replicas={"far": FAR}, backups={"replicate_to": {"region": "us-east-1"}})}
    params = {"environment": "prod", "component": "database", "region": PLACE.region, "databases": databases, "network": {}}
    assert RdsDomain({**params, "state": "absent"}).regions() == (AWAY, "us-east-1")
    given = names(databases, "prod", "database")
    assert given == Names(subnets=tuple(SUBNETS), security_groups=("sg-0e000000",), regions=(AWAY, "us-east-1"))


def there(**more: Any) -> AwsFacts:
    """What AWS answers in the other region."""
    offer = {**OFFER, "AvailabilityZones": [{"Name": f"{AWAY}a"}, {"Name": f"{AWAY}b"}]}
    given: dict[str, Any] = {
        "options": {("17", "db.t4g.medium"): [offer]},
        "subnets": {name: Subnet(name, "vpc-0e000000", f"{AWAY}{zone}") for name, zone in zip(SUBNETS, "ab", strict=True)},
        "keys": {KEY: Key(KEY, "Enabled", "SYMMETRIC_DEFAULT")},
        **more,
    }
    return replace(known(), **given)


@pytest.mark.parametrize(
    ("far", "facts", "expected"),
    [
        ({}, there(), []),
        ({}, there(options={}), []),
        ({"kms_key_arn": KEY, "zone": f"{AWAY}a"}, there(), []),
        (
            {},
            there(subnets={}),
            [f"subnet_ids names {subnet}, but there is no such subnet in this account and region" for subnet in SUBNETS],
        ),
        (
            {},
            there(subnets={name: Subnet(name, "vpc-0e000000", f"{AWAY}a") for name in SUBNETS}),
            [f"subnet_ids is {SUBNETS}, but all of them are in {AWAY}a and RDS wants two availability zones"],
        ),
        (
            {"kms_key_arn": KEY},
            there(keys={KEY: Key(KEY, "Disabled", "SYMMETRIC_DEFAULT")}),
            [f"kms_key_arn is '{KEY}', but that key is Disabled, so RDS cannot use it; enable it, or name another key"],
        ),
        (
            {},
            there(options={("17", "db.t4g.medium"): []}),
            ["class is 'db.t4g.medium', but RDS does not offer it in eu-west-1 for PostgreSQL 17.6; choose another class"],
        ),
        (
            {"zone": f"{AWAY}c"},
            there(),
            [
                f"zone is '{AWAY}c', but its subnets are in {AWAY}a, {AWAY}b; choose one of these",
                f"class is 'db.t4g.medium', but RDS offers it in {AWAY}a, {AWAY}b and zone is '{AWAY}c'; change one of them",
            ],
        ),
    ],
)
def test_what_the_other_region_lacks_is_said(far: dict[str, Any], facts: AwsFacts, expected: list[str]) -> None:
    instances = {"main": instance(**OTHERS, replicas={"near": {}, "far": {**FAR, **far}})}
    assert list(questions(instances)) == ["replicas in eu-west-1"]
    answers = {"replicas in eu-west-1": Region(facts)}
    assert problems(instances, PLACE.region, answers) == [f"n.main.replicas.far.{text}" for text in expected]


@pytest.mark.parametrize(
    ("home", "listed", "expected"),
    [
        (PLACE.region, True, ""),
        (
            PLACE.region,
            False,
            f"is {AWAY}, but RDS makes no read replicas there of instances in {PLACE.region}; name another region, or remove the replica "
            "and copy snapshots there with AWS Backup",
        ),
        (AWAY, True, f"is {AWAY}, but that is the region of the instance; remove it, or name another one"),
    ],
)
def test_where_replicas_can_be_made(home: str, listed: bool, expected: str) -> None:
    instances = {"main": instance(**OTHERS, replicas={"far": FAR})}
    found = problems(instances, home, {"replicas in eu-west-1": Region(there(), listed)})
    assert found == ([f"n.main.replicas.far.region {expected}"] if expected else [])


def test_nothing_is_asked_without_replicas_elsewhere() -> None:
    instances = {"main": instance(**OTHERS, replicas={"near": {}})}
    assert (questions(instances), problems(instances, PLACE.region, {})) == ({}, [])
