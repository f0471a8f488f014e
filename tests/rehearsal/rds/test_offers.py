"""What RDS offers: engine versions, orderable options, storage, certificates, regions, quotas."""

from __future__ import annotations

from typing import Any

import pytest

from ..conftest import refused
from .rds_account import RdsAccount


def versions(account: RdsAccount, **options: Any) -> list[dict[str, Any]]:
    pages = account.rds.get_paginator("describe_db_engine_versions").paginate(Engine="postgres", **options)
    return [one for page in pages for one in page["DBEngineVersions"]]


def test_engine_versions(account: RdsAccount) -> None:
    found = {one["EngineVersion"]: one for one in versions(account)}
    assert {number.split(".")[0] for number in found} == {"13", "14", "15", "16", "17", "18"}
    assert {one["Status"] for one in found.values()} == {"available"}
    one = found["17.4"]
    assert (one["DBParameterGroupFamily"], one["MajorEngineVersion"]) == ("postgres17", "17")
    assert one["SupportsCertificateRotationWithoutRestart"] is True
    assert "rds-ca-ecc384-g1" in one["SupportedCACertificateIdentifiers"]
    assert one["ExportableLogTypes"] == ["postgresql", "upgrade", "iam-db-auth-error"]
    targets = {target["EngineVersion"]: target for target in one["ValidUpgradeTarget"]}
    assert (targets["17.6"]["IsMajorVersionUpgrade"], targets["17.6"]["AutoUpgrade"]) == (False, True)
    assert targets["18.2"]["IsMajorVersionUpgrade"] is True
    assert not {"17.2", "17.4", "16.11"} & set(targets)


def test_deprecated_versions_are_listed_on_demand_only(account: RdsAccount) -> None:
    assert versions(account, EngineVersion="17.1") == []
    assert [one["Status"] for one in versions(account, EngineVersion="17.1", IncludeAll=True)] == ["deprecated"]
    assert refused(account.create, EngineVersion="17.1") == "InvalidParameterCombination"


def test_versions_of_a_major_version_and_defaults(account: RdsAccount) -> None:
    assert {one["EngineVersion"] for one in versions(account, EngineVersion="18")} == {"18.1", "18.2"}
    assert [one["EngineVersion"] for one in versions(account, EngineVersion="16", DefaultOnly=True)] == ["16.11"]
    assert [one["EngineVersion"] for one in versions(account, DefaultOnly=True)] == ["17.6"]
    assert {one["MajorEngineVersion"] for one in versions(account, DBParameterGroupFamily="postgres15")} == {"15"}
    account.create(EngineVersion="18")
    assert account.describe()["EngineVersion"] == "18.2"


def test_support_dates(account: RdsAccount) -> None:
    found = account.rds.describe_db_major_engine_versions(Engine="postgres", MajorEngineVersion="13")["DBMajorEngineVersions"]
    standard, extended = found[0]["SupportedEngineLifecycles"]
    assert standard["LifecycleSupportName"] == "open-source-rds-standard-support"
    assert standard["LifecycleSupportEndDate"] < extended["LifecycleSupportStartDate"] < extended["LifecycleSupportEndDate"]


def options(account: RdsAccount, **asked: Any) -> list[dict[str, Any]]:
    pages = account.rds.get_paginator("describe_orderable_db_instance_options").paginate(Engine="postgres", **asked)
    return [one for page in pages for one in page["OrderableDBInstanceOptions"]]


def test_orderable_options(account: RdsAccount) -> None:
    found = {one["StorageType"]: one for one in options(account, EngineVersion="17.4", DBInstanceClass="db.r6g.large")}
    assert set(found) == {"gp2", "gp3", "io1", "io2"}
    gp3 = found["gp3"]
    assert (gp3["MinStorageSize"], gp3["MaxStorageSize"], gp3["SupportsIops"], gp3["SupportsStorageThroughput"]) == (20, 65536, True, True)
    assert (gp3["MinIopsPerDbInstance"], gp3["MaxStorageThroughputPerIops"]) == (12000, 0.25)
    assert (gp3["SupportsIAMDatabaseAuthentication"], gp3["MultiAZCapable"], gp3["SupportsPerformanceInsights"]) == (True, True, True)
    assert len(gp3["AvailabilityZones"]) == 3
    assert "MinIopsPerDbInstance" not in found["gp2"]
    assert options(account, EngineVersion="17.4", DBInstanceClass="db.t2.micro") == []
    assert options(account, EngineVersion="13.23", DBInstanceClass="db.t2.micro")
    assert options(account, EngineVersion="99.1") == []
    assert len(options(account, EngineVersion="17.4")) > 100


