# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refusals that need AWS's answers, their wording, and the notes of a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import AwsFacts, Key
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.judge import objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.notes import notes
from tests.unit.domains.rds.samples import KEY, OFFER, SUBNETS, instance, known, seen


def found(there: AwsFacts | None = None, may_upgrade: bool = False, **more: Any) -> list[str]:
    return objections({"main": instance(**more)}, there or known(), lambda _name: may_upgrade)


def test_what_aws_offers_is_accepted() -> None:
    assert found() == []


def offering(**changes: Any) -> AwsFacts:
    return known(options={("17", "db.t4g.medium"): [{**OFFER, **changes}]})


@pytest.mark.parametrize(
    ("more", "there", "expected"),
    [
        ({"version": "18"}, known(), "version is '18', but RDS does not offer it here; choose one of those that it offers, 15, 16, 17"),
        (
            {"version": "17.9"},
            known(),
            "version is '17.9', but RDS does not offer it here; choose one of those that it offers, of 17: 17.4, 17.6",
        ),
        (
            {},
            known(options={("17", "db.t4g.medium"): []}),
            "class is 'db.t4g.medium', but RDS does not offer it here for PostgreSQL 17.6; choose another class, or another version",
        ),
        (
            {},
            offering(MultiAZCapable=False),
            "class is 'db.t4g.medium', but RDS offers no multi_az with it; choose another class, or turn that off",
        ),
        (
            {},
            offering(SupportsStorageAutoscaling=False),
            "storage.autoscale_to is 200, but RDS does not grow storage by itself with db.t4g.medium; set it to none",
        ),
        (
            {"multi_az": False, "zone": "af-south-1b"},
            offering(AvailabilityZones=[{"Name": "af-south-1a"}]),
            "class is 'db.t4g.medium', but RDS offers it in af-south-1a and zone is 'af-south-1b'; change one of them",
        ),
        (
            {"storage": {"size": 100, "type": "io2", "iops": 3000}},
            known(),
            "storage.type is 'io2', but RDS offers gp3 for db.t4g.medium with PostgreSQL 17.6",
        ),
        (
            {"storage": {"size": 20000}},
            known(),
            "storage.size is 20000, but RDS offers 20 to 16384 GiB of gp3 with this class",
        ),
        (
            {"storage": {"size": 400, "iops": 6000}},
            known(),
            "storage.iops is 6000, but RDS offers 12000 to 64000 IOPS of gp3 with this class",
        ),
        (
            {"storage": {"size": 400, "iops": 12000, "throughput": 4000}},
            known(),
            "storage.throughput is 4000, but gp3 takes at most 0.25 MiB/s for each IOPS, and iops is 12000; change one of them",
        ),
        (
            {"kms_key_arn": KEY},
            known(keys={KEY: Key(KEY, "Disabled", "SYMMETRIC_DEFAULT")}),
            f"kms_key_arn is '{KEY}', but that key is Disabled, so RDS cannot use it; enable it, or name another key",
        ),
        (
            {"kms_key_arn": KEY},
            known(keys={KEY: Key(KEY, "PendingDeletion", "SYMMETRIC_DEFAULT")}),
            f"kms_key_arn is '{KEY}', but that key is PendingDeletion, so RDS cannot use it; cancel its deletion and enable it, or name "
            "another key",
        ),
        (
            {"kms_key_arn": KEY},
            known(keys={KEY: Key(KEY, "Enabled", "RSA_2048")}),
            f"kms_key_arn is '{KEY}', but that key is RSA_2048, and RDS encrypts with symmetric keys only; name another key",
        ),
        (
            {"ca": "rds-ca-2019"},
            known(versions={"17.6": {"SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1"]}}),
            "ca is 'rds-ca-2019', but RDS has no such certificate authority here; did you mean rds-ca-rsa2048-g1?",
        ),
        (
            {"kms_key_arn": KEY},
            known(keys={}),
            f"kms_key_arn is '{KEY}', but there is no such key, or it may not be described; correct it, or remove it",
        ),
        (
            {"parameters": {"work_men": 64}},
            known(),
            "parameters.work_men is '64', but postgres17 has no such parameter; did you mean work_mem?",
        ),
        ({"parameters": {"work_mem": 1}}, known(), "parameters.work_mem is '1', but postgres17 accepts 64-2147483647"),
        (
            {"parameters": {"wal_level": "logical"}},
            known(),
            "parameters.wal_level is 'logical', but RDS does not let it be changed; remove it",
        ),
        (
            {"databases": {"shop": {"extensions": ["pg_trmg"]}}},
            known(),
            "databases.shop.extensions names 'pg_trmg', but RDS does not offer it for PostgreSQL 17; did you mean pg_trgm?",
        ),
        (
            {"storage": {"size": 50}},
            known(observed=(seen(max_allocated_storage=200),)),
            "storage.autoscale_to is 100, but the instance has 100 GiB, and RDS accepts a limit of at least 110 % of that; set it to 110 "
            "or more, "
            "or to none, and size to 100: RDS cannot shrink storage",
        ),
        (
            {"storage": {"size": 50, "autoscale_to": "none"}},
            known(observed=(seen(),)),
            "storage.size is 50, but the instance has 100 GiB, and RDS cannot shrink storage; set it to 100 or more, or restore a dump "
            "into a new "
            "instance",
        ),
        (
            {"identifier": None},
            known(observed=(seen(db_instance_identifier="legacy"),)),
            "identifier is missing: the instance is called legacy in AWS; write identifier: legacy to keep it, or identifier: prod-main "
            "to replace "
            "it by a new instance",
        ),
    ],
)
def test_a_problem_is_one_sentence(more: dict[str, Any], there: AwsFacts, expected: str) -> None:
    assert found(there, **more) == [f"n.main.{expected}"]


