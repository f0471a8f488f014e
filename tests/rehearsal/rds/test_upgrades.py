"""Engine upgrades, the logs that they leave, and log files in general."""

from __future__ import annotations

import pytest

from ..conftest import refused
from .rds_account import RdsAccount

SLOTS = "The instance could not be upgraded because one or more databases have logical replication slots. Please drop all of them."


def log(account: RdsAccount, contains: str) -> str:
    files = account.rds.describe_db_log_files(DBInstanceIdentifier="main", FilenameContains=contains)["DescribeDBLogFiles"]
    name = max(files, key=lambda file: file["LastWritten"])["LogFileName"]
    return str(account.rds.download_db_log_file_portion(DBInstanceIdentifier="main", LogFileName=name, Marker="0")["LogFileData"])


def test_minor_upgrade_of_replicas_first(account: RdsAccount) -> None:
    account.create()
    account.replica()
    assert refused(account.modify, EngineVersion="17.6") == "DBUpgradeDependencyFailure"
    account.modify("reader", EngineVersion="17.6")
    account.modify(EngineVersion="17.6")
    assert account.describe()["EngineVersion"] == account.describe("reader")["EngineVersion"] == "17.6"


@pytest.mark.parametrize(
    ("version", "code"),
    [("99.1", "InvalidParameterCombination"), ("17.2", "InvalidParameterCombination"), ("18.1", "InvalidParameterCombination")],
)
def test_versions_that_are_no_targets(account: RdsAccount, version: str, code: str) -> None:
    account.create()
    assert refused(account.modify, EngineVersion=version) == code


def test_major_upgrade_with_a_group_of_the_new_family(account: RdsAccount) -> None:
    account.create(DBParameterGroupName=account.parameter_group("old"))
    account.replica()
    account.parameter_group("new", "postgres18")
    assert refused(account.modify, DBParameterGroupName="new") == "InvalidParameterCombination"
    given = {"EngineVersion": "18.2", "AllowMajorVersionUpgrade": True}
    assert refused(account.modify, **given, DBParameterGroupName="old") == "InvalidParameterCombination"
    account.modify(**given, DBParameterGroupName="new")
    found = account.describe()
    assert found["EngineVersion"] == "18.2"
    assert found["DBParameterGroups"] == [{"DBParameterGroupName": "new", "ParameterApplyStatus": "in-sync"}]
    assert found["OptionGroupMemberships"][0]["OptionGroupName"] == "default:postgres-18"
    assert account.describe("reader")["EngineVersion"] == "18.2"
    account.rds.delete_db_parameter_group(DBParameterGroupName="old")


def test_major_upgrade_from_a_custom_group_needs_a_group(account: RdsAccount) -> None:
    account.create(DBParameterGroupName=account.parameter_group("old"))
    assert refused(account.modify, EngineVersion="18.2", AllowMajorVersionUpgrade=True) == "InvalidParameterCombination"


def test_major_upgrade_from_the_default_group_leads_to_the_default_group(account: RdsAccount) -> None:
    account.create()
    account.modify(now=False, EngineVersion="18.2", AllowMajorVersionUpgrade=True)
    assert account.describe()["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres17"
    account.window()
    assert account.describe()["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres18"


def test_failing_precheck_leaves_the_old_version_and_a_log(account: RdsAccount) -> None:
    account.create()
    account.parameter_group("new", "postgres18")
    account.cloud.admin.settings(rds_failing_upgrades={"main": SLOTS}, transition_seconds={"rds_instance": 0.3})
    account.modify(EngineVersion="18.2", AllowMajorVersionUpgrade=True, DBParameterGroupName="new")
    assert account.states(after=2) == ["available", "upgrading", "available"]
    found = account.describe()
    assert (found["EngineVersion"], found["PendingModifiedValues"]) == ("17.4", {})
    assert found["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres17"
    assert log(account, "pg_upgrade_precheck").rstrip().endswith(SLOTS)
    account.cloud.admin.settings(rds_failing_upgrades={}, transition_seconds={})
    account.modify(EngineVersion="18.2", AllowMajorVersionUpgrade=True)
    assert account.describe()["EngineVersion"] == "18.2"


def test_log_files(account: RdsAccount) -> None:
    account.create()
    files = account.rds.describe_db_log_files(DBInstanceIdentifier="main")["DescribeDBLogFiles"]
    assert [file["LogFileName"].startswith("error/postgresql.log.") for file in files] == [True]
    assert "LOG:  checkpoint starting" in log(account, "postgresql.log")
    name = files[0]["LogFileName"]
    part = account.rds.download_db_log_file_portion(DBInstanceIdentifier="main", LogFileName=name, NumberOfLines=1)
    assert (part["AdditionalDataPending"], part["Marker"]) == (False, "1")
    for parameters in ({"DBInstanceIdentifier": "other"}, {"DBInstanceIdentifier": "main", "LogFileName": "error/none"}):
        expected = "DBInstanceNotFound" if "other" in parameters.values() else "DBLogFileNotFoundFault"
        assert refused(account.rds.download_db_log_file_portion, **{"LogFileName": name} | parameters) == expected
