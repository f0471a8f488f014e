# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan says beside its actions, with and without an existing instance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_base import elsewhere
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.notes import notes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.versions import Support
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from tests.unit.domains.rds.samples import instance, known, seen

GENERATED = {"master": {"credentials": "generated"}}
SUPPORT = "standard support of PostgreSQL 17 ends on 2030-02-28"


def said(more: dict[str, Any], *observed: Observed) -> list[str]:
    """The notes beside the one on support."""
    found = notes({"main": instance(**more)}, known(observed=observed))
    return [text.removeprefix("main: ") for text in found if SUPPORT not in text]


def reader(size: int) -> Observed:
    return Observed("db_replica", "db_replica.main/r", "prod-main-r", {"allocated_storage": size})


@pytest.mark.parametrize(
    ("more", "observed", "expected"),
    [
        ({}, (), []),
        ({}, (seen(),), []),
        ({"monitoring": {"insights": "advanced"}}, (), ["Database Insights advanced is charged"]),
        ({"proxy": {"auth": "iam"}}, (), ["RDS Proxy is charged"]),
        ({"storage": {"size": 100, "autoscale_to": 120}}, (), ["storage.autoscale_to is 120, and the storage already has 100 GiB"]),
        ({"storage": {"size": 100, "autoscale_to": 126}}, (), []),
        ({"storage": {"size": 100, "autoscale_to": "none"}}, (), []),
        ({}, (seen(allocated_storage=150),), ["storage.size is 100, and the instance has 150 GiB"]),
        (
            {},
            (seen(allocated_storage=180),),
            ["storage.size is 100, and the instance has 180 GiB", "storage.autoscale_to is 200, and the storage already has 180 GiB"],
        ),
        ({"version": "17.4"}, (seen(engine_version="17.6"),), ["17.6"]),
        ({}, (replace(seen(), attributes={"aws_backup": "arn"}),), ["AWS Backup owns the backup retention and window"]),
        ({**GENERATED, "replicas": {"r": {}}}, (), []),
        (
            {**GENERATED, "replicas": {"r": {"autoscale_to": 115}}},
            (),
            ["replicas.r.autoscale_to is 115, and the storage already has 100 GiB"],
        ),
        (
            {**GENERATED, "replicas": {"r": {}}},
            (seen(), reader(190)),
            ["replicas.r.autoscale_to is 200, and the storage already has 190 GiB"],
        ),
    ],
)
def test_a_note_for_each_thing_and_no_more(more: dict[str, Any], observed: tuple[Observed, ...], expected: list[str]) -> None:
    found = said(more, *observed)
    assert len(found) == len(expected), found
    assert all(part in text for part, text in zip(expected, found, strict=True)), found


@pytest.mark.parametrize(
    ("support", "more", "expected"),
    [
        ({}, {}, []),
        ({"17": Support("17", "", "")}, {}, []),
        ({"16": Support("16", "2029-02-28", "2032-02-28")}, {}, []),
        (
            {"17": Support("17", "2030-02-28", "2033-02-28")},
            {},
            [f"main: {SUPPORT}, then AWS upgrades the instance automatically"],
        ),
        (
            {"17": Support("17", "2030-02-28", "2033-02-28")},
            {"lifecycle_support": "extended"},
            [f"main: {SUPPORT}, then extended support at 0.10 USD per vCPU-hour, 0.20 from its third year on"],
        ),
    ],
)
def test_until_when_a_version_is_supported(support: dict[str, Support], more: dict[str, Any], expected: list[str]) -> None:
    assert notes({"main": instance(**more)}, known(support=support)) == expected


def test_each_note_names_its_instance() -> None:
    found = notes({"b": instance(), "a": instance()}, known())
    assert [text.partition(":")[0] for text in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ((), ["replicated backups in eu-west-1", "read replicas in eu-west-1", "read replicas in us-east-1"]),
        (("eu-west-1",), ["read replicas in us-east-1"]),
        (("eu-west-1", "us-east-1"), []),
    ],
)
def test_regions_that_no_setting_names_any_more(regions: tuple[str, ...], expected: list[str]) -> None:
    places = {"replicated backups": ["eu-west-1"], "read replicas": ["eu-west-1", "us-east-1"]}
    present = replace(seen(), attributes={"elsewhere": places})
    found = notes({"main": instance(**GENERATED)}, known(observed=(present,)), regions)
    unseen = [text for text in found if "no setting names" in text]
    assert [text.removeprefix("main: it has ").partition(",")[0] for text in unseen] == expected
    assert all("platform_further_regions" in text for text in unseen)


def test_what_an_instance_has_in_other_regions() -> None:
    raw = {
        "ReadReplicaDBInstanceIdentifiers": ["near", "arn:aws:rds:us-east-1:123456789012:db:far"],
        "DBInstanceAutomatedBackupsReplications": [
            {"DBInstanceAutomatedBackupsArn": "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-1"}
        ],
    }
    assert elsewhere(raw) == {"replicated backups": ["eu-west-1"], "read replicas": ["us-east-1"]}
    assert elsewhere({"ReadReplicaDBInstanceIdentifiers": ["near"]}) == {}
