# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of instances: addresses, properties, references, and the order in which they are made."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.present_names import with_present_names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import AwsFacts
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.resources import NAMES, build, digest
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from tests.unit.domains.rds.samples import KEY, PLACE, instance, known, seen

GENERATED = {"master": {"credentials": "generated"}}
SMALL = {
    "database_key.data",
    "iam_role.monitoring",
    "db_subnet_group.main",
    "db_parameter_group.main/postgres17",
    "db_log_group.main/postgresql",
    "db_log_group.main/upgrade",
    "db_log_group.main/iam-db-auth-error",
    "db_instance.main",
}
DB = "db_instance.main"


def resources(facts: AwsFacts | None = None, may_reboot: bool = False, **more: Any) -> dict[str, Resource]:
    found = build({"main": instance(**more)}, PLACE, facts or known(), lambda _name: may_reboot)
    assert len({one.address for one in found}) == len(found)
    return {one.address: one for one in found}


def properties(address: str = DB, facts: AwsFacts | None = None, may_reboot: bool = False, **more: Any) -> dict[str, Any]:
    return dict(resources(facts, may_reboot, **more)[address].properties)


@pytest.mark.parametrize(
    ("more", "added", "removed"),
    [
        ({}, set(), set()),
        ({"monitoring": {"interval": 0}}, set(), {"iam_role.monitoring"}),
        ({"monitoring": {"log_exports": ["upgrade"]}}, set(), {"db_log_group.main/postgresql", "db_log_group.main/iam-db-auth-error"}),
        (GENERATED, {"secret.main/master"}, set()),
        ({"users": {"shop": {}, "jobs": {"login": "iam"}, "owner": {"login": "none"}}}, {"secret.main/user-shop"}, set()),
        (
            {"proxy": {"auth": "iam"}},
            {"security_group.main/proxy", "iam_role.main/proxy", "db_proxy.main"},
            set(),
        ),
        (
            {**GENERATED, "replicas": {"r": {}}},
            {
                "secret.main/master",
                "db_replica.main/r",
                *(f"db_log_group.main/r-{log}" for log in ("postgresql", "upgrade", "iam-db-auth-error")),
            },
            set(),
        ),
        (
            {"master": {"credentials": "iam"}, "monitoring": {"log_exports": []}, "replicas": {"r": {"parameters": {"work_mem": 64}}}},
            {"db_replica.main/r", "db_parameter_group.main/r-postgres17"},
            {one for one in SMALL if one.startswith("db_log_group.")},
        ),
    ],
)
def test_addresses(more: dict[str, Any], added: set[str], removed: set[str]) -> None:
    assert set(resources(**more)) == (SMALL | added) - removed


def test_nothing_described_is_nothing() -> None:
    assert build({}, PLACE, known(), lambda _name: False) == []


def test_what_comes_first() -> None:
    """Log groups before the export begins; parameters and the role before the instance; replicas and the proxy's target after it."""
    found = resources(**GENERATED, replicas={"r": {}}, users={"shop": {}}, proxy={})
    order = [action.address for action in make_plan(list(found.values()), [], KINDS, Consent()).actions]
    before = [address for address in order[: order.index(DB)] if address.startswith("db_log_group.main/") and "/r-" not in address]
    assert len(before) == 3
    for first, then in [
        ("database_key.data", DB),
        ("iam_role.monitoring", DB),
        ("db_parameter_group.main/postgres17", DB),
        ("secret.main/master", DB),
        (DB, "db_replica.main/r"),
        ("db_log_group.main/r-upgrade", "db_replica.main/r"),
        ("iam_role.main/proxy", "db_proxy.main"),
    ]:
        assert order.index(first) < order.index(then), (first, then)


