"""Parameter groups: parameters of a family, apply methods, and what an instance runs with."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.extensions.rds_parameter_catalog import parameters

from ..conftest import refused
from .rds_account import RdsAccount


def status(account: RdsAccount, name: str = "main") -> str:
    return str(account.describe(name)["DBParameterGroups"][0]["ParameterApplyStatus"])


def described(account: RdsAccount, group: str, **options: Any) -> dict[str, dict[str, Any]]:
    pages = account.rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group, **options)
    return {one["ParameterName"]: one for page in pages for one in page["Parameters"]}


def test_all_parameters_of_a_family(account: RdsAccount) -> None:
    account.parameter_group(rds__force_ssl="0")
    found = described(account, "own")
    assert set(found) == set(parameters("postgres17"))
    assert (found["rds.force_ssl"]["ParameterValue"], found["rds.force_ssl"]["Source"]) == ("0", "user")
    assert found["rds.force_ssl"]["AllowedValues"] == "0,1"
    assert (found["max_connections"]["ApplyType"], found["max_connections"]["Source"]) == ("static", "system")
    assert "ParameterValue" not in found["work_mem"]
    assert (found["work_mem"]["Source"], found["fsync"]["IsModifiable"]) == ("engine-default", False)
    assert set(described(account, "own", Source="user")) == {"rds.force_ssl"}
    account.set_parameters("own", "pending-reboot", rds__force_ssl="1", max_connections="100")
    assert described(account, "own")["rds.force_ssl"]["Source"] == "system", "the default is no value that a user has set"
    assert set(described(account, "own", Source="user")) == {"max_connections"}
    first = account.rds.describe_db_parameters(DBParameterGroupName="own", MaxRecords=20)
    assert len(first["Parameters"]) == 20
    defaults = account.rds.describe_engine_default_parameters(DBParameterGroupFamily="postgres14")["EngineDefaults"]
    assert defaults["DBParameterGroupFamily"] == "postgres14"
    assert {one["ParameterName"]: one.get("ParameterValue") for one in defaults["Parameters"]}["rds.force_ssl"] == "0"


@pytest.mark.parametrize(
    ("name", "value", "method", "code"),
    [
        ("no_such", "1", "immediate", "InvalidParameterValue"),
        ("fsync", "0", "immediate", "InvalidParameterValue"),
        ("max_connections", "200", "immediate", "InvalidParameterCombination"),
        ("max_connections", "5", "pending-reboot", "InvalidParameterValue"),
        ("max_connections", "many", "pending-reboot", "InvalidParameterValue"),
        ("rds.force_ssl", "2", "immediate", "InvalidParameterValue"),
        ("log_statement", "some", "immediate", "InvalidParameterValue"),
        ("shared_preload_libraries", "pg_stat_statements,other", "pending-reboot", "InvalidParameterValue"),
        ("autovacuum_vacuum_scale_factor", "x", "immediate", "InvalidParameterValue"),
        ("work_mem", "4096", "later", "InvalidParameterValue"),
    ],
)
def test_refused_changes(account: RdsAccount, name: str, value: str, method: str, code: str) -> None:
    account.parameter_group()
    change = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    good = {"ParameterName": "log_statement", "ParameterValue": "ddl", "ApplyMethod": "immediate"}
    assert refused(account.rds.modify_db_parameter_group, DBParameterGroupName="own", Parameters=[good, change]) == code
    assert described(account, "own", Source="user") == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)"),
        ("shared_buffers", "{DBInstanceClassMemory/32768}"),
        ("shared_preload_libraries", "pg_stat_statements,pgaudit"),
        ("random_page_cost", "1.1"),
        ("log_min_duration_statement", "-1"),
    ],
)
def test_admitted_values(account: RdsAccount, name: str, value: str) -> None:
    account.parameter_group()
    account.set_parameters("own", "pending-reboot", **{name: value})
    assert described(account, "own")[name]["ParameterValue"] == value


def test_a_call_has_twenty_parameters_at_most(account: RdsAccount) -> None:
    account.parameter_group()
    names = [name for name, one in parameters("postgres17").items() if one.modifiable and one.kind == "boolean"][:7]
    names += [name for name, one in parameters("postgres17").items() if one.modifiable and one.allowed.endswith("-2147483647")][:14]
    changes = [{"ParameterName": name, "ParameterValue": "1", "ApplyMethod": "pending-reboot"} for name in names]
    assert refused(account.rds.modify_db_parameter_group, DBParameterGroupName="own", Parameters=changes) == "InvalidParameterValue"


def test_dynamic_parameters_are_applied_and_static_ones_wait_for_a_reboot(account: RdsAccount) -> None:
    account.parameter_group()
    account.create(DBParameterGroupName="own")
    account.cloud.admin.settings(transition_seconds={"rds_instance": 2})
    account.set_parameters("own", "immediate", log_statement="ddl")
    assert status(account) == "applying"
    account.cloud.admin.settings(transition_seconds={})
    account.set_parameters("own", "immediate", log_statement="mod")
    assert status(account) == "in-sync"
    account.set_parameters("own", "pending-reboot", max_connections="200")
    account.window()
    assert status(account) == "pending-reboot"
    account.rds.reboot_db_instance(DBInstanceIdentifier="main")
    assert status(account) == "in-sync"


def test_another_group_waits_for_a_reboot(account: RdsAccount) -> None:
    account.parameter_group(max_connections="200")
    account.create()
    account.modify(now=False, DBParameterGroupName="own")
    assert account.describe()["DBParameterGroups"] == [{"DBParameterGroupName": "own", "ParameterApplyStatus": "pending-reboot"}]


def test_reset(account: RdsAccount) -> None:
    account.parameter_group(max_connections="200", log_statement="ddl")
    account.create(DBParameterGroupName="own")
    change = {"ParameterName": "max_connections", "ApplyMethod": "pending-reboot"}
    account.rds.reset_db_parameter_group(DBParameterGroupName="own", Parameters=[change])
    assert set(described(account, "own", Source="user")) == {"log_statement"}
    assert status(account) == "pending-reboot"
    account.rds.reset_db_parameter_group(DBParameterGroupName="own", ResetAllParameters=True)
    assert described(account, "own", Source="user") == {}


def test_groups(account: RdsAccount) -> None:
    account.parameter_group()
    account.create(DBParameterGroupName="own")
    new = {"DBParameterGroupName": "own", "DBParameterGroupFamily": "postgres17", "Description": "x"}
    assert refused(account.rds.create_db_parameter_group, **new) == "DBParameterGroupAlreadyExists"
    assert refused(account.rds.create_db_parameter_group, **new | {"DBParameterGroupFamily": "postgres99"}) == "InvalidParameterValue"
    assert refused(account.rds.create_db_parameter_group, **new | {"DBParameterGroupName": "a.b"}) == "InvalidParameterValue"
    assert refused(account.rds.delete_db_parameter_group, DBParameterGroupName="own") == "InvalidDBParameterGroupState"
    assert refused(account.rds.delete_db_parameter_group, DBParameterGroupName="default.postgres17") == "InvalidParameterValue"
    assert refused(account.rds.describe_db_parameters, DBParameterGroupName="none") == "DBParameterGroupNotFound"
    assert refused(account.set_parameters, group="default.postgres17", method="immediate", log_statement="ddl") == "InvalidParameterValue"
    account.rds.copy_db_parameter_group(
        SourceDBParameterGroupIdentifier="own", TargetDBParameterGroupIdentifier="copy", TargetDBParameterGroupDescription="x"
    )
    names = [one["DBParameterGroupName"] for one in account.rds.describe_db_parameter_groups()["DBParameterGroups"]]
    assert {"own", "copy", "default.postgres17"} <= set(names)
    account.cloud.admin.settings(quotas={"rds_parameter_groups": 2})
    assert refused(account.rds.create_db_parameter_group, **new | {"DBParameterGroupName": "third"}) == "DBParameterGroupQuotaExceeded"