def test_classes_that_are_not_offered(account: RdsAccount) -> None:
    assert refused(account.create, DBInstanceClass="db.t2.micro") == "InvalidParameterCombination"
    assert refused(account.create, DBInstanceClass="db.m8g.large") == "InvalidParameterCombination"  # not in this region
    assert refused(account.create, DBInstanceClass="db.huge") == "InvalidParameterValue"
    account.create()
    assert refused(account.modify, DBInstanceClass="db.t2.micro") == "InvalidParameterCombination"


def test_storage_that_an_instance_can_have(account: RdsAccount) -> None:
    account.create(DBInstanceClass="db.t4g.small")
    found = account.rds.describe_valid_db_instance_modifications(DBInstanceIdentifier="main")["ValidDBInstanceModificationsMessage"]
    kinds = {one["StorageType"]: one for one in found["Storage"]}
    assert kinds["gp3"]["StorageSize"] == [{"From": 100, "To": 16384, "Step": 1}]
    assert kinds["gp3"]["StorageThroughputToIopsRatio"] == [{"From": 0.0, "To": 0.25}]
    assert kinds["io1"]["IopsToStorageRatio"] == [{"From": 0.5, "To": 50.0}]
    assert refused(account.modify, AllocatedStorage=20000) == "InvalidParameterCombination"


def test_certificates(account: RdsAccount) -> None:
    found = account.rds.describe_certificates()
    assert {one["CertificateIdentifier"] for one in found["Certificates"]} >= {"rds-ca-rsa2048-g1", "rds-ca-ecc384-g1"}
    assert found["DefaultCertificateForNewLaunches"] == "rds-ca-rsa2048-g1"
    account.rds.modify_certificates(CertificateIdentifier="rds-ca-ecc384-g1")
    account.create()
    assert account.describe()["CACertificateIdentifier"] == "rds-ca-ecc384-g1"
    assert refused(account.rds.describe_certificates, CertificateIdentifier="x") == "CertificateNotFound"


@pytest.mark.parametrize(("region", "source", "offered"), [("eu-west-1", "af-south-1", False), ("eu-west-1", "eu-central-1", True)])
def test_replication_of_backups_is_not_offered_everywhere(account: RdsAccount, region: str, source: str, offered: bool) -> None:
    rds = account.cloud.client("rds", region=region)
    found = rds.describe_source_regions(RegionName=source)["SourceRegions"]
    assert [one["SupportsDBInstanceAutomatedBackupsReplication"] for one in found] == [offered]
    assert all(not one["SupportsDBInstanceAutomatedBackupsReplication"] for one in account.rds.describe_source_regions()["SourceRegions"])
    assert refused(rds.describe_source_regions, RegionName="mars-1") == "InvalidParameterValue"


def test_quotas(account: RdsAccount) -> None:
    account.cloud.admin.settings(quotas={"rds_instances": 1})
    account.create()
    found = {one["AccountQuotaName"]: one for one in account.rds.describe_account_attributes()["AccountQuotas"]}
    assert (found["DBInstances"]["Used"], found["DBInstances"]["Max"]) == (1, 1)
    assert (found["AllocatedStorage"]["Used"], found["AllocatedStorage"]["Max"]) == (100, 100_000)
    assert refused(account.create, name="second") == "InstanceQuotaExceeded"
    account.cloud.admin.settings(quotas={"rds_storage_gib": 150})
    assert refused(account.create, name="second") == "StorageQuotaExceeded"