@pytest.mark.parametrize("value", ["{DBInstanceClassMemory/9531392}", "LEAST({DBInstanceClassMemory/9531392},5000)", "100"])
def test_formulas_are_left_to_rds(value: str) -> None:
    assert found(parameters={"max_connections": value}) == []


@pytest.mark.parametrize(
    ("storage", "has", "limit", "expected"),
    [
        ({"size": 100}, 100, 200, "nothing"),
        ({"size": 100}, 150, 200, "note"),
        ({"size": 100, "autoscale_to": 400}, 150, 200, "note"),
        ({"size": 100, "autoscale_to": 400}, 200, 400, "note"),  # grown, or lowered from 200 under the same limit: the two look alike
        ({"size": 100}, 110, 200, "note"),
        ({"size": 100}, 109, 200, "refusal"),  # less than a step
        ({"size": 20, "autoscale_to": 100}, 24, 100, "refusal"),  # a step has at least 5 GiB
        ({"size": 20, "autoscale_to": 100}, 25, 100, "note"),
        ({"size": 100}, 150, 300, "refusal"),  # the limit was lowered together with the size
        ({"size": 100, "autoscale_to": 300}, 150, 400, "refusal"),
        ({"size": 100, "autoscale_to": 300}, 150, None, "refusal"),  # did not grow by itself so far
        ({"size": 100, "autoscale_to": "none"}, 150, None, "refusal"),
        ({"size": 100, "autoscale_to": "none"}, 150, 200, "refusal"),  # or the next run would refuse what this one accepts
        ({"size": 150, "autoscale_to": "none"}, 150, 200, "nothing"),
        ({"size": 160}, 150, 200, "nothing"),
    ],
)
def test_storage_below_what_the_instance_has(storage: dict[str, Any], has: int, limit: int | None, expected: str) -> None:
    there = known(observed=(seen(allocated_storage=has, max_allocated_storage=limit),))
    refused = any("RDS cannot shrink storage" in text for text in found(there, storage=storage))
    noted = [text for text in notes({"main": instance(storage=storage)}, there) if "it stays" in text]
    assert refused == (expected == "refusal")
    if expected != "refusal":
        assert noted == ([GROWN.format(storage["size"], has)] if expected == "note" else [])


GROWN = (
    "main: n.main.storage.size is {0}, and the instance has {1} GiB, which autoscaling may have given it: it stays, since RDS cannot "
    "shrink storage. Set it to {1} if it was lowered on purpose"
)


def test_subnets_must_exist() -> None:
    there = known(subnets={})
    assert found(there) == [f"n.main.subnet_ids names {name}, but there is no such subnet in this account and region" for name in SUBNETS]


def test_subnets_must_be_in_two_zones() -> None:
    there = known()
    one_zone = {name: replace(subnet, availability_zone="af-south-1a") for name, subnet in there.subnets.items()}
    assert "all of them are in af-south-1a and RDS wants two availability zones" in found(replace(there, subnets=one_zone))[0]


def test_a_major_upgrade_needs_consent() -> None:
    there = known(observed=(seen(engine_version="16.4"),))
    assert "rds_allow_major_upgrade" in found(there)[0]
    assert found(there, may_upgrade=True) == []


@pytest.mark.parametrize("version", ["15", "15.8", "13"])
@pytest.mark.parametrize("may_upgrade", [False, True])
def test_a_version_is_never_lowered(version: str, may_upgrade: bool) -> None:
    """One sentence, whether RDS still offers the version or not, and whatever it offers with it."""
    (problem,) = found(known(observed=(seen(),), options={}), may_upgrade, version=version)
    assert problem.startswith(f"n.main.version is '{version}', but the instance has 17.4, and RDS does not go back to an earlier version")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "main: standard support of PostgreSQL 17 ends on 2030-02-28, then AWS upgrades the instance automatically"),
        (
            {"lifecycle_support": "extended"},
            "main: standard support of PostgreSQL 17 ends on 2030-02-28, then extended support at 0.10 USD per vCPU-hour, 0.20 from its "
            "third "
            "year on",
        ),
        ({"monitoring": {"insights": "advanced"}}, "main: Database Insights advanced is charged at 0.0125 USD per vCPU-hour"),
        (
            {"proxy": {"auth": "iam"}},
            "main: RDS Proxy is charged at 0.015 USD per vCPU-hour of the instance, for at least 2 vCPUs",
        ),
    ],
)
def test_a_plan_says_until_when_and_at_what_price(more: dict[str, Any], said: str) -> None:
    assert said in notes({"main": instance(**more)}, known())


def test_a_plan_warns_of_a_limit_without_room() -> None:
    said = notes({"main": instance(storage={"size": 100, "autoscale_to": 120})}, known())
    assert any("RDS has no room for another step of autoscaling" in text for text in said)


def test_a_plan_says_that_aws_backup_owns_the_backups() -> None:
    owned = replace(seen(), attributes={"aws_backup": "arn:aws:backup:af-south-1:123456789012:recovery-point:1"})
    assert any("AWS Backup owns" in text for text in notes({"main": instance()}, known(observed=(owned,))))