@pytest.mark.parametrize(
    ("more", "name", "expected"),
    [
        ({}, "engine_version", "17.6"),
        ({"version": "17.4"}, "engine_version", "17.4"),
        ({}, "kms_key_id", ref("database_key.data", "arn")),
        ({"kms_key_arn": KEY}, "kms_key_id", KEY),
        ({}, "max_allocated_storage", 200),
        ({"storage": {"size": 100, "autoscale_to": "none"}}, "max_allocated_storage", None),
        ({}, "publicly_accessible", False),
        ({}, "master_credentials", {"managed": {"kms_key_id": ref("database_key.data", "arn")}}),
        ({"master": {"credentials": "iam"}}, "master_credentials", {"iam": True}),
        (
            GENERATED,
            "master_credentials",
            {"secret_arn": ref("secret.main/master", "arn"), "version": ref("secret.main/master", "version_id")},
        ),
        ({}, "database_insights_mode", "standard"),
        ({"monitoring": {"insights": "none"}}, "performance_insights_retention_period", None),
        ({"monitoring": {"insights": "advanced", "insights_retention_days": 465}}, "performance_insights_retention_period", 465),
        ({}, "db_parameter_group_name", ref("db_parameter_group.main/postgres17")),
        ({}, "vpc_security_group_ids", ["sg-0c000000"]),
        ({"proxy": {"auth": "iam"}}, "vpc_security_group_ids", ["sg-0c000000", ref("security_group.main/proxy")]),
    ],
)
def test_a_property(more: dict[str, Any], name: str, expected: Any) -> None:
    assert properties(**more)[name] == expected


@pytest.mark.parametrize(
    ("storage", "sent"),
    [
        ({"size": 100}, set()),
        ({"size": 400}, set()),
        ({"size": 400, "iops": 12000}, {"iops"}),
        ({"size": 400, "iops": 12000, "throughput": 500}, {"iops", "storage_throughput"}),
        ({"size": 100, "type": "io2", "iops": 3000}, {"iops"}),
    ],
)
def test_performance_is_given_only_where_rds_takes_it(storage: dict[str, Any], sent: set[str]) -> None:
    assert {"iops", "storage_throughput"} & set(properties(storage=storage)) == sent


@pytest.mark.parametrize(
    ("more", "absent"),
    [
        ({}, {"availability_zone", "preferred_backup_window", "preferred_maintenance_window", "ca_certificate_identifier"}),
        ({"monitoring": {"interval": 0}}, {"monitoring_role_arn"}),
        ({"monitoring": {"insights": "none"}}, {"performance_insights_kms_key_id"}),
        (GENERATED, {"master_secret_rotation_days"}),
    ],
)
def test_what_is_left_to_aws_is_not_given(more: dict[str, Any], absent: set[str]) -> None:
    assert absent & set(properties(**more)) == set()


def test_an_existing_instance_keeps_its_minor_version() -> None:
    assert properties(facts=known(observed=(seen(),)))["engine_version"] == "17"


@pytest.mark.parametrize(
    ("there", "may_reboot", "given"),
    [(False, False, True), (True, False, False), (True, True, True)],
)
def test_static_parameters_need_consent_on_an_existing_instance(there: bool, may_reboot: bool, given: bool) -> None:
    facts = known(observed=(seen(),) if there else ())
    assert ("static_parameters" in properties(facts=facts, may_reboot=may_reboot)) is given


def test_only_static_parameters_count_for_a_reboot() -> None:
    base = properties()["static_parameters"]
    assert properties(parameters={"work_mem": 65536})["static_parameters"] == base
    assert properties(parameters={"max_connections": 200})["static_parameters"] != base
    assert properties(version="16")["static_parameters"] != base, "an upgraded replica gets its group afterwards"
    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"}) != digest({"a": "2", "b": "1"})


