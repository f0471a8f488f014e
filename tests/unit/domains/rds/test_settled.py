"""Which instances need no answers about what RDS offers, and that nothing is asked for those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.questions import questions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settled import is_settled
from tests.unit.domains.rds.samples import instance

THERE = {
    "DBInstanceIdentifier": "prod-main",
    "DBInstanceStatus": "available",
    "EngineVersion": "17.4",
    "DBInstanceClass": "db.t4g.medium",
    "StorageType": "gp3",
    "AllocatedStorage": 100,
    "MaxAllocatedStorage": 200,
    "Iops": 3000,
    "MultiAZ": True,
    "IAMDatabaseAuthenticationEnabled": True,
    "MonitoringInterval": 60,
    "PerformanceInsightsEnabled": True,
    "PendingModifiedValues": {},
}
BIG = {"storage": {"size": 400, "iops": 12000}}
HAS_BIG = {"AllocatedStorage": 400, "MaxAllocatedStorage": 800, "Iops": 12000}


@pytest.mark.parametrize(
    ("given", "there", "expected"),
    [
        ({}, {}, True),
        ({"version": "17.4"}, {}, True),
        ({}, {"AllocatedStorage": 150}, True),
        (BIG, HAS_BIG, True),
        ({}, {"DBInstanceIdentifier": "another"}, False),
        ({}, {"DBInstanceStatus": "deleting"}, False),
        ({"version": "18"}, {}, False),
        ({"version": "17.6"}, {}, False),
        ({"class": "db.m7g.large"}, {}, False),
        ({"storage": {"size": 120, "autoscale_to": 200}}, {}, False),
        ({"storage": {"size": 100, "autoscale_to": "none"}}, {}, False),
        ({"storage": {"size": 100, "type": "io2", "iops": 3000}}, {}, False),
        (BIG, {**HAS_BIG, "Iops": 13000}, False),
        ({"multi_az": False}, {}, False),
        ({"iam_authentication": False}, {}, False),
        ({"monitoring": {"interval": 0}}, {}, False),
        ({"monitoring": {"insights": "none"}}, {}, False),
        ({}, {"PendingModifiedValues": {"DBInstanceClass": "db.t4g.large"}}, False),
        ({"master": {"credentials": "iam"}, "replicas": {"reports": {}}}, {}, False),
    ],
)
def test_an_instance_is_settled_if_it_has_all_that_offers_decide(given: dict[str, Any], there: dict[str, Any], expected: bool) -> None:
    raw = {**THERE, **there}
    assert is_settled(instance(**given), {raw["DBInstanceIdentifier"]: raw}) is expected


def test_a_replica_counts() -> None:
    one = instance(master={"credentials": "iam"}, replicas={"reports": {"class": "db.t4g.large"}})
    replica = {"DBInstanceIdentifier": "prod-main-reports", "DBInstanceClass": "db.t4g.large"}
    assert is_settled(one, {"prod-main": THERE, "prod-main-reports": replica})
    assert not is_settled(one, {"prod-main": THERE, "prod-main-reports": {**replica, "DBInstanceClass": "db.t4g.medium"}})


class Listing:
    """An account with one instance. ``asked``: the list calls."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def once(self, _question: str, ask: Callable[[], Any]) -> Any:
        return ask()

    def list_all(self, _service: str, method: str, _items: str, **_params: Any) -> list[Any]:
        self.asked.append(method)
        found = {"describe_db_instances": [THERE], "describe_db_engine_versions": [{"EngineVersion": "17.4"}, {"EngineVersion": "17.6"}]}
        return found.get(method, [{"StorageType": "gp3"}])

    def map(self, ask: Callable[[Any], Any], items: Any) -> list[Any]:
        return [ask(item) for item in items]


@pytest.mark.parametrize(
    ("given", "options", "versions"),
    [({}, {}, {}), ({"class": "db.m7g.large"}, {("17", "db.m7g.large"): [{"StorageType": "gp3"}]}, {"17.4", "17.6"})],
    ids=["unchanged", "another class"],
)
def test_offers_are_read_only_for_what_they_decide(given: dict[str, Any], options: Any, versions: Any) -> None:
    aws: Any = Listing()
    asked = questions({"main": instance(**given)})
    assert asked["options"](aws) == options
    assert set(asked["versions"](aws)) == set(versions)
    assert ("describe_orderable_db_instance_options" in aws.asked) == bool(options)
    assert ("describe_db_engine_versions" in aws.asked) == bool(versions)