@pytest.mark.parametrize(
    ("replica", "name", "expected"),
    [
        ({}, "db_instance_class", "db.t4g.medium"),
        ({"class": "db.r7g.large"}, "db_instance_class", "db.r7g.large"),
        ({}, "max_allocated_storage", 200),
        ({"autoscale_to": 300}, "max_allocated_storage", 300),
        ({}, "multi_az", False),
        ({}, "promoted", False),
        ({"promoted": True}, "promoted", True),
        ({"promoted": True}, "backup_retention_period", 30),
        ({}, "source_db_instance_identifier", ref(DB)),
        ({}, "db_parameter_group_name", ref("db_parameter_group.main/postgres17")),
        ({"parameters": {"work_mem": 64}}, "db_parameter_group_name", ref("db_parameter_group.main/r-postgres17")),
        ({"zone": "af-south-1b"}, "availability_zone", "af-south-1b"),
    ],
)
def test_a_replica_is_like_its_source_unless_it_says_otherwise(replica: dict[str, Any], name: str, expected: Any) -> None:
    assert properties("db_replica.main/r", **GENERATED, replicas={"r": replica})[name] == expected


def test_a_replica_has_no_backups_of_its_own() -> None:
    found = properties("db_replica.main/r", **GENERATED, replicas={"r": {}}, backups={"window": "02:00-03:00"})
    assert {"backup_retention_period", "preferred_backup_window", "master_credentials", "master_username"} & set(found) == set()


@pytest.mark.parametrize(
    ("proxy", "scheme", "logins"), [({"auth": "iam"}, "IAM_AUTH", 0), ({}, "NONE", 2), ({"users": ["shop"]}, "NONE", 1)]
)
def test_how_a_proxy_logs_in(proxy: dict[str, Any], scheme: str, logins: int) -> None:
    found = properties("db_proxy.main", proxy=proxy, users={"shop": {}, "jobs": {}})
    assert (found["default_auth_scheme"], len(found["auth"]), found["require_tls"]) == (scheme, logins, True)


def test_no_resource_has_a_password() -> None:
    found = resources(**GENERATED, users={"shop": {}})
    assert [
        name for one in found.values() for name in (*one.properties, *(one.properties.get("content") or {})) if "password" in name
    ] == []


def test_a_resource_that_was_moved_or_adopted_keeps_its_name() -> None:
    group = Observed("db_subnet_group", "db_subnet_group.main", "legacy", {"db_subnet_group_name": "legacy"})
    going = Observed("db_proxy", "db_proxy.main", "old", {"db_proxy_name": "old"}, state="deleting")
    found = {one.address: one for one in with_present_names(list(resources(proxy={"auth": "iam"}).values()), [group, going, seen()], NAMES)}
    assert found["db_subnet_group.main"].properties["db_subnet_group_name"] == "legacy"
    assert found["db_proxy.main"].properties["db_proxy_name"] == "prod-main-proxy"


def test_a_parameter_that_equals_the_default_is_not_set() -> None:
    """RDS would not describe it as set, and every run would set it again."""
    family = {**known().parameters["postgres17"]}
    family |= {name: {**family[name], "ParameterValue": value} for name, value in {"rds.force_ssl": "1", "work_mem": "4096"}.items()}
    facts = known(parameters={"postgres17": family})
    group = "db_parameter_group.main/postgres17"
    without = properties(group, facts, parameters={"work_mem": 4096})["parameters"]
    assert {"rds.force_ssl", "work_mem"}.isdisjoint(without)
    assert without["log_statement"] == "ddl"
    found = properties(group, facts, parameters={"work_mem": 8192, "rds.force_ssl": 0})["parameters"]
    assert (found["work_mem"], found["rds.force_ssl"]) == ("8192", "0")


@pytest.mark.parametrize(
    ("has", "version", "primary_waits", "replica_waits"),
    [("16.4", "17", False, True), ("17.4", "17.6", True, False), ("17.4", "17", False, False), ("17.6", "17.4", False, False)],
)
def test_whoever_is_upgraded_second_waits_for_the_first(has: str, version: str, primary_waits: bool, replica_waits: bool) -> None:
    """Otherwise it would wait for hours for an upgrade that has failed."""
    found = resources(known(observed=(seen(engine_version=has),)), version=version, **GENERATED, replicas={"r": {}})
    assert ("db_replica.main/r" in found[DB].after, DB in found["db_replica.main/r"].after) == (primary_waits, replica_waits)
